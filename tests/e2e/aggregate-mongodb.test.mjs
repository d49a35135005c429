// Pipelines against another implementation of what MongoDB documents: mingo, in JavaScript. Random documents, conditions,
// expressions and stages; both must answer the same, or both refuse. HOMEPORT_TEST_SEED makes others.
//
// mingo is not MongoDB: what it gets wrong is not asked here, and stands in the tables of tests/unit/query/pipeline_test.c:
//   - null and missing: refuses null where $mod, $slice, $sum and others take it; $toUpper of null is null; $push and $addToSet keep
//     what is missing; $in with null does not see elements without the field
//   - types: $lt, $gt and their kind hold within one type only; a number equals an array that holds it; objects have no order
//   - arrays: enters arrays in arrays; $lookup by an array gives [null], and a match twice; $addFields and computed members of
//     $project do not enter arrays, nor replace plain values; what $unwind makes of one document shares its objects
//   - $round and $trunc need their second argument, and $round errs in the last place; $toUpper goes beyond ASCII; $dateToString
//     has other %u, %U and %%, and a Z for every zone; $dateTrunc and $week err; $substr refuses an end beyond the text
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { aggregate } from 'mingo';

import { startServer } from '../support/homeport.mjs';
import { randomSource } from '../support/random.mjs';

const SEED = Number(process.env.HOMEPORT_TEST_SEED ?? 7227);
const random = randomSource(SEED);
const { below, pick, chance } = random;
const many = (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make);
const members = (pairs) => Object.fromEntries(pairs.filter(([, v]) => v !== undefined));

// ---- documents ----

const NUMBERS = [0, 1, 2, 3, -1, -7, 2.5, -0.5, 10, 100, 12345.678, 1e9];
const TEXTS = ['', 'a', 'b', 'ab', 'A', 'x y', ' a ', '12', 'a,b', 'é', '日本', 'aé日😀', 'Z'];
const DATES = ['1970-01-01T00:00:00.000Z', '2020-02-29T23:59:59.999Z', '2021-01-03T00:00:00.000Z', '2024-12-30T12:34:56.789Z', '1969-12-31T23:59:59.001Z', '2000-06-15T06:07:08.009Z'].map((text) => new Date(text));
const scalar = () => pick([() => pick(NUMBERS), () => pick(TEXTS), () => pick(DATES), () => chance(0.5), () => null])();
const object = () => members(['a', 'b', 'k'].map((name) => [name, chance(0.5) ? scalar() : undefined]));
const maybe = (make, p = 0.8) => (chance(p) ? make() : undefined);

const makeDocument = (_, i) => members([
    ['_id', i + 1], ['n', pick(NUMBERS)], ['m', pick(NUMBERS)], ['s', pick(TEXTS)], ['t', pick(TEXTS)], ['d', pick(DATES)], ['z', chance(0.5)],
    ['l', random.distinct(NUMBERS, 4)], ['w', random.distinct(TEXTS, 3)], ['q', many(0, 3, object)], ['o', object()],
    ['f', maybe(scalar)], ['g', maybe(() => many(0, 3, scalar))], ['h', maybe(() => ({ k: { c: scalar() }, x: object() }))],
]);
const DOCUMENTS = Array.from({ length: 40 }, makeDocument);
const OTHERS = Array.from({ length: 15 }, makeDocument);

// ---- expressions, by what they give ----

