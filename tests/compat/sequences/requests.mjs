// Around the routes: credentials, method override, batch, bodies that are no JSON, unknown routes.
import { create, op, pointer, signUp } from '../lib/data.mjs';

const part = (method, path, body) => ({ method, path, body });
const batch = (requests, more) => ({ call: 'POST /batch', body: { requests }, ...more });

export default [
    {
        name: 'keys',
        steps: [
            ...['nobody', 'none', 'client', 'js', 'mobile', 'dotNet', 'master', 'readOnly', 'maintenance'].flatMap((as) => [{ call: 'GET /classes/Keys', as }, { call: 'GET /serverInfo', as: as === 'master' || as === 'readOnly' ? 'client' : as }, { call: 'GET /schemas/Keys', as }, create('Keys', { a: 1 }, undefined, { as })]),
            ...[{ 'X-Parse-Application-Id': 'wrong' }, { 'X-Parse-REST-API-Key': 'wrong' }, { 'X-Parse-REST-API-Key': null, 'X-Parse-Javascript-Key': 'wrong' }, { 'X-Parse-Master-Key': 'wrong' }, { 'X-Parse-Application-Id': null }, { 'x-parse-application-id': 'compat', 'X-Parse-Application-Id': null }, { 'X-Parse-REST-API-Key': 'compat-js' }].map((headers) => ({ call: 'GET /classes/Keys', headers, query: { limit: 0 } })),
            ...['compat:compat-master', 'compat:javascript-key=compat-js', 'compat:', 'compat:javascript-key=wrong', 'wrong:compat-master', 'compat', 'compat:a:b', ':'].map((text) => ({ call: 'GET /classes/Keys', as: 'nobody', query: { limit: 0 }, headers: { Authorization: `Basic ${Buffer.from(text).toString('base64')}` } })),
            ...[{}, { _ApplicationId: 'compat' }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js' }, { _ApplicationId: 'compat', _MasterKey: 'compat-master' }, { _ApplicationId: 'wrong', _JavaScriptKey: 'compat-js' }, { _ApplicationId: 5 }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _SessionToken: 5 }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _SessionToken: 'r:wrong' }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _InstallationId: 5 }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _ClientVersion: 'js8.6.0', _InstallationId: 'abc', _RevocableSession: '1', _noBody: true }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _context: 'x' }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _context: { a: 1 } }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _context: '[1]' }, { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _other: 1 }].map((body) => ({ call: 'POST /classes/Keys', as: 'nobody', headers: { 'Content-Type': 'text/plain' }, body: { ...body, a: 1 } })),
            { call: 'POST /classes/Keys', body: { a: 1, _noBody: true } },
            { call: 'POST /classes/Keys', as: 'nobody', body: { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _SessionToken: null, _InstallationId: null, _MasterKey: null, _ContentType: null, _ClientVersion: null, a: 1 } },
            ...['compat-master', 'compat-read-only', 'wrong', ''].map((key) => ({ call: 'POST /classes/Keys', as: 'nobody', headers: { 'X-Parse-Master-Key': key }, body: { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', a: 1 } })),
            { call: 'POST /classes/Keys', as: 'nobody', body: { _ApplicationId: null, _JavaScriptKey: 'compat-js', a: 1 } },
            ...['client', 'maintenance'].map((as) => ({ call: 'GET /classes/Keys', as, query: { explain: true } })),
            ...['x', '5', '[]', '{"a":1}', '"x"'].map((context) => ({ call: 'POST /classes/Keys', body: { a: 1 }, headers: { 'X-Parse-Cloud-Context': context } })),
        ],
    },
    {
        name: 'bodies',
        steps: [
            ...['{', '"x"', '5', 'null', 'true', '[]', '[1]', '[{"a":1}]', '', ' ', '{}', '{"a":1,}', "{'a':1}", '{"a":1}x', '{"a":NaN}', '{"a":1e400}', '{"a":"\\ud800"}', '\uFEFF{"a":1}', '{"a":01}', '{"a":\t1}', '{"a":"\t"}', '{"a":{"a":{"a":{}}}}'].flatMap((raw) => [{ call: 'POST /classes/Bodies', raw }]),
            ...['text/plain', 'application/json', 'application/json; charset=utf-8', 'application/octet-stream', 'text/xml', 'nonsense', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'].map((type) => ({ call: 'POST /classes/Bodies', raw: '{"b":1}', headers: { 'Content-Type': type } })),
            { call: 'POST /classes/Bodies', raw: 'c=1&d=2', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
            { call: 'POST /login', raw: 'username=x&password=y', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
            { call: 'GET /classes/Bodies', raw: '{"where":{"b":1},"keys":"b"}', query: { keys: 'b' } },
            { call: 'PUT /classes/Bodies/missing', raw: '{' },
            { call: 'DELETE /classes/Bodies/missing', raw: '{"x":1}' },
            ...[{ a: { constructor: 1 } }, { a: { deep: [{ constructor: 1 }] } }, { a: { _bsontype: 'Code' } }, { a: { _bsontype: 'Other' } }, { b: [{ __proto__x: 1 }] }, { c: 'constructor' }].map((body) => ({ call: 'POST /classes/Denied', body })),
            { call: 'POST /classes/Denied', raw: '{"d":1,"d":2}' },
            { call: 'POST /classes/Denied', raw: '{"a":{"__proto__":1}}' },
            { call: 'PUT /classes/Denied/missing', raw: '{"a":{"__proto__":1}}' },
            ...['APPLICATION/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded; charset=UTF-8'].map((type) => ({ call: 'POST /classes/Bodies', raw: 'c=1+2&d=%C3%A4', headers: { 'Content-Type': type } })),
            { call: 'POST /classes/Bodies', as: 'nobody', form: { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _method: 'GET', where: '{"c":"1"}', keys: 'c', limit: '1' } },
        ],
    },
    {
        name: 'routes',
        steps: [
            ...['GET /nope', 'POST /nope', 'GET /', 'GET /classes', 'POST /classes', 'GET /classes/', 'GET /classes/A/b/c', 'GET /CLASSES/Routes', 'GET /classes/Routes/', 'GET //classes/Routes', 'GET /classes//Routes', 'POST /functions/nope', 'GET /functions/nope', 'POST /functions', 'POST /functions/a.b', "POST /functions/a'b", 'POST /jobs/nope', 'GET /health', 'POST /health', 'PUT /health', 'DELETE /users', 'GET /login/x', 'PUT /login', 'GET /logout', 'GET /batch', 'PUT /batch', 'HEAD /classes/Routes', 'OPTIONS /classes/Routes', 'OPTIONS /nope', 'GET /users/me/x', 'GET /%', 'GET /classes/%E4', 'GET /classes/Routes?where=%', 'GET /classes/Routes?where=%7B%7D&where=%7B%7D', 'GET /classes/Routes?limit=1&limit=2', 'GET /classes/Routes?&&', 'GET /classes/Routes?limit', 'GET /classes/Routes?where[a]=1', 'GET /classes/Routes#x', 'POST /events/AppOpened', 'POST /events/Own'].map((call) => ({ call, ...(call.startsWith('POST') ? { body: {} } : {}) })),
            ...['POST /jobs/nope', 'POST /jobs', 'GET /serverInfo', 'GET /security', 'GET /cloud_code/jobs', 'GET /cloud_code/jobs/data', 'GET /hooks/functions', 'GET /hooks/triggers', 'GET /config', 'GET /push_audiences', 'GET /graphql-config', 'DELETE /purge/Nothing', 'GET /aggregate/Nothing'].flatMap((call) => ['master', 'client', 'readOnly'].map((as) => ({ call, as, ...(call.startsWith('POST') ? { body: {} } : {}) }))),
            { call: 'GET /health', as: 'nobody' },
            { call: 'GET /scriptlog' },
            { call: 'GET /parse/health', as: 'nobody', origin: true },
            { call: 'GET /', as: 'nobody', origin: true },
            { call: 'GET /nope', as: 'nobody', origin: true },
            { call: 'OPTIONS /classes/Routes', as: 'nobody', headers: { Origin: 'https://x.example.org', 'Access-Control-Request-Method': 'POST' } },
            { call: 'GET /classes/Routes', headers: { Origin: 'https://x.example.org' } },
        ],
    },
    {
        name: 'batch',
        steps: [
            signUp('xena'),
            batch([]), batch('x'), batch(undefined), batch([5]), batch([null]), batch([{}]), batch([{ method: 'POST' }]), batch([{ path: '/parse/classes/B' }]), batch([part('POST', 5, {})]),
            batch([part('POST', '/parse/classes/B', { n: 1 }), part('POST', '/parse/classes/B', { n: 2 })], { save: { b1: '0.success.objectId', b2: '1.success.objectId' } }),
            batch([part('PUT', '/parse/classes/B/<b1>', { n: op('Increment', { amount: 5 }) }), part('DELETE', '/parse/classes/B/<b2>')]),
            batch([part('GET', '/parse/classes/B/<b1>', {}), part('GET', '/parse/classes/B', { where: { n: 6 } })]),
            batch([part('GET', '/parse/classes/B/missing', {}), part('PUT', '/parse/classes/B/missing', { n: 1 }), part('POST', '/parse/classes/B', { '1bad': 1 })]),
            batch([part('POST', '/classes/B', {})]), batch([part('POST', '/1/classes/B', {})]), batch([part('POST', '/parse/nope/B', {})]), batch([part('post', '/parse/classes/B', {})]), batch([part('NOPE', '/parse/classes/B', {})]), batch([part('POST', '/parse/batch', { requests: [] })]), batch([part('POST', '/parse/files/x', {})]), batch([part('GET', '/parse/classes/B?limit=1', {})]), batch([part('POST', '/parse/classes/B')]), batch([part('GET', '/parse/classes/B/<b1>')]),
            batch([part('GET', '/parse/users/me', {})], { as: 'xena' }), batch([part('GET', '/parse/users/me', {})]), batch([part('POST', '/parse/functions/nope', {})]), batch([part('GET', '/parse/schemas', {})]), batch([part('POST', '/parse/login', { username: 'xena', password: 'xena-secret1' })]),
            batch([part('POST', '/parse/users', { username: 'yuri', password: 'x' })]), batch([part('POST', '/parse/classes/B', { n: 'x' })]), batch([part('POST', '/parse/classes/B', { n: 1, _method: 'GET' })]),
            { call: 'POST /batch', body: { requests: [part('POST', '/parse/classes/B', { n: 100 }), part('POST', '/parse/classes/B', { n: 101 })], transaction: true } },
            { call: 'POST /batch', body: { requests: [part('POST', '/parse/classes/B', { n: 102 }), part('POST', '/parse/classes/B', { n: 'x' })], transaction: true } },
            { call: 'GET /classes/B', query: { where: { n: { $gte: 100 } }, order: 'n', keys: 'n' } },
            { call: 'POST /batch', raw: '[]' }, { call: 'POST /batch', body: {} }, { call: 'POST /batch', as: 'none', body: { requests: [] } },
            ...['text', '{"n":1}', 5, true, [1], null].map((body) => batch([part('POST', '/parse/classes/B', { n: 200 }), part('POST', '/parse/classes/B', body)])),
            { call: 'POST /batch', body: { requests: [part('POST', '/parse/classes/B', { n: 201 }), part('POST', '/parse/classes/B', 'text')], transaction: true } },
            { call: 'GET /classes/B', query: { where: { n: { $gte: 200 } }, order: 'n', keys: 'n' } },
        ],
    },
    {
        name: 'own ids',
        profile: 'custom',
        steps: [
            create('Own', { objectId: 'first', n: 1 }), create('Own', { objectId: 'first', n: 2 }), create('Own', { objectId: '' }), create('Own', { objectId: null }), create('Own', { objectId: 5 }), create('Own', { objectId: 'my-id!' }), create('Own', { objectId: 'ä/b' }), create('Own', {}), create('Own', { id: 'x' }), { call: 'GET /classes/Own/first' }, { call: 'GET /classes/Own/my-id!' }, { call: 'PUT /classes/Own/first', body: { objectId: 'second', n: 5 } }, { call: 'GET /classes/Own/first' }, { call: 'GET /classes/Own/second' }, { call: 'DELETE /classes/Own/my-id!' },
            { call: 'POST /users', body: { objectId: 'role:x', username: 'a1', password: 'abcdef1' } }, { call: 'POST /users', body: { objectId: 'own-user', username: 'a2', password: 'abcdef1' } },
        ],
    },
    {
        name: 'limits, origins and public URL',
        profile: 'custom',
        steps: [
            ...[1, 2, 3, 4, 5, 6].map((n) => create('Many', { n, p: pointer('Many', 'missing') })),
            ...[undefined, { limit: 4 }, { limit: 100 }, { limit: 0, count: 1 }, { skip: 2 }].map((query) => ({ call: 'GET /classes/Many', query: { order: 'n', keys: 'n', ...query } })),
            ...['https://a.example.org', 'https://b.example.org', 'https://c.example.org'].map((Origin) => ({ call: 'GET /classes/Many', query: { limit: 0 }, headers: { Origin } })),
            { call: 'GET /classes/Many', query: { limit: 0, where: { $or: [{ $or: [{ $or: [{ $or: [{ n: 1 }] }] }] }] } } },
            { call: 'GET /classes/Many', query: { where: { $or: [{ $or: [{ $or: [{ $or: [{ n: 1 }] }] }] }] } } },
            { call: 'GET /classes/Many', query: { where: { $or: [{ $or: [{ n: 1 }] }] } } },
            { call: 'GET /classes/Many', query: { include: 'a.b.c' } }, { call: 'GET /classes/Many', query: { include: 'a,b,c,d', order: 'n' } }, { call: 'GET /classes/Many', query: { include: 'a.b', order: 'n' } },
            { call: 'GET /classes/Many', query: { where: { p: { $inQuery: { className: 'Many', where: { p: { $inQuery: { className: 'Many', where: { p: { $inQuery: { className: 'Many', where: {} } } } } } } } } } } },
            batch([1, 2, 3, 4, 5].map((n) => part('POST', '/parse/classes/Many', { n }))),
        ],
    },
    {
        name: 'passwords and lockout',
        profile: 'custom',
        steps: [
            ...['abc', 'abcdef', '123456', 'abcdef1', 'zoe99'].map((password, i) => ({ call: 'POST /users', body: { username: `zoe${i}`, password } })),
            { call: 'POST /users', body: { username: 'zoe9', password: 'xzoe9x1' } },
            { call: 'POST /users', body: { username: 'zack', password: 'first-1', phone: '123', email: 'zack@example.org' }, save: { zack: 'sessionToken', zackId: 'objectId' } },
            { call: 'GET /users/<zackId>' }, { call: 'GET /users/<zackId>', as: 'zack' },
            { call: 'PUT /users/<zackId>', as: 'zack', body: { password: 'first-1' } }, { call: 'PUT /users/<zackId>', as: 'zack', body: { password: 'second-2' } }, { call: 'PUT /users/<zackId>', as: 'zack', body: { password: 'first-1' } }, { call: 'PUT /users/<zackId>', as: 'zack', body: { password: 'third-3' } }, { call: 'PUT /users/<zackId>', as: 'zack', body: { password: 'first-1' } }, { call: 'GET /users/me', as: 'zack' },
            ...['wrong', 'wrong', 'wrong', 'wrong', 'first-1'].map((password) => ({ call: 'POST /login', body: { username: 'zack', password } })),
            { call: 'POST /users', body: { authData: { anonymous: { id: 'x' } } } },
            create('Shielded', { secret: 's', open: 1 }, 's'), { call: 'GET /classes/Shielded/<s>' }, { call: 'GET /classes/Shielded/<s>', as: 'zack' }, { call: 'GET /classes/Shielded', query: { where: { secret: 's' } } },
        ],
    },
];
