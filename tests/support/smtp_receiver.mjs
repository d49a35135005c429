// A mail relay for tests: takes mail by SMTP on a free loopback port and hands it to the test.
//
//   const relay = await startRelay();
//   const mail = await relay.next();          // { from, to, headers, text, link }; in the order of arrival
//   await relay.stop();
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

const NEXT_MS = 20_000;

/** A certificate for localhost that is its own authority: { key, cert, file }; .remove() when done. */
export function makeCertificate() {
    const folder = mkdtempSync(join(tmpdir(), 'homeport-cert-'));
    const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', file], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(file), file, remove: () => rmSync(folder, { recursive: true }) };
}

/**
 *   certificate  offers STARTTLS with it
 *   login        { user, password } that the client must show
 *   answer       (mail number from 1) => reply to the recipient, to refuse with: "451 later"; undefined takes the mail
 */
export async function startRelay({ certificate, login, answer = () => undefined } = {}) {
    const relay = new Relay({ certificate, login, answer });
    await relay.listen();
    return relay;
}

class Relay {
    #server;
    #options;
    #sockets = new Set();
    #mails = [];
    #waiting = [];
    attempts = 0;
    sessions = 0;

    constructor(options) {
        this.#options = options;
        this.#server = net.createServer((socket) => this.#serve(socket));
    }

    listen() {
        return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    }

    get port() {
        return this.#server.address().port;
    }

    /** Mails that nobody has asked for yet. */
    get unread() {
        return this.#mails.length;
    }

    next() {
        if (this.#mails.length) return Promise.resolve(this.#mails.shift());
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`no mail in ${NEXT_MS} ms`)), NEXT_MS);
            this.#waiting.push((mail) => {
                clearTimeout(timer);
                resolve(mail);
            });
        });
    }

    stop() {
        for (const socket of this.#sockets) socket.destroy();
        return new Promise((resolve) => this.#server.close(resolve));
    }

    #deliver(mail) {
        const waiter = this.#waiting.shift();
        if (waiter) waiter(mail);
        else this.#mails.push(mail);
    }

    #serve(socket) {
        this.sessions++;
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
        this.#converse(socket, { secure: false }, '220 relay ready');
    }

    #converse(socket, state, greeting) {
        let buffer = '';
        const say = (line) => socket.write(`${line}\r\n`);
        const session = { ...state, say, socket, known: !this.#options.login, from: '', to: [], data: null };
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
            buffer += bytes.toString('latin1');
            for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
                const line = buffer.slice(0, end);
                buffer = buffer.slice(end + 2);
                if (session.data) this.#dataLine(session, line);
                else this.#command(session, line);
                if (session.upgraded) return;
            }
        });
        if (greeting) say(greeting);
    }

    #command(session, line) {
        const { say } = session;
        const { certificate, login, answer } = this.#options;
        if (/^EHLO/i.test(line)) {
            const offers = ['relay', 'SMTPUTF8', ...(certificate && !session.secure ? ['STARTTLS'] : []), ...(login ? ['AUTH PLAIN'] : [])];
            return offers.forEach((offer, i) => say(`250${i + 1 < offers.length ? '-' : ' '}${offer}`));
        }
        if (/^STARTTLS/i.test(line)) {
            say('220 go on');
            session.upgraded = true;
            session.socket.removeAllListeners('data');
            const secure = new tls.TLSSocket(session.socket, { isServer: true, key: certificate.key, cert: certificate.cert });
            return this.#converse(secure, { secure: true });
        }
        if (/^AUTH PLAIN$/i.test(line)) {
            session.expectsLogin = true;
            return say('334 ');
        }
        if (session.expectsLogin) {
            session.expectsLogin = false;
            const shown = Buffer.from(line, 'base64').toString();
            session.known = shown === `\0${login.user}\0${login.password}`;
            return say(session.known ? '235 welcome' : '535 who are you');
        }
        if (/^MAIL FROM:/i.test(line)) {
            session.from = /<(.*?)>/.exec(line)[1];
            session.to = [];
            return say(session.known ? '250 fine' : '530 sign in first');
        }
        if (/^RCPT TO:/i.test(line)) {
            const refusal = answer(++this.attempts);
            if (refusal) return say(refusal);
            session.to.push(Buffer.from(/^RCPT TO:<(.*?)>/i.exec(line)[1], 'latin1').toString());
            return say('250 fine');
        }
        if (/^DATA/i.test(line)) {
            session.data = [];
            return say('354 go on');
        }
        if (/^QUIT/i.test(line)) {
            say('221 bye');
            return session.socket.end();
        }
        say('250 fine');
    }

    #dataLine(session, line) {
        if (line !== '.') return session.data.push(line.replace(/^\.\./, '.'));
        this.#deliver({ ...readMessage(session.data.join('\r\n')), from: session.from, to: session.to.join(), secure: session.secure });
        session.data = null;
        session.say('250 taken');
    }
}

function readMessage(raw) {
    const end = raw.indexOf('\r\n\r\n');
    const head = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
    const headers = Object.fromEntries(head.split('\r\n').map((line) => line.split(/: (.*)/s)).map(([name, value]) => [name.toLowerCase(), decodeWords(value)]));
    let text = raw.slice(end + 4).replace(/\r\n/g, '\n');
    if (headers['content-transfer-encoding'] === 'base64') text = Buffer.from(text, 'base64').toString();
    return { headers, text, link: /https?:\/\/\S+/.exec(text)?.[0] };
}

function decodeWords(value) {
    return value.replace(/\?= =\?/g, '?==?').replace(/(=\?utf-8\?B\?[^?]*\?=)+/g, (words) =>
        Buffer.concat([...words.matchAll(/=\?utf-8\?B\?([^?]*)\?=/g)].map(([, word]) => Buffer.from(word, 'base64'))).toString());
}