const number = (depth = 0) => (depth > 2 ? pick([pick(NUMBERS), '$n', '$m']) : pick([
    () => pick([pick(NUMBERS), '$n', '$m']),
    () => ({ [pick(['$add', '$multiply'])]: many(2, 3, () => number(depth + 1)) }),
    () => ({ $subtract: [number(depth + 1), number(depth + 1)] }),
    () => ({ $divide: [number(depth + 1), pick([2, -4, 0.5])] }),
    () => ({ $mod: [number(depth + 1), pick([3, 7, 2.5])] }),
    () => ({ [pick(['$abs', '$ceil', '$floor'])]: number(depth + 1) }),
    () => ({ $trunc: [number(depth + 1), 0] }),
    () => ({ [pick(['$sqrt', '$ln', '$log10'])]: { $add: [{ $abs: number(depth + 1) }, 1] } }),
    () => ({ [pick(['$sum', '$avg', '$min', '$max'])]: pick(['$l', many(2, 3, () => number(depth + 1))]) }),
    () => ({ $strLenCP: text(depth + 1) }), () => ({ $strLenBytes: text(depth + 1) }), () => ({ $size: list(depth + 1) }),
    () => ({ $subtract: [date(depth + 1), date(depth + 1)] }),
    () => ({ [pick(['$year', '$month', '$dayOfMonth', '$dayOfYear', '$dayOfWeek', '$hour', '$minute', '$second', '$millisecond'])]: pick([date(depth + 1), { date: date(depth + 1), timezone: pick(['+02:00', '-05:30']) }]) }),
    () => choice(number, depth), () => ({ $reduce: { input: '$l', initialValue: number(depth + 1), in: { $add: ['$$value', '$$this'] } } }),
])());
const text = (depth = 0) => (depth > 2 ? pick(['$s', '$t', 'x']) : pick([
    () => pick(['$s', '$t', pick(TEXTS)]),
    () => ({ $concat: many(1, 3, () => text(depth + 1)) }),
    () => ({ [pick(['$toLower', '$toUpper'])]: pick(['aBc', { $toString: '$n' }]) }),
    () => ({ $substrCP: [text(depth + 1), below(3), below(4)] }),
    () => ({ [pick(['$trim', '$ltrim', '$rtrim'])]: { input: text(depth + 1), ...(chance(0.3) ? { chars: 'ab é' } : {}) } }),
    () => ({ $dateToString: { date: date(depth + 1), format: pick(['%Y-%m-%d', '%H:%M:%S.%L', '%j', 'on %d']), ...(chance(0.4) ? { timezone: pick(['+02:00', '-05:30']) } : {}) } }),
    () => ({ $toString: pick([pick(NUMBERS), '$n', date(depth + 1), truth(depth + 1)]) }),
    () => choice(text, depth),
])());
const date = (depth = 0) => (depth > 2 ? '$d' : pick([
    () => pick(['$d', pick(DATES)]),
    () => ({ $add: [date(depth + 1), pick([1, 1000, -86400000])] }),
    () => ({ [pick(['$dateAdd', '$dateSubtract'])]: { startDate: date(depth + 1), unit: pick(['week', 'day', 'hour', 'minute', 'second', 'millisecond']), amount: pick([0, 1, -2, 13]) } }),
    () => ({ $max: [date(depth + 1), date(depth + 1)] }), () => choice(date, depth),
])());
const truth = (depth = 0) => (depth > 2 ? '$z' : pick([
    () => ({ [pick(['$lt', '$lte', '$gt', '$gte'])]: pick([[number(depth + 1), number(depth + 1)], [text(depth + 1), text(depth + 1)], [date(depth + 1), date(depth + 1)]]) }),
    () => ({ [pick(['$eq', '$ne'])]: pick([[number(depth + 1), text(depth + 1)], [number(depth + 1), number(depth + 1)], ['$o', '$h.x'], ['$l', list(depth + 1)]]) }),
    () => ({ [pick(['$and', '$or'])]: many(0, 3, () => truth(depth + 1)) }),
    () => ({ $not: [truth(depth + 1)] }), () => ({ $in: [number(depth + 1), '$l'] }), () => ({ $isArray: [pick(['$l', '$n', '$g'])] }),
    () => ({ $regexMatch: { input: text(depth + 1), regex: pick(['^a', 'b$', 'é', '[a-c]', '^$']), options: pick(['', 'i']) } }),
    () => choice(truth, depth),
])());
const list = (depth = 0) => (depth > 2 ? '$l' : pick([
    () => pick(['$l', '$w', { $literal: [1, 2, 3] }, { $literal: [] }]),
    () => ({ $concatArrays: many(1, 3, () => list(depth + 1)) }),
    () => ({ $slice: pick([[list(depth + 1), pick([1, 2, -1, -2])], [list(depth + 1), pick([0, 1, -2]), pick([1, 2, 10])]]) }),
    () => ({ $reverseArray: list(depth + 1) }),
    () => ({ $map: { input: '$l', as: 'i', in: { $add: ['$$i', number(depth + 1)] } } }),
    () => ({ $filter: { input: '$l', as: 'i', cond: { $gt: ['$$i', number(depth + 1)] } } }),
    () => ({ $split: [text(depth + 1), pick([',', 'a', ' '])] }),
    () => choice(list, depth),
])());
const choice = (make, depth) => pick([
    () => ({ $cond: [truth(depth + 1), make(depth + 1), make(depth + 1)] }),
    () => ({ $switch: { branches: [{ case: truth(depth + 1), then: make(depth + 1) }], default: make(depth + 1) } }),
    () => ({ $ifNull: [pick(['$nothing', null]), make(depth + 1)] }),
])();
const anything = () => pick([number, text, date, truth, list])();

