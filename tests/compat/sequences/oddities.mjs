// What random oddities (lib/random_oddities.mjs) found once.
import { create, get, op, pointer, put, schema, signUp } from './../lib/data.mjs';

const bare = { as: 'nobody', headers: { 'Content-Type': 'text/plain' } };
const sdk = { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js' };
const inBody = (call, body, more) => ({ call, ...bare, body: { ...sdk, ...body }, ...more });
const withKey = (token) => ({ as: 'master', headers: { 'X-Parse-Session-Token': `<${token}>` } });

export default [
    {
        name: 'credentials in the body that are no text',
        steps: [
            create('OddBodies', { n: 1 }, 'one'), signUp('odd-body'),
            ...[[], {}, 5, true, op('Delete')].map((_method) => inBody('POST /classes/OddBodies', { n: 2, _method })),
            ...[[], {}, 5, true].map((_method) => ({ call: 'POST /classes/OddBodies/<one>', body: { _method } })),
            ...['_SessionToken', '_InstallationId', '_MasterKey', '_ContentType'].flatMap((name) => [{ a: 1 }, [], 7, true].map((value) => inBody('POST /classes/OddBodies/<one>', { _method: 'GET', [name]: value }))),
            ...['_SessionToken', '_MasterKey', '_InstallationId', '_context'].flatMap((name) => [false, 0, '', null].map((value) => inBody('POST /functions/none', { [name]: value }))),
            ...[7, 'x', '[]', '{}', '{"a":1}', { a: 1 }, true].map((_context) => inBody('POST /classes/OddBodies', { n: 3, _context })),
            ...[null, 0, '', 'text/plain', {}].flatMap((_ContentType) => [inBody('POST /files/odd.txt', { base64: 'aGVsbG8=', _ContentType }, { as: 'master', headers: { 'X-Parse-Application-Id': null }, save: { file: 'name' } }), { call: 'GET /files/compat/<file>' }]),
            ...[5, {}, true].map((base64) => inBody('POST /files/odd.txt', { base64, _ContentType: 'text/plain' }, { as: 'master', headers: { 'X-Parse-Application-Id': null } })),
            { call: 'GET /classes/OddBodies', as: 'master', query: { order: 'createdAt' } },
        ],
    },
    {
        name: 'a key that opens everything beside a session token',
        steps: [
            signUp('oddKey', { email: 'odd-key@example.org' }),
            { call: 'GET /users/me', ...withKey('oddKey') }, { call: 'GET /sessions/me', ...withKey('oddKey') }, { call: 'POST /upgradeToRevocableSession', ...withKey('oddKey'), body: {} },
            ...['/users/me', '/sessions/me'].flatMap((path) => [{ call: `GET ${path}`, as: 'master' }, { call: `GET ${path}`, as: 'master', headers: { 'X-Parse-Session-Token': 'r:nobody' } }, { call: `GET ${path}`, as: 'readOnly', headers: { 'X-Parse-Session-Token': '<oddKey>' } }]),
            inBody('POST /users/me', { _method: 'GET', _MasterKey: 'compat-master', _SessionToken: '<oddKey>' }),
            { call: 'POST /logout', as: 'master', body: {} }, { call: 'POST /logout', as: 'master', headers: { 'X-Parse-Session-Token': 'r:nobody' }, body: {} },
            { call: 'GET /users/me', as: 'oddKey' }, { call: 'POST /logout', ...withKey('oddKey'), body: {} }, { call: 'GET /users/me', as: 'oddKey' }, { call: 'GET /sessions/me', ...withKey('oddKey') }, { call: 'POST /logout', ...withKey('oddKey'), body: {} },
        ],
    },
    {
        name: 'a wrong master key opens nothing and takes nothing',
        steps: ['compat-master', 'wrong', 'compat-maintenance', 'compat-read-only'].flatMap((key) => ['POST /users', 'POST /users'].flatMap((call) => [
            { call, headers: { 'X-Parse-Master-Key': key }, body: { authData: { anonymous: { id: `odd-${key}` } } } },
            { call, headers: { 'X-Parse-Maintenance-Key': key }, body: { authData: { anonymous: { id: `odd-${key}-m` } } } },
            inBody(call, { authData: { anonymous: { id: `odd-${key}-b` } }, _MasterKey: key }),
        ])),
    },
    {
        name: 'values that are none, in columns of every object',
        steps: [
            create('OddColumns', { n: 1 }, 'it'),
            ...[{ __type: 'Nonsense' }, { __type: 5 }, { __type: 'Pointer' }, { __type: '' }].flatMap((ACL) => [create('OddColumns', { ACL }, 'made'), get('OddColumns', 'made', {}, { as: 'master' }), put('OddColumns', 'it', { ACL })]),
            ...[pointer('OddColumns', 'x'), op('Increment', { amount: 1 }), op('Add', { objects: [] }), op('Delete'), { __type: 'Date' }, null, 5].flatMap((value) => [create('OddColumns', { createdAt: value }), create('OddColumns', { updatedAt: value }), put('OddColumns', 'it', { createdAt: value })]),
            { call: 'POST /roles', body: { name: 'OddAcl', ACL: { __type: 'Nonsense' } } },
            { call: 'POST /users', body: { username: 'odd-acl', password: 'x', ACL: { __type: 'Pointer' } } },
            get('OddColumns', 'it', {}, { as: 'master' }),
        ],
    },
    {
        name: "classes of the server's own grow no fields",
        steps: [
            { call: 'POST /push_audiences', as: 'master', body: { name: 'odd', query: '{}', unknown: [] } }, { call: 'POST /push_audiences', as: 'master', body: { name: 'odd', query: '{}' }, save: { audience: 'objectId' } },
            { call: 'PUT /push_audiences/<audience>', as: 'master', body: { unknown: 'x' } }, { call: 'DELETE /push_audiences/<audience>', as: 'master' },
            { call: 'POST /cloud_code/jobs', as: 'master', body: { job_schedule: { params: '{}' } }, save: { schedule: 'objectId' } }, { call: 'POST /cloud_code/jobs', as: 'master', body: { job_schedule: { a: { b: 1 } } } }, { call: 'GET /cloud_code/jobs/data', as: 'master' }, { call: 'DELETE /cloud_code/jobs/<schedule>', as: 'master' },
            create('_JobSchedule', { note: 'x' }, 'no', { as: 'master' }),
        ],
    },
    {
        name: 'which refusals are made short, and which are not',
        profile: 'strict',
        steps: [
            signUp('oddShort'), signUp('oddOther'),
            ...['client', 'oddOther', 'readOnly', 'maintenance', 'none', 'nobody'].flatMap((as) => [{ call: 'DELETE /users/<oddShortId>', as }, { call: 'PUT /users/<oddShortId>', as, body: { nick: 'x' } }]),
            ...['POST /loginAs', 'POST /push', 'POST /hooks/functions', 'POST /schemas/OddShort', 'POST /jobs/none', 'PUT /config', 'DELETE /purge/_Role', 'POST /push_audiences', 'GET /scriptlog', 'GET /aggregate/_Role', 'GET /serverInfo', 'GET /security'].flatMap((call) => ['client', 'readOnly'].filter((as) => as === 'client' || !call.startsWith('GET')).map((as) => ({ call, as, body: {} }))),
            ...['GET', 'POST', 'DELETE'].map((method) => ({ call: `${method} /sessions${method === 'DELETE' ? '/x' : ''}` })), { call: 'GET /installations' }, { call: 'DELETE /installations/x' }, { call: 'GET /classes/_JobStatus' }, { call: 'GET /classes/_Join:users:_Role' },
            { call: 'PUT /users/<oddShortId>', as: 'oddShort', body: { emailVerified: true } }, { call: 'POST /users', body: { objectId: 'role:x', username: 'odd-short', password: 'x' } }, { call: 'GET /users/me' }, { call: 'GET /sessions/me' }, { call: 'POST /upgradeToRevocableSession', body: {} }, { call: 'DELETE /files/none.txt' },
        ],
    },
    {
        name: 'indexes of no kind, batches without a method',
        steps: [
            schema('OddIndexed', { fields: { a: { type: 'String' } } }),
            ...['5', [null], {}].map((kind, i) => schema('OddIndexed', { indexes: { [`ix${i}`]: { a: kind } } }, 'PUT')),
            { call: 'POST /batch', body: { requests: [{ path: '/parse/classes/OddIndexed' }] } }, ...[null, false, 0].map((method) => ({ call: 'POST /batch', body: { requests: [{ method, path: '/parse/classes/OddIndexed' }] } })),
        ],
    },
];
