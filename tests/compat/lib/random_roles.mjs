// Sequences of random roles and relations: users in roles that are in roles, also in circles, come and go; objects are for
// this role or that one; relations grow, shrink and are asked about; and everybody looks at what he may see. The same seed
// makes the same sequences.
//
// Parse Server does the parts of a Batch at once, so that they must not be about the same object; on PostgreSQL it cannot
// delete a relation or ask for one beside $or and $and, and what belonged to an object or a role that is gone still does.
import { randomSource } from '../../support/random.mjs';
import { create, find, get, op, pointer, put, remove, signUp } from './data.mjs';

const USERS = ['ann', 'bob', 'cyd'];
const ROLES = 4;
const OBJECTS = 8;
const HUBS = 3;
const LISTS = ['many', 'other', 'people'];

const person = (name) => pointer('_User', `<${name}Id>`);
const roleOf = (i) => pointer('_Role', `<role${i}>`);
const anyUsers = (r) => r.distinct(USERS, 3).map(person);
const anyRoles = (r) => r.distinct([...Array(ROLES).keys()], 2).map(roleOf);
const anyObjects = (r, c) => r.distinct([...Array(OBJECTS).keys()], 3).map((i) => pointer(c.className, `<o${i}>`));

/** What is done to a relation whose members `members` makes. */
function change(r, members) {
    const one = (objects) => op(r.pick(['AddRelation', 'AddRelation', 'RemoveRelation']), { objects });
    const objects = members();
    return r.chance(0.25) && objects.length > 1 ? op('Batch', { ops: [one(objects.slice(1)), one(objects.slice(0, 1))] }) : one(objects);
}

function acl(r, c) {
    const groups = r.distinct(['*', ...USERS.map((name) => `<${name}Id>`), ...Array.from({ length: ROLES }, (_, i) => `role:${c.roleName(i)}`)], 3);
    return r.chance(0.2) ? {} : { ACL: Object.fromEntries(groups.map((group) => [group, r.pick([{ read: true }, { read: true, write: true }, { write: true }])])) };
}

function rolesChange(r, c) {
    const i = r.below(ROLES);
    const body = r.pick([() => ({ users: change(r, () => anyUsers(r)) }), () => ({ roles: change(r, () => anyRoles(r)) }), () => ({ users: change(r, () => anyUsers(r)), roles: change(r, () => anyRoles(r)) }), () => acl(r, c), () => ({ name: r.pick([c.roleName(i), 'another']) })])();
    return { ...put('_Role', `role${i}`, body), call: `PUT /${r.pick(['roles', 'classes/_Role'])}/<role${i}>` };
}

const related = (r, c) => r.pick([
    () => ['objects', pointer(c.hubs, `<h${r.below(HUBS)}>`), r.pick(['many', 'many', 'other'])],
    () => ['people', pointer(c.hubs, `<h${r.below(HUBS)}>`), 'people'],
    () => ['people', roleOf(r.below(ROLES)), 'users'],
    () => ['roles', roleOf(r.below(ROLES)), 'roles'],
    () => ['objects', pointer(c.hubs, r.pick(['gone000001', '<h0>'])), r.pick(['many', 'nothing', 'k'])],
])();

const ABOUT = {
    objects: { order: ['k', '-k', 'n,k'], where: (r, c) => r.pick([{ n: { $gte: r.below(3) } }, { k: { $lt: r.below(OBJECTS) } }, { objectId: `<o${r.below(OBJECTS)}>` }, { objectId: { $in: [`<o${r.below(OBJECTS)}>`, `<o${r.below(OBJECTS)}>`] } }, { objectId: { $nin: [`<o${r.below(OBJECTS)}>`] } }]), call: (c) => `GET /classes/${c.className}` },
    people: { order: ['nick', '-nick'], where: (r) => ({ nick: { $ne: r.pick(USERS) } }), call: () => 'GET /users' },
    roles: { order: ['name', '-name'], where: (r, c) => ({ name: { $ne: c.roleName(r.below(ROLES)) } }), call: () => 'GET /roles' },
};

function ofRelation(r, c) {
    const [kind, object, key] = related(r, c);
    const about = ABOUT[kind];
    const where = { ...(r.chance(0.4) ? about.where(r, c) : {}), $relatedTo: { object, key } };
    const query = { where, order: r.pick(about.order), ...(r.chance(0.2) ? { limit: r.below(4) } : {}), ...(r.chance(0.15) ? { skip: r.below(3) } : {}), ...(r.chance(0.2) ? { count: 1 } : {}), ...(r.chance(0.2) ? { keys: 'k,name,nick' } : {}) };
    return { call: about.call(c), query };
}

