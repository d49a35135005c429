// Sequences of what users do with users, sessions, roles and installations, their own and those of others. The same seed makes
// the same sequences.
import { randomSource } from '../../support/random.mjs';
import { create, find, get, op, pointer, put, remove, signUp } from './data.mjs';

const USERS = ['ann', 'bob', 'cyd'];
const CALLERS = ['client', ...USERS, ...USERS, ...USERS, 'master', 'readOnly'];
const person = (name) => pointer('_User', `<${name}Id>`);

const names = (r, c) => r.pick([`${c.prefix}-ann`, `${c.prefix}-BOB`, `${c.prefix}-new${r.below(3)}`, `${c.prefix}-cyd`]);
const email = (r, c) => r.pick([`${c.prefix}-${r.below(3)}@example.org`, `${c.prefix}-ANN@example.org`, `${c.prefix}-ann@example.org`, 'bad', '']);
const acl = (r, c) => r.pick([{}, { '*': { read: true } }, { '*': { read: true, write: true } }, { '<annId>': { read: true, write: true } }, { [`role:${c.prefix}-crew`]: { read: true, write: true } }]);

/** What somebody may want of a user's row; passwords change only where the token is known afterwards. */
const userFields = (r, c) => r.pick([
    () => ({ nick: r.pick(['a', 'b', null]) }), () => ({ username: names(r, c) }), () => ({ email: email(r, c) }), () => ({ email: op('Delete') }), () => ({ ACL: acl(r, c) }),
    () => ({ emailVerified: true }), () => ({ username: r.pick([5, null]) }), () => ({ friend: person(r.pick(USERS)) }), () => ({ score: op('Increment', { amount: 1 }) }), () => ({ _hashed_password: 'x' }), () => ({ authData: null }),
])();

const userWhere = (r, c) => r.pick([
    () => ({ username: names(r, c) }), () => ({ email: email(r, c) }), () => ({ nick: 'a' }), () => ({ objectId: `<${r.pick(USERS)}Id>` }), () => ({ friend: person(r.pick(USERS)) }),
    () => ({ $or: [{ nick: 'a' }, { email: email(r, c) }] }), () => ({ friend: { $in: [person('ann'), person('cyd')] } }),
])();
const mine = (r, c) => ({ $and: [{ username: { $regex: `^${c.prefix}` } }, userWhere(r, c)] });

const ofUsers = (r, c) => {
    const id = `${r.pick(USERS)}Id`;
    return r.pick([
        () => put('_User', id, userFields(r, c)), () => ({ call: `PUT /users/<${id}>`, body: userFields(r, c) }), () => ({ call: `PUT /users/<${id}>`, body: userFields(r, c) }),
        () => ({ call: `GET /users/<${id}>`, query: r.chance(0.3) ? { include: 'friend' } : {} }), () => get('_User', id),
        () => ({ call: 'GET /users', query: { where: mine(r, c), order: r.pick(['createdAt', '-username', 'email', 'createdAt,nick']), ...(r.chance(0.3) ? { keys: r.pick(['username', 'email', 'nick,authData']) } : {}) } }),
        () => ({ call: 'GET /users/me', query: r.chance(0.3) ? { include: 'friend' } : {} }),
        () => ({ call: 'POST /users', body: { username: names(r, c), password: 'x', ...(r.chance(0.5) ? { email: email(r, c) } : {}), ...(r.chance(0.2) ? { ACL: acl(r, c) } : {}) } }),
        () => ({ call: 'POST /login', body: { [r.pick(['username', 'username', 'email'])]: names(r, c), password: r.pick(['x', 'y']) } }),
        () => ({ call: 'GET /verifyPassword', query: { username: names(r, c), password: r.pick(['x', 'y']) } }),
    ])();
};

