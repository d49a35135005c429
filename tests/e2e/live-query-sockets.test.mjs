// The sockets below live queries: the client library of most Parse SDKs (ws) and clients that do as they please.
import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { liveClient, openSocket, subscribeMessage } from '../support/live.mjs';

const LIVE = { startLiveQueryServer: true, liveQuery: { classNames: ['Note'] }, allowClientClassCreation: true };

async function freePort() {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    await once(probe, 'close');
    return port;
}

let server, socketsPort;
before(async () => {
    socketsPort = await freePort();
    server = await startServer({
        config: { ...LIVE, liveBacklogMax: '64kb', liveQueryServerOptions: { port: socketsPort } },
    });
});
after(() => server?.stop());

async function create(body) {
    const answer = await server.request('POST', '/classes/Note', { master: true, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.objectId;
}

async function metric(name) {
    const text = await (await fetch(`${server.origin}/metrics`)).text();
    return Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))[1]);
}

/** A text frame as a client sends it; a mask of zeros leaves the text as it is. */
function frame(message) {
    const text = Buffer.from(JSON.stringify(message));
    assert.ok(text.length < 65536);
    const length = text.length < 126 ? [0x80 | text.length] : [0x80 | 126, text.length >> 8, text.length & 255];
    return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), text]);
}

/** A connection of its own, which reads only while it is told to. */
async function rawClient(room) {
    const socket = connect(server.config.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    let text = '';
    const take = (data) => (text += data.toString('latin1'));
    socket.on('data', take);
    const until = async (what) => {
        while (!text.includes(what)) await once(socket, 'data');
    };
    socket.write(
        'GET /parse HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    socket.write(frame({ op: 'connect', applicationId: server.config.appId }));
    await until('"connected"');
    socket.write(frame(subscribeMessage(1, 'Note', { room })));
    await until('"subscribed"');
    socket.off('data', take);
    socket.pause();
    return socket;
}

test('a subscriber that does not read is closed, and the others get every event meanwhile', async () => {
    const overflowed = await metric('homeport_socket_overflows_total');
    const slow = await rawClient('slow');
    const ended = once(slow, 'close');
    const fast = await liveClient(server);
    await fast.subscribe(1, 'Note', { room: 'slow' });

    const text = 'x'.repeat(100_000); // fills what the kernel holds on the way, too
    for (let n = 0; (await metric('homeport_socket_overflows_total')) === overflowed; n++) {
        assert.ok(n < 500, 'the socket that does not read was never closed');
        const id = await create({ room: 'slow', text });
        assert.equal((await fast.event()).object.objectId, id);
    }
    const id = await create({ room: 'slow', text: 'afterwards' });
    assert.equal((await fast.event()).object.objectId, id);
    await fast.close();
    slow.resume(); // what it had been sent is there; behind it, the end
    await ended;
});

test('who answers pings stays, who does not is disconnected', async () => {
    const pinging = await startServer({ config: { ...LIVE, liveQueryServerOptions: { websocketTimeout: 3000 } } });
    try {
        const alive = await liveClient(pinging);
        await alive.subscribe(1, 'Note', { room: 'ping' });
        const mute = await openSocket(pinging, { autoPong: false });
        assert.equal((await mute.closed).code, 1006);
        const { status, body } = await pinging.request('POST', '/classes/Note', { master: true, body: { room: 'ping' } });
        assert.equal(status, 201);
        assert.equal((await alive.event()).object.objectId, body.objectId);
        await alive.close();
        assert.match((await pinging.request('GET', '/metrics', { origin: true })).text, /^homeport_socket_ping_timeouts_total 1$/m);
    } finally {
        await pinging.stop();
    }
});

test('a message in fragments and a large one are whole; one beyond the limit closes with 1009', async () => {
    const client = await liveClient(server);
    const subscribe = JSON.stringify(subscribeMessage(1, 'Note', { room: 'fragments' }));
    client.ws.send(subscribe.slice(0, 20), { fin: false });
    client.ws.send(subscribe.slice(20, 30), { fin: false });
    client.ws.ping();
    client.ws.send(subscribe.slice(30), { fin: true });
    assert.equal((await client.message()).op, 'subscribed');
    client.send(subscribeMessage(2, 'Note', { text: { $in: ['y'.repeat(100_000)] } }));
    assert.equal((await client.message()).op, 'subscribed');
    client.send(subscribeMessage(3, 'Note', { text: 'z'.repeat(200_000) }));
    assert.equal((await client.closed).code, 1009);
});

test('the port of liveQueryServerOptions answers upgrades alone', async () => {
    const client = await openSocket(server, { url: `ws://127.0.0.1:${socketsPort}/` });
    assert.equal((await client.ask({ op: 'connect', applicationId: server.config.appId })).op, 'connected');
    await client.close();
    const plain = await fetch(`http://127.0.0.1:${socketsPort}/parse/health`);
    assert.equal(plain.status, 426);
    assert.equal(plain.headers.get('upgrade'), 'websocket');
    await plain.text();
});

test('a thousand sockets come and go, and nothing of them stays', async () => {
    const none = async () => {
        while ((await metric('homeport_sockets')) !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await none(); // of the tests before
    const clients = [];
    for (let i = 0; i < 20; i++) clients.push(...(await Promise.all(Array.from({ length: 50 }, () => liveClient(server)))));
    assert.equal(await metric('homeport_sockets'), 1000);
    await Promise.all(clients.map((client, i) => (i % 2 ? client.close() : (client.ws.terminate(), client.closed))));
    await none();
    assert.equal(await metric('homeport_socket_backlog_bytes'), 0);
});

const FILES_MAX = Number(execSync('ulimit -Hn', { encoding: 'utf8' })) || Infinity;

test('with nothing configured, 4,500 sockets take no place of a request, and are all told when the server stops', { skip: FILES_MAX < 12_000 && 'too few open files' }, async () => {
    const plain = await startServer({ config: LIVE });
    const clients = [];
    while (clients.length < 4500) clients.push(...(await Promise.all(Array.from({ length: 100 }, () => liveClient(plain)))));
    const made = await plain.request('POST', '/classes/Note', { master: true, body: { room: 'many' } });
    assert.equal(made.status, 201, made.text);
    await clients.at(-1).subscribe(1, 'Note', { room: 'many' });
    assert.equal((await plain.request('PUT', `/classes/Note/${made.body.objectId}`, { master: true, body: { n: 1 } })).status, 200);
    assert.equal((await clients.at(-1).event()).object.n, 1);
    await plain.stop();
    for (const client of clients) assert.deepEqual(await client.closed, { code: 1001, reason: 'the server stops' });
});
