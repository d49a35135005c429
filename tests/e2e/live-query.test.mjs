// Live queries: the protocol, frame by frame, and the official SDK's client.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { liveClient, openSocket, subscribeMessage } from '../support/live.mjs';

const LIVE = { startLiveQueryServer: true, liveQuery: { classNames: ['Note', 'Chat.*', '_User', '_Session', 'Person'] } };

let server;
before(async () => {
    server = await startServer({ config: { ...LIVE, allowClientClassCreation: true } });
    await server.request('POST', '/schemas/Note', {
        master: true,
        body: {
            className: 'Note',
            fields: { text: { type: 'String' }, room: { type: 'String' }, n: { type: 'Number' }, tags: { type: 'Array' }, data: { type: 'Object' } },
        },
    });
});
after(() => server?.stop());

async function create(className, body) {
    const answer = await server.request('POST', `/classes/${className}`, { master: true, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.objectId;
}
async function update(className, id, body) {
    const answer = await server.request('PUT', `/classes/${className}/${id}`, { master: true, body });
    assert.equal(answer.status, 200, answer.text);
}
async function destroy(className, id) {
    const answer = await server.request('DELETE', `/classes/${className}/${id}`, { master: true });
    assert.equal(answer.status, 200, answer.text);
}

describe('the conversation', () => {
    test('connect is answered with an id, and the installation comes back in every message', async () => {
        const client = await liveClient(server, { installationId: 'iid-1' });
        assert.match(client.connected.clientId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.deepEqual(client.connected, { op: 'connected', clientId: client.connected.clientId, installationId: 'iid-1' });
        const subscribed = await client.subscribe(7, 'Note', { room: 'conversation' });
        assert.deepEqual(subscribed, { op: 'subscribed', clientId: client.connected.clientId, installationId: 'iid-1', requestId: 7 });
        const id = await create('Note', { room: 'conversation' });
        const event = await client.event();
        assert.deepEqual(Object.keys(event), ['op', 'clientId', 'installationId', 'requestId', 'object']);
        assert.equal(event.object.objectId, id);
        assert.deepEqual(await client.ask({ op: 'unsubscribe', requestId: 7 }), {
            op: 'unsubscribed', clientId: client.connected.clientId, installationId: 'iid-1', requestId: 7,
        });
        await client.close();
    });

    test('what is said before connect, or of an unknown subscription, is refused and may be said again', async () => {
        const client = await openSocket(server);
        const early = await client.ask(subscribeMessage(1, 'Note'));
        assert.deepEqual(early, {
            op: 'error', requestId: null, code: 2, reconnect: true,
            error: 'Can not find this client, make sure you connect to server before subscribing',
        });
        assert.match((await client.ask({ op: 'unsubscribe', requestId: 1 })).error, /before unsubscribing$/);
        client.connected = await client.ask({ op: 'connect', applicationId: 'x' });
        const unknown = await client.ask({ op: 'unsubscribe', requestId: 1 });
        assert.equal(unknown.code, 2);
        assert.equal(
            unknown.error,
            `Cannot find subscription with clientId ${client.connected.clientId} subscriptionId 1. Make sure you subscribe to live query server before unsubscribing.`,
        );
        assert.equal((await client.ask(subscribeMessage(1, 'Note', {}, { op: 'update' }))).code, 2);
        assert.equal((await client.message()).op, 'subscribed');
        await client.close();
    });

    test('what breaks the schema is an error of code 1; what is no JSON is not answered', async () => {
        const client = await liveClient(server);
        client.send('no json');
        const refused = await client.ask({ op: 'subscribe', requestId: '1', query: { className: 'Note', where: {} } });
        assert.deepEqual(refused, {
            op: 'error', requestId: null, code: 1, reconnect: true, error: 'Invalid type: string (expected number)',
        });
        assert.equal((await client.ask({ op: 'connect', applicationId: 'a', extra: 1 })).error, 'Additional properties not allowed');
        assert.equal((await client.ask(Buffer.from([1, 2, 3]))).code, 1);
        await client.subscribe(1, 'Note');
        await client.close();
    });

    test('a second connect begins anew', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'second' });
        const first = client.connected.clientId;
        client.connected = await client.ask({ op: 'connect', applicationId: 'x' });
        assert.notEqual(client.connected.clientId, first);
        await client.subscribe(2, 'Note', { room: 'second' });
        await create('Note', { room: 'second' });
        assert.equal((await client.event()).requestId, 2);
        await client.close();
    });

    test('only the API path and the root become sockets', async () => {
        for (const path of ['/parse', '/', '/parse/', '/Parse']) await (await openSocket(server, { path })).close();
        for (const path of ['/parse/classes/Note', '/graphql', '/subscriptions', '/health', '/parse/graphql'])
            await assert.rejects(openSocket(server, { path }), { status: 404 });
    });
});

