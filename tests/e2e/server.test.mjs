// The program as whoever runs it sees it: start, readiness, configuration, logs, stop, and data that outlive all of these.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { openSocket } from '../support/http.mjs';
import { homeportBin, makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const EX_USAGE = 64;
const EX_CONFIG = 78;

describe('the command line', () => {
    test('--version names the program and its version, and nothing else', async () => {
        const { code, stdout, stderr } = await runHomeport(['--version']);
        assert.equal(code, 0);
        assert.match(stdout, /^homeport \d+\.\d+\.\d+\n$/);
        assert.equal(stderr, '');
    });

    test('--help names every command, on standard output', async () => {
        const { code, stdout } = await runHomeport(['--help']);
        assert.equal(code, 0);
        for (const command of ['serve', 'schema', 'cloud']) assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
    });

    test('serve --help names the options', async () => {
        const { code, stdout } = await runHomeport(['serve', '--help']);
        assert.equal(code, 0);
        for (const option of ['--config', '--appId', '--masterKey', '--port', '--databaseURI', '--template'])
            assert.ok(stdout.includes(option), `${option} is missing`);
    });

    test('an unknown command is a usage error that shows the commands', async () => {
        const { code, stdout, stderr } = await runHomeport(['sevre']);
        assert.equal(code, EX_USAGE);
        assert.equal(stdout, '');
        assert.match(stderr, /no command 'sevre'/);
        assert.match(stderr, /^  serve /m);
    });
});

describe('a configuration that cannot be right stops the start', () => {
    let folder;
    before(() => (folder = makeFolder()));
    after(() => rmSync(folder, { recursive: true }));

    const good = { appId: 'a', masterKey: 'm', host: '127.0.0.1', port: 0 };
    async function refuse(config, { args = [], env = {} } = {}) {
        const file = join(folder, 'config.json');
        writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
        const { code, stdout, stderr } = await runHomeport(['serve', '--config', file, ...args], { env, cwd: folder });
        assert.equal(code, EX_CONFIG, stderr);
        assert.equal(stdout, '');
        return stderr;
    }

    test('an unknown key, with what was probably meant', async () => {
        assert.match(await refuse({ ...good, databaseUri: 'sqlite://./x.db' }), /"databaseUri"; did you mean "databaseURI"\?/);
    });

    test('an unknown flag', async () => {
        assert.match(await refuse(good, { args: ['--mountpath', '/api'] }), /"mountpath"; did you mean "mountPath"\?/);
    });

    test('a missing required option is named', async () => {
        assert.match(await refuse({ masterKey: 'm' }), /^appId: required/m);
    });

    test('a wrong type is named, without the value of a secret', async () => {
        const stderr = await refuse({ ...good, port: 'x13y37', masterKey: ['hush-hush'] });
        assert.match(stderr, /\bport\b/);
        assert.match(stderr, /\bmasterKey\b/);
        assert.doesNotMatch(stderr, /hush-hush/);
    });

    test('a file that is no JSON, with the line', async () => {
        assert.match(await refuse('{\n  "appId": "a",\n  oops\n}'), /config\.json: .*\bline 3\b/);
    });

    test('a file that is not there', async () => {
        const { code, stdout, stderr } = await runHomeport(['serve', '--config', join(folder, 'nowhere.json')]);
        assert.equal(code, EX_CONFIG, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, /nowhere\.json/);
    });

    test('a template that does not exist', async () => {
        assert.match(await refuse({ ...good, template: 'p2p-paiment' }), /p2p-paiment/);
    });
});

describe('a running server', () => {
    let server;
    before(async () => (server = await startServer()));
    after(() => server.stop());

    test('says that it is ready in one line, and nothing else on standard output', async () => {
        const { stdout: version } = await runHomeport(['--version']);
        assert.equal(server.stdout, `${version.trim()} ready at http://127.0.0.1:${server.config.port}/parse\n`);
    });

    test('on an IPv6 address it is ready at a URL that can be asked', async () => {
        const own = await startServer({ config: { host: '::1' } });
        const [, url] = /ready at (\S+)\n/.exec(own.stdout);
        assert.match(url, /^http:\/\/\[::1\]:\d+\/parse$/);
        assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok' });
        await own.stop();
    });

    test('/health and /ready answer without keys', async () => {
        for (const path of ['/health', '/ready']) {
            const headers = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined };
            const { status, body } = await server.request('GET', path, { origin: true, headers });
            assert.equal(status, 200, path);
            assert.equal(body.status, path === '/health' ? 'ok' : 'ready');
        }
    });

    test('/parse/health answers as Parse Server does', async () => {
        const { status, body } = await server.request('GET', '/health');
        assert.equal(status, 200);
        assert.deepEqual(body, { status: 'ok' });
    });

    test('/metrics speaks the Prometheus text format and counts requests', async () => {
        const count = async () => {
            const { status, headers, text } = await server.request('GET', '/metrics', { origin: true });
            assert.equal(status, 200);
            assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
            for (const line of text.trimEnd().split('\n'))
                assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+)$/);
            return Number(/^homeport_http_requests_total (\d+)$/m.exec(text)[1]);
        };
        const first = await count();
        for (let i = 0; i < 5; i++) await server.request('GET', '/health');
        assert.equal(await count(), first + 6);
    });

    test('without the application id nobody is served', async () => {
        const { status, body } = await server.request('GET', '/classes/Note', { headers: { 'X-Parse-Application-Id': 'other' } });
        assert.equal(status, 403);
        assert.equal(body.error, 'unauthorized');
    });

    test('several requests sent at once on one connection are answered in their order', async () => {
        const socket = await openSocket(server.origin);
        const get = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
        socket.write(get('/ready') + get('/parse/health') + get('/no/such/page') + get('/ready'));
        const text = await socket.until((received) => received.split('"ready"').length === 3);
        assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
        socket.destroy();
    });

    test('a connection is kept for the next request, and closed for who asks for that', async () => {
        const socket = await openSocket(server.origin);
        const get = (more = '') => `GET /ready HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
        for (let i = 1; i <= 3; i++) {
            socket.write(get());
            await socket.until((received) => received.split('"ready"').length === i + 1);
        }
        assert.ok(!socket.closed);
        socket.write(get('Connection: close\r\n'));
        await socket.untilClosed();
        assert.equal(socket.received.match(/HTTP\/1\.1 200/g).length, 4);
    });

    test('a large answer is compressed for who accepts that, and for nobody else', async () => {
        const body = { className: 'Wide', fields: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`field${i}`, { type: 'String' }])) };
        assert.equal((await server.request('POST', '/schemas', { master: true, body })).status, 200);
        const ask = (accept) => server.request('GET', '/schemas/Wide', { master: true, headers: { 'Accept-Encoding': accept } });
        const plain = await ask(undefined);
        assert.equal(plain.headers['content-encoding'], undefined);
        const zipped = await ask('gzip, deflate, br');
        assert.equal(zipped.headers['content-encoding'], 'gzip');
        assert.ok(zipped.bytes.length < plain.bytes.length / 2);
        assert.equal(gunzipSync(zipped.bytes).toString(), plain.text);
        assert.equal((await ask('gzip;q=0')).headers['content-encoding'], undefined);
    });

    test('Expect: 100-continue is answered before the body is sent', async () => {
        const body = JSON.stringify({ text: 'expected' });
        const socket = await openSocket(server.origin);
        socket.write(
            `POST /parse/classes/Note HTTP/1.1\r\nHost: localhost\r\nX-Parse-Application-Id: ${server.config.appId}\r\n` +
                `X-Parse-Master-Key: ${server.config.masterKey}\r\nContent-Type: application/json\r\n` +
                `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
        );
        assert.equal(await socket.until((received) => received.includes('\r\n\r\n')), 'HTTP/1.1 100 Continue\r\n\r\n');
        socket.write(body);
        await socket.until((received) => received.includes('HTTP/1.1 201') && received.includes('objectId'));
        socket.destroy();
    });

    test('a client that goes away before its answer does no harm', async () => {
        for (let i = 0; i < 20; i++) {
            const socket = await openSocket(server.origin);
            socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
            socket.destroy();
        }
        const { status } = await server.request('GET', '/ready', { origin: true });
        assert.equal(status, 200);
    });

    test('the official SDK saves an object and reads it back', async () => {
        const Parse = server.parse({ master: true });
        const note = await new Parse.Object('Note').save({ text: 'grüße', count: 2 }, { useMasterKey: true });
        const read = await new Parse.Query('Note').get(note.id, { useMasterKey: true });
        assert.equal(read.get('text'), 'grüße');
        assert.equal(read.get('count'), 2);
    });
});

