// Decimal128 against another implementation: Python's decimal module (libmpdec) with decimal128's context says what the
// order, the texts, the sums and the refusals must be.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { randomSource } from '../support/random.mjs';

const SEED = Number(process.env.HOMEPORT_TEST_SEED ?? 20128);
const random = randomSource(SEED);
const decimal = (value) => ({ __type: 'Decimal128', value });
const field = { type: 'Decimal128' };

// One JSON question per run: {"op", …} -> an answer of texts.
const ORACLE = `
import json, sys
from decimal import *
c = Context(prec=34, Emin=-6143, Emax=6144, clamp=1, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])
q = json.load(sys.stdin)
D = [c.create_decimal(t) for t in q["values"]]
def exact(a, b):
    c.clear_flags()
    try: s = c.add(a, b)
    except Overflow: return None
    return None if c.flags[Inexact] else s
def fold():
    at, out = D[0], []
    for d in D[1:]:
        s = exact(at, d)
        out.append(None if s is None else str(s))
        if s is not None: at = s
    return out
def total():
    at = Decimal(0)
    for d in D: at = c.add(at, d)
    return at
answers = {
    "texts": lambda: [str(d) for d in D],
    "ranks": lambda: (lambda u: [next(i for i, x in enumerate(u) if x == d) for d in D])(sorted(set(D))),
    "fold": fold,
    "sum": lambda: str(total()),
    "mean": lambda: str(c.divide(total(), Decimal(len(D)))),
}
json.dump(answers[q["op"]](), sys.stdout)
`;

function oracle(op, values) {
    const run = spawnSync('python3', ['-c', ORACLE], { input: JSON.stringify({ op, values }), encoding: 'utf8', timeout: 60_000 });
    assert.equal(run.status, 0, run.stderr);
    return JSON.parse(run.stdout);
}

const digits = (count) => Array.from({ length: count }, () => random.below(10)).join('');

/** Numbers of all sizes, many close to each other, equal ones with different digits among them. */
function randomText() {
    const sign = random.chance(0.4) ? '-' : '';
    const kind = random.below(6);
    if (kind === 0) return `${sign}${random.below(3)}.${random.pick(['', '0', '00'])}${random.pick(['1', '5', '50'])}`;
    if (kind === 1) return `${sign}123456789012345678901234567890${digits(2)}.${digits(2)}`;
    if (kind === 2) return `${sign}${digits(1 + random.below(34))}E${random.below(12200) - 6110}`;
    if (kind === 3) return `${sign}0.1000000000000000055511151231257${digits(2)}`;
    if (kind === 4) return `${sign}${random.below(100)}${random.pick(['', '.0', '.00', 'E+2', 'E-2'])}`;
    return `${sign}0${random.pick(['', '.000', 'E+7', 'E-9'])}`;
}

let server;
const master = (method, path, body) => server.request(method, path, { master: true, body });
const query = (path, parameters) => master('GET', `${path}?${new URLSearchParams(Object.entries(parameters).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)]))}`);

async function makeClass(name, fields, more = {}) {
    const answer = await master('POST', `/schemas/${name}`, { className: name, fields, ...more });
    assert.equal(answer.status, 200, answer.text);
}

async function insertAll(path, bodies) {
    for (let i = 0; i < bodies.length; i += 50) {
        const requests = bodies.slice(i, i + 50).map((body) => ({ method: 'POST', path: `/parse${path}`, body }));
        const answer = await master('POST', '/batch', { requests });
        assert.equal(answer.status, 200, answer.text);
        for (const one of answer.body) assert.ok(one.success, JSON.stringify(one));
    }
}

const texts = Array.from({ length: 500 }, randomText);
let ranks;
before(async () => {
    server = await startServer();
    ranks = oracle('ranks', texts);
    await makeClass('Plain', { v: field, i: { type: 'Number' } });
    await makeClass('Indexed', { v: field, i: { type: 'Number' } }, { indexes: { byV: { v: 1 } } });
    await makeClass('Inside', { o: { type: 'Object' }, i: { type: 'Number' } });
    const plain = texts.map((text, i) => ({ v: decimal(text), i }));
    await insertAll('/classes/Plain', plain);
    await insertAll('/classes/Indexed', plain);
    await insertAll('/classes/Inside', texts.map((text, i) => ({ o: { v: decimal(text) }, i })));
});
after(() => server?.stop());

const order = async (name, parameters) => {
    const answer = await query(`/classes/${name}`, { limit: '1000', ...parameters });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.results;
};

test(`every number comes back with its digits (seed ${SEED})`, async () => {
    const want = oracle('texts', texts);
    for (const name of ['Plain', 'Inside'])
        for (const row of await order(name, {})) assert.deepEqual(row.v ?? row.o.v, decimal(want[row.i]), texts[row.i]);
});

