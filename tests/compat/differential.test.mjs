// The same requests to Parse Server (npm, on PostgreSQL) and to Homeport: the answers are compared. README.md tells more.
//   COMPAT_ONLY    pattern for the names of sequences, to look at a few
//   COMPAT_SEED    another seed for the random sequences
//   COMPAT_ACCEPT  1: known_differences.json is brought up to date instead; new differences have no rule yet
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { freePort } from '../support/http.mjs';
import { startAdapters } from './lib/adapters.mjs';
import { describe, judge, runSequence } from './lib/compare.mjs';
import { UNKNOWN_RULE, obviousRule, readKnown, readRules, writeKnown } from './lib/differences.mjs';
import { startParseServer } from './lib/parse_server.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { profiles } from './lib/profiles.mjs';
import { randomAccountSequences } from './lib/random_accounts.mjs';
import { randomCloudSequences } from './lib/random_cloud.mjs';
import { randomHookSequences } from './lib/random_hooks.mjs';
import { randomIncludeSequences } from './lib/random_includes.mjs';
import { randomInstallationSequences } from './lib/random_installations.mjs';
import { randomLiveSequences } from './lib/random_live.mjs';
import { randomSequences } from './lib/random.mjs';
import { randomOdditySequences } from './lib/random_oddities.mjs';
import { randomPermissionSequences } from './lib/random_permissions.mjs';
import { randomRoleSequences } from './lib/random_roles.mjs';
import { randomSchemaSequences } from './lib/random_schemas.mjs';
import { randomUserSequences } from './lib/random_users.mjs';
import { randomWriteSequences } from './lib/random_writes.mjs';

const { COMPAT_ONLY = '', COMPAT_ACCEPT, COMPAT_SEED = '1' } = process.env;
const only = new RegExp(COMPAT_ONLY);
const written = (await Promise.all(readdirSync(new URL('sequences/', import.meta.url)).sort().map(load))).flat();
const generators = [randomSequences, randomPermissionSequences, randomUserSequences, randomAccountSequences, randomInstallationSequences, randomSchemaSequences, randomWriteSequences, randomLiveSequences, randomOdditySequences, randomIncludeSequences, randomRoleSequences, randomHookSequences, randomCloudSequences];
const sequences = [...written, ...generators.flatMap((generate) => generate(Number(COMPAT_SEED)))];
const rules = readRules();
const known = readKnown();
const used = new Set();
const accepted = [];

/** The rules by which the reference has not done what it was asked, and those by which Homeport has not. */
const FAILING = ['reference-fails', 'postgres-unsupported'];
const STRAYING = [...FAILING, 'strict-values', 'strict-parameters'];

async function load(file) {
    const { default: list } = await import(new URL(`sequences/${file}`, import.meta.url));
    return list.map((sequence) => ({ ...sequence, name: `${file.replace('.mjs', '')}: ${sequence.name}` }));
}

/**
 * Where the reference itself fails there is nothing to compare; were that often so, the queries would be worth nothing. What a
 * step is `about` is from then on another thing on either side, and what is said of it is not compared any more.
 */
function judgeRandom({ steps, ruleOf = obviousRule }, all, note) {
    const strayed = new Set();
    const differences = all.filter(({ step, reference, homeport }) => {
        const known = strayed.has(step.about);
        if (step.about && STRAYING.includes(ruleOf(reference, homeport))) strayed.add(step.about);
        return !known;
    });
    const rules = differences.map(({ reference, homeport }) => ruleOf(reference, homeport));
    rules.filter((rule) => rule !== UNKNOWN_RULE).forEach(note);
    const problems = differences.filter((_, i) => rules[i] === UNKNOWN_RULE).map((one) => describe(one, 'the answers differ'));
    assert.ok(!problems.length, `${problems.length} of ${steps.length} steps:\n${problems.join('\n')}`);
    const failed = rules.filter((rule) => FAILING.includes(rule)).length;
    assert.ok(failed <= steps.length / 20, `Parse Server failed in ${failed} of ${steps.length} steps`);
}

let postgres;
before(async () => {
    postgres = await startPostgres();
});
after(async () => {
    await postgres?.stop();
    if (COMPAT_ACCEPT) writeKnown(accepted);
});

for (const [profile, config] of Object.entries(profiles)) {
    const chosen = sequences.filter((one) => (one.profile ?? 'open') === profile && only.test(one.name));
    if (!chosen.length) continue;
    suite(profile, () => {
        let reference, homeport, adapters;
        before(async () => {
            const port = await freePort();
            adapters = await startAdapters(config);
            reference = await startParseServer({ ...config, ...adapters.reference, databaseURI: postgres.createDatabase(profile) });
            const url = `http://127.0.0.1:${port}/parse`;
            const links = adapters.mailboxes ? { publicServerURL: url } : {};
            homeport = await startServer({ config: { port, serverURL: url, ...links, ...config, ...adapters.homeport } });
            [reference.mailbox, homeport.mailbox] = adapters.mailboxes ?? [];
            [reference.receiver, homeport.receiver] = adapters.receivers ?? [];
        });
        after(async () => {
            await reference?.stop();
            await homeport?.stop();
            await adapters?.stop();
        });
        for (const sequence of chosen) {
            test(sequence.name, async () => {
                const note = (rule) => used.add(rule);
                const differences = await runSequence(sequence, reference, homeport, note);
                if (sequence.random) return judgeRandom(sequence, differences, note);
                if (COMPAT_ACCEPT) accepted.push([sequence.name, differences]);
                const problems = COMPAT_ACCEPT ? [] : judge(differences, known[sequence.name] ?? {}, rules, note);
                assert.ok(!problems.length, `${problems.length} of ${sequence.steps.length} steps:\n${problems.join('\n')}`);
            });
        }
    });
}

test('differences.md and known_differences.json name the same rules', { skip: Boolean(COMPAT_ONLY || COMPAT_ACCEPT) }, () => {
    assert.deepEqual([...used].sort(), [...rules].sort());
});

test('every sequence has a name of its own, and every known difference a sequence', () => {
    const names = new Set(sequences.map(({ name }) => name));
    assert.equal(names.size, sequences.length);
    assert.deepEqual(Object.keys(known).filter((name) => !names.has(name)), []);
});

test('it is as large as it says', (t) => {
    const steps = (list) => list.reduce((sum, sequence) => sum + sequence.steps.length, 0);
    const random = sequences.filter((sequence) => sequence.random);
    t.diagnostic(`${steps(written)} written steps in ${written.length} sequences, ${steps(random)} random ones; ${Object.values(known).flatMap(Object.keys).length} known differences by ${rules.size ?? rules.length} rules`);
    assert.ok(steps(written) >= 600);
    assert.ok(steps(random) >= 2000);
});
