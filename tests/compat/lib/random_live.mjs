// Sequences of live queries: sockets of several users, of nobody and of a master, subscribed to random queries, and random changes
// by several users, each of which some hear of and others do not. The same seed makes the same sequences.
//
// Only what the reference tells by accident is left out, or what differs by the rule `live-queries` (differences.md): rights of
// roles and userField groups, pointer permissions on fields that change, comparisons with what is absent.
import { randomSource } from '../../support/random.mjs';
import { create, date, geo, op, pointer, polygon, put, remove, schema, signUp } from './data.mjs';

const USERS = ['ann', 'bob', 'cyd'];
/** Who is connected, and with whose token he subscribes; the guest's connection has none. */
const SOCKETS = { nobody: undefined, ann: 'ann', bob: 'bob', cyd: 'cyd', guest: 'cyd', boss: undefined };
const OBJECTS = 4;
const REQUESTS = [1, 2, 3, 4];
/** Of every socket: what was meant for it has come before. The second one's way is that of an event for members of a role. */
const LAST = 98;
const LAST_OF_ROLE = 99;
const lastOf = (socket) => (SOCKETS[socket] ? LAST_OF_ROLE : LAST);
const OPERATIONS = ['find', 'get', 'count', 'create', 'update', 'delete', 'addField'];
const columns = {
    k: { type: 'Number' }, n: { type: 'Number' }, m: { type: 'Number' }, s: { type: 'String' }, secret: { type: 'String' }, b: { type: 'Boolean' },
    d: { type: 'Date' }, a: { type: 'Array' }, list: { type: 'Array' }, o: { type: 'Object' }, g: { type: 'GeoPoint' }, poly: { type: 'Polygon' },
    owner: { type: 'Pointer', targetClass: '_User' }, editors: { type: 'Array' }, p: { type: 'Number' }, q: { type: 'Number' },
};
const master = { as: 'master' };
const person = (name) => pointer('_User', `<${name}Id>`);
const say = (socket, body, more) => ({ call: `LIVE ${socket}`, body, ...more });
const DAYS = ['2020-01-01T00:00:00.000Z', '2021-06-15T12:30:00.500Z', '2022-01-01T00:00:00.000Z'].map(date);
const PLACES = [geo(10, 10), geo(-10, 50), geo(0.5, 0.5), geo(60, -60)];
const SQUARES = [polygon([0, 0], [0, 2], [2, 2], [2, 0], [0, 0]), polygon([5, 5], [5, 20], [20, 20], [20, 5], [5, 5])];
const ITEMS = [1, 2, 'red', 'green', true];

// ---- rights ----

function classLevelPermissions(r) {
    const closed = () => r.pick([{ requiresAuthentication: true }, { [`<${r.pick(USERS)}Id>`]: true }, { pointerFields: r.distinct(['owner', 'editors'], 2) }, {}]);
    const result = Object.fromEntries(OPERATIONS.map((name) => [name, ['find', 'get'].includes(name) && r.chance(0.3) ? closed() : { '*': true }]));
    if (r.chance(0.15)) result.readUserFields = r.distinct(['owner', 'editors'], 2);
    if (r.chance(0.6)) result.protectedFields = protectedFields(r);
    return result;
}

const protectedFields = (r) => Object.fromEntries(r.distinct(['*', '*', 'authenticated', '<annId>', '<bobId>'], 3).map((group) => [group, r.chance(0.2) ? [] : r.distinct(['secret', 'm', 'o', 'p', 'q'], 2)]));

/** Other fields of those that nobody asks about are protected from now on. */
function shifted(r, c) {
    const others = (fields) => [...fields.filter((one) => !['p', 'q'].includes(one)), ...['p', 'q'].filter(() => r.chance(0.4))];
    const groups = Object.entries(c.permissions.protectedFields).map(([group, fields]) => [group, others(fields)]);
    return schema(c.className, { className: c.className, classLevelPermissions: { ...c.permissions, protectedFields: Object.fromEntries(groups) } }, 'PUT');
}