for (const [name, path] of [['Plain', 'v'], ['Indexed', 'v'], ['Inside', 'o.v']]) {
    test(`${name}: the order is the oracle's, both ways (seed ${SEED})`, async () => {
        for (const direction of [1, -1]) {
            const rows = await order(name, { order: direction === 1 ? path : `-${path}` });
            assert.equal(rows.length, texts.length);
            for (let k = 1; k < rows.length; k++) {
                const [a, b] = [rows[k - 1].i, rows[k].i];
                assert.ok(direction * (ranks[b] - ranks[a]) >= 0, `${texts[a]} before ${texts[b]} in direction ${direction}`);
            }
        }
    });

    test(`${name}: every comparison selects what the oracle says (seed ${SEED})`, async () => {
        const holds = { $eq: (r) => r === 0, $ne: (r) => r !== 0, $lt: (r) => r < 0, $lte: (r) => r <= 0, $gt: (r) => r > 0, $gte: (r) => r >= 0 };
        for (let n = 0; n < 40; n++) {
            const at = random.below(texts.length);
            for (const [operator, test] of Object.entries(holds)) {
                const rows = await order(name, { where: { [path]: { [operator]: decimal(texts[at]) } }, keys: 'i' });
                const want = ranks.map((rank, i) => [rank, i]).filter(([rank]) => test(rank - ranks[at])).map(([, i]) => i);
                assert.deepEqual(rows.map(({ i }) => i).sort((a, b) => a - b), want, `${operator} ${texts[at]}`);
            }
            const some = random.distinct(texts.map((_, i) => i), 30);
            const wanted = new Set(some.map((i) => ranks[i]));
            const rows = await order(name, { where: { [path]: { $in: some.map((i) => decimal(texts[i])) } }, keys: 'i' });
            assert.deepEqual(rows.map(({ i }) => i).sort((a, b) => a - b), ranks.map((rank, i) => [rank, i]).filter(([rank]) => wanted.has(rank)).map(([, i]) => i));
        }
    });
}

test(`a unique index refuses exactly the numbers that are there (seed ${SEED})`, async () => {
    await makeClass('Unique', { v: field }, { indexes: { one: { v: 1, unique: true } } });
    const seen = new Set();
    for (let i = 0; i < 150; i++) {
        const answer = await master('POST', '/classes/Unique', { v: decimal(texts[i]) });
        assert.equal(answer.status, seen.has(ranks[i]) ? 400 : 201, `${texts[i]}: ${answer.text}`);
        if (seen.has(ranks[i])) assert.equal(answer.body.code, 137);
        seen.add(ranks[i]);
    }
    assert.ok(seen.size < 150 && seen.size > 60);
});

test(`Increment is exact, or refused and nothing changes (seed ${SEED})`, async () => {
    let refused = 0;
    for (let run = 0; run < 8; run++) {
        const amounts = ['0.10', ...Array.from({ length: 25 }, () => random.chance(0.75) ? `${random.pick(['', '-'])}${digits(1 + random.below(30))}.${digits(1 + random.below(4))}` : randomText())];
        const want = oracle('fold', amounts);
        let { objectId } = (await master('POST', '/classes/Counter', { v: decimal(amounts[0]) })).body;
        let present = '0.10';
        for (let i = 1; i < amounts.length; i++) {
            const answer = await master('PUT', `/classes/Counter/${objectId}`, { v: { __op: 'Increment', amount: decimal(amounts[i]) } });
            if (want[i - 1] === null) {
                refused++;
                assert.equal(answer.status, 400, `${present} + ${amounts[i]}: ${answer.text}`);
            } else {
                present = want[i - 1];
                assert.equal(answer.status, 200, `${amounts[i]}: ${answer.text}`);
                assert.deepEqual(answer.body.v, decimal(present));
            }
            const now = await master('GET', `/classes/Counter/${objectId}`);
            assert.deepEqual(now.body.v, decimal(present));
        }
    }
    assert.ok(refused > 0);
});

test('a tenth added a thousand times is one hundred', async () => {
    const { objectId } = (await master('POST', '/classes/Tenths', { v: decimal('0.0') })).body;
    await Promise.all(Array.from({ length: 10 }, async () => {
        for (let i = 0; i < 100; i++) {
            const answer = await master('PUT', `/classes/Tenths/${objectId}`, { v: { __op: 'Increment', amount: decimal('0.1') } });
            assert.equal(answer.status, 200, answer.text);
        }
    }));
    assert.deepEqual((await master('GET', `/classes/Tenths/${objectId}`)).body.v, decimal('100.0'));
    await insertAll('/classes/Thousand', Array.from({ length: 1000 }, () => ({ v: decimal('0.1') })));
    const answer = await query('/aggregate/Thousand', { pipeline: [{ $group: { _id: null, total: { $sum: '$v' }, mean: { $avg: '$v' } } }] });
    assert.deepEqual([answer.body.results[0].total, answer.body.results[0].mean], [decimal('100.0'), decimal('0.1')]);
});

