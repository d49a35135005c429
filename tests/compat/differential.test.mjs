// The same requests to Parse Server (npm, on PostgreSQL) and to Homeport: the answers are compared. README.md tells more.
// COMPAT_ONLY is a pattern for the names of sequences, to look at a few.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe as suite, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { compareSequence, describe } from './lib/compare.mjs';
import { readDifferences } from './lib/differences.mjs';
import { startParseServer } from './lib/parse_server.mjs';
import { freePort, startPostgres } from './lib/postgres.mjs';
import { profiles } from './lib/profiles.mjs';

const only = new RegExp(process.env.COMPAT_ONLY ?? '');
const sequences = (await Promise.all(readdirSync(new URL('sequences/', import.meta.url)).sort().map(load))).flat();
const rules = readDifferences();
const used = new Set();

async function load(file) {
    const { default: list } = await import(new URL(`sequences/${file}`, import.meta.url));
    return list.map((sequence) => ({ ...sequence, name: `${file.replace('.mjs', '')}: ${sequence.name}` }));
}

let postgres;
before(async () => {
    postgres = await startPostgres();
});
after(() => postgres?.stop());

for (const [profile, config] of Object.entries(profiles)) {
    const chosen = sequences.filter((one) => (one.profile ?? 'open') === profile && only.test(one.name));
    if (!chosen.length) continue;
    suite(profile, () => {
        let reference, homeport;
        before(async () => {
            reference = await startParseServer({ ...config, databaseURI: postgres.createDatabase(profile) });
            const port = await freePort();
            homeport = await startServer({ config: { port, serverURL: `http://127.0.0.1:${port}/parse`, ...config } });
        });
        after(async () => {
            await reference?.stop();
            await homeport?.stop();
        });
        for (const sequence of chosen) {
            test(sequence.name, async () => {
                const problems = await compareSequence(sequence, reference, homeport, (rule) => used.add(rule));
                assert.ok(!problems.length, `${problems.length} of ${sequence.steps.length} steps:\n${problems.map(describe).join('\n')}`);
            });
        }
    });
}

test('differences.md and the sequences name the same rules', { skip: Boolean(process.env.COMPAT_ONLY) }, () => {
    assert.deepEqual([...used].sort(), [...rules].sort());
});

test('the sequences have no name twice', () => {
    const names = sequences.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
});
