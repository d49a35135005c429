// Starts the real program for a test and speaks to it.
//
//   const server = await startServer({ config: { template: 'p2p-payment', demo: true } });
//   const answer = await server.request('POST', '/classes/Note', { body: { text: 'hi' }, master: true });
//   const Parse = server.parse();            // an SDK of its own: several may be used side by side
//   await server.stop();                     // SIGTERM; fails unless the program ends with 0 and no sanitizer has spoken
//
// HOMEPORT_BIN names the program (CTest sets it). HOMEPORT_TEST_LOG=1 copies its log to the test's stderr.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sendRequest } from './http.mjs';
import { freshParse } from './sdk.mjs';

const READY = /^homeport (\S+) ready at (http:\/\/\S+)\n/m;
const SANITIZER = /(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|: runtime error: /;
const START_MS = 120_000; // a sanitized build on a loaded machine; a healthy one takes a fraction of a second
const STOP_MS = 60_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export function homeportBin() {
    assert.ok(process.env.HOMEPORT_BIN, 'HOMEPORT_BIN must name the homeport program; CTest sets it');
    return process.env.HOMEPORT_BIN;
}

/** A folder of its own below the system's temporary one; the caller removes it. */
export function makeFolder() {
    return mkdtempSync(join(tmpdir(), 'homeport-test-'));
}

/** Runs the program to its end. Yields { code, signal, stdout, stderr }. */
export async function runHomeport(args, { env = {}, cwd, input = '' } = {}) {
    const program = launch(args, { env, cwd });
    program.child.stdin.end(input);
    const timer = setTimeout(() => program.child.kill('SIGKILL'), START_MS);
    const { code, signal } = await program.exited;
    clearTimeout(timer);
    return { code, signal, stdout: program.stdout, stderr: program.stderr };
}

function launch(args, { env, cwd }) {
    const child = spawn(homeportBin(), args, { cwd, env: { ...cleanEnvironment(), ...env }, stdio: 'pipe' });
    const program = { child, stdout: '', stderr: '' };
    running.add(child);
    child.stdin.on('error', () => {}); // a program that ends without reading is no failure of the test
    child.stdout.setEncoding('utf8').on('data', (text) => (program.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => {
        program.stderr += text;
        if (process.env.HOMEPORT_TEST_LOG) process.stderr.write(text);
    });
    program.exited = new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => {
            running.delete(child);
            resolve({ code, signal });
        });
    });
    return program;
}

/** The tester's own PARSE_SERVER_… variables are none of the server's business. */
function cleanEnvironment() {
    const own = /^(PARSE_|HOMEPORT_(?!SHARE$)|PORT$|VERBOSE$|SILENT$|JSON_LOGS$)/;
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/**
 * Starts a server on a free loopback port, with a configuration and a database in a folder of its own, and waits until it
 * says that it is ready.
 *   config  options laid over the defaults below; undefined removes one
 *   env, args  environment and further command line of the program
 */
export async function startServer({ config = {}, env = {}, args = [] } = {}) {
    const folder = makeFolder();
    const server = new Server(folder, { ...defaults(folder), ...config }, env, args);
    try {
        await server.start();
    } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw error;
    }
    return server;
}

function defaults(folder) {
    const key = () => randomBytes(16).toString('hex');
    return {
        appId: 'test-app',
        masterKey: key(),
        restAPIKey: key(),
        javascriptKey: key(),
        host: '127.0.0.1',
        port: 0,
        mountPath: '/parse',
        databaseURI: `sqlite://${folder}/homeport.db`,
    };
}

export class Server {
    #env;
    #args;
    #program;

    constructor(folder, config, env, args) {
        this.folder = folder;
        this.config = config;
        this.#env = env;
        this.#args = args;
        this.writeConfig();
    }

    /** Writes the configuration file; after a change of .config, for a SIGHUP or the next start. */
    writeConfig() {
        this.configFile = join(this.folder, 'config.json');
        writeFileSync(this.configFile, JSON.stringify(this.config, null, 2), { mode: 0o600 });
    }

