// Well-formed requests over all routes with one or two things wrong: a member of another type, one that is missing or that
// nobody knows, another method, what belongs into the body in the query string, credentials in the body that are no text. What
// became of it is read afterwards with the master key. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { UNKNOWN_RULE, obviousRule } from './differences.mjs';
import { stable } from './normalise.mjs';
import { bytes, create, date, file, geo, get, op, pointer, polygon, schema, signUp } from './data.mjs';

const AT = '2020-01-02T03:04:05.678Z';
const LONG = 'long'.repeat(30);
const PLAIN = [null, true, false, 0, -1, 7, 1.5, 1e21, '', ' ', 'x', '5', 'true', 'null', 'ä𝄞', LONG, {}, [], [null], [[]], [{}], ['x'], [1, 'x'], { a: 1 }, { a: { b: null } }, { length: 1 }];
const CONSTRAINTS = [{ $ne: 1 }, { $exists: true }, { $in: ['x'] }, { $in: 'x' }, { $regex: 'x' }, { $regex: 5 }, { $nonsense: 1 }, { $gt: null }];
const TYPES = [
    date(AT), { __type: 'Date' }, { __type: 'Date', iso: 5 }, { __type: 'Date', iso: 'yesterday' }, pointer('OddTarget', '<t0>'), pointer('OddTarget', 5), { __type: 'Pointer', className: 'OddTarget' }, { __type: 'Pointer' }, pointer('Missing', 'x'),
    { __type: 'Relation', className: 'OddTarget' }, { __type: 'Relation' }, file('a.txt'), { __type: 'File' }, geo(1, 2), geo(91, 0), { __type: 'GeoPoint' }, { __type: 'GeoPoint', latitude: '1', longitude: 2 }, bytes('eA=='), { __type: 'Bytes' }, bytes(5),
    polygon([0, 0], [0, 1], [1, 1]), { __type: 'Polygon' }, { __type: 'Object', className: 'OddTarget', objectId: '<t0>' }, { __type: 'Nonsense' }, { __type: null }, { __type: 5 }, { __type: '' },
];
const OPERATIONS = [
    op('Delete'), op('Increment', { amount: 1 }), op('Increment'), op('Increment', { amount: 'x' }), op('Increment', { amount: null }), op('Add', { objects: ['x'] }), op('Add'), op('Add', { objects: 'x' }), op('AddUnique', { objects: ['x'] }), op('AddUnique', { objects: {} }),
    op('Remove', { objects: ['x'] }), op('Remove', { objects: null }), op('AddRelation', { objects: [pointer('OddTarget', '<t0>')] }), op('AddRelation', { objects: [] }), op('AddRelation', { objects: ['x'] }), op('AddRelation'), op('RemoveRelation', { objects: [pointer('OddTarget', '<t0>')] }),
    op('Batch', { ops: [] }), op('Batch'), op('Batch', { ops: [op('AddRelation', { objects: [pointer('OddTarget', '<t0>')] })] }), op('SetOnInsert', { amount: 1 }), op('Nonsense'), op(null), op(5), op(''),
];
const IDS = ['x', 'null', 'undefined', '%20', '%22', '..', 'a%2Fb', '[object%20Object]', '*', '-1', 'x'.repeat(300), '%C3%A4', "'", '$ne', 'me'];
const oddValue = (r) => r.pick(r.pick([PLAIN, PLAIN, PLAIN, CONSTRAINTS, TYPES, OPERATIONS]));

const fields = { num: 'Number', str: 'String', flag: 'Boolean', when: 'Date', arr: 'Array', obj: 'Object', doc: 'File', place: 'GeoPoint', area: 'Polygon', bin: 'Bytes' };
const FIELDS = { ...Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }])), ptr: { type: 'Pointer', targetClass: 'OddTarget' }, rel: { type: 'Relation', targetClass: 'OddTarget' } };
const VALUES = {
    num: 1, str: 'a', flag: true, when: date(AT), arr: [1, 'x'], obj: { k: 1, l: { m: [1] } }, doc: file('a.txt'), place: geo(1, 2), area: polygon([0, 0], [0, 1], [1, 1], [0, 0]), bin: bytes('eA=='), ptr: pointer('OddTarget', '<t0>'), ACL: { '*': { read: true }, '<annId>': { read: true, write: true } },
};
const CHANGES = { num: op('Increment', { amount: 2 }), str: 'b', arr: op('Add', { objects: ['y'] }), obj: { k: 2 }, ptr: op('Delete'), rel: op('AddRelation', { objects: [pointer('OddTarget', '<t0>')] }), 'obj.k': 5 };

