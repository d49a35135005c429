// Mutated requests against the real program. The seeds are the sequences of tests/compat: whatever is compared with Parse Server
// is fuzzed too. Usage: fuzz.mjs [SECONDS] [SEED]; HOMEPORT_BIN names the program, best one built with ASan and UBSan.
//
// Whatever comes, the server answers in HTTP and in time, never with a fault of its own (500), in JSON where it speaks JSON; it
// lives, and ends with status 0, without a leak or a sanitizer's report. Every ROUND_S seconds it is ended and begins anew.
// What broke it, and what came before that, is written to a file: fuzz.mjs --replay FILE sends it again.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { startAdapters } from '../../compat/lib/adapters.mjs';
import { LIVE } from '../../compat/lib/compare.mjs';
import { profiles } from '../../compat/lib/profiles.mjs';
import { requestOf, saveFrom } from '../../compat/lib/steps.mjs';
import { startServer } from '../../support/homeport.mjs';
import { freePort } from '../../support/http.mjs';
import { randomSource } from '../../support/random.mjs';
import { Connection } from './client.mjs';
import { bytesOf, mutateBytes, mutateRequest } from './mutate.mjs';

const ROUND_S = 30;
const CONNECTIONS = 4;
const ANSWER_MS = 60_000;
const KEPT = 40; // requests before the one that broke it

const folder = new URL('../../compat/sequences/', import.meta.url);
const sequences = (await Promise.all(readdirSync(folder).sort().map((file) => import(new URL(file, folder))))).flatMap((module) => module.default);
const overHttp = sequences.map((sequence) => ({ ...sequence, steps: sequence.steps.filter((step) => !LIVE.test(step.call)) }));
const sequencesOf = (profile) => overHttp.filter((sequence) => (sequence.profile ?? 'open') === profile);
const attacked = Object.keys(profiles).filter((profile) => sequencesOf(profile).length > 0); // the others are for random requests alone

class Problem extends Error {}

/** Parse's own answer with status 500 to who asks for mails where none is configured. */
const NO_MAIL = 'An appName, publicServerURL, and emailAdapter are required';

/** What is wrong with an answer, or undefined. */
function wrong({ status, headers, body }) {
    if (status === 500 && !body.includes(NO_MAIL)) return `status ${status}: ${body.toString('utf8').slice(0, 300)}`;
    if (/application\/json/.test(headers['content-type'] ?? '') && !headers['content-encoding'] && body.length > 0)
        try {
            const json = JSON.parse(body.toString('utf8'));
            if (status >= 400 && typeof json.error !== 'string') return `${status} without an error text: ${body}`;
        } catch (error) {
            return `no JSON: ${error.message}: ${body.toString('utf8').slice(0, 300)}`;
        }
    return undefined;
}

async function send(connection, bytes, framed, log) {
    log.push(bytes.toString('latin1'));
    if (log.length > KEPT) log.shift();
    if (!framed) connection.close(); // what follows such bytes on its connection means nothing
    let answer;
    try {
        answer = await connection.exchange(bytes, { noBody: bytes.subarray(0, 5).toString() === 'HEAD ', last: !framed, timeoutMs: ANSWER_MS });
    } catch (error) {
        throw new Problem(error.message);
    }
    if (!framed) connection.close();
    if (answer.timeout) throw new Problem(`no answer in ${ANSWER_MS} ms`);
    const problem = answer.status && wrong(answer);
    if (problem) throw new Problem(problem);
    return answer;
}

/** Runs sequences, every other step mutated, until the time is up. */
async function attack(server, profile, r, until, counts, log) {
    const connection = new Connection(server.config.port);
    const own = sequencesOf(profile);
    let last = { url: server.url, body: '{}' };
    while (Date.now() < until && server.running) {
        const variables = {};
        for (const step of r.pick(own).steps) {
            if (Date.now() >= until || !server.running) break;
            const request = requestOf(step, server, variables);
            const kind = r.pick(['as it is', 'as it is', 'request', 'request', 'request', 'bytes']);
            const mutated = kind === 'as it is' ? request : mutateRequest(r, request, last);
            const bytes = kind === 'bytes' ? mutateBytes(r, bytesOf(mutated)) : bytesOf(mutated);
            counts[kind] = (counts[kind] ?? 0) + 1;
            const answer = await send(connection, bytes, kind !== 'bytes', log);
            if (answer.status) counts[answer.status] = (counts[answer.status] ?? 0) + 1;
            if (kind === 'as it is') saveFrom(step, { body: tryJson(answer.body) }, variables);
            last = request;
        }
    }
    connection.close();
}

function tryJson(body) {
    try {
        return JSON.parse(body.toString('utf8'));
    } catch {
        return undefined;
    }
}

function keep(log, seed) {
    const file = `fuzz-found-${seed}.json`;
    writeFileSync(file, JSON.stringify(log, null, 1));
    return file;
}

/** One server, from start to orderly end. */
async function round(profile, seed, seconds, counts) {
    const adapters = await startAdapters(profiles[profile]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/parse`;
    const server = await startServer({ config: { port, serverURL: url, publicServerURL: url, ...profiles[profile], ...adapters.homeport, logLevel: 'error' } });
    const until = Date.now() + seconds * 1000;
    const logs = Array.from({ length: CONNECTIONS }, () => []);
    const results = await Promise.allSettled(logs.map((log, i) => attack(server, profile, randomSource(seed * 31 + i), until, counts, log)));
    for (const [i, { reason }] of results.entries()) {
        if (!reason) continue;
        console.error(`seed ${seed}: ${reason.message}\n${logs[i].at(-1)}\n${server.stderr.slice(-3000)}`);
        console.error(`the requests before it: ${keep(logs[i], seed)}`);
        throw reason;
    }
    try {
        server.assertUnhurt();
        assert.ok(server.running, `the server ended: ${server.stderr.slice(-3000)}`);
        const { status } = await server.request('GET', '/health');
        assert.equal(status, 200);
        await server.stop();
        await adapters.stop();
    } catch (error) {
        console.error(`seed ${seed}: the requests before it: ${keep(logs.flat(), seed)}`);
        throw error;
    }
}

async function replay(file) {
    const server = await startServer({ config: { ...profiles.open, logLevel: 'debug' } });
    const connection = new Connection(server.config.port);
    for (const text of JSON.parse(readFileSync(file, 'utf8'))) {
        const answer = await connection.exchange(Buffer.from(text, 'latin1'), { noBody: text.startsWith('HEAD '), last: true, timeoutMs: ANSWER_MS });
        connection.close();
        console.log(text.split('\r\n')[0].slice(0, 200), answer.status ?? answer, answer.body?.toString('utf8').slice(0, 200) ?? '');
    }
    console.log(server.stderr);
    await server.stop();
}

if (process.argv[2] === '--replay') {
    await replay(process.argv[3]);
} else {
    const seconds = Number(process.argv[2] ?? 60);
    const first = Number(process.argv[3] ?? Date.now() % 1_000_000);
    const counts = {};
    const until = Date.now() + seconds * 1000;
    for (let n = 0; Date.now() < until; n++) {
        const left = (until - Date.now()) / 1000;
        await round(attacked[n % attacked.length], first + n, Math.min(ROUND_S, left), counts);
        console.log(`seed ${first + n}: ${JSON.stringify(counts)}`);
    }
}
