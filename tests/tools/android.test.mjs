// The official Android SDK on a plain JVM: android/ holds its Maven project and the cases, one test of JUnit each.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startServer } from '../support/homeport.mjs';

const PROJECT = fileURLToPath(new URL('android', import.meta.url));
let server, build, proxy, url;
/** What the SDK sent, and how it was answered. */
const wire = [];

before(async () => {
    proxy = await startProxy();
    url = `http://127.0.0.1:${proxy.address().port}/parse`;
    server = await startServer({ config: { template: 'p2p-payment', allowClientClassCreation: true, restAPIKey: undefined, javascriptKey: undefined, publicServerURL: url } });
    await server.request('PUT', '/config', { body: { params: { greeting: 'hello', secret: 1 }, masterKeyOnly: { secret: true } }, master: true });
    build = mkdtempSync(join(tmpdir(), 'homeport-android-'));
});
after(async () => {
    proxy?.close();
    await server?.stop();
    if (build) rmSync(build, { recursive: true, force: true });
});

/** Between the SDK and the server: passes on what comes, unchanged, and writes it down. */
async function startProxy() {
    const listener = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            const body = Buffer.concat(parts);
            const { method, url: path, headers } = request;
            const onward = http.request(server.origin + path, { method, headers }, (answer) => {
                wire.push({ method, path, headers, body: body.toString('utf8'), answer: { status: answer.statusCode, headers: answer.headers } });
                response.writeHead(answer.statusCode, answer.rawHeaders);
                answer.pipe(response);
            });
            onward.on('error', () => response.destroy());
            onward.end(body);
        });
    });
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return listener;
}

/** Runs Maven; what it says is kept for the failure. */
async function maven(...args) {
    const child = spawn('mvn', ['--batch-mode', '--no-transfer-progress', '--file', PROJECT, ...args], {
        env: { ...process.env, HOMEPORT_URL: url, HOMEPORT_APP: server.config.appId },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    return { code, said };
}

test('every case of the Android SDK passes', async (t) => {
    const { code, said } = await maven(`-Dhomeport.build=${build}`, 'test');
    assert.equal(code, 0, said);
    const reports = ['AndroidSdkTest', 'LocalDatastoreTest'].map((name) => readFileSync(join(build, `surefire-reports/TEST-com.parse.${name}.xml`), 'utf8'));
    const cases = [...reports.join('').matchAll(/<testcase name="(\w+)"[^>]*time="([\d.]+)"/g)];
    assert.ok(cases.length >= 15, `only ${cases.length} cases ran`);
    for (const [, name, seconds] of cases) t.diagnostic(`${name} (${seconds} s)`);
});

test('conditions travel in a string, fifty objects in a batch, answers compressed', () => {
    const json = ({ headers, body }) => (/json/.test(headers['content-type']) ? JSON.parse(body) : {});
    const queries = wire.filter((call) => json(call)._method === 'GET' && 'where' in json(call));
    assert.ok(queries.length >= 15, `${queries.length} queries`);
    for (const call of queries) assert.equal(typeof json(call).where, 'string', call.body);
    const batches = wire.filter(({ path }) => path === '/parse/batch').map((call) => json(call).requests.length);
    assert.deepEqual(batches.filter((n) => n > 10).sort(), [20, 20, 50, 50, 50, 50]); // 120 saved, then deleted
    assert.ok(wire.some(({ answer }) => answer.headers['content-encoding'] === 'gzip'));
    assert.ok(wire.some(({ method, path }) => method === 'GET' && path.startsWith('/parse/files/')));
});
