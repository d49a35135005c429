// The README and the first-app page are true: their commands run as they are printed, in their order, and do what they say.
// Only what a reader would put in for himself is replaced: the address, the program's place, the keys.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { homeportBin, makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const TREE = new URL('../../', import.meta.url);
const folder = makeFolder();
symlinkSync(new URL('node_modules', import.meta.url), join(folder, 'node_modules'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The fenced blocks of one language on a page, in order. */
function blocks(page, language) {
    const text = readFileSync(new URL(page, TREE), 'utf8');
    return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].filter(([, , name]) => name === language).map(([, indent, , body]) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}
function replaceAll(text, replacements) {
    for (const [from, to] of Object.entries(replacements)) {
        assert.ok(text.includes(from), `the page no longer says ${from}`);
        text = text.replaceAll(from, to);
    }
    return text;
}
const run = promisify(execFile);
const shell = async (line) => (await run('sh', ['-euc', line], { cwd: folder })).stdout;
async function script(text) {
    const file = join(folder, 'script.js');
    writeFileSync(file, text);
    return (await run(process.execPath, [file], { cwd: folder })).stdout;
}

/** Until somebody is subscribed: what he says to the console is none of the page's business. */
async function subscribed(server) {
    const metrics = async () => (await server.request('GET', '/metrics', { origin: true })).text;
    while (!/^homeport_live_subscriptions 1$/m.test(await metrics())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('docs/first-app.md, from the first command to the last', async () => {
    const [serve, ...lines] = blocks('docs/first-app.md', 'sh');
    const options = replaceAll(serve, { 'build/release/homeport serve ': '', 'sqlite://./demo.db': `sqlite://${folder}/demo.db` });
    const own = Object.fromEntries(['appId', 'masterKey', 'restAPIKey', 'javascriptKey', 'host', 'port', 'databaseURI'].map((name) => [name, undefined]));
    const server = await startServer({ config: own, args: [...options.trim().split(/\s+/), '--port', '0'] });
    const here = (text) => replaceAll(text, { 'http://127.0.0.1:1337/parse': `http://127.0.0.1:${server.config.port}/parse` });
    const answers = [];
    for (const block of lines)
        for (const line of here(block).split(/\n(?=curl)/)) answers.push(JSON.parse(await shell(line)));

    const [schema, user, note, found] = answers;
    assert.deepEqual(schema.fields.stars, { type: 'Number', defaultValue: 0 });
    assert.match(user.sessionToken, /^r:[0-9a-f]{32}$/);
    assert.equal(note.stars, 0);
    assert.deepEqual([found.count, found.results[0].text], [1, 'hello']);
    const [sdk] = blocks('docs/first-app.md', 'js');
    assert.equal(await script(here(sdk)), "[ 'from JavaScript' ]\n");
    await server.stop();
});

describe('README.md', () => {
    test('the first payment by the JavaScript SDK, and Bob sees it', async () => {
        const [, classes] = readFileSync(new URL('scripts/run', TREE), 'utf8').match(/^p2p-payment\) live='(.*)' ;;$/m);
        const live = { liveQuery: { classNames: JSON.parse(`[${classes}]`) }, startLiveQueryServer: true };
        const server = await startServer({ config: { appId: 'p2p-payment', template: 'p2p-payment', demo: true, ...live } });
        const here = (text) => replaceAll(text, { 'JAVASCRIPT KEY': server.config.javascriptKey, 'http://127.0.0.1:1337/parse': server.url });
        const [pay, watch] = blocks('README.md', 'js').map(here);
        const seen = script(watch.replace("console.log(note.get('message'))", "process.exit(console.log(note.get('message')))"));
        await subscribed(server);
        assert.match(await script(pay), /^paid; Alice now has \d+(\.\d+)?\n$/);
        assert.equal(await seen, 'alice sent you 1.25\n');
        await server.stop();
    });

});

test('every configuration on a page is one that the program takes', async () => {
    for (const [name, text] of [['relay-password', 'p'], ['master.key', 'm'], ['texts.json', '{"en": {"translation": {}}}']]) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, 'pages'), { recursive: true });
    const options = new Set([...readFileSync(new URL('docs/configuration.md', TREE), 'utf8').matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name]) => name));
    const isOption = (name) => options.has(name) || options.has(name.replace(/File$/, ''));
    const pages = readdirSync(new URL('docs', TREE)).filter((name) => name.endsWith('.md'));
    const seen = [];
    for (const page of pages)
        for (const block of blocks(`docs/${page}`, 'json')) {
            const config = JSON.parse(block.replaceAll('/etc/homeport', folder).replaceAll('./', `${folder}/`));
            if (!Object.keys(config).every(isOption)) continue; // a request, an answer
            config.databaseURI = `sqlite://${folder}/configured.db`;
            const file = join(folder, 'page.json');
            const master = config.masterKeyFile ? {} : { masterKey: 'm' };
            writeFileSync(file, JSON.stringify({ appId: 'a', ...master, ...config }));
            const { code, stderr } = await runHomeport(['schema', 'export', '--config', file]);
            assert.equal(code, 0, `${page}: ${block}\n${stderr}`);
            seen.push(page);
        }
    assert.deepEqual([...new Set(seen)], ['install.md', 'live-queries.md', 'operations.md', 'security.md', 'signing-in.md', 'users-and-mail.md']);
});

