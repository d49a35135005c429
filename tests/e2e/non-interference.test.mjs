// Non-interference: what a caller may not read has no influence on any answer it gets. Two worlds that differ in nothing else
// (tests/support/two_worlds.mjs) are sent the same random requests; status, headers and body of every answer have to be the
// same, and every event of the caller's live queries. SEED and REQUESTS vary it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { liveClient, subscribeMessage } from '../support/live.mjs';
import { pointer } from '../support/payments.mjs';
import { randomSource } from '../support/random.mjs';
import { requestsOf } from '../support/random_requests.mjs';
import { CALLERS, KINDS, makeWorlds, PASSWORD, rowsOf } from '../support/two_worlds.mjs';

const SEED = Number(process.env.SEED ?? 1);
const REQUESTS = Number(process.env.REQUESTS ?? 240);
const SUBSCRIPTIONS = 100;
const MARK = 'the last one';

// What cannot be the same, as in Parse Server: each of these tells that something exists, and no more.
const INHERENT = {
    'a user name is unique among all users': () => [{ method: 'POST', path: '/users', body: { username: 'onlya', password: PASSWORD } }],
    'so is an e-mail address': () => [{ method: 'POST', path: '/users', body: { username: 'inherent', password: PASSWORD, email: 'onlya@example.org' } }],
    'so is the name of a role': () => [{ method: 'POST', path: '/roles', body: { name: 'Onlya', ACL: {} } }],
    'an id that a client chose is unique in its class': () => [{ method: 'POST', path: '/classes/Denied', body: { objectId: 'onlya' } }],
    'who names an installation id speaks for that device': () => [
        { method: 'POST', path: '/installations', body: { installationId: 'installation-a-1', deviceType: 'ios' } },
    ],
    'a request id happens once, whoever sends it': () => [
        { method: 'POST', path: '/classes/Open', headers: { 'X-Parse-Request-Id': 'sent by eve to a' }, body: { objectId: 'inherent' } },
    ],
    'an operation that does not apply to what is stored is refused, also where one may write and not read': ([{ caller }]) => {
        const row = rowsOf('Open', caller).find(({ visible, writable }) => !visible && writable);
        return [{ method: 'PUT', path: `/classes/Open/${row.id}`, body: { 'obj.secret': { __op: 'Increment', amount: 1 } } }, row];
    },
};
const TELLS_NO_MORE = /^\{"(code":(101|137|159|111|202|203),"error":"[^"]*"|objectId|updatedAt|createdAt)/;

const MADE_BY_SERVER = new RegExp(`("objectId":"|_Role/)(?!new\\d{6}|(?:${Object.keys(KINDS).join('|')})\\d+"|user)[A-Za-z0-9]{10}"`, 'g');

/** Without what no two answers have in common: times, tokens, ids of roles and sessions, the port. */
function normalised(text, { config }) {
    return text
        .replaceAll(`:${config.port}/`, ':<port>/')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) => (time < '2026' ? time : '<now>'))
        .replace(/r:[0-9a-f]{32}/g, '<token>')
        .replace(MADE_BY_SERVER, '$1<made>"');
}

async function send(world, { method, path, body, headers }) {
    const { server, sessions, caller } = world;
    const answer = await server.request(method, path, { body, headers, session: sessions[caller.id] });
    const { date, etag, ...rest } = answer.headers; // the ETag is a digest of the body, with a key of each process
    return { status: answer.status, text: normalised(answer.text, server), headers: normalised(JSON.stringify(rest), server) };
}

function assertSame(a, b, label) {
    assert.deepEqual(a, b, `SEED=${SEED}: ${label}`);
}

/** Live queries of the caller, after one for each class that waits for a mark. */
async function subscribe(world, subscriptions) {
    const { server, caller, sessions } = world;
    const client = await liveClient(server, { sessionToken: sessions[caller.id] });
    const answers = [];
    const marks = Object.keys(KINDS).map((className) => ({ className, where: { name: MARK } }));
    const queries = [...marks, ...subscriptions];
    for (const [i, { className, where, ...more }] of queries.entries()) {
        const { clientId, installationId, ...answer } = await client.ask(subscribeMessage(i + 1, className, where, more));
        answers.push(answer);
    }
    return { world, client, queries, answers };
}

/** What has been told until every mark has come: for each subscription its events in their order. */
async function told({ world, client, answers }) {
    const { server, caller } = world;
    const waiting = new Set();
    for (const [i, [kind, { reads = () => true }]] of Object.entries(KINDS).entries()) {
        const owner = caller.id ?? 'none';
        await world.master('POST', `/classes/${kind}`, { objectId: `mark${kind}`, name: MARK, owner: pointer('_User', owner), ACL: { '*': { read: true } } });
        if (answers[i].op === 'subscribed' && reads(caller, { owner: caller.id ?? '', owners: [] })) waiting.add(i + 1);
    }
    const events = answers.map(() => []);
    while (waiting.size > 0) {
        const { requestId, clientId, installationId, ...event } = await client.message();
        events[requestId - 1].push(normalised(JSON.stringify(event), server));
        if (event.op === 'create' && event.object.objectId.startsWith('mark')) waiting.delete(requestId);
    }
    await client.close();
    return events;
}

