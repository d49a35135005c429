// What the options of the profile `guarded` close or change.
import { create, find, get, op, put, signUp } from '../lib/data.mjs';

const profile = 'guarded';
const batch = (...paths) => ({ call: 'POST /batch', body: { requests: paths.map(([method, path, body]) => ({ method, path: `/parse${path}`, body })) } });
const device = (body, more) => ({ call: 'POST /installations', body: { deviceType: 'ios', ...body }, ...more });
const devices = { call: 'GET /installations', as: 'master', query: { order: 'createdAt', keys: 'installationId,deviceToken' } };
const inQuery = (where) => ({ t: { $inQuery: { className: 'Many', where } } });
const select = { $select: { query: { className: 'Many', where: {} }, key: 'n' } };

export default [
    {
        name: 'routes that are not listed',
        profile,
        steps: [
            create('Shielded', { a: 1 }, 'open'), get('Shielded', 'open'), create('Closed', {}), { call: 'GET /classes/Closed' }, { call: 'GET /classes/Closed', query: { limit: 1 } }, { call: 'GET /classes/Shieldedx' }, { call: 'GET /classes/Shielded/' },
            { call: 'GET /roles' }, { call: 'GET /sessions' }, { call: 'GET /config' }, { call: 'POST /functions/x', body: {} }, { call: 'GET /schemas' }, { call: 'GET /classes/Closed', as: 'master' },
            { call: 'POST /classes/Closed', body: { _method: 'GET' } }, batch(['POST', '/classes/Shielded', {}]), batch(['POST', '/classes/Shielded', {}], ['POST', '/classes/Closed', {}]), batch(['GET', '/config']),
        ],
    },
    {
        name: 'protected fields without exemptions',
        profile,
        steps: [
            signUp('Vera', { phone: '1', email: 'Vera@Example.org' }), { call: 'GET /users/me', as: 'Vera' }, { call: 'GET /users/<VeraId>', as: 'Vera' }, { call: 'GET /users/<VeraId>', as: 'master' },
            { call: 'POST /login', body: { username: 'vera', password: 'Vera-secret1' } }, { call: 'POST /login', body: { username: 'Vera', password: 'Vera-secret1' } }, { call: 'POST /login', body: { email: 'Vera@Example.org', password: 'Vera-secret1' } },
            { call: 'PUT /users/<VeraId>', as: 'Vera', body: { username: 'VERONIKA', email: 'V@X.ORG', phone: '2' } }, { call: 'GET /users/<VeraId>', as: 'master' }, signUp('veronika'),
            find('_User', { phone: '2' }, {}, { as: 'Vera' }), find('_User', { objectId: '<VeraId>' }, { order: 'phone' }, { as: 'Vera' }),
            create('Shielded', { n: 1, m: 1, o: 1 }, 'sh'), get('Shielded', 'sh'), get('Shielded', 'sh', undefined, { as: 'Vera' }),
            put('Shielded', 'sh', { n: op('Increment', { amount: 1 }), m: op('Increment', { amount: 1 }), o: op('Increment', { amount: 1 }) }),
            put('Shielded', 'sh', { n: op('Increment', { amount: 1 }), m: op('Increment', { amount: 1 }) }, { as: 'Vera' }), put('Shielded', 'sh', { n: op('Increment', { amount: 1 }) }, { as: 'master' }), get('Shielded', 'sh', undefined, { as: 'master' }),
        ],
    },
    {
        name: 'expressions and sub-queries',
        profile,
        steps: [
            ...[1, 2, 3].map((n) => create('Many', { n, s: `s${n}` }, `m${n}`)), create('Many', { n: 4, t: { __type: 'Pointer', className: 'Many', objectId: '<m3>' } }), create('Many', { n: 5, t: { __type: 'Pointer', className: 'Many', objectId: '<m1>' } }),
            find('Many', { s: { $regex: '^s' } }), find('Many', { $or: [{ s: { $regex: 's1' } }] }), find('Many', { s: { $regex: '^s' } }, { order: 'n', keys: 'n' }, { as: 'master' }), find('Many', { s: 's1' }, { keys: 'n' }),
            find('Many', inQuery({ n: 1 }), { keys: 'n' }), find('Many', inQuery({ s: { $regex: '1' } })), find('Many', inQuery({ n: { $lte: 2 } }), { keys: 'n' }), find('Many', { n: select }, { order: 'n', keys: 'n' }, { as: 'master' }),
        ],
    },
    {
        name: 'aggregation with the read-only key',
        profile,
        steps: ['readOnly', 'master', 'maintenance', 'client'].flatMap((as) => [{ call: 'GET /aggregate/_User', as, query: { distinct: 'username', $match: { username: 'nobody at all' } } }, { call: 'GET /classes/_User', as, query: { limit: 0 } }]),
    },
    {
        name: 'devices that share a token',
        profile,
        steps: [
            device({ installationId: 'a', deviceToken: 't' }), device({ installationId: 'b', deviceToken: 't' }), devices,
            device({ installationId: 'i' }, { save: { byId: 'objectId' } }), device({ deviceToken: 'u' }, { save: { byToken: 'objectId' } }), device({ installationId: 'i', deviceToken: 'u' }), devices,
            { call: 'GET /installations/<byId>', as: 'master' }, { call: 'GET /installations/<byToken>', as: 'master' },
        ],
    },
    {
        name: 'too many includes, whatever is found',
        profile: 'custom',
        steps: [
            { call: 'POST /schemas/Including', as: 'master', body: { className: 'Including', fields: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { type: 'Pointer', targetClass: 'Including' }])) } },
            { call: 'GET /classes/Including', query: { include: '*' } }, { call: 'GET /classes/Including', as: 'master', query: { include: '*' } },
            ...['GET /classes/Including', 'GET /classes/Including/nothing'].flatMap((call) => [{ include: 'a,b,c,d' }, { include: 'a.b.c' }, { keys: 'a.n,b.n,c.n,d.n' }, { include: 'a,b' }].map((query) => ({ call, query }))),
        ],
    },
];
