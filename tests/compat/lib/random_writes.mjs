// Sequences of random writes: objects are made, changed in every way there is and read back; classes grow by what is new in
// writes; batches do several at once, or nothing. The same seed makes the same sequences.
//
// Parse Server on PostgreSQL fails, or means something else than MongoDB, with deeper paths, with operations whose arguments
// are wrong and where several things are wrong at once. sequences/objects.mjs has those; here is what the two agree in.
import { randomSource } from '../../support/random.mjs';
import { bytes, create, date, file, find, geo, get, op, pointer, polygon, put, remove, schema } from './data.mjs';

const WORDS = ['', 'a', 'b', 'Ähre', 'o\'clock', '100%', 'a.b', 'x\\y', '𝄞 clef', 'new\nline', '2020-01-02T03:04:05.678Z', ' ', '0'];
const NUMBERS = [0, -1, 1, 2.5, 1e6, -7.25, 1e21, 1e-7, 9007199254740991, 123456789.123, -0.1];
const INSTANTS = ['2020-01-02T03:04:05.678Z', '1969-12-31T23:59:59.999Z', '2020-01-02', '2020-01-02T03:04:05Z', '2020-01-02T03:04:05.678+02:00', '9999-12-31T23:59:59.999Z'];
const TARGET = 'RandomWritesTarget';
/** What stands in arrays and objects: values, and objects with types that are none of Parse's. */
const INNER = ['red', 'green', 1, 2, 3.5, true, null, { k: 1 }, { k: 1, l: [1] }, [1], [], {}, date('2020-01-02T03:04:05.678Z'), pointer('Other', 'abc'), geo(1, 2), bytes('eA=='), { __type: 'Money', amount: 5 }, { __type: null }, { '': 1 }, { iso: 'x' }, { className: 'X', objectId: 'y' }, { __type: 'Object', className: TARGET, objectId: 'abc', n: 1 }];
/** Of a path: the reference takes digits for the index of an array. */
const WITHIN = ['a', 'b', 'c', 'deep', 'New York', 'length', 'objectId', 'createdAt', 'className', '_x', 'ä'];
const KEYS = [...WITHIN, '0', ''];

function nested(r, depth = 0) {
    const result = {};
    for (let i = r.below(4); i > 0; i--) result[r.pick(KEYS)] = inner(r, depth);
    return result;
}
const inner = (r, depth = 0) => r.pick([() => r.pick(NUMBERS), () => r.pick(WORDS), () => r.pick(INNER), ...(depth < 2 ? [() => nested(r, depth + 1), () => Array.from({ length: r.below(3) }, () => inner(r, depth + 1))] : [])])();

const good = {
    Number: (r) => r.pick(NUMBERS),
    String: (r) => r.pick(WORDS),
    Boolean: (r) => r.chance(0.5),
    Date: (r) => date(r.pick(INSTANTS)),
    Array: (r) => r.some(INNER, 4).slice(r.below(2)),
    Object: (r) => nested(r),
    Bytes: (r) => bytes(r.pick(['eA==', 'aGVsbG8='])),
    File: (r) => r.pick([file('a.txt'), { ...file('b.txt'), url: 'http://example.org/b.txt' }]),
    GeoPoint: (r) => geo(r.below(180) - 90, r.below(360) - 180),
    Polygon: () => polygon([0, 0], [0, 1], [1, 1], [1, 0]),
    Pointer: (r) => pointer(TARGET, r.pick(['<t0>', '<t1>', 'abc'])),
};
const TYPES = Object.keys(good);
const UPDATABLE = TYPES.filter((type) => type !== 'Bytes'); // the reference cannot write Bytes in an update
const plain = { num: 'Number', num2: 'Number', str: 'String', str2: 'String', flag: 'Boolean', when: 'Date', arr: 'Array', arr2: 'Array', bin: 'Bytes', doc: 'File', place: 'GeoPoint', area: 'Polygon', ptr: 'Pointer' };
const FIELDS = Object.keys(plain);
const OBJECTS = ['obj', 'obj2']; // always there: the reference makes them of nothing when it takes a key out of them

/** The value of another type than `type`, or one that is none. */
const OTHERS = { Date: [{ __type: 'Date' }], Pointer: [pointer('Wrong', 'x')], GeoPoint: [{ __type: 'GeoPoint', latitude: 1 }, { __type: 'GeoPoint' }], Bytes: [{ __type: 'Bytes' }], Object: [{ $a: 1 }, { __type: 'Nonsense' }], File: [{ __type: 'File' }], Relation: [{ __type: 'Relation', className: 'Wrong' }] };
const wrong = (r, type) => (OTHERS[type] && r.chance(0.4) ? r.pick(OTHERS[type]) : good[r.pick(UPDATABLE.filter((other) => other !== type && other !== 'GeoPoint'))](r)); // a second point is refused for being one

