// Sequences of random links and of what may be asked of them: three classes and users that point at each other, also in
// arrays, in objects and in circles, at objects that are gone or not to be read by everybody, looked at with every mixture of
// include, keys and excludeKeys. The same seed makes the same sequences.
//
// With excludeKeys Parse Server on PostgreSQL finds no user: where they are asked for, nothing leads to one.
import { randomSource } from '../../support/random.mjs';
import { create, find, get, op, pointer, put, remove, schema } from './data.mjs';

const USERS = ['ann', 'bob'];
const CALLERS = ['client', ...USERS, 'master'];
const OBJECTS = 6;
const LINKS = ['a', 'b', 'c', 'user', 'list', 'obj'];

/** A pointer at one of the objects: most of them are there. */
function link(r, c, kind) {
    if (kind === 'user') return pointer('_User', r.chance(0.1) ? 'goneUser01' : `<${r.pick(USERS)}Id>`);
    return pointer(c[kind], r.chance(0.1) ? 'gone000001' : `<${kind}${r.below(OBJECTS)}>`);
}
const KINDS = ['a', 'b', 'c', 'user'];
const element = (r, c) => r.pick([() => link(r, c, r.pick(c.kinds)), () => link(r, c, r.pick(c.kinds)), () => r.pick([1, 'x', null, { k: 1 }]), () => ({ b: link(r, c, 'b') })])();

function links(r, c, keep) {
    const result = {};
    for (const kind of c.kinds) if (r.chance(keep)) result[kind] = link(r, c, kind);
    if (r.chance(keep)) result.list = Array.from({ length: r.below(4) }, () => element(r, c));
    if (r.chance(keep)) result.obj = { k: r.below(5), ...(r.chance(0.6) ? { b: link(r, c, 'b') } : {}), ...(r.chance(0.3) ? { in: { to: link(r, c, r.pick(c.kinds)) } } : {}), ...(r.chance(0.3) ? { list: [link(r, c, 'c')] } : {}) };
    return result;
}

const acl = (r) => r.pick([{}, {}, {}, { ACL: { '*': { read: true } } }, { ACL: { '<annId>': { read: true } } }, { ACL: { '<bobId>': { read: true, write: true } } }, { ACL: {} }]);

const path = (r, last) => [...Array.from({ length: 1 + r.below(3) }, () => r.pick(LINKS)), ...(last ? [last] : [])].join('.');
const OTHER = ['n', 's', 'ACL', 'objectId', 'createdAt', 'updatedAt', 'nothing', 'obj.k', 'obj.in', 'list.n'];

function options(r, c) {
    const result = { order: r.pick(['n', '-n', 's,n', '-s,-n']) };
    if (r.chance(0.75)) result.include = r.pick([() => Array.from({ length: 1 + r.below(3) }, () => path(r)).join(','), () => Array.from({ length: 1 + r.below(2) }, () => path(r)), () => '*', () => path(r, 'n')])();
    else if (r.chance(0.2)) result.includeAll = true;
    const names = () => Array.from({ length: 1 + r.below(4) }, () => r.pick([() => r.pick(OTHER), () => path(r), () => path(r, r.pick(['n', 's', 'nick', 'phone', 'objectId']))])());
    if (r.chance(0.45)) result.keys = r.pick([() => names().join(','), names])();
    if (c.excluding && r.chance(0.5)) result.excludeKeys = names().join(',');
    if (r.chance(0.2)) result.limit = 1 + r.below(4);
    if (r.chance(0.15)) result.skip = r.below(3);
    return result;
}

function look(r, c) {
    const kind = r.pick(['a', 'a', 'b', 'c']);
    const { order, limit, skip, ...rest } = options(r, c);
    return r.pick([
        () => find(c[kind], r.chance(0.3) ? { n: { $gte: r.below(OBJECTS) } } : undefined, { order, ...(limit ? { limit } : {}), ...(skip ? { skip } : {}), ...rest }),
        () => find(c[kind], r.chance(0.3) ? { n: { $gte: r.below(OBJECTS) } } : undefined, { order, ...rest }),
        () => get(c[kind], `${kind}${r.below(OBJECTS)}`, rest),
        () => ({ call: c.excluding ? `GET /classes/${c.a}/<a0>` : r.pick(['GET /users/<annId>', 'GET /users/me']), query: r.chance(0.7) ? rest : undefined }),
    ])();
}

function sequence(name, seed, excluding, { attempts = 150 } = {}) {
    const r = randomSource(seed);
    const c = { excluding, kinds: excluding ? KINDS.slice(0, 3) : KINDS, a: `${name}A`, b: `${name}B`, c: `${name}C` };
    const master = { as: 'master' };
    const columns = { n: { type: 'Number' }, s: { type: 'String' }, ...Object.fromEntries(['a', 'b', 'c'].map((kind) => [kind, { type: 'Pointer', targetClass: c[kind] }])), user: { type: 'Pointer', targetClass: '_User' }, list: { type: 'Array' }, obj: { type: 'Object' } };
    const steps = USERS.map((user) => ({ call: 'POST /users', body: { username: `${name}-${user}`, password: 'x', email: `${name}-${user}@example.org`, nick: user, phone: '1', ...(r.chance(0.5) ? { ACL: { '*': { read: true } } } : {}) }, save: { [user]: 'sessionToken', [`${user}Id`]: 'objectId' } }));
    const closed = r.pick(['a', 'b', 'c', 'none']); // of several, either server names another one
    for (const kind of ['a', 'b', 'c']) {
        const permissions = r.chance(0.4) ? { find: { '*': true }, get: kind === closed ? r.pick([{ requiresAuthentication: true }, { '<annId>': true }]) : { '*': true }, count: { '*': true }, create: { '*': true }, update: { '*': true }, delete: { '*': true }, addField: { '*': true }, protectedFields: r.pick([{}, { '*': ['s'] }, { '*': ['user'], '<annId>': [] }, { '*': ['list', 's'] }]) } : undefined;
        steps.push(schema(c[kind], { className: c[kind], fields: columns, ...(permissions ? { classLevelPermissions: permissions } : {}) }));
    }
    for (const kind of ['a', 'b', 'c']) for (let i = 0; i < OBJECTS; i++) steps.push(create(c[kind], { n: i, s: r.pick(['x', 'y']), ...acl(r) }, `${kind}${i}`, master));
    for (const kind of ['a', 'b', 'c']) for (let i = 0; i < OBJECTS; i++) steps.push(put(c[kind], `${kind}${i}`, links(r, c, 0.6), master));
    for (const user of USERS) steps.push({ call: `PUT /users/<${user}Id>`, as: user, body: { a: link(r, c, 'a'), list: [link(r, c, 'b'), link(r, c, r.pick(c.kinds))] } });
    steps.push(remove(c.b, 'b5', master));
    for (let i = 0; i < attempts; i++) {
        const step = r.chance(0.08) ? put(c.a, `a${r.below(OBJECTS)}`, r.chance(0.3) ? { [r.pick(c.kinds)]: op('Delete') } : links(r, c, 0.3)) : look(r, c);
        steps.push({ ...step, as: step.call.endsWith('/me') ? r.pick(USERS) : r.pick(CALLERS) });
    }
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomIncludeSequences(seed = 1, options) {
    return Array.from({ length: 4 }, (_, i) => sequence(`RandomLinks${i}`, seed * 1000 + 800 + i, i % 2 === 1, options));
}
