// Sequences of changes to schemas, right and wrong ones, and of objects in between. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { create, date, find, geo, op, pointer } from './data.mjs';

const NAMES = ['a', 'b', 'c', 'd', 'owner', 'rel'];
const BAD_NAMES = ['1a', 'a b', 'objectId', '_x', 'ACL', 'a.b', 'className', 'length', 'createdAt', 'ä', ''];
const SCALARS = ['String', 'Number', 'Boolean', 'Date', 'Object', 'Array', 'File', 'Bytes', 'Polygon'];
const DEFAULTS = { String: ['d', ''], Number: [1, 0, -2.5], Boolean: [true, false], Date: [date('2020-01-01T00:00:00.000Z')], Object: [{ k: 1 }, {}], Array: [[], [1, 'x']] };

/** One name is for points: by writes the reference gives a class a second one, and refuses to change it ever after. */
const POINT = 'd';
const target = (name, c) => (name === 'owner' ? '_User' : c.names[0]);

const type = (r, c, name) => r.pick([
    () => ({ type: r.pick(SCALARS) }), () => ({ type: r.pick(['String', 'Number', 'Boolean']) }), ...(name === POINT ? [() => ({ type: 'GeoPoint' })] : []),
    () => ({ type: r.pick(['Pointer', 'Relation']), targetClass: target(name, c) }),
    () => {
        const one = r.pick(Object.keys(DEFAULTS));
        return { type: one, defaultValue: r.pick(DEFAULTS[one]), ...(name === 'a' && r.chance(0.4) ? { required: true } : {}) };
    },
    ...(c.strict && name === 'a' ? [() => ({ type: r.pick(SCALARS), required: true })] : []), // which of several is missed first is PostgreSQL's order
])();
const badType = (r) => r.pick([{ type: 'Pointer' }, { type: 'Relation', targetClass: 5 }, { type: 'Pointer', targetClass: '1x' }, { type: 'Nonsense' }, {}, { type: 5 }, { type: '' }, 'String', { type: 'Number', defaultValue: 'x' }, { type: 'String', defaultValue: 5 }, { type: 'Boolean', defaultValue: {} }, { type: 'Date', defaultValue: '2020-01-01' }, { type: 'Array', defaultValue: {} }, { type: 'Object', defaultValue: [] }, { type: 'Relation', targetClass: '_User', required: true }, { type: 'Relation', targetClass: '_User', defaultValue: 1 }, { type: 'string' }, { type: 'ACL' }, { __op: 'Nonsense' }]);

function fields(r, c, deleting) {
    const result = {};
    for (let i = r.below(4); i > 0; i--) {
        const name = r.chance(0.04) ? r.pick(BAD_NAMES) : r.pick(NAMES);
        result[name] = deleting && r.chance(0.4) ? op('Delete') : r.chance(0.1) ? badType(r) : type(r, c, name);
    }
    return result;
}

const OPERATIONS = ['find', 'get', 'count', 'create', 'update', 'delete', 'addField'];
const group = (r) => r.pick(['*', '*', 'requiresAuthentication', 'role:x', 'abcdefghij']);
const right = (r) => r.pick([() => ({ '*': true }), () => ({}), () => ({ [group(r)]: true }), () => ({ pointerFields: r.pick([['owner'], []]) }), () => ({ [group(r)]: true, [group(r)]: true })])();
const badRight = (r) => r.pick([null, 5, 'x', true, { '*': false }, { '*': 'x' }, { '*': 1 }, { pointerFields: 'owner' }, { 'bad key': true }, { _x: true }, { '': true }, { 'role:': true }, { requiresAuthentication: false }, { 'userField:owner': true }, { authenticated: true }, { '*': { read: true } }]);
const fieldLists = (r) => Object.fromEntries(r.distinct(['*', 'authenticated', 'role:x', 'userField:owner', 'abcdefghij'], 2).map((key) => [key, r.pick([['a'], ['a', 'b'], []])]));
const badLists = (r) => r.pick([{ '*': 'a' }, { '*': ['nope'] }, { '*': ['objectId'] }, { 'userField:nope': ['a'] }, { 'userField:a': ['a'] }, { 'bad key': ['a'] }, { '*': [5] }, null, 'x', { '*': null }, { _x: [] }]);

