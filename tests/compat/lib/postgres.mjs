// A PostgreSQL server of the test's own: a new cluster in a temporary folder, a free loopback port, no traces.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../support/http.mjs';

const START_MS = 60_000;

/** Yields { uri(database), stop() }; createDatabase makes one. */
export async function startPostgres() {
    const folder = mkdtempSync(join(tmpdir(), 'homeport-postgres-'));
    const asUser = asPostgresUser(folder);
    const bin = postgresBin();
    const data = join(folder, 'data');
    const run = (program, ...args) => execFileSync(...asUser(join(bin, program), args), { stdio: 'pipe', cwd: folder });
    run('initdb', '-D', data, '-U', 'parse', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8');

    const port = await freePort();
    // Nothing here has to survive a crash: no write waits for the disk.
    const settings = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=200'];
    const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, ...settings.flatMap((s) => ['-c', s])];
    const [program, programArgs] = asUser(join(bin, 'postgres'), args);
    const child = spawn(program, programArgs, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
    const exited = new Promise((resolve) => child.on('close', resolve));
    const killWithUs = () => child.kill('SIGQUIT');
    process.on('exit', killWithUs);

    const deadline = Date.now() + START_MS;
    while (!log.includes('database system is ready to accept connections')) {
        assert.equal(child.exitCode, null, `PostgreSQL did not start:\n${log}`);
        assert.ok(Date.now() < deadline, `PostgreSQL did not start in ${START_MS} ms:\n${log}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return {
        createDatabase(name) {
            run('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', 'parse', name);
            return `postgres://parse@127.0.0.1:${port}/${name}`;
        },
        async stop() {
            child.kill('SIGINT'); // PostgreSQL's fast shutdown
            await exited;
            process.off('exit', killWithUs);
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** PostgreSQL refuses to run as root: then it runs as Debian's user postgres, who is given the folder. */
function asPostgresUser(folder) {
    if (process.getuid() !== 0) return (program, args) => [program, args];
    const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    const [uid, gid] = [id('-u'), id('-g')];
    chownSync(folder, uid, gid);
    return (program, args) => ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', program, ...args]];
}

/** Debian keeps the server's programs out of PATH, in one folder per version. */
function postgresBin() {
    const root = '/usr/lib/postgresql';
    const versions = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, 'bin/initdb'))) : [];
    assert.ok(versions.length, 'PostgreSQL is not installed: run scripts/install-packages compat');
    return join(root, versions.sort((a, b) => Number(b) - Number(a))[0], 'bin');
}
