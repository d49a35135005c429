// Several nodes and one real Redis: what is written on one reaches the subscribers of the others.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { makeFolder, startServer } from '../support/homeport.mjs';
import { liveClient } from '../support/live.mjs';
import { signUp } from '../support/payments.mjs';
import { busIs, startRedis } from '../support/redis.mjs';

let redis, a, b;

const OPEN = { '*': true };
const CLP = { find: OPEN, get: OPEN, count: OPEN, create: OPEN, update: OPEN, delete: OPEN };
const MSG = { className: 'Msg', fields: { text: { type: 'String' }, n: { type: 'Number' }, secret: { type: 'String' }, at: { type: 'Date' }, who: { type: 'Pointer', targetClass: '_User' } }, classLevelPermissions: { ...CLP, protectedFields: { '*': ['secret'] } } };

/** Each with a store of its own. */
async function startNode(config = {}) {
    const node = await startServer({
        config: {
            appId: 'shared',
            startLiveQueryServer: true,
            liveQuery: { classNames: ['Msg', '_User', '_Session', 'Late'], redisURL: redis.url },
            schema: { definitions: [MSG] },
            allowClientClassCreation: true,
            cacheTTL: 600_000,
            ...config,
        },
    });
    await busIs(node, 'up');
    return node;
}

const save = async (node, body, id) => {
    const answer = await node.request(id ? 'PUT' : 'POST', `/classes/Msg${id ? `/${id}` : ''}`, { master: true, body });
    assert.ok(answer.status < 300, answer.text);
    return id ?? answer.body.objectId;
};

before(async () => {
    redis = await startRedis();
    a = await startNode();
    b = await startNode();
});
after(async () => {
    await a?.stop();
    await b?.stop();
    await redis?.stop();
});

test('a change on one node is told on the other as it would be here', async () => {
    const client = await liveClient(b);
    await client.subscribe(1, 'Msg', { n: { $gt: 1 } });
    const id = await save(a, { text: 'one', n: 1, secret: 's', at: { __type: 'Date', iso: '2024-01-02T03:04:05.006Z' } });
    await save(a, { n: 2 }, id);
    await save(a, { n: 3, text: { __op: 'Delete' } }, id);
    assert.equal((await a.request('DELETE', `/classes/Msg/${id}`, { master: true })).status, 200);

    const entered = await client.event();
    assert.equal(entered.op, 'enter');
    assert.deepEqual([entered.object.n, entered.original.n, entered.object.objectId], [2, 1, id]);
    assert.equal(entered.object.at.iso, '2024-01-02T03:04:05.006Z');
    assert.ok(!('secret' in entered.object) && !('secret' in entered.original), 'protected here too');
    const updated = await client.event();
    assert.deepEqual([updated.op, updated.object.n, 'text' in updated.object, updated.original.text], ['update', 3, false, 'one']);
    const gone = await client.event();
    assert.deepEqual([gone.op, gone.object.n], ['delete', 3]);
    await client.close();
});

test('a node hears its own changes once', async () => {
    const client = await liveClient(a);
    await client.subscribe(1, 'Msg');
    const first = await save(a, { text: 'once' });
    const second = await save(b, { text: 'from b' }); // comes back after the first would have
    const third = await save(a, { text: 'again' });
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await client.event()).object.objectId);
    assert.deepEqual(ids.sort(), [first, second, third].sort());
    await save(b, { text: 'last' });
    assert.equal((await client.event()).object.text, 'last');
    await client.close();
});

test('the official SDK subscribed to one node sees what another saves', async () => {
    const listening = b.parse(), saving = a.parse({ master: true });
    const subscription = await new listening.Query('Msg').startsWith('text', 'sdk').subscribe();
    const next = (event) => new Promise((resolve) => subscription.on(event, resolve));
    const created = next('create');
    const msg = await new saving.Object('Msg').save({ text: 'sdk one' }, { useMasterKey: true });
    assert.equal((await created).id, msg.id);
    const updated = next('update');
    await msg.save({ text: 'sdk two' }, { useMasterKey: true });
    assert.equal((await updated).get('text'), 'sdk two');
    subscription.unsubscribe();
    listening.LiveQuery.close();
});

test('who may not read an object hears nothing of it on another node', async () => {
    const bob = await signUp(b, 'reader');
    const reader = await liveClient(b, { sessionToken: bob.session }), stranger = await liveClient(b);
    for (const client of [reader, stranger]) await client.subscribe(1, 'Msg', { text: { $regex: '^private|^public' } });
    await save(a, { text: 'private', ACL: { [bob.id]: { read: true } } });
    await save(a, { text: 'public' });
    assert.equal((await reader.event()).object.text, 'private');
    assert.equal((await stranger.event()).object.text, 'public');
    await reader.close();
    await stranger.close();
});