test('configuration comes from flags, then the environment, then the file', async () => {
    const server = await startServer({
        config: { appId: 'from-file', mountPath: '/from-file', restAPIKey: 'from-file' },
        env: { PARSE_SERVER_APPLICATION_ID: 'from-environment', PARSE_SERVER_MOUNT_PATH: '/from-environment' },
        args: ['--mountPath', '/from-flags'],
    });
    assert.ok(server.url.endsWith('/from-flags'), server.url);
    const headers = { 'X-Parse-Application-Id': 'from-environment' };
    const { status } = await server.request('GET', '/serverInfo', { master: true, headers });
    assert.equal(status, 200);
    await server.stop();
});

test('a secret can come from a file', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'key'), 'kept-elsewhere\n');
    const server = await startServer({ config: { masterKey: undefined, masterKeyFile: join(folder, 'key') } });
    const headers = { 'X-Parse-Master-Key': 'kept-elsewhere' };
    assert.equal((await server.request('GET', '/serverInfo', { master: true, headers })).status, 200);
    await server.stop();
    rmSync(folder, { recursive: true });
});

describe('the log', () => {
    const keys = Object.fromEntries(
        ['masterKey', 'restAPIKey', 'javascriptKey', 'clientKey', 'dotNetKey', 'readOnlyMasterKey', 'maintenanceKey'].map((name) => [name, `${name}-of-this-test`]),
    );
    const secrets = { password: 'correcthorsebattery', ...keys };

    test('holds no password, key or session token, not even at its most talkative', async () => {
        const server = await startServer({
            config: { ...keys, logLevel: 'silly' },
        });
        const user = { username: 'vera', password: secrets.password, email: 'vera@example.com' };
        const signedUp = await server.request('POST', '/users', { body: user });
        assert.equal(signedUp.status, 201, signedUp.text);
        const login = await server.request('GET', `/login?username=vera&password=${secrets.password}`);
        assert.equal(login.status, 200, login.text);
        await server.request('POST', '/login', { body: { ...user, password: `${secrets.password}-wrong` } });
        await server.request('GET', '/users/me', { session: login.body.sessionToken });
        await server.request('GET', '/users/me', { session: 'r:0123456789abcdef0123456789abcdef' });
        await server.request('GET', '/schemas', { master: true });
        const Parse = server.parse({ master: true }); // keys and tokens in the body
        const sdkUser = await Parse.User.logIn('vera', secrets.password);
        await new Parse.Query('_User').find({ useMasterKey: true });
        await Parse.Cloud.run('nothing', {}, { sessionToken: sdkUser.getSessionToken() }).catch(() => {});
        const basic = `Basic ${btoa(`${server.config.appId}:javascript-key=${keys.javascriptKey}`)}`;
        await server.request('GET', '/classes/Note', { headers: { Authorization: basic, 'X-Parse-REST-API-Key': undefined } });
        for (const [header, name] of [['Client-Key', 'clientKey'], ['Windows-Key', 'dotNetKey'], ['Master-Key', 'readOnlyMasterKey'], ['Maintenance-Key', 'maintenanceKey']])
            await server.request('GET', '/classes/Note', { headers: { [`X-Parse-${header}`]: keys[name], 'X-Parse-REST-API-Key': undefined } });
        await server.request('GET', `/classes/Note?where=${encodeURIComponent(JSON.stringify({ sessionToken: login.body.sessionToken }))}`);
        const newPassword = `${secrets.password}-changed`;
        const changed = await server.request('PUT', `/users/${login.body.objectId}`, { session: login.body.sessionToken, body: { password: newPassword } });
        assert.equal(changed.status, 200, changed.text);
        for (const broken of [`{"password":"${secrets.password}",`, `{"password":${secrets.password}}`, secrets.password])
            await server.request('POST', '/users', { body: broken });
        await server.stop();
        const tokens = [signedUp.body.sessionToken, login.body.sessionToken, sdkUser.getSessionToken(), changed.body.sessionToken];
        assert.ok(tokens.every((token) => token.length > 15));
        for (const secret of [...Object.values(secrets), ...tokens, '0123456789abcdef', basic])
            assert.ok(!server.stderr.includes(secret), `the log holds "${secret}"`);
    });

    test('is one JSON object per line with jsonLogs', async () => {
        const server = await startServer({ config: { jsonLogs: true } });
        await server.request('GET', '/health');
        await server.stop();
        const events = server.stderr.trimEnd().split('\n').map((line) => JSON.parse(line));
        assert.ok(events.length >= 3);
        assert.ok(events.every((event) => typeof event.event === 'string' && typeof event.level === 'string'), server.stderr);
    });
});