    get pid() {
        return this.#program.child.pid;
    }
    /** What it has written so far since its last start. */
    get stdout() {
        return this.#program.stdout;
    }
    get stderr() {
        return this.#program.stderr;
    }
    /** Settles with { code, signal } when the program ends, however it does. */
    get exited() {
        return this.#program.exited;
    }
    get running() {
        return running.has(this.#program.child);
    }

    async start() {
        const program = launch(['serve', '--config', this.configFile, ...this.#args], { env: this.#env });
        this.#program = program;
        const [, version, url] = await firstMatch(program, 'stdout', READY, START_MS);
        this.version = version;
        this.url = url; // with the mount path
        this.origin = new URL(url).origin;
        this.config.port = Number(new URL(url).port); // the same one after a restart, so that clients find it again
        this.writeConfig();
        return this;
    }

    /** Settles once the log (stderr) holds a match of `pattern`, with the match. */
    logged(pattern, timeoutMs = 20_000) {
        return firstMatch(this.#program, 'stderr', pattern, timeoutMs);
    }

    signal(name) {
        this.#program.child.kill(name);
    }

    /** Asks it to end and checks that it does, with status 0. Then removes its folder unless { keep: true }. */
    async stop({ keep = false } = {}) {
        const { child, exited } = this.#program;
        const timer = setTimeout(() => child.kill('SIGABRT'), STOP_MS);
        child.kill('SIGTERM'); // does nothing if it has ended already: then its status is looked at all the same
        const { code, signal } = await exited;
        clearTimeout(timer);
        if (!keep) rmSync(this.folder, { recursive: true, force: true });
        this.assertUnhurt();
        assert.equal(signal ?? code, 0, `homeport ended with ${signal ?? code}:\n${tail(this.stderr)}`);
    }

    /** Ends it as a power cut would. Its data stay. */
    async kill() {
        this.#program.child.kill('SIGKILL');
        const { signal } = await this.#program.exited;
        this.assertUnhurt();
        assert.equal(signal, 'SIGKILL', `homeport had ended before it was killed:\n${tail(this.stderr)}`);
    }

    /** SIGKILL and a new start on the same data and port. */
    async crashAndRestart() {
        await this.kill();
        await this.start();
    }

    /** SIGTERM and a new start on the same data and port. */
    async restart() {
        await this.stop({ keep: true });
        await this.start();
    }

    assertUnhurt() {
        const found = SANITIZER.exec(this.stderr);
        assert.ok(!found, found && `a sanitizer reported:\n${this.stderr.slice(found.index, found.index + 8000)}`);
    }

    /**
     * One request below the mount path. Yields { status, headers, text, body }; body is the parsed JSON.
     *   body     an object (sent as JSON), a string or a Buffer
     *   master, session   whose rights it has; otherwise a client's with the REST key
     *   headers  laid over the usual ones; undefined removes one
     *   origin   true: path is below the origin, not the mount path
     */
    request(method, path, { body, master = false, session, headers = {}, origin = false } = {}) {
        const usual = {
            'X-Parse-Application-Id': this.config.appId,
            [master ? 'X-Parse-Master-Key' : 'X-Parse-REST-API-Key']: master ? this.config.masterKey : this.config.restAPIKey,
            'X-Parse-Session-Token': session,
            'Content-Type': body === undefined ? undefined : 'application/json',
        };
        const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
        return sendRequest(method, (origin ? this.origin : this.url) + path, { ...usual, ...headers }, bytes);
    }

    /** A Parse JavaScript SDK of its own, initialised for this server. */
    parse({ master = false } = {}) {
        const Parse = freshParse();
        Parse.initialize(this.config.appId, this.config.javascriptKey, master ? this.config.masterKey : undefined);
        Parse.serverURL = this.url;
        return Parse;
    }
}

/** Settles when `pattern` appears in what the program writes; fails if it ends before, or takes too long. */
function firstMatch(program, stream, pattern, timeoutMs) {
    return new Promise((resolve, reject) => {
        const source = program.child[stream];
        const look = () => {
            const match = pattern.exec(program[stream]);
            if (match) finish(resolve, match);
        };
        const timer = setTimeout(() => {
            finish(reject, new Error(`homeport did not write ${pattern} in ${timeoutMs} ms:\n${tail(program.stderr)}`));
        }, timeoutMs);
        function finish(settle, value) {
            clearTimeout(timer);
            source.off('data', look);
            settle(value);
        }
        source.on('data', look);
        look();
        program.exited.then(
            ({ code, signal }) =>
                finish(reject, new Error(`homeport ended with ${signal ?? code} too early:\n${tail(program.stderr)}`)),
            (error) => finish(reject, error),
        );
    });
}

function tail(text, length = 4000) {
    return text.length > length ? `…${text.slice(-length)}` : text;
}
