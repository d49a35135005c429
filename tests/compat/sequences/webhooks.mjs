// Triggers and functions behind webhooks: what the receiver is asked, and what its answer does.
import { op } from '../lib/data.mjs';

const query = (asked) => new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
const at = (name, asked = {}) => `<hooks>/${name}?${query(asked)}`;
const on = (className, triggerName, asked) => ({ call: 'POST /hooks/triggers', as: 'master', body: { className, triggerName, url: at(triggerName, asked) } });
const off = (className, triggerName) => ({ call: `PUT /hooks/triggers/${className}/${triggerName}`, as: 'master', body: op('Delete') });
const declare = (functionName, asked) => ({ call: 'POST /hooks/functions', as: 'master', body: { functionName, url: at(functionName, asked) } });
const ask = (call, rest = {}) => ({ call, heard: true, ...rest });
const signUp = (name, token, id) => ({ call: 'POST /users', body: { username: name, password: 'secret-7' }, save: { [token]: 'sessionToken', [id]: 'objectId' } });
const SAVE = ['beforeSave', 'afterSave', 'beforeDelete', 'afterDelete'];
const FIND = ['beforeFind', 'afterFind'];

const values = { s: 'text', n: 1.5, b: true, a: [1, 'two', { three: 3 }], o: { deep: { er: 1 } }, d: { __type: 'Date', iso: '2020-02-02T02:02:02.002Z' }, g: { __type: 'GeoPoint', latitude: 1, longitude: 2 } };
const operations = { n: op('Increment', { amount: 2 }), a: op('AddUnique', { objects: ['more'] }), s: op('Delete'), b: false };
// Where a receiver answers what is no answer (no object, another status), Parse Server falls over itself; not compared here.
const answers = [{}, { success: {} }, { error: 'no' }, { error: { message: 'untyped' } }, { error: { code: 142, message: 'typed' } }, { error: null }, { error: '' }, { success: { n: 9 }, error: 'both' }];

