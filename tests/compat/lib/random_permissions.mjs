// Sequences of random rights: users in roles, a class with random class-level permissions, pointer permissions and protected
// fields, objects with random ACLs, and everything that somebody can try with them. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { create, find, get, op, pointer, put, remove, schema, signUp } from './data.mjs';

const USERS = ['ann', 'bob', 'cyd'];
const CALLERS = ['client', ...USERS, ...USERS, 'master', 'readOnly'];
const OPERATIONS = ['find', 'get', 'count', 'create', 'update', 'delete', 'addField'];
const FIELDS = ['secret', 'n', 'owner', 'editors'];
const OBJECTS = 8;
const columns = { k: { type: 'Number' }, n: { type: 'Number' }, secret: { type: 'String' }, owner: { type: 'Pointer', targetClass: '_User' }, editors: { type: 'Array' } };

const person = (name) => pointer('_User', `<${name}Id>`);
const roles = (prefix) => [`${prefix}-crew`, `${prefix}-chiefs`]; // the chiefs are crew, too

/** Who may: the value of one operation. */
function right(r, c) {
    const closed = () => r.pick([{ requiresAuthentication: true }, { [`<${r.pick(USERS)}Id>`]: true }, { [`role:${r.pick(c.roles)}`]: true }, { pointerFields: r.distinct(['owner', 'editors'], 2) }]);
    return r.pick([() => ({ '*': true }), () => ({ '*': true }), () => ({}), closed, closed, () => ({ ...closed(), ...closed() })])();
}

function classLevelPermissions(r, c) {
    const result = Object.fromEntries(OPERATIONS.filter(() => r.chance(0.9)).map((name) => [name, right(r, c)]));
    if (r.chance(0.3)) result.readUserFields = r.distinct(['owner', 'editors'], 2);
    if (r.chance(0.3)) result.writeUserFields = r.distinct(['owner', 'editors'], 2);
    if (r.chance(0.6)) {
        const groups = r.distinct(['*', '*', 'authenticated', `role:${c.roles[0]}`, `role:${c.roles[1]}`, '<annId>', 'userField:owner', 'userField:editors'], 4);
        result.protectedFields = Object.fromEntries(groups.map((group) => [group, r.chance(0.2) ? [] : r.distinct(['secret', 'n'], 2)]));
    }
    return result;
}

function acl(r, c) {
    const groups = r.distinct(['*', '<annId>', '<bobId>', '<cydId>', `role:${c.roles[0]}`, `role:${c.roles[1]}`], 3);
    const rights = () => r.pick([{ read: true }, { read: true, write: true }, { read: true, write: true }, { write: true }]);
    return r.pick([() => ({}), () => ({ ACL: {} }), () => ({ ACL: { '*': { read: true } } }), () => ({ ACL: Object.fromEntries(groups.map((group) => [group, rights()])) })])();
}

/** `k` is unique, never hidden and never changed: with it every order is one. */
const object = (r, c, k) => ({ k, n: k, secret: r.pick(['a', 'b']), ...(r.chance(0.7) ? { owner: person(r.pick(USERS)) } : {}), ...(r.chance(0.7) ? { editors: r.distinct(USERS, 2).map(person) } : {}), ...acl(r, c) });

function where(r) {
    const one = () => r.pick([() => ({ n: { $gte: r.below(OBJECTS) } }), () => ({ secret: r.pick(['a', 'b']) }), () => ({ owner: person(r.pick(USERS)) }), () => ({ editors: person(r.pick(USERS)) }), () => ({ objectId: `<o${r.below(OBJECTS)}>` }), () => ({ owner: { $exists: r.chance(0.5) } })])();
    return r.pick([() => ({}), one, one, one, one, () => ({ [r.pick(['$or', '$and'])]: [one(), one()] })])();
}

function options(r, asked) {
    const result = { order: r.pick(['k', '-k', 'n,k', 'secret,k']) };
    if (r.chance(0.2)) result.keys = r.distinct(FIELDS, 3).join(',');
    else if (r.chance(0.1)) result.excludeKeys = r.distinct(FIELDS, 2).join(',');
    if (r.chance(0.2)) result.include = r.pick(['owner', 'editors']);
    if (asked && r.chance(0.15)) Object.assign(result, { count: 1, limit: 0 }); // of all the reference only guesses the number
    return result;
}