function acl(r, c) {
    const groups = r.distinct(['*', '<annId>', '<bobId>', '<cydId>', `role:${c.crew}`, `role:${c.chiefs}`], 3);
    const rights = () => r.pick([{ read: true }, { read: true, write: true }, { read: true, write: true }, { write: true }]);
    return r.pick([() => ({}), () => ({}), () => ({ ACL: {} }), () => ({ ACL: { '*': { read: true } } }), () => ({ ACL: Object.fromEntries(groups.map((group) => [group, rights()])) }), () => ({ ACL: Object.fromEntries(groups.map((group) => [group, rights()])) })])();
}

// ---- queries ----

/** Conditions on fields that every object has, and on others where they are there. */
const conditions = [
    (r) => ({ n: r.below(5) }),
    (r) => ({ n: { [r.pick(['$gt', '$gte', '$lt', '$lte', '$eq', '$ne'])]: r.below(5) } }),
    (r) => ({ n: { $gt: r.below(3), $lte: 1 + r.below(4) } }),
    (r) => ({ n: { [r.pick(['$in', '$nin'])]: r.distinct([0, 1, 2, 2.5, 3], 3) } }),
    (r) => ({ m: { $exists: r.chance(0.5) } }),
    (r) => ({ m: { $exists: true, [r.pick(['$gt', '$lt'])]: r.below(4) } }),
    (r) => ({ m: { [r.pick(['$eq', '$ne'])]: r.below(3) } }),
    (r) => ({ m: r.below(3) }),
    (r) => ({ s: r.pick(TEXTS) }),
    (r) => ({ s: { [r.pick(['$in', '$nin'])]: r.distinct(TEXTS, 3) } }),
    (r) => ({ s: { [r.pick(['$gt', '$lt', '$gte', '$lte'])]: r.pick(TEXTS) } }),
    (r) => ({ s: { $regex: r.pick(['^a', 'an', 'e$', '^\\Qapp\\E', '[A-Z]', '^$', 'a.p', '(a|b)+', '\\d']), ...(r.chance(0.4) ? { $options: r.pick(['i', 'm', 's', 'im']) } : {}) } }),
    (r) => ({ b: r.chance(0.5) }),
    (r) => ({ b: { $ne: r.chance(0.5) } }),
    (r) => ({ d: r.pick(DAYS) }),
    (r) => ({ d: { $exists: true, [r.pick(['$gt', '$gte', '$lt', '$lte'])]: r.pick(DAYS) } }),
    (r) => ({ d: { [r.pick(['$eq', '$ne'])]: r.pick(DAYS) } }),
    (r) => ({ a: r.pick(ITEMS) }),
    (r) => ({ a: { $all: r.distinct(ITEMS, 2) } }),
    (r) => ({ a: { [r.pick(['$in', '$nin'])]: r.distinct(ITEMS, 2) } }),
    (r) => ({ list: 100 + r.below(12) }),
    (r) => ({ a: { $exists: true, $containedBy: r.distinct(ITEMS, 4) } }),
    (r) => ({ 'o.x': r.pick([0, 1, 2]) }),
    (r) => ({ 'o.x': { $exists: r.chance(0.5) } }),
    (r) => ({ 'o.x': { [r.pick(['$in', '$nin'])]: r.distinct([0, 1, 2], 2) } }),
    (r) => ({ 'o.y.z': r.pick(['deep', 'flat']) }),
    (r) => ({ 'o.y.z': { $in: ['deep', 'flat'] } }),
    (r) => ({ g: { $exists: true, $within: { $box: [geo(-20, -20), r.pick([geo(20, 20), geo(20, 70), geo(5, 5)])] } } }),
    (r) => ({ g: { $exists: true, $geoWithin: { $centerSphere: [r.pick([[10, 10], [50, -10]]), r.pick([0.01, 0.5, 2])] } } }),
    (r) => ({ g: { $exists: true, $geoWithin: { $polygon: r.pick([[geo(0, 0), geo(0, 20), geo(20, 20), geo(20, 0)], [geo(-20, 40), geo(-20, 60), geo(5, 60)]]) } } }),
    (r) => ({ poly: { $exists: true, $geoIntersects: { $point: r.pick([geo(1, 1), geo(10, 10), geo(50, 50)]) } } }),
    (r) => ({ owner: person(r.pick(USERS)) }),
    (r) => ({ owner: { $in: r.distinct(USERS, 2).map(person) } }),
    (r) => ({ owner: { $exists: r.chance(0.5) } }),
    (r) => ({ editors: person(r.pick(USERS)) }),
    (r) => ({ objectId: `<o${r.below(OBJECTS)}>` }),
    (r) => ({ objectId: { [r.pick(['$in', '$nin'])]: [`<o${r.below(OBJECTS)}>`, `<o${r.below(OBJECTS)}>`] } }),
    (r) => ({ objectId: { $ne: `<o${r.below(OBJECTS)}>` } }),
    (r) => ({ later: r.pick([0, 1, 'x']) }),
    (r) => ({ later: { $exists: r.chance(0.5) } }),
    (r) => ({ later: { [r.pick(['$in', '$nin'])]: r.distinct([0, 1, 'x'], 2) } }),
    () => ({ k: { $inQuery: { className: 'LiveRandom0', where: {} } } }),
];
const TEXTS = ['a', 'b', 'apple', 'Banana', 'ä', ''];
const one = (r) => r.pick(conditions)(r);
const near = (r) => ({ $nearSphere: r.pick(PLACES), ...(r.chance(0.9) ? { $maxDistance: r.pick([0.01, 0.3, 1, 3]) } : {}) });

