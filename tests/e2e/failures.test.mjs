// What the world does to a server: files that cannot be read, disks that cannot be written, databases that are damaged. Each
// has one outcome, a message that says what to do, and what was answered is still there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const EX_CONFIG = 78;
const folder = makeFolder();
after(() => rmSync(folder, { recursive: true, force: true }));
const KEYS = ['--appId', 'a', '--masterKey', 'm', '--host', '127.0.0.1', '--port', '0'];

/** From now on no file of the server may grow beyond so many bytes, as on a full disk; 'unlimited' ends it. */
const limitFiles = (server, bytes) => execFileSync('prlimit', [`--pid=${server.pid}`, `--fsize=${bytes}:unlimited`]);

describe('a configuration file that cannot be used is the one complaint', () => {
    async function refusal(name, text) {
        const file = join(folder, name);
        if (text !== undefined) writeFileSync(file, text);
        const { code, stderr } = await runHomeport(['serve', '--config', file]);
        assert.equal(code, EX_CONFIG, stderr);
        const lines = stderr.trimEnd().split('\n');
        assert.equal(lines.length, 1, stderr);
        return lines[0];
    }

    test('it is not there', async () => assert.match(await refusal('none.json'), /cannot read .*none\.json.*No such file/));
    test('it has comments, as in JavaScript', async () =>
        assert.match(await refusal('comment.json', '{\n  // the app\n  "appId": "a"\n}'), /line 2.*no comments/));
    test('it is a program', async () =>
        assert.match(await refusal('index.js', "new ParseServer({ appId: 'a' });"), /JavaScript is not run: write the options .*JSON file/));
    test('it is a list', async () => assert.match(await refusal('list.json', '[]'), /expected a JSON object/));
});