const related = (r) => r.distinct(['<t0>', '<t1>'], 2).map((id) => pointer(TARGET, id));
const links = (r) => r.pick([() => op('AddRelation', { objects: related(r) }), () => op('RemoveRelation', { objects: related(r) }), () => op('Batch', { ops: [op('AddRelation', { objects: [pointer(TARGET, '<t0>')] }), op('RemoveRelation', { objects: [pointer(TARGET, '<t1>')] })] })])();
const increment = (r) => op('Increment', { amount: r.pick([1, 1, -1, 0, 2.5, 1e21]) });
/** Without Add, and AddUnique is of one element: the reference sorts those that were there. */
const removal = (r) => op('Remove', { objects: r.some(INNER, 3).slice(r.below(2)) });
const usual = { Number: increment, Array: removal };
/** What may be asked of any field and fits few. */
const operation = (r) => r.pick([() => increment(r), () => removal(r), () => op('AddRelation', { objects: related(r) })])();
const OPERATED = { Increment: 'Number', Remove: 'Array', AddRelation: 'Relation' };

const acl = (r) => r.pick([{}, { '*': { read: true } }, { '*': { read: true, write: true }, '<t0>': { write: true } }, { 'role:x': { read: true, write: true }, '*': { read: true, write: true } }, null, 5, 'x', [], true, { '*': {} }, { '*': true }, { '*': { read: 'yes' } }, { '*': [] }, { '*': 'x' }, { 'a b': { read: true } }, { 'role:': { read: true } }]);
const ODD_NAMES = ['className', '__type', '_x', '_rperm', '_wperm', '_acl', '_id', '_created_at', '__op', 'length', 'a b', '1a', '', 'ä', '$a', 'a-b', 'a/b', '_p_ptr', '_hashed_password', 'X-Parse-Session-Token', 'createdAt', 'updatedAt'];

/** One odd thing of a body: [key, value]. */
function oddity(r) {
    return r.pick([
        () => { const field = r.pick(FIELDS); return [field, wrong(r, plain[field])]; },
        () => { const field = r.pick(OBJECTS); return [field, wrong(r, 'Object')]; },
        () => ['rel', r.pick([() => wrong(r, 'Relation'), () => ({ __type: 'Relation', className: TARGET })])()],
        () => { const [field, one] = [r.pick([...FIELDS, ...OBJECTS]), operation(r)]; return plain[field] === OPERATED[one.__op] ? ['num', good.Number(r)] : [field, one]; },
        () => ['ACL', acl(r)],
        () => [r.pick(ODD_NAMES), r.pick(['x', 5, { a: 1 }, [1], true])],
    ])();
}

/** In an update, some of the fields, some of them by operations; in a create, most. */
function body(r, c, { updating, odd }) {
    const result = {};
    for (const field of FIELDS) {
        if (!r.chance(updating ? 0.12 : 0.5)) continue;
        const type = plain[field];
        if (updating && usual[type] && r.chance(0.6)) result[field] = usual[type](r);
        else if (updating && r.chance(0.15)) result[field] = r.pick([null, op('Delete')]);
        else if (!updating || UPDATABLE.includes(type)) result[field] = good[type](r);
    }
    for (const field of OBJECTS) {
        if (!updating || r.chance(0.1)) result[field] = nested(r);
        else if (r.chance(0.3)) result[`${field}.${r.pick(WITHIN)}`] = r.pick([() => r.pick(NUMBERS), () => r.pick(WORDS), () => nested(r), () => r.pick(INNER.filter((value) => !['Bytes', 'GeoPoint', 'Object', 'Money'].includes(value?.__type))), () => op('Delete')])();
    }
    if (r.chance(0.3)) result.rel = links(r);
    if (updating && r.chance(0.1)) result.set = op('AddUnique', { objects: [7] });
    if (!r.chance(odd)) return result;
    const [key, value] = oddity(r);
    return { ...result, [key]: value };
}

/** An object, from its creation to its end. */
function life(r, c, i) {
    const id = `o${i}`;
    const step = (one) => ({ ...one, as: r.pick(['client', 'client', 'master']), about: id });
    const look = () => [{ ...get(c.className, id, undefined, { as: 'master' }), about: id }, { ...find(TARGET, { $relatedTo: { object: pointer(c.className, `<${id}>`), key: 'rel' } }, { order: 'n' }), about: id }];
    const steps = [step(create(c.className, body(r, c, { odd: 0.1 }), id)), ...look()];
    for (let n = 1 + r.below(5); n > 0; n--) steps.push(step(put(c.className, id, body(r, c, { updating: true, odd: 0.5 }))), look()[0]);
    if (r.chance(0.2)) steps.push(look()[1], step(remove(c.className, id)), look()[0], step(put(c.className, id, { num: 1 })));
    return steps;
}