describe('SIGHUP', () => {
    let server;
    before(async () => (server = await startServer({ config: { allowClientClassCreation: false } })));
    after(() => server.stop());
    const create = (name) => server.request('POST', `/classes/${name}`, { body: { a: 1 } });

    test('reads the configuration again', async () => {
        const refused = await create('Fresh');
        assert.ok(refused.status >= 400, refused.text);
        server.config.allowClientClassCreation = true;
        server.config.port = 0; // as it was started; it keeps the one it found
        server.writeConfig();
        server.signal('SIGHUP');
        await server.logged(/\breloaded\b/);
        const created = await create('Fresh');
        assert.equal(created.status, 201);
        const { port } = new URL(server.url);
        assert.equal(created.headers.location, `http://localhost:${port}/parse/classes/Fresh/${created.body.objectId}`);
    });

    test('a client key changed in the file is the one that counts from then on', async () => {
        const old = { headers: { 'X-Parse-REST-API-Key': server.config.restAPIKey } };
        assert.equal((await server.request('GET', '/classes/Fresh', old)).status, 200);
        const reloads = () => server.stderr.match(/\breloaded\b/g)?.length ?? 0;
        const before = reloads();
        server.config.restAPIKey = 'another-key';
        server.writeConfig();
        server.signal('SIGHUP');
        await server.logged(new RegExp(`(\\breloaded\\b[^]*){${before + 1}}`));
        assert.equal((await server.request('GET', '/classes/Fresh', old)).status, 403);
        assert.equal((await server.request('GET', '/classes/Fresh')).status, 200);
    });

    test('of an option that is read at the start alone says that it needs one', async () => {
        Object.assign(server.config, { maxUploadSize: '1kb', cacheTTL: 1 });
        server.writeConfig();
        server.signal('SIGHUP');
        await server.logged(/\boption_needs_restart option=maxUploadSize\b[^]*\boption_needs_restart option=cacheTTL\b[^]*\breloaded\b/);
        assert.equal((await server.request('POST', '/classes/Fresh', { body: { text: 'x'.repeat(2000) } })).status, 201);
    });

    test('changes nothing if the configuration is wrong now', async () => {
        const good = server.config;
        server.config = { ...good, allowClientClassCreation: false, nonsense: true };
        server.writeConfig();
        server.signal('SIGHUP');
        await server.logged(/\breload_refused\b.*nonsense/);
        assert.equal((await create('Fresher')).status, 201);
        server.config = good;
    });
});