describe('events', () => {
    test('create, update, leave, enter and delete, with the object as it was', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'kinds', n: { $gt: 5 } });
        const id = await create('Note', { room: 'kinds', n: 6, text: 'a' });
        let event = await client.event();
        assert.equal(event.op, 'create');
        assert.ok(!('original' in event));
        assert.equal(event.object.className, 'Note');
        assert.match(event.object.createdAt, /^\d{4}-.*Z$/);

        await update('Note', id, { n: 7, text: { __op: 'Delete' } });
        event = await client.event();
        assert.equal(event.op, 'update');
        assert.equal(event.object.n, 7);
        assert.ok(!('text' in event.object));
        assert.equal(event.original.n, 6);
        assert.equal(event.original.text, 'a');

        await update('Note', id, { n: 1 });
        event = await client.event();
        assert.deepEqual([event.op, event.object.n, event.original.n], ['leave', 1, 7]);
        await update('Note', id, { n: 2 });
        await update('Note', id, { n: 9 });
        event = await client.event();
        assert.deepEqual([event.op, event.object.n, event.original.n], ['enter', 9, 2]);
        await destroy('Note', id);
        event = await client.event();
        assert.deepEqual([event.op, event.object.n, 'original' in event], ['delete', 9, false]);
        await client.close();
    });

    test('several subscriptions of one socket each get their own message', async () => {
        const client = await liveClient(server);
        for (const [requestId, where] of [[1, { room: 'many' }], [2, {}], [3, { room: 'other' }], [4, { room: 'many' }]])
            await client.subscribe(requestId, 'Note', where);
        await create('Note', { room: 'many' });
        const ids = [(await client.event()).requestId, (await client.event()).requestId, (await client.event()).requestId];
        assert.deepEqual(ids.sort(), [1, 2, 4]);
        await create('Note', { room: 'other' });
        assert.deepEqual([(await client.event()).requestId, (await client.event()).requestId].sort(), [2, 3]);
        await client.close();
    });

    test('keys, and their old name fields, choose what is sent', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'keys' }, { keys: ['text', 'data.a'] });
        const id = await create('Note', { room: 'keys', text: 'a', n: 1, data: { a: 1 } });
        let event = await client.event();
        assert.deepEqual(Object.keys(event.object).sort(), ['className', 'createdAt', 'objectId', 'text', 'updatedAt']);
        await client.ask({ op: 'unsubscribe', requestId: 1 });
        await client.subscribe(2, 'Note', { room: 'keys' }, { fields: ['n'] });
        await update('Note', id, { n: 2 });
        event = await client.event();
        assert.deepEqual(Object.keys(event.original).sort(), ['className', 'createdAt', 'n', 'objectId', 'updatedAt']);
        await client.close();
    });

    test('watch asks for updates of its fields alone', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'watch' }, { watch: ['text', 'data.a'] });
        const silent = await create('Note', { room: 'watch', n: 1 });
        await update('Note', silent, { n: 2 });
        await update('Note', silent, { text: 'now' });
        let event = await client.event();
        assert.deepEqual([event.op, event.object.text, event.object.n], ['update', 'now', 2]);
        await update('Note', silent, { data: { b: 1 } });
        await update('Note', silent, { data: { a: 1 } });
        event = await client.event();
        assert.deepEqual(event.object.data, { a: 1 });
        await update('Note', silent, { room: 'elsewhere' });
        assert.equal((await client.event()).op, 'leave');
        await client.close();
    });

    test('update puts another query in the place of one', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'before' });
        assert.equal((await client.ask(subscribeMessage(1, 'Note', { room: 'after' }, { op: 'update' }))).op, 'subscribed');
        await create('Note', { room: 'before' });
        await create('Note', { room: 'after' });
        assert.equal((await client.event()).object.room, 'after');
        await client.subscribe(1, 'Note', { room: 'third' });
        await create('Note', { room: 'after' });
        await create('Note', { room: 'third' });
        assert.equal((await client.event()).object.room, 'third');
        await client.close();
    });

    test('classes that are not configured may be asked for and say nothing; patterns are whole names', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Silent');
        await client.subscribe(2, 'ChatRoom');
        await client.subscribe(3, 'OldChatRoom');
        for (const name of ['Silent', 'OldChatRoom', 'ChatRoom']) await create(name, { a: 1 });
        assert.equal((await client.event()).requestId, 2);
        await client.close();
    });

    test('a field and a class that came after the subscription are found', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'ChatLater', { mood: 'good' });
        await client.subscribe(2, 'Note', { later: 'yes' });
        await create('ChatLater', { mood: 'good' });
        assert.equal((await client.event()).requestId, 1);
        await create('Note', { later: 'yes' });
        assert.equal((await client.event()).requestId, 2);
        await client.close();
    });

    test('a batch is told in its order', async () => {
        const client = await liveClient(server);
        await client.subscribe(1, 'Note', { room: 'batch' });
        const requests = Array.from({ length: 20 }, (_, n) => ({ method: 'POST', path: '/parse/classes/Note', body: { room: 'batch', n } }));
        await server.request('POST', '/batch', { master: true, body: { requests } });
        for (let n = 0; n < 20; n++) assert.equal((await client.event()).object.n, n);
        await client.close();
    });

    test('include puts the object in the place of its pointer', async () => {
        const client = await liveClient(server);
        const id = await create('Person', { name: 'Ada', age: 36 });
        await create('Note', { author: { __type: 'Pointer', className: 'Person', objectId: id }, room: 'first' });
        await client.subscribe(1, 'Note', { room: 'include' }, { include: ['author'] });
        await client.subscribe(2, 'Note', { room: 'include' });
        await client.subscribe(3, 'Note', { room: 'include' }, { include: ['author'], keys: ['author.name', 'room'] });
        await client.subscribe(4, 'Note', { room: 'include' }, { keys: ['author.name'] });
        await create('Note', { room: 'include', author: { __type: 'Pointer', className: 'Person', objectId: id } });
        const events = [];
        for (let i = 0; i < 4; i++) events.push(await client.event());
        const [a, b, c, d] = events.sort((x, y) => x.requestId - y.requestId);
        assert.equal(a.object.author.name, 'Ada');
        assert.deepEqual(b.object.author, { __type: 'Pointer', className: 'Person', objectId: id });
        assert.deepEqual([c.object.author.name, 'age' in c.object.author, c.object.room], ['Ada', false, 'include']);
        assert.ok(!('author' in d.object), 'without include, a dotted name is no field');
        await client.close();
    });
});

