// What is known to differ. differences.md names the rules with their reasons; known_differences.json says for each step of a
// sequence that differs which rule it is, and what Homeport answers there.
import { readFileSync, writeFileSync } from 'node:fs';

import { stable } from './normalise.mjs';

const RULE = /^\| `([a-z0-9-]+)` \|/gm;
const file = new URL('../known_differences.json', import.meta.url);

/** Set of the rules' names. */
export function readRules() {
    const text = readFileSync(new URL('../differences.md', import.meta.url), 'utf8');
    return new Set([...text.matchAll(RULE)].map(([, name]) => name));
}

/** { <sequence>: { "<number> <call>": { rule, status, body } } } */
export function readKnown() {
    return JSON.parse(readFileSync(file, 'utf8'));
}

export function stepName(index, step) {
    return `${index + 1} ${step.call}`;
}

/**
 * Takes over what a run has found as known: sequences maps a name to its differences. Rules that were chosen before stay; one
 * that nobody has chosen yet is "?", and the test fails until somebody has looked at it.
 */
export function writeKnown(sequences) {
    const known = readKnown();
    for (const [name, differences] of sequences) {
        const before = known[name] ?? {};
        const entries = differences.map(({ index, step, reference, homeport }) => {
            const key = stepName(index, step);
            const rule = before[key]?.rule ?? ruleOfCall(before, step.call) ?? obviousRule(reference, homeport);
            return [key, { rule, status: homeport.status, headers: differing(homeport.headers, reference.headers), body: homeport.body }];
        });
        if (entries.length) known[name] = Object.fromEntries(entries);
        else delete known[name];
    }
    writeFileSync(file, linePerStep(known));
}

/** JSON with one line per step, so that a change shows as the lines that it is about. */
function linePerStep(known) {
    const names = Object.keys(known).sort();
    const steps = (name) => Object.entries(known[name]).map(([step, entry]) => `  ${JSON.stringify(step)}: ${JSON.stringify(entry)}`);
    const sequences = names.map((name) => ` ${JSON.stringify(name)}: {\n${steps(name).join(',\n')}\n }`);
    return sequences.length ? `{\n${sequences.join(',\n')}\n}\n` : '{}\n';
}

/** The rule of a step that has moved. */
function ruleOfCall(before, call) {
    return Object.entries(before).find(([name]) => name.replace(/^\d+ /, '') === call)?.[1].rule;
}

/** The rule that needs nobody to choose it. */
export const UNKNOWN_RULE = '?';
export function obviousRule(reference, homeport) {
    const sqlError = /^syntax error at or near/.test(reference.body?.error);
    if ((reference.status === 500 || sqlError) && homeport.status < 500) return 'reference-fails';
    if (/^Postgres (doesn't|does not) support/.test(reference.body?.error)) return 'postgres-unsupported';
    if (Array.isArray(reference.body?.count)) return 'mongodb-semantics';
    if (homeport.status === 201 && stable({ ...reference.body, createdAt: homeport.body?.createdAt }) === stable(homeport.body)) return 'more-in-answers';
    if (ABOUT_CONTENTS.test(reference.body?.error) && ABOUT_RIGHTS.test(homeport.body?.error)) return 'rights-first';
    if (/\[object Object\]/.test(reference.body?.error) && reference.body.code === homeport.body?.code) return 'clearer-texts';
    if (reference.body?.code === 202 && homeport.body?.code === 125) return 'forms-first';
    return UNKNOWN_RULE;
}

/** Refusals for what a request holds (a field that is new may need a signed-in user) and for who sends it. */
const ABOUT_CONTENTS = /^This user is not allowed to (query|sort by) |^Permission denied(, user needs| for action addField )|^Clients aren't allowed to manually update |^Account already exists |^schema mismatch for |^This authentication method is unsupported| is required$/;
const ABOUT_RIGHTS = /^Permission denied(, user needs| for action (find|get|count|create|update) )|^Object not found|^Cannot modify user |^Insufficient auth/;

export function differing(headers, others) {
    const entries = Object.entries(headers).filter(([name, value]) => others[name] !== value);
    return entries.length ? Object.fromEntries(entries) : undefined;
}
