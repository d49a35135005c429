// Class-level permissions, pointer permissions and protected fields.
import { create, find, get, op, pointer, put, remove, schema, signUp } from '../lib/data.mjs';

const all = { find: { '*': true }, get: { '*': true }, count: { '*': true }, create: { '*': true }, update: { '*': true }, delete: { '*': true }, addField: { '*': true } };
const owned = { owner: { type: 'Pointer', targetClass: '_User' }, editors: { type: 'Array' }, n: { type: 'Number' }, secret: { type: 'String' } };
const define = (className, classLevelPermissions, fields = owned) => schema(className, { className, fields, classLevelPermissions });

/** Everything a caller can try with one object of a class. */
const growing = ['ClpAll', 'ClpFixed', 'ClpAuthenticated', 'ClpMixed'];
const doors = (className, as) => [
    find(className, {}, {}, { as }),
    find(className, {}, { count: 1, limit: 0 }, { as }),
    get(className, 'object', undefined, { as }),
    put(className, 'object', { n: 2 }, { as }),
    create(className, { n: 5 }, undefined, { as }),
    ...(growing.includes(className) ? [put(className, 'object', { [`by_${as}`]: 2 }, { as }), create(className, { n: 6, [`new_${as}`]: 1 }, undefined, { as })] : []),
    remove(className, 'object', { as }),
];
const object = (className, more) => create(className, { n: 1, secret: 's', owner: pointer('_User', '<annId>'), editors: [pointer('_User', '<bobId>')], ...more }, 'object', { as: 'master' });

const permissions = {
    ClpNone: {},
    ClpAll: all,
    ClpFixed: { ...all, addField: {} },
    ClpAuthenticated: Object.fromEntries(Object.keys(all).map((name) => [name, { requiresAuthentication: true }])),
    ClpRead: { find: { '*': true }, get: { '*': true } },
    ClpUser: Object.fromEntries(Object.keys(all).map((name) => [name, { '<annId>': true }])),
    ClpRole: Object.fromEntries(Object.keys(all).map((name) => [name, { 'role:P-staff': true }])),
    ClpPointer: Object.fromEntries(Object.keys(all).map((name) => [name, { pointerFields: ['owner'] }])),
    ClpPointers: Object.fromEntries(Object.keys(all).map((name) => [name, { pointerFields: ['owner', 'editors'] }])),
    ClpGrouped: { readUserFields: ['owner', 'editors'], writeUserFields: ['owner'] },
    ClpMixed: { ...all, update: { requiresAuthentication: true, pointerFields: ['owner'] }, delete: {}, count: {} },
};

const hidden = (protectedFields) => ({ ...all, protectedFields });
const shown = (className, as) => [
    find(className, {}, {}, { as }),
    get(className, 'object', undefined, { as }),
    find(className, { secret: 's' }, {}, { as }),
    find(className, { $or: [{ secret: 's' }, { n: 1 }] }, {}, { as }),
    find(className, {}, { order: 'secret' }, { as }),
    find(className, {}, { keys: 'secret,n' }, { as }),
    put(className, 'object', { secret: 't', n: op('Increment', { amount: 1 }) }, { as }),
];

/** The same three users in every sequence, under names of its own. */
const cast = (prefix) => ['ann', 'bob', 'cyd'].map((name) => ({ ...signUp(name), body: { username: `${prefix}-${name}`, password: 'x' } }));
const staff = (name) => ({ call: 'POST /roles', as: 'master', body: { name, ACL: {}, users: op('AddRelation', { objects: [pointer('_User', '<bobId>')] }) } });

const protections = {
    HideAll: { '*': ['secret'] },
    HideGuests: { '*': ['secret'], authenticated: [] },
    HideRole: { '*': ['secret', 'editors'], 'role:H-staff': ['editors'] },
    HideUser: { '*': ['secret'], '<cydId>': [] },
    HideOwner: { '*': ['secret', 'editors'], 'userField:owner': ['editors'] },
    HideEditors: { '*': ['secret'], 'userField:editors': [] },
};