function someOf(r, object, most = 4) {
    const names = r.distinct(Object.keys(object), most);
    return Object.fromEntries(names.filter((name) => !(name === 'obj.k' && names.includes('obj'))).map((name) => [name, object[name]]));
}

const WHERES = [
    { num: 1 }, { num: { $gt: 0, $lt: 5 } }, { str: { $in: ['a', 'b'] } }, { str: { $regex: '^a', $options: 'i' } }, { arr: { $all: [1, 'x'] } }, { ptr: pointer('OddTarget', '<t0>') }, { ptr: { $inQuery: { className: 'OddTarget', where: { n: 0 }, limit: 5 } } },
    { n: { $select: { query: { className: 'OddTarget', where: { n: 0 } }, key: 'n' } } }, { $or: [{ num: 1 }, { str: 'a' }] }, { $and: [{ num: 1 }, { flag: true }] }, { $nor: [{ num: 2 }] }, { place: { $nearSphere: geo(1, 2), $maxDistanceInKilometers: 5 } },
    { place: { $within: { $box: [geo(0, 0), geo(5, 5)] } } }, { place: { $geoWithin: { $polygon: [geo(0, 0), geo(0, 5), geo(5, 5)] } } }, { place: { $geoWithin: { $centerSphere: [[1, 2], 0.5] } } }, { area: { $geoIntersects: { $point: geo(0.2, 0.5) } } }, { $relatedTo: { object: pointer('Odd', '<fixed>'), key: 'rel' } },
    { when: { $gte: date(AT) } }, { 'obj.k': 1 }, { str: { $exists: true } }, { arr: { $containedBy: [1, 'x', 2] } }, { objectId: '<fixed>' }, { num: { $nin: [5] } }, { str: { $ne: 'x' } }, { createdAt: { $gt: date(AT) } },
];

/** Of a batch. None is a transaction: in one, the reference waits for itself where a part has a new field. */
const PARTS = { create: { method: 'POST', path: '/parse/classes/OddBatch', body: { n: 5 } }, get: { method: 'GET', path: '/parse/classes/OddTarget/<t0>' } };