function where(r) {
    const list = () => Array.from({ length: 1 + r.below(3) }, () => one(r));
    return r.pick([
        () => ({}), () => ({}), () => one(r), () => one(r), () => one(r), () => one(r), () => ({ g: near(r) }), () => ({ ...one(r), g: near(r) }), () => ({ ...one(r), ...one(r) }), () => ({ ...one(r), ...one(r) }),
        () => ({ $or: list() }), () => ({ $nor: list() }), () => ({ $and: [...list(), { $or: list() }] }), () => ({ $or: [one(r), { $and: [one(r), { $nor: [one(r)] }] }] }),
    ])();
}

const hidden = (r) => r.pick([() => ({ secret: r.pick(['x', 'y']) }), () => ({ $or: [{ secret: 'x' }, { n: 1 }] }), () => ({ n: 1, 'secret.deep': 1 })])();

function query(r, c) {
    const asked = c.open || r.chance(0.5) ? where(r) : r.chance(0.3) ? hidden(r) : r.chance(0.5) ? {} : one(r);
    // Who asks for one object by its id needs the right to get it, and in the reference that to find it, too.
    if (!c.open && Object.keys(asked).join() === 'objectId') asked.k = { $exists: true };
    const result = { className: r.chance(0.95) ? c.className : `${c.className}Unborn`, where: asked };
    if (r.chance(0.25)) result.keys = r.distinct(['n', 'm', 's', 'secret', 'k', 'owner', 'a', 'o', 'o.x', 'd', 'ACL', 'createdAt', 'nothing', 'later', 'p', 'q'], 4);
    if (r.chance(0.25)) result.watch = r.distinct(['n', 'm', 's', 'secret', 'd', 'a', 'list', 'o', 'b', 'g', 'later', 'updatedAt', 'createdAt'], 2);
    return result;
}

