// scripts/cluster-demo shows what it says, and leaves nothing running.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('../../scripts/cluster-demo', import.meta.url));

test('a transfer on one node arrives at a subscriber of another, and nothing stays behind', async () => {
    const { error, stdout, stderr } = await new Promise((resolve) =>
        execFile(DEMO, { timeout: 150_000 }, (failed, out, err) => resolve({ error: failed, stdout: out, stderr: err })),
    );
    assert.equal(error, null, stderr);
    assert.match(stdout, /^node 3 +bob hears: his balance is 12\.50 /m);
    assert.match(stdout, /^node 3 +bob hears: "alice sent you 12\.50" /m);
    const pids = [...stdout.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
    assert.equal(pids.length, 4, stdout);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.ok(!existsSync(/on the one file (\S+)/.exec(stdout)[1]));
});