// ---- conditions and stages ----

const PATHS = ['n', 's', 'd', 'z', 'l', 'w', 'q.a', 'q.k', 'o', 'o.a', 'o.b', 'f', 'g', 'h.k.c', 'h.x.a', 'nothing', 'l.0', 'g.1'];
const leaf = (value) => pick([
    () => pick([value(), object()]), () => ({ $eq: value() }), () => ({ $ne: value() }),
    () => ({ [pick(['$lt', '$lte', '$gt', '$gte'])]: pick([pick(NUMBERS), pick(TEXTS), pick(DATES)]) }),
    () => ({ [pick(['$in', '$nin'])]: many(0, 3, value) }), () => ({ $exists: chance(0.5) }),
    () => ({ $regex: pick(['^a', 'b$', 'é']), $options: pick(['', 'i']) }), () => ({ $not: { $gt: pick(NUMBERS) } }), () => ({ $not: { $in: many(0, 3, value) } }),
])();
const condition = (depth = 0) => Object.fromEntries(many(1, 2, () => {
    if (depth < 2 && chance(0.25)) return [pick(['$and', '$or', '$nor']), many(1, 3, () => condition(depth + 1))];
    const path = pick(PATHS);
    return [path, leaf(path.startsWith('q.') ? () => scalar() ?? 'b' : scalar)];
}));

const accumulator = () => pick([
    () => ({ [pick(['$sum', '$avg', '$min', '$max', '$push', '$first', '$last'])]: number() }), () => ({ $stdDevPop: pick(['$n', '$m']) }), () => ({ [pick(['$min', '$max', '$first'])]: pick([text, date])() }),
    () => ({ $sum: '$f' }), () => ({ $count: {} }), () => ({ $addToSet: pick(['$z', '$s']) }), () => ({ $push: '$s' }),
])();
// What expressions read is always there, so that null and missing come in where the generator says.
const KEPT = Object.fromEntries(['n', 'm', 's', 't', 'd', 'z', 'l', 'w', 'o'].map((name) => [name, 1]));
const stage = () => pick([
    () => ({ $match: condition() }), () => ({ $match: { $expr: truth() } }),
    () => ({ $project: Object.fromEntries(random.distinct(['f', 'g', 'h.x', 'q.k', 'o.a'], 3).map((name) => [name, 0])) }),
    () => ({ $project: { ...KEPT, [pick(['f', 'g', 'h.k', 'q.a', 'q'])]: 1, [pick(['x', 'y'])]: anything() } }),
    () => ({ [pick(['$addFields', '$set'])]: { x: anything(), 'o.y': number() } }), () => ({ $unset: pick(['f', 'o.k', ['g', 'q.a']]) }),
    () => ({ $sort: { [pick(['n', 's', 'd', 'z', 'm'])]: pick([1, -1]), _id: 1 } }), () => ({ $limit: 1 + below(30) }), () => ({ $skip: below(5) }),
    () => ({ $lookup: { from: 'Others', localField: pick(['n', 's', 'nothing']), foreignField: pick(['n', 's', 'l', 'w', 'f']), as: 'found' } }),
    () => ({ $replaceRoot: { newRoot: { $mergeObjects: [{ m: 1 }, '$$ROOT', '$o'] } } }),
])();
const ending = () => pick([
    () => [], () => [],
    () => [{ $unwind: pick(['$q', { path: '$q', preserveNullAndEmptyArrays: true }, { path: '$g', includeArrayIndex: 'at' }]) }, { $sort: { n: 1, _id: 1 } }],
    () => [{ $group: { _id: pick([null, '$z', '$s', '$n', { a: '$z', b: '$s' }]), ...Object.fromEntries(many(1, 3, accumulator).map((a, i) => [`a${i}`, a])) } }],
    () => [{ $sortByCount: pick(['$z', '$s', '$n']) }], () => [{ $limit: 20 }, { $facet: { x: [stage(), { $limit: 3 }], y: [{ $skip: 2 }] } }],
])();

