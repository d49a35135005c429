// HTTP as a test wants it: nothing repaired, nothing followed; and raw bytes for what no client would send.
import http from 'node:http';
import net from 'node:net';

const ANSWER_MS = 60_000;

/**
 * Sends one request on a connection of its own. Header values that are undefined are left out. A body has its length as a
 * header with every method: node leaves it out of GET and DELETE, and the server would take the body for another request.
 * Yields { status, headers (lower-case names), rawHeaders, text, bytes, body }; body is the parsed JSON, undefined if it is none.
 */
export function sendRequest(method, url, headers = {}, body = undefined) {
    return new Promise((resolve, reject) => {
        const length = body === undefined ? undefined : Buffer.byteLength(body);
        const given = Object.fromEntries(Object.entries({ 'Content-Length': length, ...headers }).filter(([, value]) => value !== undefined));
        const request = http.request(url, { method, headers: given, agent: false }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('error', reject);
            response.on('end', () => {
                const bytes = Buffer.concat(parts);
                const text = bytes.toString('utf8');
                resolve({
                    status: response.statusCode,
                    headers: response.headers,
                    rawHeaders: response.rawHeaders,
                    bytes,
                    text,
                    body: parseJson(text),
                });
            });
        });
        request.setTimeout(ANSWER_MS, () => request.destroy(new Error(`no answer to ${method} ${url} in ${ANSWER_MS} ms`)));
        request.on('error', reject);
        request.end(body);
    });
}

function parseJson(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/**
 * A plain TCP connection: write what you like, then read until something you name has arrived.
 *   const socket = await openSocket(server.origin);
 *   socket.write('GET / HTTP/1.1\r\n…');
 *   const text = await socket.until((received) => received.endsWith('…'));   // or .untilClosed()
 */
export async function openSocket(origin) {
    const { hostname, port } = new URL(origin);
    const socket = net.connect(Number(port), hostname);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawSocket(socket);
}

class RawSocket {
    #socket;
    #received = [];
    #waiting = [];
    closed = false;

    constructor(socket) {
        this.#socket = socket;
        socket.on('data', (bytes) => {
            this.#received.push(bytes);
            this.#look();
        });
        socket.on('error', () => {}); // a reset is one way to be closed; 'close' follows
        socket.on('close', () => {
            this.closed = true;
            this.#look();
        });
    }

    /** Everything received so far, one character per byte. */
    get received() {
        return Buffer.concat(this.#received).toString('latin1');
    }

    write(bytes) {
        this.#socket.write(bytes);
    }

    end() {
        this.#socket.end();
    }

    destroy() {
        this.#socket.destroy();
    }

    /** Stops reading, as a client does that does not take its answer. */
    pause() {
        this.#socket.pause();
    }

    resume() {
        this.#socket.resume();
    }

    /** Settles with everything received once `enough` says so (called with the text so far). */
    until(enough, timeoutMs = ANSWER_MS) {
        return this.#wait(() => enough(this.received), timeoutMs);
    }

    untilClosed(timeoutMs = ANSWER_MS) {
        return this.#wait(() => this.closed, timeoutMs);
    }

    #wait(enough, timeoutMs) {
        return new Promise((resolve, reject) => {
            const waiter = { enough, resolve, reject };
            waiter.timer = setTimeout(() => {
                this.#waiting = this.#waiting.filter((other) => other !== waiter);
                reject(new Error(`not received in ${timeoutMs} ms; so far: ${JSON.stringify(this.received)}`));
            }, timeoutMs);
            this.#waiting.push(waiter);
            this.#look();
        });
    }

    #look() {
        this.#waiting = this.#waiting.filter((waiter) => {
            const done = waiter.enough();
            if (!done && !this.closed) return true;
            clearTimeout(waiter.timer);
            if (done) waiter.resolve(this.received);
            else waiter.reject(new Error(`closed by the server; received: ${JSON.stringify(this.received)}`));
            return false;
        });
    }
}

/** A loopback port that nobody listens on: for a server that must be told its own address before it starts. */
export function freePort() {
    return new Promise((resolve, reject) => {
        const probe = net.createServer().on('error', reject);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}
