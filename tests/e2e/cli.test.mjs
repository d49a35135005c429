// `homeport schema` and `homeport cloud` as a user types them, on the real program.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { homeportBin, makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const TREE = join(dirname(fileURLToPath(import.meta.url)), '../..');
let folder;
before(() => (folder = makeFolder()));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
};
const database = (name) => ['--appId', 'a', '--masterKey', 'm', '--databaseURI', `sqlite://${folder}/${name}.db`];
const schema = (command, name, ...args) => runHomeport(['schema', command, ...args, ...database(name)]);
const exported = async (name) => JSON.parse((await schema('export', name)).stdout).results;

describe('homeport schema', () => {
    const A = { className: 'A', fields: { n: { type: 'Number' }, to: { type: 'Pointer', targetClass: 'User' } } };
    const FORMS = {
        'the templates’ form': { classes: [{ className: 'User', fields: { objectId: { type: 'String' }, nick: { type: 'String' } } }, A] },
        'a GET /schemas answer': { results: [A] },
        'a bare array': [A],
        'a single class': A,
        'schema.definitions': { schema: { definitions: [A] } },
        definitions: { definitions: [A] },
    };
    let counter = 0;
    for (const [form, content] of Object.entries(FORMS))
        test(`import reads ${form}, prints its plan, and can be repeated`, async () => {
            const name = `form${counter++}`;
            const path = file(`${name}.json`, content);
            const first = await schema('import', name, path);
            assert.equal(first.code, 0, first.stderr);
            assert.match(first.stdout, /^\+ class A\n\+ field A\.n Number\n\+ field A\.to Pointer<_User>\n/m);
            const again = await schema('import', name, path);
            assert.equal(again.stdout, 'Everything is there already.\n');
            const stored = (await exported(name)).find((cls) => cls.className === 'A');
            assert.deepEqual(stored.fields.to, { type: 'Pointer', targetClass: '_User' });
        });
    test('what cannot be written whole is no success', () => {
        const full = openSync('/dev/full', 'w');
        const { status, stderr } = spawnSync(homeportBin(), ['schema', 'dictionary', 'p2p-payment'], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
        closeSync(full);
        assert.deepEqual([status, stderr], [1, 'homeport: the output could not be written whole\n']);
    });
    test('an answer of GET /schemas may show indexes of fields that were dropped; a definition may not', async () => {
        const indexes = { _id_: { _id: 1 }, gone: { gone: 1 }, half: { n: 1, gone: -1 }, pointer: { _p_to: 1, _created_at: -1 }, n: { n: 1 }, unique: { n: 1, unique: true, partialFilterExpression: { n: { $exists: true } } } };
        const imported = await schema('import', 'stale', file('stale.json', { results: [{ ...A, indexes }] }));
        assert.equal(imported.code, 0, imported.stderr);
        assert.deepEqual(Object.keys((await exported('stale')).find((cls) => cls.className === 'A').indexes).sort(), ['_id_', 'n', 'pointer', 'unique']);
        const refused = await schema('import', 'stale', file('stale.json', { classes: [{ ...A, indexes: { gone: { gone: 1 } } }] }));
        assert.match(refused.stderr, /indexes\.gone: Field gone does not exist, cannot add index\./);
    });
    test('a class that got a second GeoPoint by a write of an object is imported as it was exported', async () => {
        const places = { className: 'Places', fields: { from: { type: 'GeoPoint' }, to: { type: 'GeoPoint' } } };
        const imported = await schema('import', 'places', file('places.json', { results: [places] }));
        assert.equal(imported.code, 0, imported.stderr);
        const again = await schema('import', 'places', file('places.json', { results: await exported('places') }));
        assert.equal(again.code, 0, again.stderr);
        assert.doesNotMatch(again.stdout, /field/);
    });
    test('--dry-run changes nothing; nothing is dropped without --prune', async () => {
        const path = file('a.json', A);
        assert.match((await schema('import', 'prune', path, '--dry-run')).stdout, /\+ class A/);
        assert.equal((await exported('prune')).some((cls) => cls.className === 'A'), false);
        await schema('import', 'prune', path);
        const smaller = file('smaller.json', { classes: [{ className: 'A', fields: { to: A.fields.to } }] });
        await schema('import', 'prune', smaller);
        assert.ok((await exported('prune')).find((cls) => cls.className === 'A').fields.n);
        assert.match((await schema('import', 'prune', smaller, '--prune')).stdout, /- field A\.n Number/);
        assert.equal((await exported('prune')).find((cls) => cls.className === 'A').fields.n, undefined);
    });
    test('a wrong file is answered with line, path and what was expected, and changes nothing', async () => {
        const cases = [
            ['{"classes":[\n {"className":"Good","fields":{}},\n {"className":"Bad","fields":{\n  "x":{"type":"Nmber"}}}]}', /:4: classes\[1\]\.fields\.x: .*Nmber.*Expected one of String/],
            ['[{"className":"Bad","fields":{"x":{"type":"Pointer"}}}]', /:1: \[0\]\.fields\.x: .*needs a class name.*targetClass/],
            ['{"classes":[{"fields":{}}]}', /className/],
            ['{"classes":[\n{"className":', /line 2/],
            ['{"other":1}', /expected \{"classes"/],
            ['[{"className":"Bad","fields":{},"classLevelPermissions":{"find":{"*":"yes"}}}]', /classLevelPermissions: /],
            ['[{"className":"9x","fields":{}}]', /Invalid classname: 9x/],
            ['[{"className":"User","fields":{}},\n{"className":"_User","fields":{}}]', /:2: \[1\]\.className: Class _User is defined twice\.\n/],
        ];
        for (const [content, says] of cases) {
            const { code, stderr } = await schema('import', 'wrong', file('wrong.json', content));
            assert.equal(code, 1, stderr);
            assert.match(stderr, says);
        }
        assert.deepEqual((await exported('wrong')).map((cls) => cls.className).filter((cls) => !cls.startsWith('_')), []);
    });
    test('what cannot be read is named once, with the reason', async () => {
        const cases = { 'p2p-paymnt': "there is neither a file nor a template 'p2p-paymnt'", [folder]: `Cannot read ${folder}: not a file`, [file('empty.json', '')]: `${folder}/empty.json: Invalid JSON at line 1, column 0: unexpected token` };
        for (const [name, says] of Object.entries(cases))
            assert.deepEqual(await schema('import', 'unread', name), { code: 1, signal: null, stdout: '', stderr: `homeport: ${says}\n` });
    });
    test('a stored field keeps its type', async () => {
        await schema('import', 'types', file('a.json', A));
        const { code, stderr } = await schema('import', 'types', file('b.json', { className: 'A', fields: { n: { type: 'String' } } }));
        assert.equal(code, 1);
        assert.match(stderr, /Field n exists, cannot update/);
    });
    test('an export imported elsewhere is the same schema; who imports a template is told where its rules are', async () => {
        const { stderr } = await schema('import', 'from', 'p2p-payment');
        assert.equal(stderr, 'homeport: the rules of p2p-payment are cloud code, which runs only where the option template is p2p-payment.\n');
        await schema('import', 'to', file('export.json', { results: await exported('from') }));
        assert.deepEqual(await exported('to'), await exported('from'));
    });
    test('what a command would pass over is refused, and named', async () => {
        const cases = [
            [['export', 'backup.json'], /schema export prints; to keep it, put > backup\.json behind the command/],
            [['export', '--prune'], /--prune and --dry-run are options of schema import alone/],
            [['check', 'p2p-payment', '--dry-run'], /--prune and --dry-run are options of schema import alone/],
            [['check', 'p2p-payment', 'payment-gateway'], /looks at p2p-payment alone: unexpected argument 'payment-gateway'/],
            [['diagram', 'p2p-payment', '--bogus'], /looks at p2p-payment alone: unexpected argument '--bogus'/],
            [['import'], /schema import needs a FILE or a TEMPLATE/],
            [['imprt'], /there is no command 'schema imprt'/],
            [[], /schema needs a command/],
        ];
        for (const [args, says] of cases) {
            const { code, stdout, stderr } = await runHomeport(['schema', ...args], { cwd: folder });
            assert.deepEqual([code, stdout], [64, ''], args.join(' '));
            assert.match(stderr, says);
            assert.match(stderr, /\n\nusage: homeport schema import /);
        }
    });
    test('a running server notices an import', async () => {
        const server = await startServer();
        const { code, stderr } = await runHomeport(['schema', 'import', file('a.json', A), '--config', server.configFile]);
        assert.equal(code, 0, stderr);
        for (let status = 0; status !== 200; ) ({ status } = await server.request('GET', '/schemas/A', { master: true }));
        await server.stop();
    });
    test('HOMEPORT_SHARE is where the templates are looked for, and no unknown option', async () => {
        const { code, stderr } = await runHomeport(['schema', 'check', 'p2p-payment'], { env: { HOMEPORT_SHARE: join(dirname(homeportBin()), 'share/homeport') } });
        assert.deepEqual([code, stderr], [0, '']);
        const elsewhere = await runHomeport(['schema', 'check', 'p2p-payment'], { env: { HOMEPORT_SHARE: folder } });
        assert.equal(elsewhere.code, 1);
    });
    test('diagram, dictionary and check know the templates', async () => {
        assert.match((await runHomeport(['schema', 'diagram', 'p2p-payment'])).stdout, /^erDiagram\n {4}User \|\|--o\{ Transaction : "sender"\n/);
        assert.match((await runHomeport(['schema', 'dictionary', 'payment-gateway'])).stdout, /\| details \| String \|  \| Yes \|/);
        for (const template of ['p2p-payment', 'payment-gateway']) assert.equal((await runHomeport(['schema', 'check', template])).code, 0);
    });
});

describe('homeport cloud', () => {
    const example = join(TREE, 'cloudcode/examples/notes');

    async function tryNotes(plugin) {
        const server = await startServer({ config: { cloud: plugin, allowClientClassCreation: true } });
        const refusal = await server.request('POST', '/classes/Note', { body: {} });
        assert.deepEqual(refusal.body, { code: 142, error: 'A note needs a text.' });
        const note = await server.request('POST', '/classes/Note', { body: { text: 'hello' } });
        assert.equal(note.body.size, 5);
        assert.deepEqual((await server.request('POST', '/functions/countNotes', { body: {} })).body, { result: 1 });
        await server.stop();
    }
    test('build makes a plug-in that the server runs', async () => {
        cpSync(join(example, 'notes.c'), join(folder, 'notes.c'));
        const { code, stdout, stderr } = await runHomeport(['cloud', 'build', join(folder, 'notes.c')]);
        assert.equal(code, 0, stderr);
        assert.equal(stdout, `${join(folder, 'notes.so')}\n`);
        await tryNotes(join(folder, 'notes.so'));
    });
    test('what build prints is what serve takes: a name without a folder is a file of the working directory', async () => {
        cpSync(join(example, 'notes.c'), join(folder, 'here.c'));
        const built = await runHomeport(['cloud', 'build', 'here.c'], { cwd: folder });
        assert.equal(built.stdout, 'here.so\n');
        const { code, stderr } = await runHomeport(['schema', 'export', ...database('here'), '--cloud', built.stdout.trim()], { cwd: folder });
        assert.equal(code, 0, stderr);
    });
    test('--help at any place says what build takes; what it does not take is named', async () => {
        const help = await runHomeport(['cloud', 'build', '--help']);
        assert.deepEqual([help.code, help.stderr], [0, '']);
        assert.match(help.stdout, /^usage: homeport cloud build FILE\.c/);
        const cases = [[['build', 'a.c', '--bogus'], /unexpected argument '--bogus'/], [['build', 'a.cpp'], /a\.cpp: cloud code is one C file/], [['build'], /needs a FILE\.c/], [['bild'], /there is no command 'cloud bild'/]];
        for (const [args, says] of cases) {
            const { code, stderr } = await runHomeport(['cloud', ...args]);
            assert.equal(code, 64);
            assert.match(stderr, says);
        }
    });
    test('the example builds with CMake and pkg-config', async () => {
        cpSync(example, join(folder, 'example'), { recursive: true });
        const env = { ...process.env, PKG_CONFIG_PATH: join(dirname(homeportBin()), 'pkgconfig') };
        execFileSync('cmake', ['-G', 'Ninja', '-S', '.', '-B', 'build'], { cwd: join(folder, 'example'), env, stdio: 'pipe' });
        execFileSync('cmake', ['--build', 'build'], { cwd: join(folder, 'example'), env, stdio: 'pipe' });
        await tryNotes(join(folder, 'example/build/notes.so'));
    });
    test('code that does not compile, and files that are no plug-in, are refused', async () => {
        const { code } = await runHomeport(['cloud', 'build', file('broken.c', 'int main(void) { return')]);
        assert.equal(code, 1);
        assert.equal(existsSync(join(folder, 'broken.so')), false);
        const started = await runHomeport(['serve', ...database('plugin'), '--cloud', join(folder, 'nothing.so')]);
        assert.equal(started.code, 78);
        assert.match(started.stderr, /Cannot load cloud code/);
    });
});