export default [
    {
        name: 'what saving asks',
        profile: 'hooked',
        steps: [
            signUp('hook-saver', 'saver', 'saverId'),
            ...SAVE.map((trigger) => on('HookSave', trigger)),
            ask('POST /classes/HookSave', { body: values, save: { one: 'objectId' } }),
            { call: 'POST /classes/HookSave', body: { n: 1 }, save: { two: 'objectId' } },
            ask('PUT /classes/HookSave/<two>', { body: { n: 2 } }),
            ask('PUT /classes/HookSave/<two>', { body: operations }),
            ask('PUT /classes/HookSave/<two>', { body: {} }),
            ask('PUT /classes/HookSave/<two>', { body: { ACL: { '*': { read: true } } }, as: 'saver' }),
            ask('PUT /classes/HookSave/<two>', { body: { n: 3 }, as: 'saver' }),
            ask('PUT /classes/HookSave/<two>', { body: { n: 3 }, as: 'master' }),
            ask('POST /classes/HookSave', { as: 'saver', body: { owner: { __type: 'Pointer', className: '_User', objectId: '<saverId>' }, r: op('AddRelation', { objects: [{ __type: 'Pointer', className: '_User', objectId: '<saverId>' }] }) } }),
            ask('POST /classes/HookSave', { body: { n: 'no number' } }),
            ask('PUT /classes/HookSave/nobody', { body: { n: 1 } }),
            ask('DELETE /classes/HookSave/nobody'),
            ask('POST /batch', { body: { requests: [{ method: 'PUT', path: '/parse/classes/HookSave/<two>', body: { n: op('Increment', { amount: 1 }) } }] }, as: 'master' }),
            ask('POST /classes/HookSave', { body: { n: 1 }, headers: { 'X-Parse-Installation-Id': 'installed', 'X-Parse-Cloud-Context': '{"key":"value"}' } }),
            ask('DELETE /classes/HookSave/<two>', { as: 'master' }),
            ...SAVE.map((trigger) => off('HookSave', trigger)),
        ],
    },
    {
        name: 'what a beforeSave answers',
        profile: 'hooked',
        steps: [
            { call: 'POST /classes/HookEdit', as: 'master', body: { ...values, number: 1 }, save: { kept: 'objectId' } },
            ...[{ set: { n: 99 } }, { set: { fresh: 'text' } }, { set: { n: 'no number' } }, { set: { n: null } }, { set: { createdAt: 'x' } }, { set: { ACL: { '*': { read: true } } } }, ...answers.map((say) => ({ say }))].flatMap((asked) => [
                on('HookEdit', 'beforeSave', asked),
                ask('POST /classes/HookEdit', { body: { n: 1, s: 'sent' }, save: { made: 'objectId' } }),
                { call: 'GET /classes/HookEdit/<made>', as: 'master' },
                ask('PUT /classes/HookEdit/<kept>', { body: { n: op('Increment', { amount: 1 }), s: 'again' }, as: 'master' }),
                { call: 'GET /classes/HookEdit/<kept>', as: 'master' },
                off('HookEdit', 'beforeSave'),
            ]),
        ],
    },
    {
        name: 'what other triggers answer',
        profile: 'hooked',
        steps: ['afterSave', 'beforeDelete', 'afterDelete'].flatMap((trigger) =>
            answers.concat([{ success: { n: 5 } }]).flatMap((say) => [
                on('HookOther', trigger, { say }),
                ask('POST /classes/HookOther', { body: { n: 1 }, save: { made: 'objectId' } }),
                ask('PUT /classes/HookOther/<made>', { body: { n: 2 } }),
                ask('DELETE /classes/HookOther/<made>'),
                { call: 'GET /classes/HookOther/<made>' },
                off('HookOther', trigger),
            ]),
        ),
    },
    {
        name: 'finding',
        profile: 'hooked',
        steps: [
            signUp('hook-finder', 'finder', 'finderId'),
            { call: 'POST /classes/HookFind', as: 'master', body: { n: 1, s: 'one' }, save: { one: 'objectId' } },
            { call: 'POST /classes/HookFind', as: 'master', body: { n: 2, s: 'two' } },
            ...FIND.map((trigger) => on('HookFind', trigger)),
            ask('GET /classes/HookFind', { query: { where: { n: { $gt: 0 } }, order: 'n' } }),
            ask('GET /classes/HookFind', { query: { where: { n: { $gt: 0 } }, order: '-n', keys: 'n', limit: 1, skip: 1, include: 'x', count: 1 }, as: 'finder' }),
            ask('GET /classes/HookFind/<one>', { as: 'master' }), ask('GET /classes/HookFind/<one>', { query: { keys: 's' } }), ask('GET /classes/HookFind/nobody'),
            ask('GET /classes/HookFind', { query: { count: 1, limit: 0 } }), ask('GET /classes/HookFind', { query: { where: { objectId: '<one>' } } }), ask('GET /aggregate/HookFind', { query: { $match: { n: 1 } }, as: 'master' }),
            ...FIND.map((trigger) => off('HookFind', trigger)),
        ],
    },
    {
        name: 'functions',
        profile: 'hooked',
        steps: [
            signUp('hook-caller', 'caller', 'callerId'),
            declare('hookCompute', { say: { success: { r: 1 } } }),
            ask('POST /functions/hookCompute', { body: { a: 1, d: { __type: 'Date', iso: '2020-02-02T02:02:02.002Z' }, p: { __type: 'Pointer', className: 'HookFind', objectId: 'abc' } } }),
            ...['caller', 'master', 'readOnly', 'maintenance', 'js'].map((as) => ask('POST /functions/hookCompute', { as, body: { a: [] } })),
            ask('POST /functions/hookCompute', { body: {}, query: { q: 'x' } }), ask('POST /functions/hookCompute', { body: { a: 1 }, headers: { 'X-Parse-Installation-Id': 'installed', 'X-Parse-Cloud-Context': '{"key":"value"}' } }),
            ask('GET /functions/hookCompute', {}), ask('POST /functions/hookComputer', { body: {} }), ask('POST /jobs/hookCompute', { body: {}, as: 'master' }),
            ...answers.map((say) => ({ say })).flatMap((asked, i) => [declare(`hookOdd${i}`, asked), ask(`POST /functions/hookOdd${i}`, { body: { i } })]),
        ],
    },
    {
        name: 'users and sessions',
        profile: 'hooked',
        steps: [
            ...SAVE.map((trigger) => on('_User', trigger)), on('_User', 'beforeLogin'), on('_User', 'afterLogin'), on('_Session', 'afterLogout'), on('_User', 'beforePasswordResetRequest'),
            ask('POST /users', { body: { username: 'hook-user', password: 'secret-7', email: 'hook-user@example.org', phone: '1' }, save: { token: 'sessionToken', id: 'objectId' } }),
            ask('POST /login', { body: { username: 'hook-user', password: 'secret-7' }, save: { second: 'sessionToken' } }), ask('POST /login', { body: { username: 'hook-user', password: 'wrong' } }),
            ask('GET /users/me', { as: 'second' }), ask('PUT /users/<id>', { as: 'second', body: { phone: '2' } }), ask('PUT /users/<id>', { as: 'second', body: { password: 'secret-8' }, save: { third: 'sessionToken' } }),
            ask('POST /users', { body: { authData: { anonymous: { id: 'hook-anonymous' } } }, save: { guest: 'sessionToken', guestId: 'objectId' } }), ask('POST /users', { body: { authData: { anonymous: { id: 'hook-anonymous' } } } }),
            ask('POST /loginAs', { as: 'master', body: { userId: '<id>' } }), ask('POST /verifyPassword', { body: { username: 'hook-user', password: 'secret-8' } }),
            ask('POST /logout', { as: 'guest', body: {} }), ask('DELETE /users/<guestId>', { as: 'master' }),
            ...SAVE.map((trigger) => off('_User', trigger)), off('_User', 'beforeLogin'), off('_User', 'afterLogin'), off('_Session', 'afterLogout'), off('_User', 'beforePasswordResetRequest'),
            on('_User', 'beforeLogin', { say: { error: 'not today' } }), ask('POST /login', { body: { username: 'hook-user', password: 'secret-8' } }), ask('POST /users', { body: { username: 'hook-user-2', password: 'secret-7' } }), off('_User', 'beforeLogin'),
            on('_User', 'beforeSave', { set: { phone: 'hooked', password: 'secret-9' } }), ask('POST /users', { body: { username: 'hook-user-3', password: 'secret-7' } }), off('_User', 'beforeSave'),
            { call: 'POST /login', body: { username: 'hook-user-3', password: 'secret-9' } }, { call: 'POST /login', body: { username: 'hook-user-3', password: 'secret-7' } },
        ],
    },
];