test('files that Windows programs wrote, with a byte order mark, are read', async () => {
    const classes = join(folder, 'classes.json');
    writeFileSync(classes, `\uFEFF${JSON.stringify([{ className: 'Note', fields: { text: { type: 'String' } } }])}`);
    const config = join(folder, 'marked.json');
    writeFileSync(config, `\uFEFF${JSON.stringify({ appId: 'a', masterKey: 'm', databaseURI: `sqlite://${folder}/marked.db` })}`);
    const { code, stdout, stderr } = await runHomeport(['schema', 'import', classes, '--config', config]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /changes made/);
});

test('a template that is none is named before anything is looked for in it', async () => {
    const { code, stderr } = await runHomeport(['serve', ...KEYS, '--databaseURI', `sqlite://${folder}/t.db`, '--template', 'p2p']);
    assert.deepEqual([code, stderr], [EX_CONFIG, 'homeport: There is no template "p2p"; there are p2p-payment and payment-gateway.\n']);
});

test('schema commands without the file they need are wrong usage', async () => {
    for (const command of ['import', 'check']) assert.equal((await runHomeport(['schema', command])).code, 64);
});

test('a definition that cannot be applied is named, with what of it is wrong', async () => {
    const file = join(folder, 'definitions.json');
    const start = async (definitions) => {
        writeFileSync(file, JSON.stringify({ appId: 'a', masterKey: 'm', databaseURI: `sqlite://${folder}/definitions.db`, schema: { definitions } }));
        const { code, stderr } = await runHomeport(['schema', 'export', '--config', file]);
        return [code, stderr];
    };
    const good = { className: 'Note', fields: { text: { type: 'String' } } };
    assert.deepEqual(await start([good]), [0, '']);
    assert.deepEqual(await start([good, { className: 'Page', fields: { n: { type: 'Nmber' } } }]), [EX_CONFIG, 'homeport: Nothing was changed, because of schema.definitions[1].fields.n: invalid field type: Nmber\n']);
    assert.deepEqual(await start([{ className: 'Note', fields: { text: { type: 'Number' } } }]), [EX_CONFIG, 'homeport: Nothing was changed, because of schema.definitions[0].fields.text: Field text exists, cannot update.\n']);
});

describe('a database that cannot be opened ends the start with 1 and says what to do', () => {
    const open = async (file) => {
        const { code, stdout, stderr } = await runHomeport(['serve', ...KEYS, '--databaseURI', `sqlite://${file}`]);
        assert.deepEqual([code, stdout], [1, ''], stderr);
        return stderr;
    };
    test('it is something else', async () => {
        const file = join(folder, 'else.db');
        writeFileSync(file, 'no database at all, but long enough to be looked at as one\n'.repeat(20));
        assert.match(await open(file), /else\.db.*no SQLite file: let databaseURI name another/);
    });
    test('it is cut off, or overwritten', async () => {
        const server = await startServer({ config: { template: 'p2p-payment', demo: true } });
        await server.stop({ keep: true });
        const whole = join(server.folder, 'homeport.db');
        const [short, torn] = ['short.db', 'torn.db'].map((name) => join(folder, name));
        copyFileSync(whole, short);
        truncateSync(short, 20_000);
        copyFileSync(whole, torn);
        writeSync(openSync(torn, 'r+'), Buffer.alloc(40_000, 0xa5), 0, 40_000, 4096);
        for (const file of [short, torn]) assert.match(await open(file), /damaged: put a backup in its place, or what `sqlite3 FILE \.recover`/);
        rmSync(server.folder, { recursive: true });
    });
    test('its folder is not there, or it is one', async () => {
        assert.match(await open(join(folder, 'no/where.db')), /where\.db: No such file or directory/);
        mkdirSync(join(folder, 'dir.db'));
        assert.match(await open(join(folder, 'dir.db')), /dir\.db: Is a directory/);
    });
});

describe('a disk that takes nothing more', () => {
    test('writes are refused and logged, reads go on, nothing that was answered is lost, and room ends it', async () => {
        const server = await startServer({ config: { allowClientClassCreation: true } });
        const create = (n) => server.request('POST', '/classes/Page', { body: { n } });
        const found = async () => (await server.request('GET', '/classes/Page?keys=n&order=n')).body.results.map(({ n }) => n);
        const ready = async () => (await server.request('GET', '/ready', { origin: true })).status;
        const faultsLogged = (count) => server.logged(new RegExp(`(ERROR request_failed .*detail="sqlite: [^]*){${count}}`));
        for (let n = 0; n < 3; n++) assert.equal((await create(n)).status, 201);

        limitFiles(server, 4096);
        const refused = { code: 1, error: 'An internal server error occurred' };
        const { status, body } = await create(-1);
        assert.deepEqual([status, body], [500, refused]);
        await faultsLogged(1);
        const requests = [{ method: 'POST', path: '/parse/classes/Page', body: { n: -1 } }];
        assert.deepEqual((await server.request('POST', '/batch', { body: { requests } })).body, [{ error: refused }]);
        await faultsLogged(2); // a part of a batch like a request
        const upload = await server.request('POST', '/files/a.txt', { master: true, body: { base64: Buffer.alloc(8192).toString('base64') } });
        assert.deepEqual(upload.body, { code: 130, error: 'Could not store file: a.txt.' });
        assert.deepEqual([await found(), await ready()], [[0, 1, 2], 503]);

        limitFiles(server, 'unlimited');
        assert.deepEqual([await ready(), (await create(3)).status], [200, 201]);
        limitFiles(server, 4096);
        assert.equal((await create(-1)).status, 500);
        await server.crashAndRestart();
        assert.deepEqual([await found(), await ready()], [[0, 1, 2, 3], 200]);
        await server.stop();
    });

    test('an upload that cannot be kept is refused, and the log says why', async () => {
        const blocked = join(folder, 'blocked');
        writeFileSync(blocked, 'a file where a folder should be');
        const server = await startServer({ config: { filesFolder: join(blocked, 'files') } });
        const { status, body } = await server.request('POST', '/files/a.txt', { master: true, body: { base64: 'aGk=' } });
        assert.deepEqual([status, body], [400, { code: 130, error: 'Could not store file: a.txt.' }]);
        await server.logged(/WARN request_failed .*path=\/parse\/files\/a\.txt .*code=130 .*detail=".+"/);
        await server.stop();
    });
});
