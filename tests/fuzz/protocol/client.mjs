// One connection that sends bytes as they are and reads one answer.
import net from 'node:net';

export class Connection {
    #socket;
    #received = Buffer.alloc(0);
    #closed = true;
    #wake = () => {};

    constructor(port) {
        this.port = port;
    }

    #open() {
        if (!this.#closed) return;
        this.#received = Buffer.alloc(0);
        this.#closed = false;
        const socket = net.connect(this.port, '127.0.0.1');
        this.#socket = socket;
        socket.setNoDelay(true);
        const current = () => socket === this.#socket;
        socket.on('data', (bytes) => {
            if (!current()) return;
            this.#received = Buffer.concat([this.#received, bytes]);
            this.#wake();
        });
        socket.on('error', () => {}); // 'close' follows
        socket.on('close', () => {
            if (!current()) return;
            this.#closed = true;
            this.#wake();
        });
    }

    close() {
        this.#socket?.destroy();
        this.#socket = undefined;
        this.#closed = true;
    }

    /**
     * Sends `bytes` and yields the answer { status, headers, body (Buffer) }; { closed } or { timeout } if there is none.
     * `last`: nothing follows, and the server is told so: it need not wait for the rest of a request.
     */
    async exchange(bytes, { noBody, last = false, timeoutMs }) {
        this.#open();
        this.#received = Buffer.alloc(0);
        if (last) this.#socket.end(bytes);
        else this.#socket.write(bytes);
        const until = Date.now() + timeoutMs;
        for (;;) {
            const answer = readAnswer(this.#received, noBody);
            if (answer && answer.status !== 100) {
                if (/close/i.test(answer.headers.connection ?? '')) this.close();
                return answer;
            }
            if (answer) this.#received = this.#received.subarray(answer.length);
            else if (this.#closed) return { closed: true, received: this.#received };
            else if (Date.now() >= until) {
                this.close();
                return { timeout: true };
            } else {
                let timer;
                await new Promise((resolve) => {
                    this.#wake = resolve;
                    timer = setTimeout(resolve, until - Date.now());
                });
                clearTimeout(timer);
            }
        }
    }
}

/** The first answer in `bytes`, or undefined if it is not whole yet. Throws if it is none. */
function readAnswer(bytes, noBody) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) [\x20-\x7e]*$/.exec(first)?.[1]);
    if (!status) throw new Error(`no status line: ${first}`);
    const headers = {};
    for (const line of lines) {
        const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
        if (!name) throw new Error(`no header line: ${JSON.stringify(line)}`);
        headers[name.toLowerCase()] = value;
    }
    const length = noBody || status < 200 || status === 204 || status === 304 ? 0 : Number(headers['content-length']);
    if (!(length >= 0)) throw new Error(`an answer without its length: ${first}`);
    const whole = end + 4 + length;
    if (bytes.length < whole) return undefined;
    return { status, headers, body: bytes.subarray(end + 4, whole), length: whole };
}