test(`$sum and $avg are the oracle's (seed ${SEED})`, async () => {
    for (let run = 0; run < 6; run++) {
        const values = Array.from({ length: 1 + random.below(60) }, () => `${random.pick(['', '-'])}${digits(1 + random.below(12))}.${digits(1 + random.below(8))}`);
        await insertAll(`/classes/Sum${run}`, values.map((v) => ({ v: decimal(v) })));
        const answer = await query(`/aggregate/Sum${run}`, { pipeline: [{ $group: { _id: null, total: { $sum: '$v' }, mean: { $avg: '$v' } } }] });
        const { total, mean } = answer.body.results[0];
        assert.deepEqual(oracle('texts', [total.value, mean.value]), [total.value, mean.value]);
        assert.deepEqual(oracle('ranks', [total.value, oracle('sum', values)]), [0, 0], `sum of ${values}`);
        assert.deepEqual(oracle('ranks', [mean.value, oracle('mean', values)]), [0, 0], `mean of ${values}`);
    }
});

test('a Number field is asked with decimals, a Decimal128 field with numbers: by value', async () => {
    const numbers = [-1.5, 0, 0.1, 1, 9007199254740992, 1e300];
    await makeClass('Numbers', { n: { type: 'Number' } }, { indexes: { byN: { n: 1 } } });
    await insertAll('/classes/Numbers', numbers.map((n) => ({ n })));
    const asked = async (where) => (await order('Numbers', { where, order: 'n' })).map(({ n }) => n);
    assert.deepEqual(await asked({ n: decimal('1.00') }), [1]);
    assert.deepEqual(await asked({ n: decimal('0.1') }), [0.1]);
    assert.deepEqual(await asked({ n: { $ne: decimal('0.10') } }), numbers.filter((n) => n !== 0.1));
    assert.deepEqual(await asked({ n: { $in: [decimal('-1.5'), decimal('1E+300'), decimal('0.11')] } }), [-1.5, 1e300]);
    assert.deepEqual(await asked({ n: { $gt: decimal('0.1000000000000000000000001') } }), [1, 9007199254740992, 1e300]);
    assert.deepEqual(await asked({ n: { $gte: decimal('0.0999999999999999999999999') } }), [0.1, 1, 9007199254740992, 1e300]);
    assert.deepEqual(await asked({ n: { $lt: decimal('9007199254740992.5') } }), [-1.5, 0, 0.1, 1, 9007199254740992]);
    assert.deepEqual(await asked({ n: { $lt: decimal('1E+6000') } }), numbers);
    assert.deepEqual(await asked({ n: { $gt: decimal('1E+6000') } }), []);

    await insertAll('/classes/Prices', ['9.99', '9.990', '10.00'].map((v) => ({ v: decimal(v) })));
    await insertAll('/classes/Limits', [{ n: 9.99 }]);
    const cheap = await order('Prices', { where: { v: { $lte: 9.99 } } });
    assert.deepEqual(cheap.map(({ v }) => v.value), ['9.99', '9.990']);
    const selected = await order('Prices', { where: { v: { $select: { key: 'n', query: { className: 'Limits', where: {} } } } } });
    assert.deepEqual(selected.map(({ v }) => v.value), ['9.99', '9.990']);
    const back = await order('Limits', { where: { n: { $select: { key: 'v', query: { className: 'Prices', where: {} } } } } });
    assert.equal(back.length, 1);
});

test('numbers and decimals in one place sort together, between null and text', async () => {
    const values = [null, decimal('-1E+400'), -1e300, decimal('-2.5000000000000000000001'), -2.5, decimal('-2.4999999999999999999999'), decimal('0.0'), 0.1,
        decimal('0.1000000000000000000000001'), decimal('0.10000000000000000000000011'), 0.2, decimal('1E+400'), 'text', true];
    const shuffled = values.map((v, i) => [random.below(1e9), v, i]).sort((a, b) => a[0] - b[0]);
    await insertAll('/classes/Mixed', shuffled.map(([, v, i]) => ({ o: { v }, i })));
    for (const [key, want] of [['o.v', values.map((_, i) => i)], ['-o.v', values.map((_, i) => i).reverse()]])
        assert.deepEqual((await order('Mixed', { order: key })).map(({ i }) => i), want);
});

test('a partial unique index counts by value', async () => {
    const indexes = { one: { v: 1, unique: true, partialFilterExpression: { v: { $gt: decimal('10000000000000000.010') } } } };
    await makeClass('Partial', { v: field }, { indexes });
    const statuses = [];
    for (const v of ['10000000000000000.01', '10000000000000000.010', '10000000000000000.02', '10000000000000000.0200', '1E+17', '100000000000000000'])
        statuses.push((await master('POST', '/classes/Partial', { v: decimal(v) })).status);
    assert.deepEqual(statuses, [201, 201, 201, 400, 201, 400]);
});
