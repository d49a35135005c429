// A client of live queries that sees every message, in its order.
//
//   const client = await liveClient(server, { sessionToken });
//   await client.subscribe(1, 'Note', { room: 'a' });
//   const event = await client.event();          // the next one, whatever it is
//   await client.close();
//
// That nothing arrives is shown by a later change that must arrive: it is then the next event.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const WebSocket = require('ws');
const PATIENCE_MS = 30_000; // for a sanitized build on a loaded machine

/** An open socket that has said nothing yet. `options`: of ws. */
export async function openSocket(server, { path = '/parse', url, ...options } = {}) {
    const ws = new WebSocket(url ?? server.origin.replace(/^http/, 'ws') + path, options);
    const client = new LiveClient(ws);
    await new Promise((resolve, reject) => {
        ws.once('open', resolve);
        ws.once('error', reject);
        ws.once('unexpected-response', (_, response) => reject(Object.assign(new Error('refused'), { status: response.statusCode })));
    });
    return client;
}

/** A connected client; `connect` holds what it shows beside the application id. */
export async function liveClient(server, connect = {}, options = {}) {
    const client = await openSocket(server, options);
    client.connected = await client.ask({ op: 'connect', applicationId: server.config.appId, ...connect });
    assert.equal(client.connected.op, 'connected', JSON.stringify(client.connected));
    return client;
}

export class LiveClient {
    #waiting = [];
    #arrived = [];

    constructor(ws) {
        this.ws = ws;
        ws.on('message', (data) => this.#take(JSON.parse(data)));
        ws.on('error', () => {});
        this.closed = once(ws, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
        this.closed.then((how) => this.#waiting.splice(0).forEach(({ reject }) => reject(new Error(`closed: ${JSON.stringify(how)}`))));
    }

    #take(message) {
        const first = this.#waiting.shift();
        if (first) first.resolve(message);
        else this.#arrived.push(message);
    }

    send(message) {
        this.ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    }

    /** The next message. */
    message() {
        if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error('no message came')), PATIENCE_MS);
            this.#waiting.push({
                resolve: (m) => (clearTimeout(timer), resolve(m)),
                reject: (e) => (clearTimeout(timer), reject(e)),
            });
        });
    }

    /** The next message, which must be an event. */
    async event() {
        const message = await this.message();
        assert.ok(message.object, `no event: ${JSON.stringify(message)}`);
        assert.equal(message.clientId, this.connected.clientId);
        return message;
    }

    /** Says it and yields the next message. */
    ask(message) {
        this.send(message);
        return this.message();
    }

    /** Subscribes, and must be let. `more`: keys, watch, … of the query; sessionToken beside it. */
    async subscribe(requestId, className, where = {}, { sessionToken, ...more } = {}) {
        const answer = await this.ask(subscribeMessage(requestId, className, where, { sessionToken, ...more }));
        assert.equal(answer.op, 'subscribed', JSON.stringify(answer));
        assert.equal(answer.requestId, requestId);
        return answer;
    }

    /** Subscribes, and must be refused with this code. */
    async refused(code, className, where = {}, more = {}) {
        const answer = await this.ask(subscribeMessage(99, className, where, more));
        assert.equal(answer.op, 'error', `${JSON.stringify(where)}: ${JSON.stringify(answer)}`);
        assert.equal(answer.code, code, JSON.stringify(answer));
        assert.equal(answer.reconnect, false);
        assert.equal(answer.requestId, 99);
        return answer;
    }

    async close() {
        this.ws.close();
        return this.closed;
    }
}

export function subscribeMessage(requestId, className, where = {}, { sessionToken, op = 'subscribe', ...more } = {}) {
    return { op, requestId, query: { className, where, ...more }, sessionToken };
}