/** A request that is right: { steps before it, the request, the steps that look at what came of it }. `id` is a variable of its own. */
const requests = {
    create: (r, id) => ({ request: create('Odd', someOf(r, VALUES), id), look: [get('Odd', id)] }),
    update: (r, id) => ({ before: [create('Odd', { num: 5, arr: [1], obj: { k: 1 }, str: 'z', ptr: pointer('OddTarget', '<t0>') }, id)], request: { call: `PUT /classes/Odd/<${id}>`, body: someOf(r, { ...VALUES, ...CHANGES }, 3) }, look: [get('Odd', id)] }),
    remove: (r, id) => ({ before: [create('Odd', { num: 1 }, id)], request: { call: `DELETE /classes/Odd/<${id}>` }, look: [get('Odd', id)] }),
    get: (r) => ({ request: { call: 'GET /classes/OddFixed/<fixed>', query: someOf(r, { include: 'ptr', keys: 'num,ptr.n', excludeKeys: 'str,obj.k', readPreference: 'SECONDARY', includeReadPreference: 'PRIMARY', subqueryReadPreference: 'NEAREST' }, 2) } }),
    find: (r) => ({ request: { call: 'GET /classes/OddFixed', query: { where: r.pick(WHERES), ...(r.chance(0.6) ? someOf(r, { order: 'num,-str', limit: 5, skip: 0, count: 1, include: 'ptr', keys: 'num,str,ptr', excludeKeys: 'str', distinct: 'num', readPreference: 'SECONDARY', hint: '_id_', comment: 'c', includeAll: true, redirectClassNameForKey: 'ptr' }, 2) : {}) } } }),
    signUp: (r, id) => ({ request: { call: 'POST /users', body: { username: `odd ${id}`, password: 'x', ...someOf(r, { email: `${id}@example.org`, nick: 'n', ACL: {}, authData: { anonymous: { id } } }, 2) }, save: { [id]: 'objectId' } }, look: [get('_User', id)] }),
    anonymous: (r, id) => ({ request: { call: 'POST /users', body: { authData: { anonymous: { id: `a${id}` } }, nick: 'n' }, save: { [id]: 'objectId' } }, look: [get('_User', id)] }),
    userUpdate: (r, id) => ({ before: [{ ...signUp(id), body: { authData: { anonymous: { id: `u${id}` } }, nick: 'n' } }], request: { call: `PUT /users/<${id}Id>`, as: id, body: someOf(r, { username: `odd ${id}`, email: `${id}@example.org`, nick: 'm', score: 5, ACL: { [`<${id}Id>`]: { read: true, write: true } }, authData: { anonymous: null } }, 2) }, look: [get('_User', `${id}Id`)] }),
    users: (r) => ({ request: { call: 'GET /users', query: { where: { username: 'odd-ann' }, ...someOf(r, { keys: 'nick', limit: 1, count: 1, order: 'nick' }, 2) } } }),
    user: () => ({ request: { call: 'GET /users/<annId>', query: { include: 'friend' } } }),
    me: () => ({ request: { call: 'GET /users/me', as: 'ann', query: { include: 'friend' } } }),
    userDelete: (r, id) => ({ before: [{ ...signUp(id), body: { authData: { anonymous: { id: `d${id}` } } } }], request: { call: `DELETE /users/<${id}Id>`, as: id }, look: [get('_User', `${id}Id`)] }),
    login: (r) => ({ request: { call: r.pick(['POST /login', 'POST /login', 'POST /verifyPassword']), body: { ...r.pick([{ username: 'odd-ann' }, { email: 'odd-ann@example.org' }, { username: 'odd-ann', email: 'odd-ann@example.org' }]), password: 'x' } } }),
    loginGet: (r) => ({ request: { call: r.pick(['GET /login', 'GET /verifyPassword']), query: { username: 'odd-ann', password: 'x', ...(r.chance(0.2) ? { ignoreEmailVerification: true } : {}) } } }),
    loginAs: () => ({ request: { call: 'POST /loginAs', as: 'master', body: { userId: '<annId>' } } }),
    session: () => ({ request: { call: 'GET /sessions/me', as: 'ann' } }),
    sessions: (r) => ({ request: { call: 'GET /sessions', as: 'ann', query: { where: { user: pointer('_User', '<annId>'), installationId: 'none' }, ...someOf(r, { order: 'createdAt', keys: 'user', include: 'user' }) } } }),
    sessionCreate: (r, id) => ({ request: { call: 'POST /sessions', as: 'bob', body: { mark: 'x' }, save: { [id]: 'objectId' } }, look: [get('_Session', id, { keys: 'mark,user,restricted,createdWith,installationId' })] }),
    sessionUpdate: (r, id) => ({ before: [{ call: 'POST /sessions', as: 'bob', body: { mark: 'x' }, save: { [id]: 'objectId' } }], request: { call: `${r.pick(['PUT', 'PUT', 'DELETE', 'GET'])} /sessions/<${id}>`, as: 'bob', body: { mark: 'y' } }, look: [get('_Session', id, { keys: 'mark,user,restricted,createdWith,installationId' })] }),
    logout: (r, id) => ({ before: [{ ...signUp(id), body: { authData: { anonymous: { id: `l${id}` } } } }], request: { call: 'POST /logout', as: id, body: {} }, look: [{ call: 'GET /sessions', query: { where: { user: pointer('_User', `<${id}Id>`) } } }] }),
    role: (r, id) => ({ request: { call: 'POST /roles', body: { name: `odd${id}`, ACL: { '*': { read: true } }, ...someOf(r, { users: op('AddRelation', { objects: [pointer('_User', '<annId>')] }), roles: op('AddRelation', { objects: [pointer('_Role', '<crew>')] }) }, 2) }, save: { [id]: 'objectId' } }, look: [get('_Role', id), { call: 'GET /users', query: { where: { $relatedTo: { object: pointer('_Role', `<${id}>`), key: 'users' } } } }] }),
    roleUpdate: (r, id) => ({ before: [{ call: 'POST /roles', as: 'master', body: { name: `odd${id}`, ACL: {} }, save: { [id]: 'objectId' } }], request: { call: `PUT /roles/<${id}>`, as: 'master', body: someOf(r, { users: op('AddRelation', { objects: [pointer('_User', '<annId>')] }), ACL: { '*': { read: true } }, name: `odd${id}` }, 2) }, look: [get('_Role', id)] }),
    installation: (r, id) => ({ request: { call: 'POST /installations', body: { deviceType: 'ios', installationId: `inst-${id}`, ...someOf(r, { deviceToken: `token${id}`, channels: ['a'], badge: 1, timeZone: 'UTC', localeIdentifier: 'de', GCMSenderId: '5', pushType: 'gcm', appVersion: '1' }, 3) }, save: { [id]: 'objectId' } }, look: [get('_Installation', id)] }),
    installationUpdate: (r, id) => ({ before: [{ call: 'POST /installations', body: { deviceType: 'ios', installationId: `inst-${id}`, channels: [] }, save: { [id]: 'objectId' } }], request: { call: `PUT /installations/<${id}>`, body: someOf(r, { deviceToken: `token${id}`, channels: op('AddUnique', { objects: ['b'] }), badge: op('Increment', { amount: 1 }), deviceType: 'ios', installationId: `inst-${id}` }, 3) }, look: [get('_Installation', id)] }),
    installations: () => ({ request: { call: 'GET /installations', as: 'master', query: { where: { installationId: 'none' }, limit: 2 } } }),
    upload: (r, id) => ({ request: { call: `POST /files/${id}.txt`, body: { base64: 'aGVsbG8=', _ContentType: 'text/plain', _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _ClientVersion: 'js5.0.0', _InstallationId: 'i', fileData: { metadata: { a: 1 }, tags: { b: 'c' } } }, headers: { 'Content-Type': 'text/plain', 'X-Parse-Application-Id': null, 'X-Parse-REST-API-Key': null }, save: { [id]: 'name' } }, look: [{ call: `GET /files/compat/<${id}>` }] }),
    rawUpload: (r, id) => ({ request: { call: `POST /files/${id}.txt`, raw: 'hello', headers: { 'Content-Type': 'text/plain' }, save: { [id]: 'name' } }, look: [{ call: `GET /files/compat/<${id}>` }] }),
    fileDelete: (r, id) => ({ before: [{ call: `POST /files/${id}.txt`, raw: 'hello', headers: { 'Content-Type': 'text/plain' }, save: { [id]: 'name' } }], request: { call: `DELETE /files/<${id}>`, as: 'master' }, look: [{ call: `GET /files/compat/<${id}>` }] }),
    config: () => ({ about: 'config', request: { call: 'GET /config' } }),
    configUpdate: (r, id) => ({ about: 'config', request: { call: 'PUT /config', as: 'master', body: { params: { [id]: r.pick([...PLAIN, { a: [1] }, geo(1, 2), date(AT)]) }, masterKeyOnly: { [id]: r.chance(0.3) } } }, look: [{ call: 'GET /config' }, { call: 'PUT /config', body: { params: { [id]: op('Delete') } } }] }),
    schemaCreate: (r, id) => ({ request: { call: `POST /schemas${r.chance(0.7) ? `/Odd${id}` : ''}`, as: 'master', body: { className: `Odd${id}`, fields: someOf(r, { a: { type: 'String', required: true }, b: { type: 'Pointer', targetClass: 'OddTarget' }, c: { type: 'Number', defaultValue: 5 }, d: { type: 'Relation', targetClass: '_User' } }, 3), ...(r.chance(0.5) ? { classLevelPermissions: { find: { '*': true }, get: { requiresAuthentication: true }, create: { 'role:x': true }, addField: {}, readUserFields: ['b'], protectedFields: { '*': ['a'] } } } : {}) } }, look: [{ call: `GET /schemas/Odd${id}` }] }),
    schemaUpdate: (r, id) => ({ before: [schema(`Odd${id}`, { fields: { a: { type: 'String' }, o: { type: 'Pointer', targetClass: '_User' } } })], request: { call: `PUT /schemas/Odd${id}`, as: 'master', body: someOf(r, { className: `Odd${id}`, ...(r.chance(0.6) ? { fields: { a: op('Delete'), b: { type: 'Number' } } } : { indexes: { ix: { o: 1 } } }), classLevelPermissions: { find: { '*': true }, update: { pointerFields: ['o'] }, protectedFields: { '*': ['a'], 'userField:o': [] } } }, 3) }, look: [{ call: `GET /schemas/Odd${id}` }] }),
    schemaGet: () => ({ request: { call: 'GET /schemas/OddTarget', as: 'master' } }),
    schemaDelete: (r, id) => ({ before: [schema(`Odd${id}`, { fields: { a: { type: 'String' } } })], request: { call: `DELETE /schemas/Odd${id}`, as: 'master' }, look: [{ call: `GET /schemas/Odd${id}` }] }),
    hookFunction: (r, id) => ({ request: { call: 'POST /hooks/functions', as: 'master', body: { functionName: `odd${id}`, url: '<hooks>/x' } }, look: [{ call: `GET /hooks/functions/odd${id}` }, { call: `PUT /hooks/functions/odd${id}`, body: { __op: 'Delete' } }] }),
    hookTrigger: (r, id) => ({ request: { call: 'POST /hooks/triggers', as: 'master', body: { className: `Odd${id}`, triggerName: r.pick(['beforeSave', 'afterFind', 'beforeDelete']), url: '<hooks>/x' } }, look: [{ call: `GET /hooks/triggers/Odd${id}/beforeSave` }] }),
    hookUpdate: (r, id) => ({ before: [{ call: 'POST /hooks/functions', as: 'master', body: { functionName: `odd${id}`, url: '<hooks>/x' } }], request: { call: `PUT /hooks/functions/odd${id}`, as: 'master', body: r.pick([{ url: '<hooks>/y' }, { __op: 'Delete' }]) } }),
    hooks: (r) => ({ request: { call: r.pick(['GET /hooks/functions/echo', 'GET /hooks/triggers/Odd/beforeSave']), as: 'master' } }),
    call: () => ({ request: { call: 'POST /functions/echo', body: { a: 1, when: date(AT), to: pointer('OddTarget', '<t0>'), list: [1] } } }),
    job: (r) => ({ request: r.pick([{ call: 'POST /jobs/none', as: 'master', body: { a: 1 } }, { call: 'POST /jobs', as: 'master', body: { jobName: 'none' } }]) }),
    batch: (r) => ({ request: { call: 'POST /batch', body: { requests: [PARTS.create, PARTS.get].slice(r.below(2)) } } }),
    purge: (r, id) => ({ before: [create(`OddPurge${id}`, { n: 1 }, id)], request: { call: `DELETE /purge/OddPurge${id}`, as: 'master' }, look: [get(`OddPurge${id}`, id)] }),
    push: (r) => ({ request: { call: 'POST /push', as: 'master', body: { ...r.pick([{ where: { deviceType: 'none' } }, { channels: ['none'] }]), data: { alert: 'x', badge: 1 }, ...someOf(r, { push_time: AT, expiration_time: AT, expiration_interval: 5 }, 1) } } }),
    audience: (r, id) => ({ request: { call: 'POST /push_audiences', as: 'master', body: { name: 'x', query: '{"a":1}' }, save: { [id]: 'objectId' } }, look: [{ call: `GET /push_audiences/<${id}>` }] }),
    audienceUpdate: (r, id) => ({ before: [{ call: 'POST /push_audiences', as: 'master', body: { name: 'x', query: '{"a":1}' }, save: { [id]: 'objectId' } }], request: { call: `${r.pick(['PUT', 'PUT', 'DELETE', 'GET'])} /push_audiences/<${id}>`, as: 'master', body: { name: 'y' } } }),
    event: () => ({ request: { call: 'POST /events/AppOpened', body: { at: date(AT), dimensions: { a: 'b' } } } }),
    reset: (r) => ({ request: { call: r.pick(['POST /requestPasswordReset', 'POST /verificationEmailRequest']), body: { email: 'nobody@example.org' } } }),
    challenge: () => ({ request: { call: 'POST /challenge', body: { username: 'odd-ann', password: 'x', challengeData: { anonymous: { id: 'x' } } } } }),
    schedule: (r, id) => ({ request: { call: 'POST /cloud_code/jobs', as: 'master', body: { job_schedule: { jobName: 'none', params: '{}', startAfter: AT } }, save: { [id]: 'objectId' } }, look: [get('_JobSchedule', id)] }),
    schedules: (r) => ({ request: { call: r.pick(['GET /security', 'GET /schemas/OddTarget']), as: 'master' } }),
};

