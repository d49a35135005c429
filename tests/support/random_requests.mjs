// Random requests of one client at every door, aimed at what it may not read: see tests/support/two_worlds.mjs.
import { pointer } from './payments.mjs';
import { FIELDS, KINDS, ROWS, rowsOf, SECRETS, USERS, valueOf, WORDS } from './two_worlds.mjs';

const KIND_NAMES = Object.keys(KINDS);
const OPEN_FIELDS = Object.keys(FIELDS).filter((name) => !SECRETS.includes(name));
const NEVER_WRITTEN = ['owner', 'owners']; // who may write these may give himself rights: that is no leak
const of = (type) => Object.keys(FIELDS).filter((name) => FIELDS[name] === type || FIELDS[name][0] === type);
const RELATIONS = of('Relation');
const ARRAYS = ['list', 'any', 'slist'];
const SYSTEM = ['_User', '_Role', '_Session', '_Installation'];
const MASTERS = ['_Audience', '_PushStatus', '_JobStatus', '_Hooks', '_GlobalConfig', '_SCHEMA', '_Idempotency', '_Join:users:_Role', '_Join:rel:Open', 'Missing'];
const SYSTEM_FIELDS = ['nick', 'username', 'email', 'phone', 'name', 'users', 'roles', 'user', 'sessionToken', 'authData', 'password', '_hashed_password',
    'createdWith', 'expiresAt', 'installationId', 'channels', 'emailVerified', 'deviceToken', 'ACL', '_rperm', 'updatedAt'];
const SYSTEM_IDS = [...Object.values(USERS), 'onlya', 'onlyb', 'R', 'Above', 'Secret', 'Onlya', 'Onlyb', 'install0', 'installa1', 'none'];