test('SIGHUP while the server starts is a reload when it has started', async () => {
    const folder = makeFolder();
    const pipe = join(folder, 'master.key'); // who opens it to write waits until the server, in the middle of its start, reads
    execFileSync('mkfifo', [pipe]);
    const starting = startServer({ config: { masterKey: undefined, masterKeyFile: pipe } });
    const key = await open(pipe, 'w');
    const [child] = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && readsPipe(pid, pipe));
    process.kill(Number(child), 'SIGHUP');
    await key.writeFile('first');
    await key.close();
    const server = await starting;
    const again = await open(pipe, 'w'); // the reload reads it anew
    await again.writeFile('second');
    await again.close();
    await server.logged(/reloaded/);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
});
function readsPipe(pid, pipe) {
    try {
        return pid !== String(process.pid) && readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === pipe);
    } catch {
        return false; // gone, or not ours
    }
}

describe('stopping', () => {
    test('SIGTERM lets running requests finish and ends with status 0', async () => {
        const server = await startServer({ config: { workers: 16, passwordHashesMax: 1 } });
        const signUps = Array.from({ length: 16 }, (_, i) =>
            server.request('POST', '/users', { body: { username: `user${i}`, password: 'secret' } }),
        );
        let waiting = 0; // sign-ups that have arrived and wait for their turn to hash
        for (let tries = 0; waiting < 3; tries++) {
            assert.ok(tries < 5000, 'the sign-ups were never seen waiting');
            const { text } = await server.request('GET', '/metrics', { origin: true });
            waiting = Number(/^homeport_password_waiting (\d+)$/m.exec(text)[1]);
        }
        server.signal('SIGTERM');
        const answers = await Promise.allSettled(signUps);
        await server.stop();
        const finished = answers.filter(({ value }) => value?.status === 201).length;
        const cutOff = answers.filter(({ value }) => value !== undefined && value.status !== 201);
        assert.ok(finished > waiting, `only ${finished} of ${waiting} waiting sign-ups were answered`);
        assert.deepEqual(cutOff, []);
    });

    test('SIGINT, which is Ctrl-C, does the same', async () => {
        const server = await startServer();
        server.signal('SIGINT');
        assert.deepEqual(await server.exited, { code: 0, signal: null });
        await server.stop();
    });

    test('a job and a webhook that do not end are left behind soon after shutdownTimeout, with status 1', async () => {
        const folder = makeFolder();
        const job = '#include <homeport/cloud.h>\n#include <unistd.h>\nstatic int nap(hpc_request *rq, void *data) { (void)rq; (void)data; for (;;) (void)sleep(60); }\n';
        writeFileSync(join(folder, 'nap.c'), `${job}static int setup(hpc_registry *reg) { return hpc_job(reg, "nap", nap, NULL); }\nHPC_PLUGIN("nap", setup)\n`);
        const built = await runHomeport(['cloud', 'build', 'nap.c'], { cwd: folder });
        assert.equal(built.code, 0, built.stderr);
        const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
        await once(silent, 'listening');
        const ends = async (config, start) => {
            const server = await startServer({ config: { shutdownTimeout: 1, ...config } });
            const { body } = await server.request('POST', '/classes/Note', { body: { n: 1 }, master: true });
            await start(server);
            const before = Date.now();
            server.signal('SIGTERM');
            assert.deepEqual(await server.exited, { code: 1, signal: null });
            assert.ok(Date.now() - before < 20_000, `${Date.now() - before} ms`);
            await server.logged(/left behind: a job, a webhook or cloud code/);
            await server.start();
            assert.equal((await server.request('GET', `/classes/Note/${body.objectId}`, { master: true })).status, 200);
            await server.stop();
        };
        await ends({ cloud: [join(folder, 'nap.so')] }, async (server) => assert.equal((await server.request('POST', '/jobs/nap', { body: {}, master: true })).status, 200));
        await ends({ webhookTimeout: 600_000 }, async (server) => {
            const url = `http://127.0.0.1:${silent.address().port}/`;
            await server.request('POST', '/hooks/functions', { body: { functionName: 'wait', url }, master: true });
            const asked = once(silent, 'connection');
            server.request('POST', '/functions/wait', { body: {} }).catch(() => {});
            await asked;
        });
        silent.close();
        rmSync(folder, { recursive: true, force: true });
    });

    test('an idle connection does not hold it up', async () => {
        const server = await startServer();
        const socket = await openSocket(server.origin);
        socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
        await socket.until((received) => received.includes('"ready"'));
        const before = Date.now();
        await server.stop();
        assert.ok(Date.now() - before < 10_000);
        await socket.untilClosed();
    });
});