export default [
    ...Object.entries(permissions).map(([className, clp], i) => ({
        name: `class-level permissions ${className}`,
        steps: [
            ...cast(className), ...(className === 'ClpRole' ? [staff('P-staff')] : []), define(className, clp), object(className),
            ...doors(className, 'client').slice(0, -1), ...doors(className, 'cyd').slice(0, -1), ...doors(className, 'bob').slice(0, -1), ...doors(className, 'ann'),
            ...(i === 0 ? doors(className, 'readOnly') : []),
        ],
    })),
    ...Object.entries(protections).map(([className, fields]) => ({
        name: `protected fields ${className}`,
        steps: [
            ...cast(className), ...(className === 'HideRole' ? [staff('H-staff')] : []), define(className, hidden(fields)), object(className), create(className, { n: 9, secret: 'u' }, 'other'),
            ...['client', 'ann', 'bob', 'cyd', 'master'].flatMap((as) => shown(className, as)),
        ],
    })),
    {
        name: 'a query for an id alone is a get',
        steps: [
            ...cast('byid'), define('GetOnly', { ...all, find: {}, count: {} }), define('FindOnly', { ...all, get: {} }), define('GetMine', { ...all, get: { pointerFields: ['owner'] } }), define('GetMembers', { ...all, find: {}, get: { requiresAuthentication: true } }),
            ...['GetOnly', 'FindOnly', 'GetMine', 'GetMembers'].flatMap((name) => [object(name), create('ByIdHolder', { p: pointer(name, '<object>') }, 'h')].concat(['client', 'ann', 'bob'].flatMap((as) => [
                ...[{ objectId: '<object>' }, { objectId: { $eq: '<object>' } }, { objectId: { $in: ['<object>'] } }, { objectId: '<object>', n: 1 }, { objectId: '<object>', n: { $exists: true } }, { $and: [{ objectId: '<object>' }] }, { objectId: 'missing' }, {}].map((where) => find(name, where, { limit: 1 }, { as })),
                find(name, { objectId: '<object>' }, { count: 1 }, { as }), find(name, { objectId: '<object>' }, { count: 1, limit: 0 }, { as }), find(name, { objectId: '<object>' }, { keys: 'n' }, { as }),
                { call: `POST /classes/${name}`, as, body: { _method: 'GET', where: { objectId: '<object>' }, limit: 1 } },
                find('ByIdHolder', { objectId: '<h>', p: { $inQuery: { className: name, where: { objectId: '<object>' } } } }, {}, { as }),
            ]))),
            { call: 'GET /classes/_Installation', query: { where: { objectId: 'x' } } }, { call: 'GET /installations', query: { where: { objectId: 'x' } } }, { call: 'GET /sessions', query: { where: { objectId: 'x' } } }, { call: 'GET /classes/NoSuchById', query: { where: { objectId: 'x' } } }, { call: 'GET /users', as: 'ann', query: { where: { objectId: '<annId>' } } },
        ],
    },
    {
        name: 'permissions and includes',
        steps: [
            ...cast('inc'),
            define('Closed', { ...all, get: {}, find: {} }), define('Veiled', hidden({ '*': ['secret'] })), define('Opened', all),
            create('Closed', { n: 1 }, 'c', { as: 'master' }), create('Veiled', { n: 1, secret: 's' }, 'v'), create('Opened', { n: 1, ACL: {} }, 'x', { as: 'master' }),
            create('Viewer', { n: 1, closed: pointer('Closed', '<c>') }), create('Viewer', { n: 2, veiled: pointer('Veiled', '<v>') }), create('Viewer', { n: 3, opened: pointer('Opened', '<x>'), list: [pointer('Opened', '<x>'), pointer('Veiled', '<v>')] }), create('Viewer', { n: 4, user: pointer('_User', '<annId>') }),
            ...['client', 'ann', 'master'].flatMap((as) => ['closed', 'veiled', 'opened', 'list', 'user'].map((include) => find('Viewer', { [include]: { $exists: true } }, { include }, { as }))),
            find('Viewer', { closed: { $inQuery: { className: 'Closed', where: {} } } }),
            find('Viewer', { veiled: { $inQuery: { className: 'Veiled', where: { secret: 's' } } } }),
            find('Viewer', { opened: { $inQuery: { className: 'Opened', where: {} } } }),
            find('Viewer', { n: { $select: { query: { className: 'Veiled' }, key: 'secret' } } }),
        ],
    },
    {
        name: 'a query for one id is a get',
        steps: [
            ...cast('one'), define('OnlyGet', { ...all, find: {} }), object('OnlyGet'), define('OnlyFind', { ...all, get: {} }), object('OnlyFind'), define('GetOwn', { ...all, get: { pointerFields: ['owner'] } }), object('GetOwn'),
            create('Asker', { n: 1, to: pointer('GetOwn', '<object>') }),
            ...['OnlyGet', 'OnlyFind', 'GetOwn'].flatMap((className) => ['client', 'ann', 'bob'].flatMap((as) => [
                find(className, { objectId: '<object>' }, {}, { as }),
                find(className, { objectId: '<object>' }, { count: 1 }, { as }),
                find(className, { objectId: '<object>' }, { count: 1, limit: 0 }, { as }),
            ])),
            ...[{ objectId: { $eq: '<object>' } }, { objectId: { $in: ['<object>'] } }, { objectId: '<object>', n: 1 }, { $and: [{ objectId: '<object>' }] }].map((where) => find('OnlyGet', where)),
            find('Asker', { to: { $inQuery: { className: 'OnlyGet', where: { objectId: '<object>' } } } }),
            ...['client', 'ann', 'bob'].map((as) => find('Asker', {}, { include: 'to' }, { as })),
            find('_Session', { objectId: 'x' }), find('_Session', { objectId: 'x' }, {}, { as: 'ann' }), find('_Installation', { objectId: 'x' }),
        ],
    },
    {
        name: 'new fields of a new object',
        steps: [
            ...cast('new'),
            define('NewByUser', { ...all, addField: { requiresAuthentication: true }, writeUserFields: ['owner'] }), define('NewByPointer', { ...all, addField: { pointerFields: ['owner'] } }), define('NewByGroup', { ...all, addField: {}, writeUserFields: ['owner'] }),
            ...['NewByUser', 'NewByPointer', 'NewByGroup'].flatMap((className) => ['client', 'ann'].flatMap((as) => [
                create(className, { n: 1, owner: pointer('_User', '<annId>'), [`by_${as}`]: 1 }, undefined, { as }),
                create(className, { n: 2, owner: pointer('_User', '<annId>') }, 'made', { as }),
                put(className, 'made', { [`later_${as}`]: 1 }, { as }),
            ])),
        ],
    },
    {
        name: 'a refusal in the default configuration',
        profile: 'strict',
        steps: [
            ...cast('strict'), define('Shut', {}), define('Members', { ...all, find: { requiresAuthentication: true } }), object('Shut'), define('Dim', hidden({ '*': ['secret'] })), object('Dim'),
            ...doors('Shut', 'client').slice(0, -1), find('Members', {}), find('Members', {}, {}, { as: 'ann' }), ...shown('Dim', 'client'),
            { call: 'PUT /users/<annId>', body: { x: 1 } }, { call: 'PUT /users/<annId>', as: 'bob', body: { x: 1 } }, { call: 'DELETE /users/<annId>', as: 'bob' },
            { call: 'GET /schemas' }, { call: 'GET /users/me' }, { call: 'GET /sessions' }, { call: 'GET /sessions/me' }, { call: 'POST /sessions', body: {} }, { call: 'POST /loginAs', body: { userId: '<annId>' } }, { call: 'GET /serverInfo' }, { call: 'POST /schemas/X', as: 'readOnly', body: {} }, create('Shut', {}, undefined, { as: 'readOnly' }), { call: 'GET /classes/_JobStatus' }, { call: 'GET /installations' },
        ],
    },
    {
        name: 'classes that clients may not create',
        profile: 'strict',
        steps: [
            create('NotThere', { a: 1 }), { call: 'GET /classes/NotThere' }, { call: 'GET /classes/NotThere/abc' }, { call: 'PUT /classes/NotThere/abc', body: { a: 1 } }, { call: 'DELETE /classes/NotThere/abc' },
            create('NotThere', { a: 1, p: pointer('Nowhere', 'x') }, 'a', { as: 'master' }), create('NotThere', { a: 2, b: 3 }), { call: 'GET /classes/NotThere', query: { order: 'a' } }, find('NotThere', { p: { $inQuery: { className: 'Nowhere', where: {} } } }),
            { call: 'GET /classes/Nowhere', as: 'readOnly' }, { call: 'GET /classes/Nowhere', as: 'master' }, { call: 'GET /classes/Nowhere', as: 'maintenance' }, create('Nowhere', {}, undefined, { as: 'readOnly' }), create('Nowhere', { a: 1 }, undefined, { as: 'maintenance' }),
            { call: 'GET /classes/_Session' }, { call: 'GET /classes/_Installation' }, { call: 'GET /classes/_Role' }, { call: 'GET /classes/_Product' }, { call: 'GET /classes/_Nope' },
        ],
    },
    {
        name: 'system classes',
        steps: ['_JobStatus', '_PushStatus', '_Hooks', '_GlobalConfig', '_JobSchedule', '_Idempotency', '_GraphQLConfig', '_Audience', '_Join:users:_Role', '_Installation', '_Product', '_Session', '_SCHEMA'].flatMap((name) => [
            ...['client', 'master', 'maintenance'].map((as) => ({ call: `GET /classes/${name}`, as, query: { limit: 0 } })),
            { call: `GET /classes/${name}/abc` }, { call: `POST /classes/${name}`, body: {} }, { call: `PUT /classes/${name}/abc`, body: { x: 1 } }, { call: `DELETE /classes/${name}/abc` },
        ]),
    },
    {
        name: 'who may not add fields is told so, whatever else is wrong',
        steps: [
            schema('Closed', { fields: { s: { type: 'String', required: true }, n: { type: 'Number' } }, classLevelPermissions: { ...Object.fromEntries(['find', 'get', 'create', 'update'].map((operation) => [operation, { '*': true }])), addField: {} } }),
            create('Closed', { s: 'x', n: 1 }, 'closed'),
            ...['POST /classes/Closed', 'PUT /classes/Closed/<closed>', 'PUT /classes/Closed/nobody'].flatMap((call) =>
                [{ n: 'x' }, { s: null }, { 'bad key': 1 }, { ACL: 'x' }, { n: 1 }].flatMap((wrong) => [{ call, body: { more: 1, ...wrong } }, { call, body: { ...wrong, 'more.a': 1 } }, { call, body: { ...wrong, more: null } }]),
            ),
            ...['POST /classes/Closed', 'PUT /classes/Closed/<closed>'].flatMap((call) =>
                [op('Increment', { amount: 1 }), op('Add', { objects: [1] }), op('AddUnique', { objects: [1] }), op('Remove', { objects: [1] }), op('AddRelation', { objects: [pointer('_User', 'x')] }), { __type: 'Relation', className: '_User' }].map((more) => ({ call, body: { s: 'x', more } })),
            ),
            { call: 'GET /schemas/Closed', as: 'master' },
        ],
    },
];