/** Messages that are no messages of the protocol. */
function nonsense(r) {
    const right = { op: r.pick(['subscribe', 'update']), requestId: 1, query: { className: 'LiveX', where: {} } };
    const wrong = () => r.pick([1, 'x', true, {}, { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' }, pointer('X', 'y'), geo(1, 1)]);
    const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
    const inQuery = (more) => ({ ...right, query: { ...right.query, ...more } });
    return r.pick([
        () => without(right, r.pick(['requestId', 'query'])),
        () => ({ ...right, query: without(right.query, r.pick(['className', 'where'])) }),
        () => ({ ...right, requestId: r.pick(['1', true, {}, []]) }),
        () => ({ ...right, query: r.pick([1, 'x', [], true]) }),
        () => ({ ...right, [r.pick(['extra', 'Op', ''])]: wrong() }),
        () => inQuery({ [r.pick(['limit', 'order', 'Keys', '__type'])]: wrong() }),
        () => inQuery({ className: r.pick([1, true, {}, []]) }),
        () => inQuery({ where: r.pick([1, 'x', [], true]) }),
        () => inQuery({ [r.pick(['keys', 'watch'])]: r.pick([[], ['a', 'a'], [1], ['a', {}], 'a', {}, 1, [[]], ['a', 1, 'a']]) }),
        () => ({ ...right, sessionToken: r.pick([1, true, {}, []]) }),
        () => ({ op: 'unsubscribe', ...r.pick([{}, { requestId: '1' }, { requestId: 1, query: {} }, { query: {} }]) }),
        () => ({ op: r.pick(['Subscribe', '', 'ping', 1, {}, [], true]) }),
        () => r.pick([[], {}, 'x', 1, true, [right]]),
        () => ({ ...inQuery({ where: { [r.pick(['$or', '$and', '$nor'])]: r.pick([1, 'x', {}, true]) } }), op: 'subscribe' }),
    ])();
}

// ---- changes ----

const VALUES = {
    n: (r) => r.pick([0, 1, 2, 2.5, 3, 4]),
    m: (r) => r.below(4),
    s: (r) => r.pick(TEXTS),
    secret: (r) => r.pick(['x', 'y']),
    b: (r) => r.chance(0.5),
    d: (r) => r.pick(DAYS),
    a: (r) => (r.chance(0.1) ? [] : r.distinct(ITEMS, 3)),
    o: (r) => r.pick([{ x: 1 }, { x: 2, y: { z: 'deep' } }, { y: { z: 'flat' } }, {}, { x: [1, 2] }, { w: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } }]),
    g: (r) => r.pick(PLACES),
    poly: (r) => r.pick(SQUARES),
    p: (r) => r.below(3),
    q: (r) => r.below(3),
};
const OPTIONAL = ['m', 'b', 'd', 'a', 'o', 'g', 'poly', 'p', 'q'];

function object(r, c, k) {
    const some = OPTIONAL.filter(() => r.chance(0.6));
    const people = { ...(r.chance(0.7) ? { owner: person(r.pick(USERS)) } : {}), ...(r.chance(0.7) ? { editors: r.distinct(USERS, 2).map(person) } : {}) };
    return { k, ...Object.fromEntries(['n', 's', 'secret', ...some].map((name) => [name, VALUES[name](r)])), ...people, ...acl(r, c) };
}

function fields(r, c) {
    const set = () => Object.fromEntries(r.distinct(Object.keys(VALUES), 3).map((name) => [name, VALUES[name](r)]));
    const people = () => r.pick([{ owner: person(r.pick(USERS)) }, { owner: op('Delete') }, { editors: r.distinct(USERS, 2).map(person) }]);
    return r.pick([
        set, set, set, () => ({ ...set(), ...acl(r, c) }), () => acl(r, c),
        () => ({ [r.pick(['n', 'm'])]: op('Increment', { amount: r.pick([1, -1, 0.5]) }) }),
        () => ({ [r.pick(OPTIONAL)]: op('Delete') }),
        () => ({ 'o.x': r.pick([0, 1, 2, op('Increment', { amount: 1 })]) }),
        () => (c.later !== undefined ? { later: r.pick([0, 1, 'x']) } : set()),
        () => (c.movable ? people() : set()),
        () => (c.movable ? { ...people(), ...set() } : {}),
    ])();
}

/** By whoever may: what is in the list is known then. The reference puts a longer list in another order, and shows a wrong one
 *  where nothing changes. */
function listed(r, c, id, i) {
    const before = c.lists[id];
    const item = before.length < 2 ? i : r.pick(before);
    const name = before.length > 1 ? 'Remove' : before.length === 1 ? 'Add' : r.pick(['Add', 'AddUnique']);
    c.lists[id] = name === 'Remove' ? before.filter((one) => one !== item) : [...before, item];
    return put(c.className, id, { list: op(name, { objects: [item] }) }, master);
}

/** The first object that has the field `later` makes it: a write that is not refused, for the reference keeps the field of one that is. */
function replaced(r, c, id, i, as) {
    c.lists[id] = [];
    const later = c.growing && as === 'master' && r.chance(0.5) ? { later: c.later ?? r.pick([1, 'x']) } : {};
    Object.assign(c, later);
    return create(c.className, { ...object(r, c, i), list: [], ...later }, id, { as });
}

function unlater(c) {
    c.later = undefined;
    return schema(c.className, { className: c.className, fields: { later: op('Delete') } }, 'PUT');
}

function change(r, c, i) {
    const id = `o${r.below(OBJECTS)}`;
    const as = r.pick(['master', 'master', ...USERS, 'client']);
    return r.pick([
        ...Array(6).fill(() => put(c.className, id, fields(r, c), { as })),
        () => replaced(r, c, id, i, as),
        () => listed(r, c, id, i),
        () => create(c.className, object(r, c, i), undefined, { as }),
        () => remove(c.className, id, { as: c.open ? as : 'master' }), // of what he may not see the reference tells nobody
        () => put(c.className, id, acl(r, c), master),
    ])();
}

// ---- conversations ----

function token(r, socket) {
    if (socket === 'nobody') return r.chance(0.1) ? { sessionToken: 'r:nobody' } : {};
    return SOCKETS[socket] ? { sessionToken: `<${SOCKETS[socket]}>` } : {};
}

const subscribe = (r, c, socket, requestId) => say(socket, { op: 'subscribe', requestId, query: query(r, c), ...token(r, socket) });

/** What a client says in the middle of it. An update that is refused leaves the former subscription, or takes it along. */
function remark(r, c) {
    const socket = r.pick(c.sockets);
    const requestId = r.pick(REQUESTS);
    return r.pick([
        () => subscribe(r, c, socket, requestId), () => subscribe(r, c, socket, requestId),
        () => say(socket, { op: 'unsubscribe', requestId }),
        () => (c.open ? say(socket, { op: 'update', requestId, query: query(r, c), ...token(r, socket) }, { until: requestId }) : subscribe(r, c, socket, requestId)),
        () => say(socket, nonsense(r)),
        () => (c.permissions.protectedFields ? shifted(r, c) : c.later !== undefined ? unlater(c) : subscribe(r, c, socket, requestId)),
    ])();
}

function connected(c, socket) {
    const key = socket === 'boss' ? { masterKey: 'compat-live-master' } : { javascriptKey: 'compat-js' };
    const session = USERS.includes(socket) ? { sessionToken: `<${socket}>` } : {};
    const last = (requestId) => say(socket, { op: 'subscribe', requestId, query: { className: c.last, where: { requestId } }, ...(SOCKETS[socket] ? { sessionToken: `<${SOCKETS[socket]}>` } : {}) });
    return [say(socket, { op: 'connect', applicationId: 'compat', ...key, ...session }), last(lastOf(socket))];
}

/** Everybody hears what was meant for him: events take their way in the order of the writes. */
function listen(c) {
    const marks = [create(c.last, { requestId: LAST }, undefined, master), create(c.last, { requestId: LAST_OF_ROLE, ACL: { [`role:${c.everyone}`]: { read: true } } }, undefined, master)];
    return [...marks, ...c.sockets.map((socket) => ({ call: `LIVE ${socket}`, until: lastOf(socket) }))];
}

// ---- users and sessions ----

const userFields = (r, c) => r.pick([
    () => ({ nick: r.pick(['a', 'b']) }), () => ({ nick: op('Delete') }), () => ({ score: op('Increment', { amount: 1 }) }), () => ({ email: op('Delete') }), () => ({ friend: person(r.pick(USERS)) }),
    () => ({ ACL: { [`<${r.pick(USERS)}Id>`]: { read: true, write: true }, ...(r.chance(0.6) ? { '*': { read: true } } : {}), ...(r.chance(0.3) ? { [`role:${c.crew}`]: { read: true } } : {}) } }), () => ({}),
])();

function userQuery(r, c) {
    if (r.chance(0.25)) return { className: '_Session', where: r.pick([{}, {}, { mark: 1 }, { mark: { $exists: false } }, { createdWith: { $exists: true } }, { restricted: false }]), ...(r.chance(0.3) ? { keys: r.distinct(['mark', 'user', 'sessionToken', 'createdWith'], 2) } : {}) };
    const asked = r.pick([
        () => ({}), () => ({}), () => ({ nick: r.pick(['a', 'b']) }), () => ({ nick: { $exists: r.chance(0.5) } }), () => ({ score: { $exists: true, $gt: 1 } }), () => ({ friend: person(r.pick(USERS)) }), () => ({ username: `${c.prefix}-${r.pick(USERS)}` }),
        () => ({ email: `${c.prefix}-1@example.org` }), () => ({ username: { $regex: `^${c.prefix}` }, nick: { $ne: 'a' } }), () => ({ objectId: { $in: [`<${r.pick(USERS)}Id>`] } }), () => ({ $or: [{ nick: 'a' }, { email: { $exists: true } }] }), () => ({ emailVerified: true }),
    ])();
    return { className: '_User', where: asked, ...(r.chance(0.3) ? { keys: r.distinct(['nick', 'email', 'username', 'authData', 'ACL', 'password', 'sessionToken'], 3) } : {}), ...(r.chance(0.3) ? { watch: r.distinct(['nick', 'score', 'email', 'username'], 2) } : {}) };
}

const signIn = (r, c) => [{ call: 'POST /login', body: { username: `${c.prefix}-${r.pick(USERS)}`, password: 'x' }, save: { another: 'sessionToken' } }, { call: 'GET /sessions/me', as: 'another', save: { session: 'objectId' } }];

function userChange(r, c, i) {
    const id = `<${r.pick(USERS)}Id>`;
    const as = r.pick(['master', ...USERS, ...USERS, 'client']);
    const own = r.pick(USERS);
    return r.pick([
        () => ({ call: `PUT /users/<${own}Id>`, as: own, body: { email: `${c.prefix}-${r.below(3)}@example.org` } }),
        ...Array(5).fill(() => ({ call: `PUT /users/${id}`, as, body: userFields(r, c) })),
        () => ({ call: `PUT /users/${id}`, ...master, body: r.pick([{ username: `${c.prefix}-${r.pick(USERS)}` }, { emailVerified: r.chance(0.5) }]) }),
        () => ({ call: 'POST /users', body: { username: `${c.prefix}-new${i}`, password: 'x', nick: r.pick(['a', 'b']), ...(r.chance(0.4) ? { email: `${c.prefix}-new${i}@example.org` } : {}), ...(r.chance(0.5) ? { ACL: { '*': { read: true } } } : {}) }, save: { newId: 'objectId' } }),
        () => signIn(r, c), () => signIn(r, c),
        () => put('_Session', 'session', { mark: r.below(2) }, master), // its own user's the reference tells as a new one
        () => remove('_Session', 'session', { as }),
        () => ({ call: 'DELETE /users/<newId>', as: 'master' }),
        () => ({ call: 'DELETE /users/<newId>', as: r.pick(USERS) }),
    ])();
}

function userRemark(r, c) {
    const socket = r.pick(c.sockets);
    const requestId = r.pick(REQUESTS);
    return r.chance(0.7) ? say(socket, { op: 'subscribe', requestId, query: userQuery(r, c), ...token(r, socket) }) : say(socket, { op: 'unsubscribe', requestId });
}

// ---- sequences ----

/** Users in roles, sockets, and rounds of something said and something done, after each of which all listen. */
function sequence(name, seed, { kind, rounds = 18 }) {
    const r = randomSource(seed);
    const c = { prefix: name, className: name, last: `${name}Last`, crew: `${name}-crew`, chiefs: `${name}-chiefs`, everyone: `${name}-all`, lists: {}, growing: r.chance(0.5), ...kind.begin(r) };
    const role = (roleName, users, more) => ({ call: 'POST /roles', ...master, body: { name: roleName, ACL: {}, users: op('AddRelation', { objects: users.map(person) }), ...more } });
    const steps = USERS.map((user) => ({ ...signUp(user), body: { username: `${name}-${user}`, password: 'x' } }));
    steps.push({ ...role(c.chiefs, [r.pick(USERS)]), save: { chiefs: 'objectId' } }, role(c.crew, [r.pick(USERS)], { roles: op('AddRelation', { objects: [pointer('_Role', '<chiefs>')] }) }), role(c.everyone, USERS));
    steps.push(schema(c.last, { className: c.last, fields: { requestId: { type: 'Number' } } }), ...kind.prepare(r, c));
    for (const socket of c.sockets) steps.push(...connected(c, socket), ...REQUESTS.map((requestId) => kind.subscribe(r, c, socket, requestId)));
    steps.push(...listen(c)); // who is in which role is known from now on, and nothing is looked up that could delay an event
    for (let i = 0; i < rounds; i++) {
        if (r.chance(0.5)) steps.push(kind.remark(r, c));
        for (let more = 1 + r.below(3); more > 0; more--) steps.push(...[kind.change(r, c, 100 + 3 * i + more)].flat());
        steps.push(...listen(c));
    }
    return { name: `random: ${name} (seed ${seed})`, random: true, profile: 'live', steps };
}

const prepared = (r, c) => [schema(c.className, { className: c.className, fields: columns, classLevelPermissions: c.permissions }), ...Array.from({ length: OBJECTS }, (_, i) => replaced(r, c, `o${i}`, i, 'master'))];

/** Everybody may do everything that ACLs allow, and asks for anything. */
const open = {
    begin: () => ({ open: true, movable: true, sockets: Object.keys(SOCKETS), permissions: Object.fromEntries(OPERATIONS.map((name) => [name, { '*': true }])) }),
    prepare: prepared, subscribe, remark, change,
};

/** A class with rights of its own. The reference refuses a master what nobody may. */
const closed = {
    begin(r) {
        const permissions = classLevelPermissions(r);
        const everybody = [permissions.find, permissions.get].every((right) => right['*']);
        return { permissions, movable: !/pointerFields|readUserFields/.test(JSON.stringify(permissions)), sockets: Object.keys(SOCKETS).filter((socket) => socket !== 'boss' || everybody) };
    },
    prepare: prepared, subscribe, remark, change,
};

const users = {
    begin: () => ({ sockets: Object.keys(SOCKETS) }),
    prepare: (r, c) => [...signIn(r, c), { call: 'POST /users', body: { username: `${c.prefix}-new`, password: 'x', nick: 'a' }, save: { newId: 'objectId' } }],
    subscribe: (r, c, socket, requestId) => say(socket, { op: 'subscribe', requestId, query: userQuery(r, c), ...token(r, socket) }),
    remark: userRemark,
    change: userChange,
};

export function randomLiveSequences(seed = 1) {
    const kinds = [closed, open, closed, open, closed, open, users, users];
    return kinds.map((kind, i) => sequence(`LiveRandom${i}`, seed * 1000 + 300 + i, { kind }));
}