const ofSessions = (r) => r.pick([
    () => ({ call: 'GET /sessions', query: { where: { user: person(r.pick(USERS)) }, order: 'createdAt', keys: r.pick(['user,createdWith', 'createdWith,mark', 'restricted', 'sessionToken']) } }),
    () => ({ call: 'GET /sessions/me' }),
    () => ({ call: 'POST /sessions', body: r.pick([{}, { mark: 1 }, { user: person(r.pick(USERS)) }, { sessionToken: 'r:x' }, { expiresAt: null }]), save: { session: 'objectId' } }),
    () => put('_Session', 'session', r.pick([{ mark: 2 }, { user: person(r.pick(USERS)) }, { createdWith: {} }, { installationId: 'i' }])),
    () => get('_Session', 'session', { keys: 'mark,createdWith' }),
    () => remove('_Session', 'session'),
])();

const ofRoles = (r, c) => r.pick([
    () => find('_Role', { name: { $regex: `^${c.prefix}` } }, { order: 'createdAt' }), () => get('_Role', 'crew'),
    () => put('_Role', 'crew', { users: op(r.pick(['AddRelation', 'RemoveRelation']), { objects: [person(r.pick(USERS))] }) }),
    () => put('_Role', 'crew', r.pick([{ name: 'other' }, { name: `${c.prefix}-crew` }, { ACL: acl(r, c) }, { roles: op('AddRelation', { objects: [pointer('_Role', '<chiefs>')] }) }, { note: 'n' }])),
    () => create('_Role', r.pick([{ name: `${c.prefix}-r${r.below(4)}`, ACL: acl(r, c) }, { name: `${c.prefix}-r${r.below(4)}` }, { ACL: {} }, { name: 'a:b', ACL: {} }, { name: `${c.prefix}-crew`, ACL: {} }])),
    () => find('_User', { $relatedTo: { object: pointer('_Role', '<crew>'), key: 'users' } }, { order: 'createdAt' }),
    () => find('_Role', { users: person(r.pick(USERS)) }, { order: 'createdAt' }),
])();

const ofThings = (r, c) => r.pick([
    () => create(c.things, { n: r.below(9), owner: person(r.pick(USERS)), ACL: acl(r, c) }, 'thing'), () => get(c.things, 'thing', { include: 'owner' }),
    () => find(c.things, {}, { order: 'createdAt', include: 'owner' }), () => put(c.things, 'thing', { n: op('Increment', { amount: 1 }) }),
    () => find(c.things, { owner: { $inQuery: { className: '_User', where: userWhere(r, c) } } }, { order: 'createdAt' }),
])();

function sequence(name, seed, { attempts = 110 } = {}) {
    const r = randomSource(seed);
    const c = { prefix: name, things: `${name}Thing` };
    const master = { as: 'master' };
    const steps = USERS.map((user) => ({ ...signUp(user), body: { username: `${name}-${user}`, password: 'x', ...(user === 'ann' ? { email: `${name}-ann@example.org` } : {}) } }));
    const members = () => op('AddRelation', { objects: [person(r.pick(USERS))] });
    steps.push({ call: 'POST /roles', ...master, body: { name: `${name}-chiefs`, ACL: {}, users: members() }, save: { chiefs: 'objectId' } });
    steps.push({ call: 'POST /roles', ...master, body: { name: `${name}-crew`, ACL: { '*': { read: true }, '<annId>': { read: true, write: true } }, users: members() }, save: { crew: 'objectId' } });
    steps.push(create(c.things, { n: 0, owner: person('ann') }, 'thing'));
    steps.push({ call: 'POST /sessions', as: 'ann', body: {}, save: { session: 'objectId' } });
    for (let i = 0; i < attempts; i++) steps.push({ ...r.pick([ofUsers, ofUsers, ofUsers, ofSessions, ofRoles, ofRoles, ofThings])(r, c), as: r.pick(CALLERS) });
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomUserSequences(seed = 1) {
    return Array.from({ length: 6 }, (_, i) => sequence(`RandomUsers${i}`, seed * 1000 + 700 + i));
}