function search(r, c) {
    const asked = where(r);
    return find(c.className, asked, options(r, Object.keys(asked).length > 0));
}

/** What links to the objects tells of them only what the caller may know. */
function ofLinks(r, c) {
    const inner = () => ({ className: c.className, where: where(r) });
    return r.pick([
        () => find(c.links, {}, { order: 'k', include: r.pick(['to', 'to.owner', 'list']) }),
        () => find(c.links, { to: { [r.pick(['$inQuery', '$notInQuery'])]: inner() } }, { order: 'k' }),
        () => find(c.links, { k: { [r.pick(['$select', '$dontSelect'])]: { query: inner(), key: r.pick(['n', 'n', 'secret']) } } }, { order: 'k' }),
        () => find(c.className, { $relatedTo: { object: pointer(c.links, `<l${r.below(OBJECTS)}>`), key: 'many' } }, { order: 'k' }),
        () => get(c.links, `l${r.below(OBJECTS)}`, { include: 'to' }),
    ])();
}

function change(r) {
    return r.pick([() => ({ n: op('Increment', { amount: 100 }) }), () => ({ secret: r.pick(['a', 'b']) }), () => ({ owner: person(r.pick(USERS)) }), () => ({ editors: r.distinct(USERS, 3).map(person) }), () => ({ owner: op('Delete') })])();
}

function attempt(r, c, i) {
    const id = `o${r.below(OBJECTS)}`;
    const step = r.pick([
        () => search(r, c), () => search(r, c), () => search(r, c),
        () => ofLinks(r, c), () => ofLinks(r, c),
        () => get(c.className, id, r.chance(0.3) ? { keys: r.distinct(FIELDS, 2).join(',') } : undefined), () => get(c.className, id),
        () => put(c.className, id, change(r)), () => put(c.className, id, change(r)),
        () => (r.chance(0.3) ? put(c.className, id, acl(r, c)) : put(c.className, id, { [`new${i}`]: 1 })),
        () => create(c.className, { ...object(r, c, i + 100), ...(c.growing && r.chance(0.2) ? { [`more${i}`]: 1 } : {}) }),
        () => (r.chance(0.3) ? remove(c.className, id) : get(c.className, id)),
    ])();
    return { ...step, as: r.pick(CALLERS) };
}

function sequence(name, seed, { attempts = 120 } = {}) {
    const r = randomSource(seed);
    const c = { className: name, links: `${name}Link`, roles: roles(name) };
    const master = { as: 'master' };
    const steps = USERS.map((user) => ({ ...signUp(user), body: { username: `${name}-${user}`, password: 'x' } }));
    const members = (list) => op('AddRelation', { objects: list.map(person) });
    const inside = (list) => op('AddRelation', { objects: list });
    steps.push({ call: 'POST /roles', ...master, body: { name: c.roles[1], ACL: {}, users: members([r.pick(USERS)]) }, save: { chiefs: 'objectId' } });
    steps.push({ call: 'POST /roles', ...master, body: { name: c.roles[0], ACL: {}, users: members([r.pick(USERS)]), roles: inside([pointer('_Role', '<chiefs>')]) } });
    const permissions = classLevelPermissions(r, c);
    c.growing = !permissions.writeUserFields; // tests/compat/differences.md, pointers-need-objects
    steps.push(schema(c.className, { className: c.className, fields: columns, classLevelPermissions: permissions }));
    for (let i = 0; i < OBJECTS; i++) steps.push(create(c.className, object(r, c, i), `o${i}`, master));
    for (let i = 0; i < OBJECTS; i++) {
        const to = pointer(c.className, `<o${i}>`);
        steps.push(create(c.links, { k: i, to, list: [to], many: inside([to]), ACL: { '*': { read: true } } }, `l${i}`, master));
    }
    for (let i = 0; i < attempts; i++) steps.push(attempt(r, c, i));
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomPermissionSequences(seed = 1) {
    return Array.from({ length: 12 }, (_, i) => sequence(`RandomRights${i}`, seed * 1000 + i));
}