/** Objects of a class whose columns are required or have defaults. */
const STRICT = { need: { type: 'String', required: true }, count: { type: 'Number', defaultValue: 5 }, both: { type: 'Boolean', required: true, defaultValue: false }, list: { type: 'Array', defaultValue: [1] }, free: { type: 'String' } };
const STRICT_VALUES = { need: ['x', 'x', 'x', '', null, op('Delete'), 5], count: [0, 7, op('Delete'), 'x'], both: [true, false, op('Delete')], list: [[], [2], op('Delete')], free: ['x', '', null] };
function strictLife(r, c, i) {
    const [className, id] = [`${c.className}Strict`, `s${i}`];
    const some = (keep) => Object.fromEntries(Object.entries(STRICT_VALUES).filter(([name]) => r.chance(name === 'need' ? 1.6 * keep : keep)).map(([name, values]) => [name, r.pick(values)]));
    const steps = [create(className, some(0.5), id), get(className, id)];
    for (let n = 1 + r.below(2); n > 0; n--) steps.push(put(className, id, some(0.3)), get(className, id));
    return steps;
}

/** A class that writes make, and what is new in them makes larger. */
function growth(r, c, i) {
    const className = `${c.className}Grown${i}`;
    const have = {};
    const more = (count, types = UPDATABLE) => {
        const result = {};
        for (; count > 0; count--) {
            const name = `f${Object.keys(have).length}`;
            have[name] = r.pick(types.filter((type) => type !== 'GeoPoint' || !Object.values(have).includes(type)));
            result[name] = good[have[name]](r);
        }
        return result;
    };
    const different = () => { const name = r.pick(Object.keys(have)); return { [name]: wrong(r, have[name]) }; };
    const on = (one) => ({ ...one, about: className });
    const look = on({ call: `GET /schemas/${className}`, as: 'master' });
    const steps = [on(create(className, more(2, TYPES), 'grown')), look];
    for (let n = 3; n > 0; n--) {
        if (r.chance(0.6)) steps.push(on(put(className, 'grown', more(1 + r.below(2)))));
        else if (r.chance(0.5)) steps.push(on(create(className, different())));
        else steps.push(on(put(className, 'grown', different())));
        steps.push(on(get(className, 'grown')), look);
    }
    return steps;
}

/** Several writes in one request, to different objects: the reference runs them side by side. */
function batch(r, c, i) {
    const path = `/parse/classes/${c.className}Batch`;
    const transaction = r.chance(0.5);
    const free = ['b0', 'b1', 'b2', 'b3'];
    const take = () => free.splice(r.below(free.length), 1)[0];
    const request = () => r.pick([
        () => ({ method: 'POST', path, body: { n: i, num: r.pick(NUMBERS) } }), () => ({ method: 'POST', path, body: { n: i, str: r.pick(WORDS) } }),
        () => ({ method: 'PUT', path: `${path}/<${take()}>`, body: { num: r.pick(NUMBERS) } }), () => ({ method: 'PUT', path: `${path}/<${take()}>`, body: { num: increment(r), arr: removal(r) } }),
        () => (transaction ? { method: 'POST', path, body: {} } : { method: 'GET', path: `${path}/<${take()}>` }),
        () => (r.chance(0.3) ? { method: 'DELETE', path: `${path}/<${take()}>` } : { method: 'PUT', path: `${path}/<${take()}>`, body: {} }),
        () => r.pick([{ method: 'PUT', path: `${path}/missing`, body: { num: 1 } }, { method: 'POST', path, body: { num: 'x' } }, { method: 'POST', path, body: { '1a': 1 } }, { method: 'DELETE', path: `${path}/missing` }, { method: 'PUT', path: `${path}/<t0>`, body: { str: 'x' } }]),
    ])();
    const requests = Array.from({ length: 1 + r.below(3) }, request);
    return [{ call: 'POST /batch', body: { requests, ...(transaction ? { transaction } : {}) } }, find(`${c.className}Batch`, {}, { limit: 1000 })];
}

function sequence(name, seed, { lives = 24, stricts = 10, growths = 6, batches = 14 } = {}) {
    const r = randomSource(seed);
    const c = { className: name };
    const steps = [create(TARGET, { n: 0 }, 't0'), create(TARGET, { n: 1 }, 't1')];
    const typed = (list) => Object.fromEntries(list.map(([field, type]) => [field, type === 'Pointer' || type === 'Relation' ? { type, targetClass: TARGET } : { type }]));
    steps.push(schema(name, { fields: typed([...Object.entries(plain), ['obj', 'Object'], ['obj2', 'Object'], ['set', 'Array'], ['rel', 'Relation']]) }));
    for (let i = 0; i < lives; i++) steps.push(...life(r, c, i));
    steps.push(schema(`${name}Strict`, { fields: STRICT }));
    for (let i = 0; i < stricts; i++) steps.push(...strictLife(r, c, i));
    for (let i = 0; i < growths; i++) steps.push(...growth(r, c, i));
    for (let i = 0; i < 4; i++) steps.push(create(`${name}Batch`, { n: -i, num: 0, str: '', arr: [] }, `b${i}`));
    for (let i = 0; i < batches; i++) steps.push(...batch(r, c, i + 1));
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomWriteSequences(seed = 1, options) {
    return Array.from({ length: 3 }, (_, i) => sequence(`RandomWrites${i}`, seed * 1000 + 700 + i, options));
}