test('what goes over the bus holds no secrets', async () => {
    const heard = await a.request('GET', '/metrics', { origin: true });
    assert.match(heard.text, /^homeport_bus_up 1$/m);
    const spy = await listen(redis, ['sharedafterSave', 'sharedafterDelete', 'sharedclearCache', 'sharedhomeport']);
    const carol = await signUp(a, 'carol', { password: 'very secret', email: 'carol@example.com' });
    await a.request('PUT', `/users/${carol.id}`, { master: true, body: { password: 'another secret' } });
    await a.request('DELETE', `/users/${carol.id}`, { master: true });
    const said = await spy.until((text) => text.includes('sharedafterDelete'));
    assert.match(said, /"username":"carol"/);
    for (const secret of ['very secret', 'another secret', carol.session, '_hashed_password', 'argon2', 'authData'])
        assert.ok(!said.includes(secret), secret);
    const payload = JSON.parse(said.slice(said.indexOf('{"currentParseObject"')).split('\r\n')[0]);
    assert.ok(payload.classLevelPermissions.protectedFields['*'].includes('email'), 'whoever hears it knows what to hide');
    assert.equal(payload.currentParseObject.__type, 'Object');
    spy.close();
});

test('nodes on one file tell each other of a class that one has just made', async () => {
    const folder = makeFolder();
    const one = { databaseURI: `sqlite://${folder}/one.db`, masterKey: 'one', restAPIKey: 'one-rest', javascriptKey: 'one-js' };
    const c = await startNode(one), d = await startNode(one);
    const client = await liveClient(d);
    await client.subscribe(1, 'Late');
    const body = { n: 1, ACL: { '*': { read: true } } };
    const made = await c.request('POST', '/classes/Late', { master: true, body });
    assert.equal(made.status, 201, made.text);
    const { object } = await client.event();
    assert.deepEqual([object.objectId, object.n], [made.body.objectId, 1]);
    await c.request('PUT', `/classes/Late/${made.body.objectId}`, { master: true, body: { more: 'yes' } });
    assert.equal((await client.event()).object.more, 'yes', 'and of a field');
    await client.close();
    await c.stop();
    await d.stop();
    rmSync(folder, { recursive: true, force: true });
});

test('a lost Redis stops neither REST nor local subscribers, and is found again', async () => {
    const local = await liveClient(a), remote = await liveClient(b);
    await local.subscribe(1, 'Msg', { text: { $regex: '^lost' } });
    await remote.subscribe(1, 'Msg', { text: { $regex: '^lost' } });

    const Parse = b.parse();
    const subscription = await new Parse.Query('Msg').equalTo('text', 'found').subscribe();
    const next = (event) => new Promise((resolve) => subscription.on(event, resolve));
    await next('open');

    await redis.kill();
    await busIs(a, 'down');
    await busIs(b, 'down');
    await save(a, { text: 'lost and local' });
    assert.equal((await local.event()).object.text, 'lost and local');
    const metrics = (await b.request('GET', '/metrics', { origin: true })).text;
    assert.match(metrics, /^homeport_bus_up 0$/m);
    assert.match(metrics, /^homeport_bus_losses_total [1-9]/m);

    const reopened = next('open'), created = next('create');
    await redis.start();
    await busIs(a, 'up');
    await busIs(b, 'up');
    for (const client of [local, remote]) // they may have missed something, and are told so in the way every SDK understands
        assert.deepEqual(await client.closed, { code: 1013, reason: 'Events of other servers may have been missed.' });
    const again = await liveClient(b);
    await again.subscribe(1, 'Msg', { text: 'found' });
    await reopened; // the SDK has come back by itself
    await save(a, { text: 'found' });
    assert.equal((await again.event()).object.text, 'found');
    assert.equal((await created).get('text'), 'found');
    subscription.unsubscribe();
    await Parse.LiveQuery.close();
    await again.close();
});

/** A client of Redis that says what it hears. */
async function listen({ port, password }, channels) {
    const { connect } = await import('node:net');
    const socket = connect(port, '127.0.0.1');
    let text = '', look = () => {};
    socket.setEncoding('utf8').on('data', (part) => {
        text += part;
        look();
    });
    socket.write(`AUTH ${password}\r\nSUBSCRIBE ${channels.join(' ')}\r\n`);
    const until = (holds) =>
        new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`in vain:\n${text}`)), 30_000);
            look = () => holds(text) && (clearTimeout(timer), resolve(text));
            look();
        });
    await until((all) => all.includes(`:${channels.length}\r\n`));
    return { until, close: () => socket.destroy() };
}