/* ---- what is done to them ---- */

/** The paths of all members of a value, without its own. */
function paths(value, path = []) {
    if (value === null || typeof value !== 'object') return [];
    return Object.keys(value).flatMap((key) => [[...path, key], ...paths(value[key], [...path, key])]);
}

/** A copy in which the member at `path` is another, or is missing where that is undefined. */
function changed(value, [key, ...rest], to) {
    const copy = Array.isArray(value) ? [...value] : { ...value };
    if (rest.length) copy[key] = changed(copy[key], rest, to);
    else if (to !== undefined) copy[key] = to;
    else if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
    return copy;
}

/** Members of which Parse Server keeps whatever it gets, and how deep below them something has to be to be changed. */
const KEPT = { masterKeyOnly: Infinity, params: Infinity, authData: 2, fields: 2, classLevelPermissions: 2, indexes: 1, job_schedule: 2 };
const membersOf = (value) => paths(value).filter(([name, ...rest]) => rest.length >= (KEPT[name] ?? 0));

/** With `value` in the place of one of the members. */
function elsewise(r, step, value) {
    const part = r.pick(['body', 'body', 'query'].filter((one) => membersOf(step[one]).length));
    return part && { ...step, [part]: changed(step[part], r.pick(membersOf(step[part])), value) };
}

