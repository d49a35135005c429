// Parse Server as npm delivers it, started by its own command line from a configuration file of its own kind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { freePort, sendRequest } from '../../support/http.mjs';

const require = createRequire(import.meta.url);
const START_MS = 120_000;

export const parseServerVersion = () => require('parse-server/package.json').version;

/** Yields { url, config, stop() } once it answers. `config` is laid over what a test server needs. */
export async function startParseServer(config) {
    const folder = mkdtempSync(join(tmpdir(), 'homeport-parse-server-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/parse`;
    const own = { host: '127.0.0.1', port, mountPath: '/parse', serverURL: url, logsFolder: join(folder, 'logs'), silent: true, filesAdapter: '@parse/fs-files-adapter' };
    const whole = { ...own, ...(config.emailAdapter ? { publicServerURL: url } : {}), ...config };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(whole), { mode: 0o600 });

    const program = join(dirname(require.resolve('parse-server/package.json')), 'bin/parse-server');
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PARSE_|PORT$|VERBOSE$)/.test(name)));
    const child = spawn(process.execPath, [program, join(folder, 'config.json')], {
        cwd: folder,
        env: { ...clean, NODE_ENV: 'production', TZ: 'UTC' },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
    const exited = new Promise((resolve) => child.on('close', resolve));
    const killWithUs = () => child.kill('SIGKILL');
    process.on('exit', killWithUs);

    const deadline = Date.now() + START_MS;
    for (let ready = false; !ready;) {
        assert.equal(child.exitCode, null, `Parse Server ended before it was ready:\n${log}`);
        assert.ok(Date.now() < deadline, `Parse Server did not start in ${START_MS} ms:\n${log}`);
        ready = await sendRequest('GET', `${url}/health`).then((answer) => answer.body?.status === 'ok', () => false);
        if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {
        url,
        config: whole,
        pid: child.pid,
        get log() {
            return log;
        },
        async stop() {
            child.kill('SIGTERM');
            await exited;
            process.off('exit', killWithUs);
            rmSync(folder, { recursive: true, force: true });
        },
    };
}