function permissions(r) {
    const result = {};
    for (const operation of OPERATIONS) if (r.chance(0.5)) result[operation] = right(r);
    if (r.chance(0.2)) result[r.pick(['readUserFields', 'writeUserFields'])] = r.pick([['owner'], []]);
    if (r.chance(0.3)) result.protectedFields = fieldLists(r);
    if (r.chance(0.1)) result.ACL = r.pick([{ '*': { read: true } }, { currentUser: { read: true, write: true } }, { 'role:x': { read: true, write: true } }]);
    if (r.chance(0.4)) {
        const [name, value] = r.pick([() => [r.pick(OPERATIONS), badRight(r)], () => ['protectedFields', badLists(r)], () => [r.pick(['readUserFields', 'writeUserFields']), r.pick([['nope'], ['a'], 'owner', null, {}, [5]])], () => ['nonsense', {}], () => ['ACL', r.pick([{ '*': true }, { '*': { read: 'x' } }, { '*': { nonsense: true } }, { 'bad key': { read: true } }, null, 5])]])();
        result[name] = value;
    }
    return result;
}

const indexes = (r) => r.pick([() => ({ [r.pick(['i', 'j'])]: { [r.pick(NAMES)]: r.pick([1, -1]) } }), () => ({ [r.pick(['i', 'j'])]: op('Delete') }), () => ({ i: { a: 1, b: 1 } }), () => ({ i: { nope: 1 } })])();

/** Indexes come alone: the reference keeps the fields of a request that it refuses for an index. */
function body(r, c, deleting) {
    if (r.chance(0.15)) return { indexes: indexes(r) };
    return { ...(r.chance(0.1) ? { className: r.pick(c.names) } : {}), ...(r.chance(0.7) ? { fields: fields(r, c, deleting) } : {}), ...(r.chance(0.4) ? { classLevelPermissions: permissions(r) } : {}) };
}

const VALUES = ['x', '', 1, true, null, [1], {}, { k: 2 }, date('2021-01-01T00:00:00.000Z'), pointer('_User', 'abcdefghij'), op('Delete')];
/** By master, of one field: the reference keeps what is new in a write that it refuses, for the next field or for who sends it. */
function object(r, c, as) {
    const name = r.pick(NAMES);
    if (c.strict || as === 'client') return r.pick([{}, { [name]: null }, { [name]: op('Delete') }]);
    return { [name]: name === POINT && r.chance(0.3) ? geo(3, 4) : r.pick(VALUES) };
}

function attempt(r, c) {
    const className = r.pick(c.names);
    c.strict = className === c.names[2]; // has required fields, and is given no new ones
    const as = r.pick(['master', 'master', 'master', 'master', 'master', 'master', 'master', 'readOnly', 'client']);
    const step = r.pick([
        () => ({ call: `POST /schemas/${className}`, as, body: body(r, c, false) }),
        ...[0, 1, 2, 3].map(() => () => ({ call: `PUT /schemas/${className}`, as, body: body(r, c, true) })),
        () => ({ call: `GET /schemas/${className}`, as }), () => ({ call: `GET /schemas/${className}`, as }),
        () => ({ call: r.chance(0.5) ? `DELETE /schemas/${className}` : `DELETE /purge/${className}`, as }),
        ...['master', 'master', 'client'].map((who) => () => create(className, object(r, c, who), undefined, { as: who })),
        () => find(className, {}, { order: 'createdAt' }, { as: r.pick(['master', 'client']) }),
    ])();
    return { ...step, about: className };
}

function sequence(name, seed, { attempts = 100 } = {}) {
    const r = randomSource(seed);
    const c = { names: [`${name}A`, `${name}B`, `${name}C`] };
    return { name: `random: ${name} (seed ${seed})`, random: true, steps: Array.from({ length: attempts }, () => attempt(r, c)) };
}

export function randomSchemaSequences(seed = 1, options) {
    return Array.from({ length: 3 }, (_, i) => sequence(`RandomSchemas${i}`, seed * 1000 + 800 + i, options));
}