async function requestsAreAnsweredAlike(worlds, next) {
    const changes = worlds.map(() => randomSource(SEED + 1));
    let answered = 0;
    for (let i = 0; i < REQUESTS; i++) {
        const request = next();
        const [a, b] = await Promise.all(worlds.map((world) => send(world, request)));
        const parts = [a, b].map(({ text }) => (request.path === '/batch' && text.startsWith('[') ? JSON.parse(text) : []));
        for (const [k, part] of parts[0].entries()) assertSame(part, parts[1][k], `${i}.${k}: ${JSON.stringify(request.body.requests[k])}`);
        assertSame(a, b, `${i}: ${request.method} ${decodeURIComponent(request.path)} ${JSON.stringify(request.body)}`);
        answered += a.status < 300;
        if (i % 2 === 0) await Promise.all(worlds.map((world, w) => world.change(changes[w])));
    }
    assert.ok(answered > REQUESTS / 4, `${answered} of ${REQUESTS} were answered`);
}

async function eventsAreAlike(lives) {
    const [a, b] = await Promise.all(lives.map(told));
    for (const [i, query] of lives[0].queries.entries()) assertSame(a[i], b[i], JSON.stringify(query));
    assert.ok(a.flat().length > 10, `${a.flat().length} events`);
}

async function inherentChannelsTellNoMore(worlds) {
    await worlds[0].master('POST', '/classes/Denied', { objectId: 'onlya' });
    await worlds[0].server.request('POST', '/classes/Open', { master: true, headers: { 'X-Parse-Request-Id': 'sent by eve to a' }, body: {} });
    for (const [reason, probe] of Object.entries(INHERENT)) {
        const [request, row] = probe(worlds);
        if (row) for (const world of worlds) await world.master('PUT', `/classes/Open/${row.id}`, { ACL: row.acl, obj: { secret: world.name === 'a' ? 1 : 'x' } });
        const answers = await Promise.all(worlds.map((world) => send(world, request)));
        assert.notEqual(answers[0].status, answers[1].status, `${reason}: no longer, so it is no exception`);
        for (const { text } of answers) assert.match(text, TELLS_NO_MORE, reason);
    }
}

describe('non-interference', { concurrency: true }, () => {
    for (const who of Object.keys(CALLERS))
        test(`${who} is told the same in both worlds`, async () => {
            const worlds = await makeWorlds(who, SEED);
            try {
                const { next, subscription } = requestsOf(randomSource(SEED), CALLERS[who]);
                const subscriptions = Array.from({ length: SUBSCRIPTIONS }, subscription);
                const lives = await Promise.all(worlds.map((world) => subscribe(world, subscriptions)));
                for (const [i, query] of lives[0].queries.entries()) assertSame(lives[0].answers[i], lives[1].answers[i], JSON.stringify(query));
                await requestsAreAnsweredAlike(worlds, next);
                await eventsAreAlike(lives);
                await inherentChannelsTellNoMore(worlds);
            } finally {
                await Promise.all(worlds.map((world) => world.stop()));
            }
        });
});

test('a condition is not tried on what the caller may not read: it would take its time, or too long', async () => {
    const server = await startServer({ config: { allowClientClassCreation: true, requestTimeout: 1 } });
    try {
        const slow = `${'a'.repeat(40)}!`;
        const rows = [{ ACL: {} }, { owner: 'another' }].flatMap((more) => Array.from({ length: 50 }, () => ({ name: slow, ...more })));
        for (const body of [...rows, { name: 'seen', ACL: { '*': { read: true } } }]) {
            const made = await server.request('POST', '/classes/Slow', { master: true, body: { ...body, owner: pointer('_User', body.owner ?? 'me') } });
            assert.equal(made.status, 201, made.text);
        }
        const { body: me } = await server.request('POST', '/users', { body: { username: 'me', password: PASSWORD } });
        const [{ objectId }] = (await server.request('GET', '/classes/Slow?where={"name":"seen"}', { master: true })).body.results;
        await server.request('PUT', `/classes/Slow/${objectId}`, { master: true, body: { owner: pointer('_User', me.objectId) } });
        const clp = { find: { pointerFields: ['owner'] }, count: { pointerFields: ['owner'] } };
        assert.equal((await server.request('PUT', '/schemas/Slow', { master: true, body: { classLevelPermissions: clp } })).status, 200);
        const $or = [{ name: 'seen' }, ...Array.from({ length: 10 }, (_, i) => ({ name: { $regex: `^(a+)+[${i}x]$` } }))];
        const where = encodeURIComponent(JSON.stringify({ $or }));
        const answer = await server.request('GET', `/classes/Slow?count=1&where=${where}`, { session: me.sessionToken });
        assert.deepEqual([answer.status, answer.body.count, answer.body.results?.length], [200, 1, 1], answer.text);
        const all = await server.request('GET', `/classes/Slow?where=${where}`, { master: true });
        assert.notEqual(all.status, 200, 'it is no slow question');
    } finally {
        await server.stop();
    }
});