// ---- both ----

const isDate = (v) => v instanceof Date;
const mapped = (v, leaves) => {
    const own = leaves(v);
    if (own !== undefined) return own;
    if (Array.isArray(v)) return v.map((one) => mapped(one, leaves));
    return v !== null && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, one]) => [k, mapped(one, leaves)])) : v;
};
const extended = (v) => mapped(v, (one) => (isDate(one) ? { $date: one.toISOString() } : undefined));
const parseJson = (v) => mapped(v, (one) => (isDate(one) ? { __type: 'Date', iso: one.toISOString() } : undefined));

/** One text for equal values: keys sorted, numbers to 12 digits, sets sorted; what is undefined is not there. */
function canon(v, isSet = false) {
    if (v === undefined || v === null || (typeof v === 'number' && !Number.isFinite(v))) return 'null';
    if (isDate(v)) return `date ${v.getTime()}`;
    if (typeof v === 'number') return String(Number(v.toPrecision(12)) + 0);
    if (Array.isArray(v)) {
        const items = v.map((one) => canon(one));
        return `[${(isSet ? items.sort() : items).join()}]`;
    }
    if (typeof v !== 'object') return JSON.stringify(v);
    if (v.$date !== undefined) return `date ${Date.parse(v.$date)}`;
    if (v._created_at !== undefined) return canon(v.o); // brought in by a $lookup
    return `{${Object.keys(v).filter((k) => v[k] !== undefined).sort().map((k) => `${k}:${canon(v[k], k === 'set')}`).join()}}`;
}
const answer = (documents) => documents.map((one) => canon(one)).sort().join('\n'); // groups come in any order

let server;
const WHOLE = { $project: { _id: 0, whole: '$$ROOT' } };
const storedNames = (stages) => stages.map((one) => {
    if (one.$lookup) return { $lookup: { ...one.$lookup, foreignField: `o.${one.$lookup.foreignField}` } };
    return one.$facet ? { $facet: Object.fromEntries(Object.entries(one.$facet).map(([k, inner]) => [k, storedNames(inner)])) } : one;
});
async function byHomeport(stages) {
    const pipeline = extended([{ $sort: { n: 1 } }, { $replaceWith: '$o' }, ...storedNames(stages), WHOLE]);
    const { status, body } = await server.request('POST', '/aggregate/Documents', { master: true, body: { _method: 'GET', rawValues: true, rawFieldNames: true, pipeline } });
    return status === 200 ? answer(body.results.map((row) => row.whole)) : `refused: ${status}`;
}
function byMingo(stages) {
    const options = { collectionResolver: (name) => structuredClone({ Documents: DOCUMENTS, Others: OTHERS }[name]) };
    try {
        return answer(aggregate(structuredClone(DOCUMENTS), [...stages, WHOLE], options).map((row) => row.whole));
    } catch {
        return 'refused: 400';
    }
}
async function compare(count, make) {
    let refused = 0;
    for (let i = 0; i < count; i++) {
        const stages = make();
        const ours = await byHomeport(stages);
        refused += ours.startsWith('refused');
        assert.equal(ours, byMingo(stages), `SEED=${SEED} ${JSON.stringify(stages)}`);
    }
    assert.ok(refused < count / 10, `${refused} of ${count} were refused`);
}

before(async () => {
    server = await startServer({ config: { allowClientClassCreation: true } });
    for (const [name, documents] of Object.entries({ Documents: DOCUMENTS, Others: OTHERS })) {
        const requests = documents.map((o) => ({ method: 'POST', path: `/parse/classes/${name}`, body: { n: o._id, o: parseJson(o) } }));
        const made = await server.request('POST', '/batch', { master: true, body: { requests } });
        assert.ok(made.status === 200 && made.body.every((one) => one.success), made.text);
    }
});
after(() => server.stop());

test('conditions select the same documents', () => compare(400, () => [{ $match: condition() }, { $project: { _id: 1 } }]));
test('expressions have the same values', () => compare(300, () => [{ $project: { v: anything() } }]));
test('stages make the same documents', () => compare(300, () => [...many(1, 3, stage), ...ending()]));