test('every link of every page leads to something in the tree, and to a heading that is there', () => {
    const docs = readdirSync(new URL('docs', TREE), { recursive: true }).filter((name) => name.endsWith('.md'));
    const read = (url) => readFileSync(url, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    const anchors = (url) => [...read(url).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
    for (const page of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'tests/compat/README.md', 'tests/compat/differences.md', ...docs.map((name) => `docs/${name}`)])
        for (const [, target, , anchor] of read(new URL(page, TREE)).replace(/`[^`\n]*`(?!\])/g, '').matchAll(/\]\((?!https?:)([^)#\s]*)(#([^)\s]+))?\)/g)) {
            const file = new URL(target || page.replace(/.*\//, ''), new URL(page, TREE));
            assert.ok(existsSync(file), `${page}: ${target}`);
            if (anchor) assert.ok(anchors(file).includes(anchor), `${page}: ${target}#${anchor}`);
        }
});

test('every figure of /metrics that a page names is there', async () => {
    const pages = readdirSync(new URL('docs', TREE)).filter((name) => name.endsWith('.md')).map((name) => readFileSync(new URL(`docs/${name}`, TREE), 'utf8'));
    const named = new Set(pages.join('\n').match(/homeport_[a-z_]+[a-z](?:\{status="\w+"\})?(?![a-z_…]|\w*\.so|\.\w|_)/g));
    const server = await startServer({ config: { startLiveQueryServer: true, liveQuery: { classNames: ['A'], redisURL: 'redis://127.0.0.1:1' } } });
    const { text } = await server.request('GET', '/metrics', { origin: true });
    const there = new Set([...text.matchAll(/^(homeport_\w+)(\{[^}]*\})? /gm)].flatMap(([, name, labels]) => [name, `${name}${labels ?? ''}`]));
    assert.deepEqual([...named].filter((name) => !there.has(name)), []);
    assert.ok(named.size > 6, [...named].join(' '));
    await server.stop();
});

test('the backup of docs/operations.md is a database that a server starts on', async () => {
    const server = await startServer({ config: { template: 'p2p-payment', demo: true } });
    const [backup] = blocks('docs/operations.md', 'sh').filter((block) => block.startsWith('sqlite3'));
    await shell(replaceAll(backup, { 'my-app.db': join(server.folder, 'homeport.db') }));
    const restored = await startServer({ config: { databaseURI: `sqlite://${folder}/backup.db` } });
    const { body } = await restored.request('GET', '/users?count=1&limit=0', { master: true });
    assert.equal(body.count, 3);
    await restored.stop();
    await server.stop();
});

test('docs/migrating.md: a row keeps its id, rights and times, a file its name', async () => {
    const server = await startServer({ config: { maintenanceKey: 'repairs', allowCustomObjectId: true, preserveFileName: true } });
    const fields = { text: { type: 'String' } };
    await server.request('POST', '/schemas/Note', { body: { className: 'Note', fields }, master: true });
    const [copy] = blocks('docs/migrating.md', 'sh').filter((block) => block.startsWith('curl'));
    const { objectId } = JSON.parse(await shell(replaceAll(copy, { $APP_ID: server.config.appId, $MAINTENANCE_KEY: 'repairs', 'http://localhost:1337/parse': server.url })));
    const { body } = await server.request('GET', `/classes/Note/${objectId}`);
    const times = { createdAt: '2015-01-01T00:00:00.000Z', updatedAt: '2016-01-01T00:00:00.000Z' };
    assert.deepEqual(body, { objectId: 'Ed1nuqPvcm', ...times, text: 'kept', ACL: { '*': { read: true } } });
    const upload = await server.request('POST', '/files/0123_old.txt', { body: { base64: 'aGk=' }, master: true });
    assert.equal(upload.body.name, '0123_old.txt');
    await server.stop();
});

test('the cloud code of docs/cloud-code.md compiles as it stands', async () => {
    const [plugin] = blocks('docs/cloud-code.md', 'c');
    writeFileSync(join(folder, 'notes.c'), plugin);
    assert.equal(await shell(`'${homeportBin()}' cloud build notes.c`), 'notes.so\n');
});