describe('what was stored is there', () => {
    const body = { text: 'keep me', when: { __type: 'Date', iso: '2020-02-29T12:34:56.789Z' } };
    async function store(server) {
        const { body: made } = await server.request('POST', '/classes/Note', { body, master: true });
        return made.objectId;
    }
    async function assertStored(server, id) {
        const { status, body: read } = await server.request('GET', `/classes/Note/${id}`, { master: true });
        assert.equal(status, 200);
        assert.deepEqual({ text: read.text, when: read.when }, body);
    }

    test('after an orderly stop and a second start', async () => {
        const server = await startServer();
        const id = await store(server);
        await server.restart();
        await assertStored(server, id);
        await server.stop();
    });

    test('after SIGKILL right behind the answer', async () => {
        const server = await startServer();
        for (let round = 0; round < 5; round++) {
            const id = await store(server);
            await server.crashAndRestart();
            await assertStored(server, id);
        }
        await server.stop();
    });
});

test('two servers cannot take the same port: the second says so and ends', async () => {
    const server = await startServer();
    const folder = makeFolder();
    const config = { ...server.config, databaseURI: `sqlite://${folder}/other.db` };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const { code, stderr } = await runHomeport(['serve', '--config', join(folder, 'config.json')]);
    assert.ok(code > 0, `${homeportBin()} ended with ${code}`);
    assert.match(stderr, new RegExp(`\\b${server.config.port}\\b`));
    await server.stop();
    rmSync(folder, { recursive: true });
});
