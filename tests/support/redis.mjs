// A real redis-server of the test's own, on a free loopback port, with a password and without traces.
//
//   const redis = await startRedis();
//   redis.url;             // redis://:…@127.0.0.1:…
//   await redis.kill();    // as a power cut would
//   await redis.start();   // again, on the same port
//   await redis.stop();
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';

import { freePort } from './http.mjs';

const START_MS = 30_000;

export async function startRedis() {
    const port = await freePort();
    const password = randomBytes(8).toString('hex');
    let child, exited;
    const killWithUs = () => child?.kill('SIGKILL');
    process.on('exit', killWithUs);

    const redis = {
        port,
        password,
        url: `redis://:${password}@127.0.0.1:${port}`,
        get pid() {
            return child.pid;
        },
        async start() {
            const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir(), '--requirepass', password];
            child = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'ignore'] });
            exited = new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
            exited.catch(() => {}); // told below
            await ready(child, exited);
        },
        async kill() {
            child.kill('SIGKILL');
            await exited;
        },
        async stop() {
            process.off('exit', killWithUs);
            await redis.kill();
        },
    };
    await redis.start();
    return redis;
}

function ready(child, exited) {
    return new Promise((resolve, reject) => {
        let log = '';
        const fail = (why) => reject(new Error(`redis-server ${why}:\n${log}`));
        const timer = setTimeout(() => fail('was not ready in time'), START_MS);
        child.stdout.setEncoding('utf8').on('data', (text) => {
            log += text;
            if (!log.includes('Ready to accept connections')) return;
            clearTimeout(timer);
            resolve();
        });
        exited.then(() => fail('ended'), (error) => fail(error.message));
    });
}

/** Settles once `server` says that its bus is `state` ("up", "down"). */
export async function busIs(server, state, timeoutMs = 30_000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        const { body } = await server.request('GET', '/ready', { origin: true });
        if (body.bus === state) return;
        assert.ok(Date.now() < deadline, `the bus is ${body.bus}, not ${state}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Settles once so many listen on the channel. */
export async function subscribedTo({ port, password }, channel, count, timeoutMs = 30_000) {
    const deadline = Date.now() + timeoutMs;
    const args = ['-p', port, '-a', password, '--no-auth-warning', 'PUBSUB', 'NUMSUB', channel].map(String);
    for (;;) {
        const listeners = Number(execFileSync('redis-cli', args, { encoding: 'utf8' }).trim().split('\n')[1]);
        if (listeners >= count) return;
        assert.ok(Date.now() < deadline, `${listeners} listen on ${channel}, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
