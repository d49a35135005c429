// Several processes on one database file: they take turns at writing, and notice what the others have changed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { makeFolder, startServer } from '../support/homeport.mjs';
import { pointer, signUp, storedAll } from '../support/payments.mjs';
import { startWebhook } from '../support/webhook.mjs';

const NOTICED_MS = 10_000; // a second, on a machine that has one

const folder = makeFolder();
const keys = { masterKey: 'master-of-all', restAPIKey: 'rest-of-all', javascriptKey: 'js-of-all', databaseURI: `sqlite://${folder}/shared.db` };
const start = (config = {}) => startServer({ config: { ...keys, allowClientClassCreation: true, cacheTTL: 600_000, ...config } });

/** Asks until the answer is as it should be; another process needs a moment. */
async function eventually(what, ask, holds) {
    const deadline = Date.now() + NOTICED_MS;
    for (;;) {
        const answer = await ask();
        if (holds(answer)) return answer;
        assert.ok(Date.now() < deadline, `${what}: ${answer.status} ${answer.text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

let a, b;
before(async () => {
    a = await start();
    b = await start();
});
after(async () => {
    await a?.stop();
    await b?.stop();
    rmSync(folder, { recursive: true, force: true });
});

test('what one has written the other reads at once, with the classes it made for it', async () => {
    for (let i = 0; i < 5; i++) {
        const [here, there] = i % 2 ? [a, b] : [b, a];
        const made = await here.request('POST', `/classes/Made${i}`, { master: true, body: { [`field${i}`]: i } });
        assert.equal(made.status, 201, made.text);
        const path = `/classes/Made${i}/${made.body.objectId}`;
        const read = await there.request('GET', path, { master: true });
        assert.deepEqual([read.status, read.body[`field${i}`]], [200, i], read.text);
        assert.equal((await there.request('PUT', path, { master: true, body: { [`more${i}`]: true } })).status, 200);
    }
});

test('a session that one has revoked is soon worth nothing to the other', async () => {
    const user = await signUp(a, 'leaver');
    const me = (server) => server.request('GET', '/users/me', { session: user.session });
    for (const server of [a, b]) assert.equal((await me(server)).status, 200); // both remember it now
    assert.equal((await a.request('POST', '/logout', { session: user.session, body: {} })).status, 200);
    assert.equal((await me(a)).body.code, 209, 'here at once');
    const there = await eventually('revoked', () => me(b), ({ status }) => status !== 200);
    assert.equal(there.body.code, 209);
});

test('a role that one has given the other soon knows of', async () => {
    const user = await signUp(a, 'climber');
    const acl = { 'role:Tellers': { read: true } };
    const { body } = await a.request('POST', '/classes/Vault', { master: true, body: { ACL: acl } });
    const read = () => b.request('GET', `/classes/Vault/${body.objectId}`, { session: user.session });
    assert.equal((await read()).status, 404);
    const users = { __op: 'AddRelation', objects: [pointer('_User', user.id)] };
    assert.equal((await a.request('POST', '/roles', { master: true, body: { name: 'Tellers', ACL: {}, users } })).status, 201);
    await eventually('role', read, ({ status }) => status === 200);
});

test('a webhook that one was given the other soon asks', async () => {
    const hook = await startWebhook(() => ({ success: 'asked' }));
    const body = { functionName: 'asked', url: `${hook.url}/asked` };
    const call = (server) => server.request('POST', '/functions/asked', { body: {} });
    assert.equal((await call(b)).body.code, 141);
    assert.equal((await a.request('POST', '/hooks/functions', { master: true, body })).status, 200);
    assert.equal((await call(a)).body.result, 'asked');
    await eventually('webhook', () => call(b), ({ body: answer }) => answer.result === 'asked');
    await hook.stop();
});

test('a write that does not get the lock in time is refused with a reason; reading goes on', async () => {
    const holder = spawn('sqlite3', ['-batch', join(folder, 'shared.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    holder.stdin.write('PRAGMA journal_mode;\nBEGIN IMMEDIATE;\nSELECT 1;\n');
    let said = '';
    holder.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    while (!/^1$/m.test(said)) await once(holder.stdout, 'data');
    const refused = a.request('POST', '/classes/Made0', { master: true, body: { n: 1 } });
    assert.equal((await b.request('GET', '/classes/Made0?limit=1', { master: true })).status, 200);
    const answer = await refused;
    assert.deepEqual([answer.status, answer.body], [400, { code: 124, error: 'The server is busy. Try again.' }]);
    holder.stdin.end('ROLLBACK;\n');
    await once(holder, 'close');
    assert.equal((await a.request('POST', '/classes/Made0', { master: true, body: { n: 1 } })).status, 201);
});

for (const count of [2, 3])
    test(`transfers through ${count} processes conserve the total while one of them is killed`, async () => {
        const own = makeFolder();
        const config = { template: 'p2p-payment', databaseURI: `sqlite://${own}/money.db` };
        const nodes = [];
        for (let i = 0; i < count; i++) nodes.push(await start(config));
        const people = [];
        for (let i = 0; i < 4; i++) people.push(await signUp(nodes[i % count], `payer${i}`));
        for (const { id } of people)
            assert.equal((await nodes[0].request('PUT', `/users/${id}`, { master: true, body: { balance: 50 } })).status, 200);

        const answered = [], work = Array.from({ length: 120 }, (_, i) => i);
        const victim = nodes[count - 1];
        let killed;
        const client = async (node) => {
            for (let i = work.pop(); i !== undefined; i = work.pop()) {
                if (answered.length === 40) killed ??= victim.kill();
                const from = people[i % 4], to = people[(i + 1 + (i >> 2) % 3) % 4];
                const body = { receiver: pointer('_User', to.id), amount: (1 + (i * 37) % 900) / 100 };
                try {
                    const reply = await node.request('POST', '/classes/Transaction', { session: from.session, body });
                    if (reply.status === 201) answered.push(reply.body.objectId);
                    else assert.ok([142, 124].includes(reply.body.code), reply.text); // too poor, or the lock did not come in time
                } catch (error) {
                    if (node !== victim || error.code === 'ERR_ASSERTION') throw error;
                    return; // its connection broke: the others go on
                }
            }
        };
        await Promise.all(nodes.flatMap((node) => [client(node), client(node), client(node)]));
        await (killed ?? assert.fail('nobody was killed'));
        await victim.start();
        for (const node of nodes) {
            const cents = (await storedAll(node, '_User')).map(({ balance }) => Math.round(balance * 100));
            assert.ok(cents.every((one) => one >= 0), String(cents));
            assert.equal(cents.reduce((sum, one) => sum + one, 0), 4 * 5000);
            const ids = new Set((await storedAll(node, 'Transaction')).map(({ objectId }) => objectId));
            for (const id of answered) assert.ok(ids.has(id), `transfer ${id} was answered and is gone`);
            assert.equal((await storedAll(node, 'Notification')).length, ids.size);
        }
        for (const node of nodes) await node.stop();
        rmSync(own, { recursive: true, force: true });
    });
