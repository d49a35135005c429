// Sequences of random documents of all field types and random queries over them. The same seed makes the same sequences.
//
// Parse Server on PostgreSQL and MongoDB's semantics agree in two worlds, and the queries stay inside them: where every
// document has every field any operator may be asked; where fields may be absent, those that do not tell null from absent.
import { randomSource } from '../../support/random.mjs';
import { bytes, create, date, file, find, geo, op, pointer, polygon, put } from './data.mjs';

const WORDS = ['', 'a', 'A', 'b', 'apple', 'Apple pie', 'banana', 'Ähre', 'zebra', 'o\'clock', '100%', 'a.b', 'x\\y', '𝄞 clef', 'new\nline'];
const QUOTABLE = WORDS.filter((word) => word && !/[^\u0000-\uffff]/u.test(word)); // the reference takes characters apart
const TAGS = ['red', 'green', 'blue', 'Red', 1, 2, 3.5, true];

const number = (r) => r.pick([0, -1, 1, 2, 2.5, 10, 100, -7.25, 1e6, r.below(20)]);
const instant = (r) => date(new Date(Date.UTC(1960 + r.below(80), r.below(12), 1 + r.below(28), r.below(24), 0, 0, r.below(1000))).toISOString());
/** On a grid of whole degrees: the edges that queries ask about lie between. */
const place = (r) => geo(r.below(120) - 60, r.below(300) - 150);
const square = (r, size) => {
    const [lat, lon] = [r.below(100) - 50, r.below(140) - 70]; // the reference takes no longitude above 90 here
    return polygon([lat, lon], [lat, lon + size], [lat + size, lon + size], [lat + size, lon]);
};

const values = {
    num: number,
    str: (r) => r.pick(WORDS),
    flag: (r) => r.chance(0.5),
    when: instant,
    ptr: (r, c) => pointer(c.target, `<t${r.below(c.targets)}>`),
    place,
    arr: (r) => r.distinct(TAGS, 4), // the reference's $all counts an element that stands twice twice
    obj: (r) => ({ k: number(r), s: r.pick(WORDS), deep: { x: r.below(3), list: r.some(TAGS, 2) } }),
    bin: (r) => bytes(Buffer.from(r.pick(WORDS) + 'x').toString('base64')),
    doc: (r) => file(`${r.pick(['a', 'b', 'c'])}.txt`),
    area: (r) => square(r, 10),
};

/** The reference cannot write Bytes in an update. */
const CREATE_ONLY = ['bin'];

const compare = (r, value) => ({ [r.pick(['$lt', '$lte', '$gt', '$gte'])]: value });
const literal = (text) => `\\Q${text.replace(/\\E/g, '\\E\\\\E\\Q')}\\E`;

/** What may be asked of each field. `full`: every document has the field. */
const questions = {
    num: (r, full) => r.pick([() => number(r), () => ({ $eq: number(r) }), () => ({ $ne: number(r) }), () => compare(r, number(r)), () => ({ $gte: -2, $lt: number(r) }), () => ({ $in: [number(r), number(r)] }), () => ({ $exists: r.chance(0.5) }), ...(full ? [() => ({ $nin: [number(r), number(r)] })] : [])])(),
    str: (r, full) => r.pick([() => r.pick(WORDS), () => ({ $ne: r.pick(WORDS) }), () => compare(r, r.pick(WORDS)), () => ({ $in: r.some(WORDS, 3) }), () => ({ $regex: `^${literal(r.pick(QUOTABLE))}` }), () => ({ $regex: r.pick(['a', '^[aA]', 'an+', '(apple|zebra)', 'e$']) }), () => ({ $regex: r.pick(['APPLE', '^a', 'B']), $options: 'i' }), () => ({ $exists: r.chance(0.5) }), ...(full ? [() => ({ $nin: r.some(WORDS, 3) })] : [])])(),
    flag: (r) => r.pick([() => r.chance(0.5), () => ({ $ne: r.chance(0.5) }), () => ({ $in: [r.chance(0.5)] }), () => ({ $exists: r.chance(0.5) })])(),
    when: (r) => r.pick([() => instant(r), () => compare(r, instant(r)), () => ({ $gt: date('1970-01-01T00:00:00.000Z'), $lt: instant(r) }), () => ({ $exists: r.chance(0.5) })])(),
    ptr: (r, full, c) => r.pick([() => values.ptr(r, c), () => ({ $ne: values.ptr(r, c) }), () => ({ $in: [values.ptr(r, c), values.ptr(r, c)] }), () => ({ $exists: r.chance(0.5) }), ...(full ? [() => ({ $nin: [values.ptr(r, c)] }), () => ({ $inQuery: { className: c.target, where: { rank: compare(r, r.below(c.targets)) } } }), () => ({ $notInQuery: { className: c.target, where: { rank: compare(r, r.below(c.targets)) } } })] : [])])(),
    place: (r) => r.pick([() => ({ $within: { $box: [geo(-40.5, -100.5), geo(r.below(50) + 0.5, r.below(100) + 0.5)] } }), () => ({ $geoWithin: { $polygon: [geo(-50.5, -90.5), geo(-50.5, 80.5), geo(r.below(50) + 0.5, 0.5)] } }), () => ({ $exists: r.chance(0.5) })])(),
    arr: (r, full) => r.pick([() => ({ $all: r.distinct(TAGS, 2) }), () => ({ $in: r.some(TAGS, 3) }), () => ({ $exists: r.chance(0.5) }), ...(full ? [() => ({ $nin: r.some(TAGS, 2) }), () => ({ $containedBy: r.some(TAGS, 6) })] : [])])(),
    'obj.k': (r) => r.pick([() => number(r), () => compare(r, number(r))])(),
    'obj.s': (r) => r.pick([() => r.pick(WORDS), () => ({ $regex: r.pick(['^a', 'b', 'e$']) })])(),
    'obj.deep.x': (r) => r.below(3),
    area: (r) => r.pick([() => ({ $geoIntersects: { $point: geo(r.below(100) - 49.5, r.below(140) - 69.5) } }), () => ({ $exists: r.chance(0.5) })])(),
    bin: (r) => ({ $exists: r.chance(0.5) }),
    doc: (r) => r.pick([() => ({ $exists: r.chance(0.5) })])(),
};

