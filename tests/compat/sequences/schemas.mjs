// The schema API with its errors.
import { create, find, geo, get, op, pointer, put, schema } from '../lib/data.mjs';

const fields = (list) => ({ fields: list });
const text = { type: 'String' };

export default [
    {
        name: 'a class is made, changed and deleted',
        steps: [
            schema('Game', { className: 'Game', fields: { s: text, n: { type: 'Number' }, b: { type: 'Boolean' }, d: { type: 'Date' }, o: { type: 'Object' }, a: { type: 'Array' }, g: { type: 'GeoPoint' }, f: { type: 'File' }, y: { type: 'Bytes' }, p: { type: 'Polygon' }, u: { type: 'Pointer', targetClass: '_User' }, r: { type: 'Relation', targetClass: 'Fan' } } }),
            { call: 'GET /schemas/Game', as: 'master' },
            { call: 'GET /schemas/Game' },
            { call: 'GET /schemas/Game', as: 'readOnly' },
            { call: 'GET /schemas', as: 'client' },
            { call: 'GET /schemas/Nope', as: 'master' },
            schema('Game', { className: 'Game' }),
            schema('Game', { className: 'Other' }),
            schema('Game', fields({ t: text }), 'PUT'),
            schema('Game', fields({ t: { type: 'Number' } }), 'PUT'),
            schema('Game', fields({ t: text }), 'PUT'),
            schema('Game', fields({ u: { type: 'Pointer', targetClass: 'Other' } }), 'PUT'),
            schema('Game', fields({ t: op('Delete') }), 'PUT'),
            schema('Game', fields({ t: op('Delete') }), 'PUT'),
            schema('Game', fields({ objectId: op('Delete') }), 'PUT'),
            schema('Game', fields({ createdAt: { type: 'Date' } }), 'PUT'),
            schema('Game', fields({ createdAt: text }), 'PUT'),
            schema('Game', fields({ g2: { type: 'GeoPoint' } }), 'PUT'),
            schema('Game', fields({ t: op('Nonsense') }), 'PUT'),
            create('Game', { s: 'x' }, 'one'),
            schema('Game', fields({ s: op('Delete') }), 'PUT'),
            get('Game', 'one'),
            { call: 'DELETE /schemas/Game', as: 'master' },
            { call: 'DELETE /classes/Game/<one>' },
            { call: 'DELETE /schemas/Game' },
            { call: 'DELETE /schemas/Game', as: 'readOnly' },
            { call: 'DELETE /schemas/Game', as: 'master' },
            { call: 'DELETE /schemas/Game', as: 'master' },
            { call: 'GET /schemas/Game', as: 'master' },
            { call: 'DELETE /schemas/1bad', as: 'master' },
        ],
    },
    {
        name: 'class names and bodies',
        steps: [
            { call: 'POST /schemas', as: 'master', body: {} },
            { call: 'POST /schemas', as: 'master', body: { className: 'ByBody' } },
            { call: 'POST /schemas', as: 'master', body: { className: 5 } },
            ...['1A', 'A-b', '_A', '_Nope', 'A%20b', '_User', '_Role', '_Join:a:B', '_Hooks', '_GlobalConfig', '_Audience', '_JobStatus'].map((name) => schema(name, {})),
            schema('Odd1', fields(5)), schema('Odd2', fields([])), schema('Odd3', fields('x')), schema('Odd4', { classLevelPermissions: 5 }), schema('Odd5', { indexes: 5 }), schema('Odd6', { nonsense: 5 }), schema('Odd7', []),
            schema('Missing', fields({}), 'PUT'), schema('Missing', { className: 'Other' }, 'PUT'), { call: 'PUT /schemas', as: 'master', body: {} }, schema('Client1', {}), { call: 'POST /schemas/Client2', body: {} }, { call: 'PUT /schemas/Client1', body: {} }, { call: 'POST /schemas/Client3', as: 'maintenance', body: {} },
            ...['_Hooks', '_JobStatus', '_PushStatus', '_Audience', '_GlobalConfig'].map((name) => ({ call: `GET /schemas/${name}`, as: 'master' })),
            schema('_User', fields({ phone: text }), 'PUT'), schema('_User', fields({ username: op('Delete') }), 'PUT'), schema('_User', fields({ username: { type: 'Number' } }), 'PUT'), schema('_User', fields({ phone: op('Delete') }), 'PUT'),
            { call: 'DELETE /schemas/_Role', as: 'master' },
        ],
    },
    {
        name: 'field names and types',
        steps: [
            ...['1a', 'a b', '_a', 'a.b', 'length', 'className', 'objectId', 'ACL', 'ok_1', '', 'ä'].map((name, i) => schema(`FieldName${i}`, fields({ [name]: text }))),
            ...[{}, { type: 5 }, { type: '' }, { type: 'Nonsense' }, { type: 'string' }, { type: 'Pointer' }, { type: 'Relation' }, { type: 'Pointer', targetClass: 5 }, { type: 'Pointer', targetClass: '1bad' }, { type: 'Pointer', targetClass: '_User' }, { type: 'Relation', targetClass: 'New' }, { type: 'ACL' }, { type: 'String', targetClass: 'X' }, 'String', 5, null, { type: 'Map' }].map((value, i) => schema(`FieldType${i}`, fields({ f: value }))),
            schema('TwoGeo', fields({ a: { type: 'GeoPoint' }, b: { type: 'GeoPoint' } })),
        ],
    },
    {
        name: 'what is there comes before what else is wrong',
        steps: [
            schema('Presence', fields({ a: text, b: text })),
            ...[{ a: { type: 'Nonsense' } }, { a: {} }, { a: { type: 'Pointer', targetClass: '1x' } }, { a: { type: 'Relation', targetClass: 'X', required: true } }, { a: { type: 'Number' }, none: op('Delete') }, { none: op('Delete'), a: { type: 'Number' } }, { new: { type: 'Nonsense' }, a: { type: 'Number' } }, { objectId: { type: 'Number' } }].map((list) => schema('Presence', fields(list), 'PUT')),
            schema('Presence', { indexes: { i: { a: 1 } } }, 'PUT'),
            schema('Presence', { indexes: { i: { none: 1 } } }, 'PUT'),
            { call: 'GET /schemas/Presence', as: 'master' },
            schema('Shut', { ...fields({ a: text }), classLevelPermissions: { find: { '*': true }, create: { '*': true }, update: { '*': true }, get: { '*': true } } }),
            create('Shut', { a: null }, 's'),
            create('Shut', { none: null }),
            create('Shut', { none: op('Delete') }),
            put('Shut', 's', { none: null }),
        ],
    },
    {
        name: 'a default is enough for a required field',
        steps: [
            schema('Enough', fields({ s: { ...text, required: true, defaultValue: '' }, n: { type: 'Number', required: true, defaultValue: 0 } })),
            create('Enough', {}, 'one'), get('Enough', 'one'), create('Enough', { s: op('Delete') }, 'two'), get('Enough', 'two'), create('Enough', { s: '' }), put('Enough', 'one', { s: '' }),
        ],
    },
    {
        name: 'required and default',
        steps: [
            schema('Rules', fields({ need: { type: 'String', required: true }, have: { type: 'String', required: false }, n: { type: 'Number', defaultValue: 5 }, both: { type: 'Boolean', required: true, defaultValue: false }, o: { type: 'Object', defaultValue: { a: 1 } }, p: { type: 'Pointer', targetClass: '_User', defaultValue: pointer('_User', 'abc') }, l: { type: 'Array', defaultValue: [1] } })),
            create('Rules', {}), create('Rules', { need: '' }), create('Rules', { need: null }), create('Rules', { need: op('Delete') }), create('Rules', { need: 'x' }, 'one'), get('Rules', 'one'), create('Rules', { need: 'x', n: null, both: null }), create('Rules', { need: 'x', n: op('Delete') }, 'two'), get('Rules', 'two'),
            put('Rules', 'one', { need: null }), put('Rules', 'one', { need: '' }), put('Rules', 'one', { need: op('Delete') }), put('Rules', 'one', { n: op('Delete') }), put('Rules', 'one', { have: 'x' }), get('Rules', 'one'),
            schema('Rules', fields({ have: { type: 'String', defaultValue: 'new' } }), 'PUT'), schema('Rules', fields({ need: { type: 'String', required: false } }), 'PUT'), create('Rules', {}, 'three'), get('Rules', 'three'),
            ...[{ type: 'String', defaultValue: 5 }, { type: 'Number', defaultValue: 'x' }, { type: 'Boolean', defaultValue: 'x' }, { type: 'Relation', targetClass: 'X', required: true }, { type: 'Relation', targetClass: 'X', defaultValue: {} }, { type: 'Pointer', targetClass: 'X', defaultValue: pointer('Y', 'z') }, { type: 'Date', defaultValue: 'x' }, { type: 'Date', defaultValue: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } }, { type: 'String', required: 'yes' }, { type: 'String', defaultValue: null }, { type: 'GeoPoint', defaultValue: geo(1, 2) }].map((value, i) => schema(`Default${i}`, fields({ f: value }))),
            ...[{ type: 'Object', defaultValue: { $a: 1 } }, { type: 'Object', defaultValue: { a: [{ 'b.c': 1 }] } }, { type: 'Object', defaultValue: op('Delete') }, { type: 'Array', defaultValue: [{ $a: 1 }] }, { type: 'Array', defaultValue: op('Add', { objects: [1] }) }, { type: 'Polygon', defaultValue: { __type: 'Polygon', coordinates: [[0, 0]] } }].map((value, i) => schema(`BadDefault${i}`, fields({ f: value }))),
        ],
    },
    {
        name: 'indexes',
        steps: [
            schema('Indexed', { fields: { a: text, b: text }, indexes: { byA: { a: 1 } } }), schema('Indexed', { indexes: { byB: { b: 1 } } }, 'PUT'), schema('Indexed', { indexes: { byB: { b: 1 } } }, 'PUT'), schema('Indexed', { indexes: { byC: { c: 1 } } }, 'PUT'), schema('Indexed', { indexes: { byB: op('Delete') } }, 'PUT'), schema('Indexed', { indexes: { byB: op('Delete') } }, 'PUT'), { call: 'GET /schemas/Indexed', as: 'master' },
            schema('Indexed', { fields: { a: op('Delete') }, indexes: { byA: op('Delete') } }, 'PUT'), { call: 'GET /schemas/Indexed', as: 'master' },
        ],
    },
    {
        name: 'class-level permissions that are refused',
        steps: [
            ...[{ nonsense: {} }, { find: 5 }, { find: null }, { find: [] }, { find: { '*': false } }, { find: { '*': 'true' } }, { find: { '*': 1 } }, { find: { 'bad key!': true } }, { find: { 'role:x': true } }, { find: { abcdefghij: true } }, { find: { requiresAuthentication: false } }, { find: { requiresAuthentication: true } }, { find: { pointerFields: 'x' } }, { find: { pointerFields: ['nope'] } }, { find: { pointerFields: ['text'] } }, { find: { pointerFields: ['user'] } }, { find: { pointerFields: [] } }, { readUserFields: 'x' }, { readUserFields: ['nope'] }, { readUserFields: ['user'] }, { writeUserFields: ['text'] }, { writeUserFields: ['user'] }, { protectedFields: 5 }, { protectedFields: { '*': 'x' } }, { protectedFields: { '*': ['nope'] } }, { protectedFields: { '*': ['objectId'] } }, { protectedFields: { '*': ['text'] } }, { protectedFields: { 'bad key!': ['text'] } }, { protectedFields: { authenticated: ['text'] } }, { protectedFields: { 'userField:user': ['text'] } }, { protectedFields: { 'userField:nope': ['text'] } }, { protectedFields: { 'role:x': [] } }, { ACL: { '*': { read: true } } }, { ACL: 5 }, { ACL: { currentUser: { read: true, write: true } } }, { ACL: { '*': { nonsense: true } } }, {}, null].map((classLevelPermissions, i) => schema(`Denied${i}`, { fields: { text, user: { type: 'Pointer', targetClass: '_User' } }, classLevelPermissions })),
            schema('Denied9', { classLevelPermissions: { get: { '*': true } } }, 'PUT'), schema('Denied9', { classLevelPermissions: {} }, 'PUT'), schema('Denied9', {}, 'PUT'), { call: 'GET /schemas/Denied9', as: 'master' },
        ],
    },
    {
        name: 'default permissions',
        steps: [
            schema('OwnAcl', { fields: { n: { type: 'Number' } }, classLevelPermissions: { find: { '*': true }, get: { '*': true }, create: { '*': true }, update: { '*': true }, ACL: { '*': { read: true } } } }), create('OwnAcl', { n: 1 }, 'one'), get('OwnAcl', 'one'), put('OwnAcl', 'one', { n: 2 }), create('OwnAcl', { n: 1, ACL: {} }), find('OwnAcl', {}, { keys: 'n' }),
        ],
    },
    {
        name: 'the books of the server keep their fields',
        steps: ['_JobStatus', '_PushStatus', '_JobSchedule', '_Audience', '_Hooks', '_GlobalConfig', '_GraphQLConfig'].flatMap((name) => {
            const routed = /Hooks|Config/.test(name);
            return [
                create(name, { ACL: {} }, 'row', { as: 'master' }),
                ...(routed ? [] : [create(name, { more: 1 }, undefined, { as: 'master' }), put(name, 'row', { more: 1 }, { as: 'master' }), put(name, 'row', { 'more.a': 1 }, { as: 'master' })]),
                { call: 'POST /batch', as: 'master', body: { requests: [{ method: 'POST', path: `/parse/classes/${name}`, body: { ACL: {} } }], ...(routed ? {} : { transaction: true }) } },
                schema(name, fields({ more: text })),
                schema(name, fields({ more: text }), 'PUT'),
                { call: `GET /schemas/${name}`, as: 'master' },
                ...(routed ? [schema(name, undefined, 'DELETE')] : []),
            ];
        }),
    },
    {
        name: 'a class whose last index is gone shows the one that is always there',
        steps: [
            schema('Unindexed', { fields: { a: text, b: text } }),
            schema('Unindexed', { fields: { b: op('Delete') } }, 'PUT'),
            { call: 'GET /schemas/Unindexed', as: 'master' },
            ...['a_1', 'a_2'].flatMap((name) => [
                schema('Unindexed', { indexes: { [name]: { a: 1 } } }, 'PUT'),
                schema('Unindexed', { indexes: { [name]: op('Delete') } }, 'PUT'),
                { call: 'GET /schemas/Unindexed', as: 'master' },
            ]),
            schema('Unindexed', { fields: { c: text } }, 'PUT'),
        ],
    },
];