/** Who has this one or that one in a relation. */
function backwards(r, c) {
    const one = () => r.pick([() => pointer(c.className, `<o${r.below(OBJECTS)}>`), () => r.pick(anyObjects(r, c))])();
    return r.pick([
        () => find(c.hubs, { [r.pick(['many', 'other'])]: one() }, { order: 'k' }),
        () => find(c.hubs, { many: { $in: [one(), one()] } }, { order: 'k' }),
        () => find(c.hubs, { many: one(), other: one() }, { order: 'k' }),
        () => find(c.hubs, { $or: [{ many: one() }, { other: one() }] }, { order: 'k' }),
        () => find(c.hubs, { people: person(r.pick(USERS)) }, { order: 'k', count: 1 }),
        () => find(c.hubs, { many: { $inQuery: { className: c.className, where: { n: r.below(3) } } } }, { order: 'k' }),
        () => ({ call: 'GET /roles', query: { where: { users: person(r.pick(USERS)), name: { $in: c.names } }, order: 'name' } }),
        () => ({ call: 'GET /roles', query: { where: { roles: roleOf(r.below(ROLES)) }, order: 'name' } }),
    ])();
}

function attempt(r, c, i) {
    const object = `o${r.below(OBJECTS)}`;
    const hub = `h${r.below(HUBS)}`;
    const step = r.pick([
        () => rolesChange(r, c), () => rolesChange(r, c),
        () => put(c.hubs, hub, { [r.pick(['many', 'many', 'other'])]: change(r, () => anyObjects(r, c)) }),
        () => put(c.hubs, hub, { many: change(r, () => anyObjects(r, c)), people: change(r, () => anyUsers(r)), n: i }),
        () => put(c.hubs, hub, r.pick([{ ...acl(r, c) }, { many: op('AddRelation', { objects: [person('ann')] }) }, { many: { __type: 'Relation', className: c.className } }])),
        () => put(c.className, object, { n: r.below(3) }), () => put(c.className, object, acl(r, c)),
        () => find(c.className, undefined, { order: 'k' }), () => find(c.className, { n: { $gte: 1 } }, { order: 'k', keys: 'k' }),
        () => get(c.className, object), () => get(c.hubs, hub), () => get('_Role', `role${r.below(ROLES)}`),
        () => ({ call: 'GET /roles', query: { where: { name: { $in: c.names } }, order: 'name' } }),
        () => ofRelation(r, c), () => ofRelation(r, c), () => ofRelation(r, c), () => ofRelation(r, c),
        () => backwards(r, c), () => backwards(r, c),
        () => (r.chance(0.3) ? remove(c.className, object) : create(c.className, { k: 100 + i, n: r.below(3), ...acl(r, c) })),
    ])();
    return { ...step, as: r.pick(['client', ...USERS, ...USERS, 'master', 'master']) };
}

function sequence(name, seed, { attempts = 150 } = {}) {
    const r = randomSource(seed);
    const c = { className: name, hubs: `${name}Hub`, roleName: (i) => `${name}-role${i}` };
    c.names = Array.from({ length: ROLES }, (_, i) => c.roleName(i));
    const master = { as: 'master' };
    const steps = USERS.map((user) => ({ ...signUp(user), body: { username: `${name}-${user}`, password: 'x', nick: user, ACL: { '*': { read: true } } } }));
    for (let i = 0; i < ROLES; i++) steps.push({ call: 'POST /roles', ...master, body: { name: c.roleName(i), ACL: r.pick([{}, { '*': { read: true } }, { '*': { read: true, write: true } }]), users: op('AddRelation', { objects: r.distinct(USERS, 2).map(person) }) }, save: { [`role${i}`]: 'objectId' } });
    for (let i = 0; i < ROLES; i++) if (r.chance(0.7)) steps.push({ call: `PUT /roles/<role${i}>`, ...master, body: { roles: op('AddRelation', { objects: [roleOf((i + 1) % ROLES)] }) } });
    for (let i = 0; i < OBJECTS; i++) steps.push(create(c.className, { k: i, n: i % 3, ...acl(r, c) }, `o${i}`, master));
    for (let i = 0; i < HUBS; i++) steps.push(create(c.hubs, { k: i, many: op('AddRelation', { objects: anyObjects(r, c) }), other: op('AddRelation', { objects: anyObjects(r, c) }), people: op('AddRelation', { objects: anyUsers(r) }) }, `h${i}`, master));
    for (let i = 0; i < attempts; i++) steps.push(attempt(r, c, i));
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomRoleSequences(seed = 1, options) {
    return Array.from({ length: 4 }, (_, i) => sequence(`RandomRoles${i}`, seed * 1000 + 900 + i, options));
}