const methodOf = (step) => step.call.split(' ')[0];
const withMethod = (step, method) => ({ ...step, call: step.call.replace(/^\w+/, method) });

/** As the JavaScript SDK sends it: a POST of text whose body says everything. */
function inBody(step, more = {}) {
    const keys = { _ApplicationId: 'compat', _ClientVersion: 'js5.0.0', _InstallationId: 'inst', ...(step.as === 'master' ? { _MasterKey: 'compat-master' } : { _JavaScriptKey: 'compat-js' }) };
    const token = ['client', 'master', undefined].includes(step.as) ? {} : { _SessionToken: `<${step.as}>` };
    const method = methodOf(step) === 'POST' ? {} : { _method: methodOf(step) };
    const { query, ...rest } = step;
    return { ...withMethod(rest, 'POST'), as: 'nobody', headers: { 'Content-Type': 'text/plain' }, body: { ...query, ...step.body, ...method, ...keys, ...token, ...more } };
}

/** Without what counts as none: Parse Server takes it for a field. */
const TRUTHY = PLAIN.filter(Boolean);
const CREDENTIALS = ['_JavaScriptKey', '_ApplicationId', '_MasterKey', '_SessionToken', '_InstallationId', '_ContentType', '_RevocableSession', '_ClientVersion', '_method', '_noBody', '_context'];
function credential(r, step) {
    const name = r.pick(step.as === 'master' ? CREDENTIALS.slice(1) : CREDENTIALS);
    return { [name]: r.pick(name === '_context' ? TRUTHY.filter((value) => typeof value !== 'object') : TRUTHY) };
}
const HEADERS = { 'X-Parse-Session-Token': ['', 'x', 'r:x', 'r:00000000000000000000000000000000', 'null'], 'X-Parse-Installation-Id': ['', 'x', 'null'], 'X-Parse-Cloud-Context': ['', '{}', '[]', '5', 'null', 'x', '{"a":1}'], 'X-Parse-Revocable-Session': ['0', '1', 'x'], 'X-Parse-Client-Version': ['', 'js1', 'x'], 'X-Parse-Application-Id': ['', 'x', null], 'X-Parse-REST-API-Key': ['', 'x', null], 'X-Parse-Master-Key': ['', 'x', 'compat-master'], 'X-HTTP-Method-Override': ['DELETE'], 'Content-Type': ['text/plain', 'application/x-json', 'application/json; charset=utf-8', ''] };

