// Every row of tests/support/security_rows.mjs has a test that bears its name, or says why it has none.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ROWS } from '../support/security_rows.mjs';

const here = new URL('.', import.meta.url);
const named = new Set();
for (const file of readdirSync(here).filter((name) => name.endsWith('.test.mjs')))
    for (const [, row] of readFileSync(new URL(file, here), 'utf8').matchAll(/test\(\s*['"`]sec_([A-Z]\d+)_/g)) named.add(row);

test('no row of the security table is without a test or a reason', (t) => {
    const lines = Object.entries(ROWS).map(([row, { was, door, unit, absent }]) => {
        if (named.has(row)) return null;
        const why = absent ? `no ${absent}` : unit ? `unit tests: ${unit}` : door ? `door matrix: ${door}` : 'NO TEST';
        return `${row.padEnd(4)} ${was} (${why})`;
    });
    const applicable = Object.values(ROWS).filter((row) => !row.absent).length;
    t.diagnostic(`${applicable} of ${Object.keys(ROWS).length} rows apply, ${Object.keys(ROWS).filter((row) => named.has(row)).length} have a test here; without one:`);
    for (const line of lines) if (line && !/\(no /.test(line)) t.diagnostic(line);
    assert.deepEqual(lines.filter((line) => line?.endsWith('(NO TEST)')), []);
});

test('every test that names a row names one of the table, and no reason outlives its test', () => {
    assert.deepEqual([...named].filter((row) => !(row in ROWS)), []);
    assert.deepEqual(Object.keys(ROWS).filter((row) => ROWS[row].absent && named.has(row)), []);
});