test('docs/live-queries.md: the configuration starts, the SDK hears, the cloud code compiles', async () => {
    const [config] = blocks('docs/live-queries.md', 'json');
    const server = await startServer({ config: { template: 'p2p-payment', ...JSON.parse(config) } });
    const user = (body) => server.request('POST', '/users', { body });
    const [alice, bob] = [await user({ username: 'alice', password: 'a' }), await user({ username: 'bob', password: 'bob-password' })];
    await server.request('PUT', `/users/${alice.body.objectId}`, { master: true, body: { balance: 10 } });

    const [sdk] = blocks('docs/live-queries.md', 'js');
    const said = script(
        replaceAll(`(async () => {\n${sdk}\nconsole.log('listening');\n})();`, {
            APP_ID: `'${server.config.appId}'`,
            JAVASCRIPT_KEY: `'${server.config.javascriptKey}'`,
            'http://localhost:1337/parse': server.url,
            'console.log(note.get(\'message\'))': 'process.exit(console.log(note.get(\'message\')))',
        }),
    );
    const receiver = { __type: 'Pointer', className: '_User', objectId: bob.body.objectId };
    await subscribed(server);
    await server.request('POST', '/classes/Transaction', { session: alice.body.sessionToken, body: { receiver, amount: 3 } });
    assert.equal(await said, 'listening\nalice sent you 3.00\n');
    await server.stop();

    const [plugin] = blocks('docs/live-queries.md', 'c');
    writeFileSync(join(folder, 'articles.c'), `#include <homeport/cloud.h>\n${plugin}`);
    assert.equal(await shell(`'${homeportBin()}' cloud build articles.c`), 'articles.so\n');
});

test('docs/errors.md has the codes that the server answers with, and no other', () => {
    const rows = (path, pattern) => [...readFileSync(new URL(path, TREE), 'utf8').matchAll(pattern)];
    const known = rows('server/base/error_codes.def', /^HP_CODE\((\w+), +(-?\d+)/gm).map(([, name, code]) => `${code} ${name}`);
    const said = rows('docs/errors.md', /^\| (-?\d+) \| `(\w+)` \|$/gm).map(([, code, name]) => `${code} ${name}`);
    assert.deepEqual(said, known);
});

describe('docs/compatibility.md', () => {
    const read = (path) => readFileSync(new URL(path, TREE), 'utf8');
    const names = (text, pattern) => new Set([...text.matchAll(pattern)].map(([, name]) => name));
    const sources = readdirSync(new URL('server', TREE), { recursive: true }).filter((name) => name.endsWith('.c'));
    const inCode = (room) => names(sources.filter((name) => name.startsWith(room)).map((name) => read(`server/${name}`)).join('\n').replace(/\/\*[\s\S]*?\*\//g, ''), /"(\$[a-zA-Z]+)"/g);

    test('every operator that the server knows is on a page, and no other', () => {
        const pages = ['compatibility', 'aggregate', 'geo-and-text'].map((page) => read(`docs/${page}.md`)).join('\n');
        const said = names(pages.replace(/\$…/g, ''), /(?<![$\w])(\$[a-z][a-zA-Z]+)/g);
        assert.deepEqual([...inCode('query/')].filter((name) => !said.has(name)), [], 'on no page');
        const listed = names(read('docs/compatibility.md').split('\n').filter((line) => line.startsWith('|')).join('\n'), /(?<![$\w])(\$[a-z][a-zA-Z]+)/g);
        assert.deepEqual([...listed].filter((name) => !inCode('').has(name)), [], 'the server does not know');
    });

    test('every trigger, operation and type of field that the server knows is on the page, and no other', () => {
        const section = read('docs/compatibility.md').split('## Fields, updates, triggers')[1].split('\n## ')[0];
        const said = names(section.replace(/^\|[^|]*\| not yet.*$/gm, ''), /\b((?:before|after)[A-Z]\w+)\b/g);
        const triggers = names(read('server/hooks/hooks.c'), /"((?:before|after)[A-Z]\w+)"/g);
        assert.deepEqual([...said].sort(), [...triggers].sort());
        const operations = [...names(read('server/query/change.c'), /HP_STR_INIT\("(\w+)"\), HP_OP_/g), 'Batch'];
        assert.deepEqual([.../`__op`: `([\w ]+)`/.exec(section)[1].split(' ')].sort(), operations.sort());
        const types = [...names(read('server/query/class.c'), /\[HP_T_\w+\] = "(\w+)"/g)].filter((name) => name !== 'ACL' && name !== 'Decimal128');
        assert.deepEqual(/^\| (String[\w, ]+) \|/m.exec(section)[1].split(', ').sort(), types.sort());
    });

    test('what the page says is not there is not there', async () => {
        const missing = [...read('docs/compatibility.md').matchAll(/^\| `(\/\w+)` \| not (?:yet|there)/gm)].map(([, path]) => path);
        const server = await startServer();
        for (const path of missing) assert.equal((await server.request('POST', path, { body: {}, master: true })).status, 404, path);
        assert.equal((await server.request('PATCH', '/classes/Any', { body: {}, master: true })).status, 404);
        await server.stop();
    });
});