/** One member more: in the body, or in an object in it that is free to have it. */
function add(r, step) {
    if (step.raw) return undefined;
    const part = step.body ? 'body' : 'query';
    const objects = paths(step.body).filter(([name, ...rest]) => !(name in KEPT) && !rest.includes('__type')).filter((path) => isFree(path.reduce((value, key) => value[key], step.body)));
    const within = r.pick([[], ...objects]);
    const name = r.pick(within.length ? [`odd${r.below(1e9)}`] : [`odd${r.below(1e9)}`, 'a b', '$a', ...(step.call.startsWith('PUT') ? [] : ['createdAt', 'className', 'length'])]);
    return { ...step, [part]: changed(step[part] ?? {}, [...within, name], name.startsWith('odd') ? (oddValue(r) ?? 'x') : r.pick(TRUTHY)) };
}
const isFree = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !value.__type;

/** Where a GET shows what all attempts have made. */
const LISTS = / \/(hooks|cloud_code|push_audiences|schemas\/?$|config)/;
const isFile = (step) => step.raw !== undefined || step.call.includes('/files/');

/** Another method, of the request or by `_method`. */
function method(r, step) {
    if (step.body?._method || step.body?._ApplicationId) return undefined;
    const other = r.pick(methodOf(step) === 'GET' ? ['GET', 'PATCH'] : ['PUT', 'POST', 'DELETE', 'PATCH', ...(LISTS.test(step.call) ? [] : ['GET'])]);
    if (isFile(step) || r.chance(0.6)) return withMethod(step, other);
    return { ...withMethod(step, 'POST'), body: { ...step.body, _method: r.pick([other, other, other.toLowerCase(), 5, {}, 'NONSENSE']) } };
}