function where(r, full, c, depth = 0) {
    const result = {};
    for (let i = r.below(10) < 1 && depth === 0 ? 0 : 1 + r.below(2); i > 0; i--) {
        const field = r.pick(Object.keys(questions));
        result[field] = questions[field](r, full, c);
    }
    if (depth < 2 && r.chance(0.3)) {
        const operator = r.pick(full ? ['$or', '$and', '$nor'] : ['$or', '$and']);
        result[operator] = Array.from({ length: 1 + r.below(3) }, () => where(r, full, c, depth + 1));
    }
    return result;
}

function options(r, full) {
    const result = {};
    const names = Object.keys(values);
    if (r.chance(0.5)) {
        const first = full ? `${r.pick(['', '-'])}${r.pick(['num', 'str', 'when'])},` : '';
        result.order = `${first}${r.pick(['', '-'])}n`;
        if (r.chance(0.5)) result.limit = r.below(15);
        if (r.chance(0.3)) result.skip = r.below(10);
    }
    if (r.chance(0.2)) result.keys = r.some(names, 3).join(',');
    else if (r.chance(0.2)) result.excludeKeys = r.some(names, 3).join(',');
    if (r.chance(0.2)) result.include = 'ptr';
    if (r.chance(0.2)) result.count = 1;
    return result;
}

/** A sequence of its own class: `documents` are created, `changes` of them changed, `queries` asked. */
function sequence(name, seed, full, { documents = 40, changes = 20, queries = 400 } = {}) {
    const r = randomSource(seed);
    const c = { className: name, target: `${name}Target`, targets: 6 };
    const fields = (keep) => Object.fromEntries(Object.entries(values).filter(() => r.chance(keep)).map(([key, make]) => [key, make(r, c)]));
    const steps = [];
    for (let i = 0; i < c.targets; i++) steps.push(create(c.target, { rank: i, title: WORDS[i] }, `t${i}`));
    for (let i = 0; i < documents; i++) steps.push(create(c.className, { n: i, ...fields(full || i === 0 ? 1 : 0.6) }, `d${i}`));
    for (let i = 0; i < changes; i++) {
        const fresh = fields(0.2);
        for (const name of CREATE_ONLY) delete fresh[name];
        const ops = full ? {} : { [r.pick(Object.keys(values))]: op('Delete') };
        steps.push(put(c.className, `d${r.below(documents)}`, { ...fresh, ...ops, n: op('Increment', { amount: documents }) }));
    }
    for (let i = 0; i < queries; i++) steps.push(find(c.className, where(r, full, c), options(r, full)));
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomSequences(seed = 1) {
    return [0, 1, 2, 3].flatMap((i) => [sequence(`RandomFull${i}`, seed * 100 + i, true), sequence(`RandomSparse${i}`, seed * 100 + 50 + i, false)]);
}