/** Yields a source of requests, { method, path, body }, of `caller`. */
export function requestsOf(random, caller) {
    let made = 0;
    const { below, pick, some, chance } = random;
    const kind = () => pick(KIND_NAMES);
    const idOf = (name) => (chance(0.05) && made > 0 ? `new${String(below(made)).padStart(6, '0')}` : `${name}${below(ROWS + 1)}`);
    const field = () => (chance(0.75) ? pick(OPEN_FIELDS) : pick(SECRETS));
    const fieldOf = (className) => (className.startsWith('_') ? pick(SYSTEM_FIELDS) : chance(0.06) ? pick(['objectId', 'createdAt', 'ACL', 'nosuch', 'obj.k', 'sobj.k', 'obj.k.x', 'list.0', 'sto.secret']) : field());
    const anyClass = () => (chance(0.8) ? kind() : chance(0.7) ? pick(SYSTEM) : pick(MASTERS));
    const objectOf = (className) => (className.startsWith('_') ? pick(SYSTEM_IDS) : idOf(className));
    const anyPointer = () => {
        const className = chance(0.85) ? kind() : pick(SYSTEM);
        return pointer(className, objectOf(className));
    };

    function valueFor(name) {
        if (FIELDS[name] !== undefined && FIELDS[name][0] !== 'Relation' && chance(0.9)) return valueOf(name, random);
        return pick([pick(WORDS), 1, null, true, anyPointer(), ...SYSTEM_IDS]);
    }

    function condition(name, depth) {
        const value = () => valueFor(name);
        const inner = () => ({ className: anyClass(), ...(chance(0.3) && { limit: 1 + below(5) }), ...(chance(0.3) && { order: field() }) });
        const query = () => {
            const q = inner();
            return { ...q, where: whereOf(q.className, depth + 1), ...(chance(0.1) && { redirectClassNameForKey: pick(RELATIONS) }) };
        };
        return pick([
            value,
            value,
            () => ({ $ne: value() }),
            () => ({ [pick(['$gt', '$gte', '$lt', '$lte'])]: value() }),
            () => ({ $in: [value(), value(), value()] }),
            () => ({ $nin: [value(), value()] }),
            () => ({ $exists: chance(0.5) }),
            () => ({ $all: [value()] }),
            () => ({ $containedBy: [value(), value(), 1, 2] }),
            () => ({ $regex: pick(['^a', 'b', '(a+)+c', '^$', '[', 'ALPHA', '^\\Qalpha\\E']), ...(chance(0.4) && { $options: pick(['i', 'x', 'm', 'q']) }) }),
            () => ({ $text: { $search: { $term: pick(['alpha', 'quick fox', '"the quick"', '-beta']) } } }),
            () => ({ $nearSphere: valueOf('at', random), ...(chance(0.5) && { $maxDistanceInKilometers: 5000 }) }),
            () => ({ $geoWithin: { $centerSphere: [valueOf('at', random), 0.5] } }),
            () => ({ [pick(['$inQuery', '$notInQuery'])]: query() }),
            () => ({ [pick(['$inQuery', '$notInQuery'])]: query() }),
            () => ({ [pick(['$select', '$dontSelect'])]: { query: query(), key: chance(0.8) ? field() : pick(['objectId', 'sobj.k', 'obj.k', 'owner.nick', 'createdAt']) } }),
        ])();
    }

    function leaf(className, depth) {
        if (chance(0.12)) return { $relatedTo: { object: anyPointer(), key: chance(0.9) ? pick([...RELATIONS, 'users', 'roles']) : field() } };
        if (chance(0.06)) return { objectId: objectOf(className) };
        if (className.startsWith('_') || chance(0.85)) {
            const name = fieldOf(className);
            return { [name]: condition(name, depth) };
        }
        const name = pick(['name', 'n', 'list', 'at', 'to', 'rel', 'obj', 'any']);
        return { [name]: condition(name, depth) };
    }

    function whereOf(className, depth = 0) {
        if (depth > 3 || chance(0.1)) return {};
        if (chance(0.15)) return { [pick(['$or', '$and', '$nor'])]: [whereOf(className, depth + 1), leaf(className, depth + 1)] };
        return Object.assign({}, ...Array.from({ length: 1 + below(chance(0.7) ? 1 : 3) }, () => leaf(className, depth)));
    }

    const deep = (name) => (chance(0.5) ? name : `${name}.${pick(['to', 'owner', 'any', 'sto', 'name', 'secret', 'to.sto', 'to.to.secret', 'deep', 'nick', 'email'])}`);
    const includes = () => some(['to', 'owner', 'any', 'sto', 'owners', 'obj.k', 'any.deep', 'user', '*', 'rel', 'sobj.k', 'list'], 3).map(deep).join(',');
    const keysOf = () => some([...OPEN_FIELDS, ...SECRETS, 'ACL', 'createdAt', '$score', 'nick', 'email', 'users'], 4).map((name) => (chance(0.3) ? deep(name) : name)).join(',');
    const orders = (className) => some(chance(0.8) ? OPEN_FIELDS : [...Object.keys(FIELDS), ...SYSTEM_FIELDS, 'obj.k', 'sobj.k', '$score'], 2).map((name) => (chance(0.3) ? `-${name}` : name)).concat(className.startsWith('_') ? 'createdAt' : 'objectId').join(',');

    function parameters(className) {
        const out = {};
        if (chance(0.85)) out.where = whereOf(className);
        if (chance(0.5)) out.order = orders(className);
        if (chance(0.25)) out.keys = keysOf();
        if (chance(0.15)) out.excludeKeys = keysOf();
        if (chance(0.35)) out.include = includes();
        if (chance(0.07)) out.includeAll = true;
        if (chance(0.3)) out.count = 1;
        if (chance(0.3)) out.limit = pick([0, 1, 2, 5, 1000]);
        if (chance(0.15)) out.skip = below(6);
        if (chance(0.06)) out.redirectClassNameForKey = pick([...RELATIONS, 'to', 'sto', 'nosuch']);
        if (chance(0.02)) out.explain = true;
        if (chance(0.02)) out.hint = pick(['_id_', 'nosuch']);
        if (chance(0.02)) out.distinct = pick(Object.keys(FIELDS));
        return out;
    }
    const textOf = (params) =>
        Object.entries(params)
            .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`)
            .join('&');
    const pathOf = (className) => {
        const route = { _User: '/users', _Role: '/roles', _Session: '/sessions', _Installation: '/installations' }[className];
        return route && chance(0.7) ? route : `/classes/${className}`;
    };

    /** One question and nothing beside it that could be refused. */
    const secretOr = (chanceOf) => (chance(chanceOf) ? pick(SECRETS) : pick(OPEN_FIELDS));
    const related = (className) => ({ $relatedTo: { object: pointer(className, idOf(className)), key: pick(RELATIONS) } });
    const conditionOn = (name) => ({ [name]: condition(name, 1) });
    const asked = [
        (className) => [className, { order: `${chance(0.5) ? '-' : ''}${secretOr(0.6)},objectId`, limit: pick([1, 3, 1000]) }],
        (className) => [className, { where: conditionOn(secretOr(0.6)) }],
        (className) => [className, { where: { [pick(['$or', '$nor'])]: [conditionOn(secretOr(0.6)), conditionOn('name')] } }],
        (className) => [className, { where: conditionOn(secretOr(0.5)), count: 1, limit: 0 }],
        (className) => [className, { include: includes(), limit: 1000 }],
        (className) => [className, { keys: keysOf(), count: 1 }],
        (className) => ['Open', { where: related(className) }],
        (className) => ['Open', { where: related(className), count: 1, limit: 0 }],
        (className) => ['Open', { where: { [pick(['to', 'any', 'rel', 'sto', 'srel'])]: { [pick(['$inQuery', '$notInQuery'])]: { className, where: conditionOn(secretOr(0.5)) } } } }],
        (className) => ['Open', { where: { [pick(['name', 'secret', 'list'])]: { [pick(['$select', '$dontSelect'])]: { query: { className, where: {} }, key: pick(['name', 'secret', 'secret', 'slist']) } } } }],
        (className) => ['Open', { where: { [pick(['n', 'sn'])]: { [pick(['$select', '$dontSelect'])]: { query: { className, where: {} }, key: pick(['n', 'sn', 'sobj.z']) } } } }],
        (className) => [className, { redirectClassNameForKey: pick(RELATIONS), order: `${secretOr(0.3)},objectId` }],
        () => [pick(SYSTEM), { where: { [pick(SYSTEM_FIELDS)]: { $exists: chance(0.5) } }, order: 'createdAt' }],
        () => ['_User', { where: { [pick(['nick', 'email', 'phone', 'username'])]: { $regex: pick(['^e', 'a', 'b', '1', '@']) } }, order: `${pick(['nick', 'email', 'phone'])},createdAt` }],
        () => [pick(['_User', '_Role']), { where: { $relatedTo: { object: pointer('_Role', pick(['R', 'Above', 'Secret', 'Onlya'])), key: pick(['users', 'roles']) } } }],
    ];

    function find(asPart) {
        const plain = chance(0.5);
        const chosen = anyClass();
        const [className, params] = plain ? pick(asked)(kind()) : [chosen, parameters(chosen)];
        if (asPart) return { method: 'GET', path: pathOf(className), body: params };
        if (chance(0.2)) return { method: 'POST', path: pathOf(className), body: { _method: 'GET', ...params } };
        return { method: 'GET', path: `${pathOf(className)}?${textOf(params)}` };
    }

    function get() {
        const className = anyClass();
        const params = { ...(chance(0.5) && { include: includes() }), ...(chance(0.3) && { keys: keysOf() }), ...(chance(0.2) && { excludeKeys: keysOf() }) };
        return { method: 'GET', path: `${pathOf(className)}/${objectOf(className)}?${textOf(params)}` };
    }

    /** A change of one field, of the value it has or with what it has. */
    function change(name) {
        if (FIELDS[name][0] === 'Relation') return { __op: pick(['AddRelation', 'RemoveRelation']), objects: [pointer('Open', idOf('Open'))] };
        if (chance(0.15)) return { __op: 'Delete' };
        if (FIELDS[name] === 'Number' && chance(0.7)) return { __op: 'Increment', amount: pick([1, -3, 0.5, 1e300]) };
        if (ARRAYS.includes(name) && chance(0.8)) return { __op: pick(['Add', 'AddUnique', 'Remove']), objects: [pick(WORDS), pick([1, 2, 5])] };
        return valueOf(name, random);
    }

    // Whether an operation applies to what is there inside an object is told to whoever may write it: see INHERENT.
    const knows = (className, id, name) => !rowsOf(className, caller).some((row) => row.id === id && row.hidden.includes(name));

    function fieldsFor(className, id) {
        const body = {};
        for (const name of some(Object.keys(FIELDS), 3)) if (!NEVER_WRITTEN.includes(name)) body[name] = change(name);
        const path = pick(['obj.k', 'sobj.k', 'sobj.z', 'obj.z', 'sobj.q.r']);
        if (id !== undefined && chance(0.15) && knows(className, id, path.replace(/\..*/, ''))) body[path] = chance(0.5) ? { __op: 'Increment', amount: 1 } : pick(WORDS);
        if (chance(0.04)) body[pick(['nosuch', 'objectId', 'createdAt', 'ACL'])] = pick([1, null, 'x']);
        return body;
    }

    function write() {
        const className = kind();
        const at = `/classes/${className}`;
        if (chance(0.3)) {
            const objectId = `new${String(made++).padStart(6, '0')}`;
            return { method: 'POST', path: at, body: { ...fieldsFor(className), objectId } };
        }
        if (chance(0.1)) return { method: 'DELETE', path: `${at}/${idOf(className)}`, ...(chance(0.3) && { body: { where: whereOf(className) } }) };
        const unread = rowsOf(className, caller).filter(({ visible, writable }) => writable && !visible);
        if (unread.length > 0 && chance(0.25)) {
            const name = pick(['n', 'list', 'any']);
            return { method: 'PUT', path: `${at}/${pick(unread).id}`, body: { [name]: change(name) } };
        }
        const id = idOf(className);
        const body = fieldsFor(className, id);
        if (chance(0.1)) body.where = whereOf(className);
        return { method: 'PUT', path: `${at}/${id}`, body };
    }

    function batch() {
        const requests = Array.from({ length: 1 + below(5) }, () => (chance(0.5) ? write() : chance(0.7) ? find(true) : get()));
        return { method: 'POST', path: '/batch', body: { requests: requests.map((r) => ({ ...r, path: `/parse${r.path}` })), ...(chance(0.4) && { transaction: true }) } };
    }

    function systemWrite() {
        const id = pick(SYSTEM_IDS);
        const nick = { nick: pick(WORDS) };
        const strange = { [pick(['authData', 'sessionToken', '_hashed_password', 'emailVerified', 'expiresAt', 'createdWith'])]: pick([null, 'x', {}, { anonymous: { id: 'x' } }]) };
        return pick([
            () => ({ method: 'PUT', path: `/users/${id}`, body: chance(0.7) ? nick : strange }),
            () => ({ method: 'DELETE', path: `/users/${id === caller.id ? 'none' : id}` }),
            () => ({ method: 'PUT', path: `/roles/${id}`, body: { users: { __op: pick(['AddRelation', 'RemoveRelation']), objects: [pointer('_User', pick(SYSTEM_IDS))] } } }),
            () => ({ method: 'DELETE', path: `/roles/${id}` }),
            () => ({ method: 'POST', path: '/roles', body: { name: `Role${made++}`, ACL: {}, users: { __op: 'AddRelation', objects: [pointer('_User', pick(SYSTEM_IDS))] } } }),
            () => ({ method: 'PUT', path: `/sessions/${id}`, body: strange }),
            () => ({ method: 'DELETE', path: `/sessions/${id}` }),
            () => ({ method: 'PUT', path: `/installations/${id}`, body: { channels: ['x'], ...(chance(0.6) && { [pick(['deviceToken', 'installationId', 'deviceType'])]: pick(['ios', 'android', 'installation-new']) }) } }),
            () => ({ method: 'DELETE', path: `/installations/${id}` }),
            () => ({ method: pick(['POST', 'GET', 'PUT', 'DELETE']), path: `/classes/${pick(MASTERS)}${chance(0.5) ? '/x' : ''}`, body: { objectId: 'x' } }),
        ])();
    }

    function otherDoor() {
        const className = kind();
        return pick([
            { method: 'GET', path: `/aggregate/${className}?distinct=name` },
            { method: 'GET', path: `/schemas/${className}` },
            { method: 'GET', path: '/schemas' },
            { method: 'GET', path: '/config' },
            { method: 'GET', path: '/users/me' },
            { method: 'GET', path: '/sessions/me' },
            { method: 'GET', path: '/serverInfo' },
            { method: 'GET', path: '/security' },
            { method: 'GET', path: '/hooks/functions' },
            { method: 'GET', path: '/push_audiences' },
            { method: 'GET', path: '/cloud_code/jobs' },
            { method: 'DELETE', path: `/purge/${className}` },
            { method: 'POST', path: '/functions/none', body: { of: anyPointer() } },
            { method: 'POST', path: '/jobs/none', body: {} },
            { method: 'POST', path: '/loginAs', body: { userId: pick(SYSTEM_IDS) } },
            { method: 'POST', path: '/challenge', body: { username: pick(['eve', 'onlya']), authData: { mfa: { token: '1' } } } },
            { method: 'POST', path: '/requestPasswordReset', body: { email: `eve${pick(['a', 'b'])}@example.org` } },
            { method: 'POST', path: '/verificationEmailRequest', body: { email: `eve${pick(['a', 'b'])}@example.org` } },
            { method: 'POST', path: '/events/AppOpened', body: {} },
            { method: 'GET', path: '/files/test-app/none.txt' },
            { method: 'DELETE', path: '/files/none.txt' },
            { method: 'POST', path: '/login', body: { username: pick(['onlya', 'onlyb', 'none']) } },
            { method: 'POST', path: '/upgradeToRevocableSession', body: {} },
        ]);
    }

    function finds() {
        const requests = Array.from({ length: 20 }, () => (chance(0.9) ? find(true) : get()));
        return { method: 'POST', path: '/batch', body: { requests: requests.map((r) => ({ ...r, path: `/parse${r.path}` })) } };
    }

    const next = () => {
        const dice = below(100);
        if (dice < 35) return finds();
        if (dice < 55) return find(false);
        if (dice < 62) return get();
        if (dice < 80) return write();
        if (dice < 88) return batch();
        if (dice < 93) return systemWrite();
        if (dice < 95) return { method: 'PUT', path: `/installations/${pick(['install0', 'installa1'])}`, body: { [pick(['deviceToken', 'deviceType'])]: pick(['ios', 'android']) } };
        return otherDoor();
    };
    /** What a live query may ask. */
    function subscription() {
        const className = chance(0.9) ? kind() : pick(SYSTEM);
        return {
            className,
            where: whereOf(className, 2),
            ...(chance(0.2) && { keys: keysOf().split(',') }),
            ...(chance(0.3) && { watch: some(chance(0.8) ? OPEN_FIELDS : Object.keys(FIELDS), 2) }),
        };
    }
    return { next, subscription };
}