/** The body as parameters, or the parameters as a body. */
function elsewhere(r, step) {
    const { body, query, ...rest } = step;
    if (isFile(step) || (!body && !query)) return undefined;
    return body ? { ...rest, query: { ...query, ...body } } : { ...withMethod(rest, 'POST'), body: { ...query, _method: methodOf(step) } };
}

/** A parameter that is no JSON any more, or other JSON. */
function broken(r, step) {
    const names = Object.keys(step.query ?? {}).filter((name) => typeof step.query[name] !== 'string');
    if (!names.length) return undefined;
    const name = r.pick(names);
    const text = JSON.stringify(step.query[name]);
    return { ...step, query: { ...step.query, [name]: r.pick([text.slice(0, -1), '', '{', '[]', '"x"', 'null', JSON.stringify(text), `${text} `, `[${text}]`]) } };
}

const mutations = {
    replace: (r, step) => elsewise(r, step, oddValue(r)),
    drop: (r, step) => elsewise(r, step, undefined),
    add,
    method,
    elsewhere,
    inBody: (r, step) => (step.raw || step.headers ? undefined : inBody(step)),
    credentials: (r, step) => (step.raw || step.headers ? undefined : inBody(step, credential(r, step))),
    header: (r, step) => { const name = r.pick(Object.keys(HEADERS)); return { ...step, headers: { ...step.headers, [name]: r.pick(HEADERS[name]) } }; },
    broken,
    path: (r, step) => (/<\w+>/.test(step.call) ? { ...step, call: step.call.replace(/<\w+>/, r.pick(IDS)) } : undefined),
    whole: (r, step) => (step.body ? { ...step, body: undefined, raw: r.pick(['', 'null', '5', '"x"', 'true', '{', 'x', '{}', '{"a":}']) } : undefined),
    who: (r, step) => (step.headers ? undefined : { ...step, as: r.pick(['nobody', 'none', 'client', 'ann', 'master', 'readOnly', 'js']) }),
};
const WEIGHTED = [...Object.values(mutations), ...Array(8).fill(mutations.replace), mutations.drop, mutations.add, mutations.add, mutations.credentials];

function mutated(r, step) {
    let result = step;
    for (let wanted = r.chance(0.8) ? 1 : 2; wanted > 0;) {
        const next = r.pick(WEIGHTED)(r, result);
        if (!next) continue;
        result = next;
        wanted--;
    }
    return result;
}

function attempt(r, id) {
    const { before = [], request, look = [], about = id } = requests[r.pick(Object.keys(requests))](r, id);
    const on = (step) => ({ ...step, about });
    return [...before.map((step) => on({ as: 'master', ...step })), on(mutated(r, request)), ...look.map((step) => on({ as: 'master', ...step }))];
}

function sequence(name, seed, { attempts = 250 } = {}) {
    const r = randomSource(seed);
    const setup = [
        create('OddTarget', { n: 0 }, 't0'), create('OddBatch', { n: 0 }),
        { call: 'POST /users', body: { username: 'odd-ann', password: 'x', email: 'odd-ann@example.org' }, save: { ann: 'sessionToken', annId: 'objectId' } },
        { call: 'POST /login', body: { username: 'odd-ann', password: 'x' }, save: { ann: 'sessionToken', annId: 'user.objectId' } },
        { call: 'POST /roles', as: 'master', body: { name: `${name}s${seed}-crew`, ACL: {} }, save: { crew: 'objectId' } },
        { call: 'POST /users', body: { username: `${name}s${seed}-bob`, password: 'x', nick: 'b', score: 1 }, save: { bob: 'sessionToken', bobId: 'objectId' } }, { call: 'PUT /users/<bobId>', as: 'bob', body: { friend: pointer('_User', '<annId>') } }, { call: 'POST /sessions', as: 'bob', body: { mark: 'x' } },
        schema('Odd', { fields: FIELDS }), schema('OddFixed', { fields: FIELDS }),
        create('OddFixed', { ...VALUES, ACL: undefined, rel: op('AddRelation', { objects: [pointer('OddTarget', '<t0>')] }) }, 'fixed'),
        { call: 'PUT /config', as: 'master', body: { params: { odd: 1 } } },
        { call: 'POST /hooks/functions', as: 'master', body: { functionName: 'echo', url: '<hooks>/echo?say=%7B%22success%22%3A1%7D' } },
    ];
    const steps = [...setup];
    for (let i = 0; i < attempts; i++) steps.push(...attempt(r, `${name.toLowerCase()}s${seed}x${i}`));
    return { name: `random: ${name} (seed ${seed})`, random: true, profile: 'odd', ruleOf, steps };
}

