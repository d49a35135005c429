// The sockets of a sequence: its steps with `call: 'LIVE <name>'` say a frame on the socket of that name, which is opened when it
// is first named, and hear so many messages.
import { createRequire } from 'node:module';

const { WebSocket } = createRequire(import.meta.url)('ws');
const UUID = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/;
const PATIENCE_MS = 20_000;

export class Sockets {
    #server;
    #all = new Map();

    constructor(server) {
        this.#server = server;
    }

    async #open(name) {
        const ws = new WebSocket(this.#server.url.replace(/^http/, 'ws'));
        const socket = { ws, heard: [], told: () => {} };
        ws.on('message', (data) => {
            socket.heard.push(JSON.parse(data));
            socket.told();
        });
        ws.on('error', () => {});
        await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
        this.#all.set(name, socket);
        return socket;
    }

    /**
     * Says `frame` (nothing if undefined; text as it is) and yields the next `count` messages, or those that came in time; with
     * `until`, those up to one of that subscription.
     */
    async talk(name, frame, { count = 1, until }) {
        const socket = this.#all.get(name) ?? (await this.#open(name));
        if (frame !== undefined) socket.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
        const deadline = Date.now() + PATIENCE_MS;
        const wanted = () => (until === undefined ? count : socket.heard.findIndex(({ requestId }) => requestId === until) + 1 || Infinity);
        while (socket.heard.length < wanted() && Date.now() < deadline)
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, deadline - Date.now());
                socket.told = () => (clearTimeout(timer), resolve());
            });
        return socket.heard.splice(0, wanted());
    }

    close() {
        for (const { ws } of this.#all.values()) ws.terminate();
    }
}

/** Which of two subscriptions is told first of one change is the server's own choice. */
export function comparable(messages) {
    const bare = ({ clientId, object, original, ...rest }) => ({
        ...rest,
        ...(rest.error ? { error: rest.error.replace(UUID, '«client»') } : {}),
        ...(clientId ? { clientId: '«client»' } : {}),
        ...(object ? { object: untyped(object) } : {}),
        ...(original ? { original: untyped(original) } : {}),
    });
    return messages.map(bare).sort((a, b) => (a.requestId ?? 0) - (b.requestId ?? 0));
}

/** Whether the type of the whole is said does not matter: the protocol leaves it open, and clients take it off. */
function untyped({ __type, ...object }) {
    return object;
}
