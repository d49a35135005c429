// The rules of differences.md: where Homeport answers differently on purpose, and why.
import { readFileSync } from 'node:fs';

const RULE = /^\| `([a-z0-9-]+)` \|/gm;

/** Set of the rules' names. */
export function readDifferences() {
    const text = readFileSync(new URL('../differences.md', import.meta.url), 'utf8');
    return new Set([...text.matchAll(RULE)].map(([, name]) => name));
}