describe('the SDK', () => {
    test('subscribes, hears, and unsubscribes', async () => {
        const Parse = server.parse();
        const query = new Parse.Query('Note').equalTo('room', 'sdk');
        const subscription = await query.subscribe();
        const next = (kind) => new Promise((resolve) => subscription.on(kind, (object, original) => resolve({ object, original })));

        const note = new Parse.Object('Note', { room: 'sdk', n: 1, at: new Date(5) });
        const created = next('create');
        await note.save();
        assert.equal((await created).object.id, note.id);
        assert.deepEqual((await created).object.get('at'), new Date(5));

        const updated = next('update');
        await note.save({ n: 2 });
        assert.deepEqual([(await updated).object.get('n'), (await updated).original.get('n')], [2, 1]);
        const left = next('leave');
        await note.save({ room: 'gone' });
        await left;
        const entered = next('enter');
        await note.save({ room: 'sdk' });
        await entered;
        const deleted = next('delete');
        await note.destroy();
        await deleted;
        await subscription.unsubscribe();
        await Parse.LiveQuery.close();
    });
});

test('a server that ends says so to its clients and leaves nothing behind', async () => {
    const ending = await startServer({ config: { ...LIVE, allowClientClassCreation: true } });
    const clients = [];
    for (let i = 0; i < 5; i++) {
        const client = await liveClient(ending);
        for (let k = 1; k <= 3; k++) await client.subscribe(k, 'Note', { room: `r${k}` });
        clients.push(client);
    }
    await ending.request('POST', '/classes/Note', { master: true, body: { room: 'r1' } });
    await clients[0].event();
    const closed = Promise.all(clients.map((client) => client.closed));
    await ending.stop();
    for (const { code } of await closed) assert.equal(code, 1001);
});

test('a storm of clients that come, ask, change their minds and go, while classes and objects change', async () => {
    const witness = await liveClient(server, {}, {});
    await witness.subscribe(1, 'ChatStorm', { seen: true });
    const rooms = ['a', 'b', 'c'];
    const wander = async (n) => {
        for (let round = 0; round < 6; round++) {
            const client = await liveClient(server);
            for (let k = 1; k <= 6; k++) client.send(subscribeMessage(k % 3, 'ChatStorm', { room: rooms[(n + k) % 3] }, { op: k % 2 ? 'subscribe' : 'update' }));
            client.send({ op: 'unsubscribe', requestId: 1 });
            if (round % 3 === 0) client.ws.terminate();
            else if (round % 3 === 1) await client.close();
            else {
                await create('ChatStorm', { room: rooms[n % 3] });
                client.ws.terminate();
            }
        }
    };
    const change = async () => {
        for (let i = 0; i < 20; i++) {
            await create('ChatStorm', { room: rooms[i % 3], [`field${i}`]: i });
            if (i % 5 === 0) await create('ChatStorm', { seen: true, n: i });
        }
    };
    await Promise.all([...Array.from({ length: 8 }, (_, n) => wander(n)), change(), change()]);
    for (let i = 0; i < 8; i++) assert.equal((await witness.event()).op, 'create');
    await create('ChatStorm', { seen: true, last: true });
    assert.equal((await witness.event()).object.last, true);
    await witness.close();
});