export function randomOdditySequences(seed = 1, options) {
    return Array.from({ length: 3 }, (_, i) => sequence(`Odd${i}`, seed * 1000 + 700 + i, options));
}

/* ---- where the answers may differ ---- */

const isPage = ({ status, body }) => status === 404 && typeof body === 'string';
const STRICT_PARAMETERS = / must be a text or a list of texts\.$|^Not supported read preference|^where (must be an object|parameter is not valid JSON)|^userId must not be empty| must be a whole number |^You cannot use .* as a query parameter|^distinct must be |^bad (\$\w+ value|atom)|^challengeData should be |^Invalid key name: 0$|^redirectClassNameForKey must be |^improper usage of |^malformatted |^Bad \$\w+ format/;
const STRICT_VALUES = /^invalid hook declaration$|^The objects of a relation must be |^This is not a valid |^Invalid authData id |^This authentication method is unsupported|^incrementing must provide |^objects to (add|remove) must be |^Invalid ACL\.$|^invalid JSON$|^Field \w+ of an index needs |^Index option |^The .* operator is not supported yet|^name is required\.$|^bad or missing username$|^password is required$/;
/** Words of the JavaScript engine, and of Parse's own SDK in the place of the server's. */
const STUMBLED = /^Cannot (create|read|convert|set) |^ACL must be a Parse ACL\.$/;
/** What is wrong by itself, and what is wrong with the class in mind. */
const ABOUT_FORM = [107, 108, 111, 121, 201];
const ABOUT_CLASS = [101, 102, 103, 105, 107, 111, 135, 136, 162, 200, 201];

/** The rule by which Homeport's answer to something odd may be another one. */
function ruleOf(reference, homeport) {
    const rule = obviousRule(reference, homeport);
    if (rule !== UNKNOWN_RULE) return rule;
    if (Array.isArray(reference.body) && Array.isArray(homeport.body)) return ruleOfParts(reference.body, homeport.body);
    const error = reference.body?.error;
    if ((typeof error === 'object' || STUMBLED.test(error)) && homeport.status < 500) return 'reference-fails';
    if ([119, 206].includes(homeport.body?.code) && [105, 111].includes(reference.body?.code)) return 'rights-first';
    if (isPage(homeport) && (isPage(reference) || [403, 209].includes(reference.body?.code ?? reference.status))) return 'other-pages';
    if (stable({ ...reference.body, authDataResponse: {} }) === stable(homeport.body)) return 'master-sign-in';
    if (reference.body?.fields && stable(normalForm(reference.body)) === stable(homeport.body)) return 'schema-normal-form';
    if (homeport.status !== 400) return UNKNOWN_RULE;
    if (error === 'Invalid field name: 0.' && homeport.body.code === 105) return 'array-bodies';
    if (reference.body?.code === 153 && homeport.body.code === 153) return 'clearer-texts';
    if (STRICT_PARAMETERS.test(homeport.body.error)) return 'strict-parameters';
    if (reference.status >= 400 && ABOUT_FORM.includes(homeport.body.code) && ABOUT_CLASS.includes(reference.body?.code) && (homeport.body.code !== reference.body.code || homeport.body.code === 111)) return 'forms-first';
    if (homeport.body.code === 121 && reference.status < 300) return 'strict-names';
    return STRICT_VALUES.test(homeport.body.error) ? 'strict-values' : UNKNOWN_RULE;
}

function normalForm({ fields, indexes, ...schema }) {
    const normal = ({ required, ...field }) => (required === true ? { ...field, required } : field);
    const own = Object.keys(indexes ?? {}).length > 1 ? { indexes } : {};
    return { ...schema, ...own, fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, normal(field)])) };
}

function ruleOfParts(reference, homeport) {
    const answer = (part) => (part?.error ? { status: 400, body: part.error } : { status: 200, body: part?.success });
    const rules = homeport.map((part, i) => (stable(part) === stable(reference[i]) ? undefined : ruleOf(answer(reference[i]), answer(part)))).filter(Boolean);
    return reference.length === homeport.length && new Set(rules).size === 1 ? rules[0] : UNKNOWN_RULE;
}
