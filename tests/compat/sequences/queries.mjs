// Operators and options of find, over documents of all field types.
import { bytes, create, date, file, find, geo, get, pointer, polygon } from '../lib/data.mjs';

const where = (className) => (constraint, query) => find(className, constraint, { keys: 'n', order: 'n', ...query });
const whole = (className, list) => list.map(([constraint, query]) => where(className)(constraint, query));

const people = [
    { n: 1, name: 'Anna', age: 30, score: 1.5, tags: ['a', 'b'], born: date('1990-05-06T07:08:09.100Z'), vip: true, home: geo(52.5, 13.4), info: { city: 'Berlin', zip: 10115, deep: { x: 1 } } },
    { n: 2, name: 'Bert', age: 25, score: -2, tags: ['b', 'c'], born: date('1995-05-06T07:08:09.100Z'), vip: false, home: geo(48.1, 11.6), info: { city: 'München', zip: 80331 } },
    { n: 3, name: 'anna', age: 40, score: 0, tags: [], born: date('1980-01-01T00:00:00.000Z'), vip: true, home: geo(53.6, 10), info: { city: 'Hamburg' } },
    { n: 4, name: 'Çelik', tags: ['a', 'b', 'c'], home: geo(-33.9, 151.2), info: {} },
    { n: 5, name: 'Dora\nline two', age: 30, score: 100, tags: ['x'], vip: false },
    { n: 6 },
];

export default [
    {
        name: 'equality and comparison',
        steps: [
            ...people.map((one) => create('Person', one)),
            ...whole('Person', [
                [{}], [{ name: 'Anna' }], [{ name: 'nobody' }], [{ age: 30 }], [{ vip: true }], [{ vip: false }], [{ born: date('1990-05-06T07:08:09.100Z') }],
                [{ home: geo(48.1, 11.6) }], [{ age: null }], [{ age: { $eq: 30 } }], [{ age: { $ne: 30 } }], [{ age: { $ne: null } }], [{ name: { $ne: 'Anna' } }],
                [{ vip: { $ne: true } }], [{ age: { $lt: 30 } }], [{ age: { $lte: 30 } }], [{ age: { $gt: 30 } }], [{ age: { $gte: 30 } }], [{ age: { $gt: 25, $lt: 40 } }],
                [{ score: { $lt: 0 } }], [{ score: { $gte: 1.5 } }], [{ name: { $gt: 'Bert' } }], [{ name: { $lte: 'Anna' } }],
                [{ born: { $gt: date('1990-01-01T00:00:00.000Z') } }], [{ born: { $lte: date('1990-05-06T07:08:09.100Z') } }],
                [{ createdAt: { $gt: date('2020-01-01T00:00:00.000Z') } }], [{ createdAt: { $lt: '2020-01-01T00:00:00.000Z' } }], [{ updatedAt: { $gte: '2020-01-01T00:00:00.000Z' } }],
                [{ age: { $in: [25, 40] } }], [{ age: { $in: [] } }], [{ age: { $in: [25, null] } }], [{ age: { $nin: [25, 40] } }], [{ age: { $nin: [] } }], [{ age: { $nin: [25, null] } }],
                [{ name: { $in: ['Anna', 'anna'] } }], [{ name: { $nin: ['Anna'] } }], [{ vip: { $in: [true] } }], [{ born: { $in: [date('1980-01-01T00:00:00.000Z')] } }],
                [{ age: { $exists: true } }], [{ age: { $exists: false } }], [{ home: { $exists: true } }], [{ nope: { $exists: false } }], [{ nope: { $exists: true } }], [{ nope: 1 }], [{ nope: null }], [{ nope: { $ne: 1 } }],
                [{ age: 30, vip: true }], [{ age: 30, name: { $ne: 'Anna' } }],
            ]),
        ],
    },
    {
        name: 'arrays',
        steps: [
            ...people.map((one) => create('Tagged', one)),
            ...whole('Tagged', [
                [{ tags: 'a' }], [{ tags: { $ne: 'a' } }], [{ tags: { $in: ['a', 'x'] } }], [{ tags: { $nin: ['a', 'x'] } }], [{ tags: { $all: ['a'] } }], [{ tags: { $all: ['a', 'b'] } }],
                [{ tags: { $all: [] } }], [{ tags: { $all: ['a', 'nope'] } }], [{ tags: { $all: [{ $regex: '^\\Qa\\E' }] } }], [{ tags: { $all: [{ $regex: '^\\Qa\\E' }, { $regex: '^\\Qb\\E' }] } }],
                [{ tags: { $all: [{ $regex: '^\\Qa\\E' }, 'b'] } }], [{ tags: { $all: 'a' } }], [{ tags: { $containedBy: ['a', 'b', 'c'] } }], [{ tags: { $containedBy: ['x'] } }],
                [{ tags: { $containedBy: [] } }], [{ tags: { $containedBy: 'a' } }], [{ tags: ['a', 'b'] }], [{ tags: { $eq: ['a', 'b'] } }], [{ tags: { $exists: true } }], [{ tags: { $exists: false } }],
                [{ 'tags.0': 'a' }], [{ 'tags.1': 'b' }], [{ tags: { $in: 'a' } }], [{ tags: { $nin: 'a' } }], [{ tags: { $in: [['a'], 'x'] } }], [{ tags: null }], [{ tags: { $ne: null } }],
                [{ tags: { $regex: '^a' } }], [{ tags: { $gt: 'w' } }], [{ tags: {} }],
            ]),
        ],
    },
    {
        name: 'regular expressions',
        steps: [
            ...people.map((one) => create('Named', one)),
            ...whole('Named', [
                [{ name: { $regex: 'nn' } }], [{ name: { $regex: '^A' } }], [{ name: { $regex: '^a', $options: 'i' } }], [{ name: { $regex: '^\\QAn\\E' } }], [{ name: { $regex: '\\Qna\\E$' } }],
                [{ name: { $regex: '^line', $options: 'm' } }], [{ name: { $regex: '^line' } }], [{ name: { $regex: 'a l' } }], [{ name: { $regex: 'n n', $options: 'x' } }],
                [{ name: { $regex: 'Dora.line', $options: 's' } }], [{ name: { $regex: 'Dora.line' } }], [{ name: { $regex: 'ç', $options: 'i' } }], [{ name: { $regex: '^[AB]' } }], [{ name: { $regex: '^(Anna|Bert)$' } }],
                [{ name: { $regex: '\\d' } }], [{ name: { $regex: '' } }], [{ name: { $regex: '[' } }], [{ name: { $regex: '(' } }], [{ name: { $regex: 'a', $options: 'z' } }], [{ name: { $regex: 'a', $options: 'g' } }],
                [{ name: { $regex: 5 } }], [{ name: { $regex: {} } }], [{ name: { $regex: 'a', $options: 5 } }], [{ name: { $options: 'i' } }], [{ age: { $regex: '3' } }], [{ name: { $regex: '\\Q.\\E' } }],
                [{ name: { $regex: '^(?i)anna' } }], [{ name: { $regex: 'n{2}' } }], [{ name: { $regex: 'anna', $options: 'im' } }], [{ name: { $regex: "o'" } }], [{ nope: { $regex: 'a' } }],
            ]),
        ],
    },
    {
        name: 'logic',
        steps: [
            ...people.map((one) => create('Logic', one)),
            ...whole('Logic', [
                [{ $or: [{ age: 25 }, { name: 'anna' }] }], [{ $or: [] }], [{ $or: [{}] }], [{ $or: [{ age: 25 }], vip: true }], [{ $or: {} }], [{ $or: 5 }], [{ $or: [5] }], [{ $or: ['x'] }], [{ $or: [null] }],
                [{ $and: [{ age: 30 }, { vip: true }] }], [{ $and: [] }], [{ $and: {} }], [{ $and: 'x' }], [{ $nor: [{ age: 30 }, { name: 'Bert' }] }], [{ $nor: [] }], [{ $nor: {} }], [{ $nor: 'x' }],
                [{ $or: [{ $and: [{ age: 30 }, { vip: true }] }, { n: 6 }] }], [{ $and: [{ $or: [{ n: 1 }, { n: 2 }] }, { $or: [{ n: 2 }, { n: 3 }] }] }],
                [{ $nor: [{ vip: true }] }], [{ $or: [{ age: { $gt: 35 } }, { age: { $lt: 26 } }] }], [{ $not: { age: 30 } }], [{ age: { $not: { $gt: 26 } } }], [{ $expr: {} }], [{ $where: 'x' }], [{ age: { $gt: 26, $bad: 1 } }],
                [{ age: { $type: 'int' } }], [{ tags: { $size: 2 } }], [{ tags: { $elemMatch: { $eq: 'a' } } }], [{ age: { $mod: [5, 0] } }],
            ]),
        ],
    },
    {
        name: 'paths into objects and arrays',
        steps: [
            ...people.map((one) => create('Nested', one)),
            ...whole('Nested', [
                [{ 'info.city': 'Berlin' }], [{ 'info.zip': 10115 }], [{ 'info.zip': { $gt: 20000 } }], [{ 'info.deep.x': 1 }], [{ 'info.deep.x': { $exists: true } }], [{ 'info.city': { $exists: false } }],
                [{ 'info.city': { $ne: 'Berlin' } }], [{ 'info.city': { $in: ['Berlin', 'Hamburg'] } }], [{ 'info.city': { $nin: ['Berlin'] } }], [{ 'info.city': { $regex: '^B' } }], [{ 'info.nope.nope': 1 }],
                [{ 'info.city': null }], [{ info: { city: 'Hamburg' } }], [{ info: { $eq: { city: 'Hamburg' } } }], [{ info: {} }], [{ 'n.x': 1 }], [{ 'nope.x': 1 }], [{ info: { $exists: true } }], [{ 'info.': 1 }], [{ '.info': 1 }],
            ]),
            ...['info.city', '-info.city', 'info.zip,n'].map((order) => find('Nested', { info: { $exists: true } }, { order, keys: 'n' })),
            ...['info', 'info.city', 'info.deep.x', 'name,info.zip'].map((keys) => find('Nested', { n: 1 }, { keys })),
            ...['info', 'info.city', 'name,tags', 'createdAt', 'objectId,n'].map((excludeKeys) => find('Nested', { n: 1 }, { excludeKeys })),
        ],
    },
    {
        name: 'type mismatches',
        steps: [
            create('Typo', { n: 1, s: 'x', d: date('2020-01-01T00:00:00.000Z'), b: true, a: [1], o: { k: 1 }, p: pointer('Other', 'abc'), g: geo(1, 2) }),
            ...whole('Typo', [
                [{ n: 'x' }], [{ n: '1' }], [{ s: 1 }], [{ d: 'x' }], [{ d: '2020-01-01T00:00:00.000Z' }], [{ b: 'true' }], [{ b: 1 }], [{ p: 'abc' }], [{ p: 5 }], [{ p: pointer('Wrong', 'abc') }], [{ g: 'x' }], [{ s: true }],
                [{ n: { $gt: 'x' } }], [{ s: { $gt: 5 } }], [{ d: { $gt: 5 } }], [{ b: { $gt: false } }], [{ n: { $in: ['x', 1] } }], [{ s: date('2020-01-01T00:00:00.000Z') }], [{ n: date('2020-01-01T00:00:00.000Z') }],
                [{ n: pointer('Other', 'abc') }], [{ a: { $gt: 0 } }], [{ o: 1 }], [{ o: 'k' }], [{ createdAt: 'nonsense' }], [{ createdAt: { $gt: 'nonsense' } }], [{ d: { __type: 'Date', iso: 'nonsense' } }], [{ n: { __type: 'Nonsense' } }],
                [{ objectId: 5 }], [{ objectId: null }], [{ objectId: { $in: [5] } }], [{ n: { $exists: 'yes' } }], [{ n: { $exists: 1 } }], [{ n: [1] }], [{ n: { x: 1 } }], [{ n: { x: 1, $gt: 0 } }], [{ n: { $gt: 0, x: 1 } }],
            ]),
        ],
    },
    {
        name: 'keys that are refused',
        steps: [
            create('Refused', { n: 1 }),
            ...whole('Refused', [
                [{ ACL: {} }], [{ '1a': 1 }], [{ 'a b': 1 }], [{ _rperm: 'x' }], [{ _wperm: 'x' }], [{ _p_user: 'x' }], [{ _hashed_password: 'x' }], [{ $foo: 1 }], [{ '': 1 }], [{ 'a-b': 1 }], [{ ä: 1 }], [{ _id: 1 }], [{ _created_at: 1 }],
                [{ $or: [{ ACL: {} }] }], [{ $or: [{ '1a': 1 }] }], [{ $and: [{ _x: 1 }] }], [{ className: 'x' }], [{ length: 1 }], [{ constructor: 1 }], [{ n: { constructor: 1 } }],
            ]),
            ...['{', '5', '"x"', '[]', '[{"n":1}]', 'null', 'true', 'x'].map((text) => ({ call: 'GET /classes/Refused', query: { where: text } })),
            ...[{ _hashed_password: 'x' }, { _id: 'x' }, { _x: 1 }, { _email_verify_token: 'x' }, { ACL: {} }, { _rperm: 'x' }].map((constraint) => find('Refused', constraint, {}, { as: 'master' })),
        ],
    },
    {
        name: 'order, limit, skip and count',
        steps: [
            ...people.map((one) => create('Sorted', one)),
            ...['n', '-n', 'name', '-name', 'vip,-n', '-vip,n', 'born', '-score', ' n ', 'n,', ',', '', 'nope', '-nope,n', '1a', 'a b', '-', '--n', 'createdAt', '-createdAt', '_created_at', '-_updated_at', 'objectId,', '$score', 'n;drop', 'info', 'tags,n', 'home,n', 'ACL'].map(
                (order) => find('Sorted', { age: { $exists: true } }, { order, keys: 'n' }),
            ),
            ...[0, 1, 3, 100, -1, 'x', '2', 1.5, null, true, '', 1e9].map((limit) => find('Sorted', undefined, { limit, order: 'n', keys: 'n' })),
            ...[0, 2, 100, -1, 'x', '2', 1.5, null].map((skip) => find('Sorted', undefined, { skip, order: 'n', keys: 'n' })),
            ...[1, 0, true, false, '1', '', 'x', null].map((count) => find('Sorted', { age: 30 }, { count, order: 'n', keys: 'n' })),
            find('Sorted', { age: 30 }, { count: 1, limit: 0 }),
            find('Sorted', { age: 30 }, { count: 1, limit: 1, skip: 1, order: 'n', keys: 'n' }),
            find('Sorted', { age: 30 }, { limit: 1, skip: 1, order: '-n', keys: 'n' }),
        ],
    },
    {
        name: 'parameters',
        steps: [
            create('Params', { n: 1, p: pointer('Params', 'x') }, 'a'),
            ...[{ foo: 1 }, { trace: 1 }, { distinct: 'n' }, { comment: 'hello' }, { comment: 5 }, { hint: '_id_' }, { explain: true }, { explain: 'nonsense' }, { explain: false }, { readPreference: 'SECONDARY' }, { readPreference: 'nonsense' }, { readPreference: 'primary' }, { includeReadPreference: 'NEAREST' }, { subqueryReadPreference: 'nope' }, { keys: '' }, { keys: 'nope' }, { keys: 'n', excludeKeys: 'n' }, { keys: ['n'] }, { keys: 5 }, { keys: {} }, { include: '' }, { include: 'nope' }, { include: 'n' }, { include: 5 }, { include: ['p'] }, { includeAll: 1 }, { includeAll: false }, { excludeKeys: '' }, { order: 5 }, { order: {} }, { order: ['n'] }, { where: {} }].map((query) => ({ call: 'GET /classes/Params', query })),
            ...[{ explain: true }, { explain: 'nonsense' }, { hint: 'nope' }].map((query) => ({ call: 'GET /classes/Params', query, as: 'readOnly' })),
            ...[{ keys: 'n' }, { include: 'p' }, { excludeKeys: 'n' }, { where: {} }, { limit: 1 }, { foo: 1 }, { order: 'n' }, { keys: 'nope' }, { readPreference: 'PRIMARY' }].map((query) => get('Params', 'a', query)),
            { call: 'POST /classes/Params', body: { _method: 'GET', where: { n: 1 }, limit: 1, keys: 'n' } },
            { call: 'POST /classes/Params', body: { _method: 'GET', where: '{"n":1}', limit: '1', keys: 'n', count: '1' } },
            { call: 'POST /classes/Params', body: { _method: 'get', where: { n: 2 } } },
            { call: 'POST /classes/Params', body: { _method: 'GET', where: { n: 1 } }, query: { limit: '0', count: 1 } },
            { call: 'POST /classes/Params', body: { _method: 'GET', keys: ['n', 'p'], where: {} } },
            { call: 'POST /classes/Params', body: { _method: 'GET', foo: 1 } },
            { call: 'POST /classes/Params', body: { _method: 'NOPE' } },
            { call: 'POST /classes/Params/<a>', body: { _method: 'PUT', n: 2 } },
            { call: 'POST /classes/Params/<a>', body: { _method: 'GET' } },
            { call: 'POST /classes/Params/<a>', body: { _method: 'DELETE' } },
            { call: 'GET /classes/Params', body: { where: { n: 1 } } },
        ],
    },
    {
        name: 'include',
        steps: [
            create('City', { name: 'Berlin' }, 'city'),
            create('Street', { name: 'Unter den Linden', city: pointer('City', '<city>') }, 'street'),
            create('House', { n: 1, street: pointer('Street', '<street>'), near: [pointer('City', '<city>'), pointer('Street', '<street>'), 'text', pointer('City', 'missing')], info: { city: pointer('City', '<city>') } }, 'house'),
            create('House', { n: 2, street: pointer('Street', 'missing') }, 'lonely'),
            create('House', { n: 3 }),
            ...['street', 'street.city', 'near', 'near.city', 'info.city', '*', 'street,near', 'nope', 'n', 'street.nope', 'street.city.nope', 'street.', '.street', ' street , near'].map((include) => find('House', { n: 1 }, { include })),
            find('House', {}, { include: 'street', order: 'n' }),
            find('House', {}, { includeAll: true, order: 'n' }),
            get('House', 'house', { include: 'street.city' }),
            get('House', 'lonely', { include: 'street' }),
            ...['street', 'street.name', 'street.city', 'street.city.name', 'n,street.name'].map((keys) => find('House', { n: 1 }, { keys, include: 'street' })),
            ...['street.name', 'street.city.name'].map((keys) => find('House', { n: 1 }, { keys })),
            ...['street.name', 'street', 'street.city'].map((excludeKeys) => find('House', { n: 1 }, { excludeKeys, include: 'street.city' })),
            get('House', 'house', { keys: 'street.name' }),
        ],
    },
    {
        name: 'includes round in circles, and keys along them',
        steps: [
            create('Ring', { n: 1, v: 1, w: { q: 1, r: 2 } }, 'ringA'),
            create('Ring', { n: 2, v: 2, back: pointer('Ring', '<ringA>'), list: [pointer('Ring', '<ringA>'), 5, null, pointer('Ring', 'gone'), 'x', { p: pointer('Ring', '<ringA>') }], o: { deep: pointer('Ring', '<ringA>'), arr: [{ p: pointer('Ring', '<ringA>') }], k: 1 } }, 'ringB'),
            { call: 'PUT /classes/Ring/<ringA>', body: { back: pointer('Ring', '<ringB>'), list: [pointer('Ring', '<ringB>')] } },
            ...['back.back.back', 'list.back', 'list.list', 'list.p', 'list.0', 'o.deep', 'o.arr', 'o.arr.p', 'o', 'back..back', 'back.list.back', 'back,back.list,list.back', '*,back.back'].map((include) => find('Ring', { n: 2 }, { include })),
            ...['back.v', 'back.w.q', 'list.v', 'list.back.v', 'back.v,back.n', 'back,back.v', 'back.v,back', 'o.deep.v', 'o.k', 'o.arr.p.v', 'nope.x', 'back.back.back.v', 'v,o.k,list.v'].map((keys) => find('Ring', { n: 2 }, { keys })),
            ...[['back.v', 'list'], ['back', 'back.back'], ['list.back', 'back'], ['v', 'back,list']].map(([keys, include]) => find('Ring', { n: 2 }, { keys, include })),
            ...[['back.v', 'back'], ['back.v'], ['list.v', 'list'], ['back', 'back'], ['o.k'], ['list.back', 'list.back'], ['back.back.v', 'back.back'], ['o.deep.v', 'o.deep'], ['back.objectId', 'back'], ['back.createdAt,back.list', 'back']].map(([excludeKeys, include]) => find('Ring', { n: 2 }, { excludeKeys, include })),
            ...[['v,n', 'v'], ['back.v', 'back'], ['back', 'back.v', 'back'], ['back.v', 'back.v']].map(([keys, excludeKeys, include]) => find('Ring', { n: 2 }, { keys, excludeKeys, include })),
            ...[{ keys: 'n', include: '*' }, { keys: 'n', includeAll: true }, { keys: 'back.v', include: '*' }, { keys: 'back.v', includeAll: true }, { excludeKeys: 'back', include: '*' }, { excludeKeys: 'list,back.v', include: '*' }, { excludeKeys: 'v', include: 'list,*' }, { includeAll: true, include: 'back.back' }, { keys: 'n,back', excludeKeys: 'list', include: '*' }].map((query) => find('Ring', { n: 2 }, query)),
            ...[{ keys: 'n', include: '*' }, { keys: 'back.v', excludeKeys: 'back' }].map((query) => get('Ring', 'ringB', query)),
            ...[{ limit: 0, skip: 5 }, { skip: 1 }, { skip: 5 }, { limit: 1, skip: 1 }, { limit: 0, where: { v: 2 } }, { limit: 0, order: 'nope', keys: 'v' }, { limit: 0, include: 'back' }].map((query) => find('Ring', undefined, { count: 1, keys: 'n', order: 'n', ...query })),
            get('Ring', 'ringB', { include: 'back.back', keys: 'back.back.n' }),
            get('Ring', 'ringB', { include: 'list', excludeKeys: 'o,list.w' }),
        ],
    },
    {
        name: 'sub-queries',
        steps: [
            create('Team', { name: 'red', city: 'Berlin', wins: 3 }, 'red'),
            create('Team', { name: 'blue', city: 'Hamburg', wins: 1 }, 'blue'),
            create('Player', { n: 1, team: pointer('Team', '<red>'), town: 'Berlin', teams: [pointer('Team', '<red>'), pointer('Team', '<blue>')] }),
            create('Player', { n: 2, team: pointer('Team', '<blue>'), town: 'Bremen', teams: [pointer('Team', '<blue>')] }),
            create('Player', { n: 3, town: 'Hamburg' }),
            ...whole('Player', [
                [{ team: pointer('Team', '<red>') }], [{ team: { $ne: pointer('Team', '<red>') } }], [{ team: { $in: [pointer('Team', '<red>')] } }], [{ team: { $nin: [pointer('Team', '<red>')] } }], [{ team: '<red>' }], [{ team: { $all: [pointer('Team', '<red>')] } }],
                [{ teams: pointer('Team', '<red>') }], [{ teams: { $in: [pointer('Team', '<red>')] } }], [{ teams: { $all: [pointer('Team', '<red>'), pointer('Team', '<blue>')] } }], [{ team: { $exists: true } }], [{ team: null }], [{ team: { $ne: null } }],
                [{ team: { $inQuery: { className: 'Team', where: { wins: { $gt: 2 } } } } }], [{ team: { $notInQuery: { className: 'Team', where: { wins: { $gt: 2 } } } } }], [{ team: { $inQuery: { className: 'Team', where: {} } } }],
                [{ team: { $inQuery: { className: 'Team', where: { name: 'none' } } } }], [{ team: { $notInQuery: { className: 'Team', where: { name: 'none' } } } }], [{ team: { $inQuery: { className: 'Team' } } }], [{ team: { $inQuery: { where: {} } } }], [{ team: { $inQuery: 5 } }], [{ team: { $inQuery: null } }],
                [{ team: { $notInQuery: 5 } }], [{ team: { $notInQuery: { className: 'Team' } } }], [{ team: { $inQuery: { className: 'NoSuchClass', where: {} } } }], [{ team: { $inQuery: { className: 'Team', where: { ACL: 1 } } } }],
                [{ teams: { $inQuery: { className: 'Team', where: { name: 'red' } } } }], [{ town: { $select: { query: { className: 'Team' }, key: 'city' } } }], [{ town: { $dontSelect: { query: { className: 'Team' }, key: 'city' } } }],
                [{ town: { $select: { query: { className: 'Team', where: { wins: 1 } }, key: 'city' } } }], [{ town: { $select: { query: { className: 'Team' } } } }], [{ town: { $select: { key: 'city' } } }], [{ town: { $select: 5 } }], [{ town: { $select: { query: { className: 'Team' }, key: 'city', extra: 1 } } }],
                [{ town: { $dontSelect: { query: { className: 'Team' } } } }], [{ town: { $dontSelect: 5 } }], [{ town: { $select: { query: { className: 'Team' }, key: 'nope' } } }], [{ town: { $dontSelect: { query: { className: 'Team' }, key: 'nope' } } }],
                [{ $or: [{ team: { $inQuery: { className: 'Team', where: { name: 'red' } } } }, { n: 3 }] }], [{ team: { $inQuery: { className: 'Team', where: { city: { $select: { query: { className: 'Player' }, key: 'town' } } } } } }],
                [{ team: { $inQuery: { className: 'Team', where: {} }, $ne: pointer('Team', '<red>') } }], [{ team: { $inQuery: { className: 'Team', where: {}, limit: 1, order: 'wins' } } }], [{ team: { $inQuery: { className: 'Team', where: {}, foo: 1 } } }],
            ]),
        ],
    },
    {
        name: 'geography',
        steps: [
            ...people.map((one) => create('Place', { n: one.n, at: one.home })),
            create('Place', { n: 7, area: polygon([50, 10], [50, 15], [55, 15], [55, 10]) }),
            ...whole('Place', [
                [{ at: { $within: { $box: [geo(45, 5), geo(55, 15)] } } }], [{ at: { $within: { $box: [geo(45, 5)] } } }], [{ at: { $within: {} } }], [{ at: { $within: { $box: 5 } } }],
                [{ at: { $geoWithin: { $polygon: [geo(45, 5), geo(45, 15), geo(55, 15), geo(55, 5)] } } }], [{ at: { $geoWithin: { $polygon: [geo(45, 5), geo(45, 15)] } } }], [{ at: { $geoWithin: { $polygon: 'x' } } }],
                [{ at: { $geoWithin: { $polygon: polygon([5, 45], [15, 45], [15, 55], [5, 55]) } } }], [{ at: { $geoWithin: { $centerSphere: [geo(52.5, 13.4), 0.05] } } }], [{ at: { $geoWithin: { $centerSphere: [[13.4, 52.5], 0.05] } } }],
                [{ at: { $geoWithin: { $centerSphere: [geo(52.5, 13.4), -1] } } }], [{ at: { $geoWithin: { $centerSphere: [geo(52.5, 13.4)] } } }], [{ at: { $geoWithin: { $centerSphere: ['x', 1] } } }], [{ at: { $geoWithin: {} } }], [{ at: { $geoWithin: 5 } }],
                [{ area: { $geoIntersects: { $point: geo(52, 12) } } }], [{ area: { $geoIntersects: { $point: geo(60, 12) } } }], [{ area: { $geoIntersects: { $point: 5 } } }], [{ area: { $geoIntersects: {} } }], [{ area: polygon([50, 10], [50, 15], [55, 15], [55, 10]) }],
                [{ at: { $within: { $box: [geo(100, 5), geo(55, 15)] } } }],
            ]),
            ...[{}, { $maxDistance: 0.1 }, { $maxDistanceInKilometers: 600 }, { $maxDistanceInMiles: 300 }, { $maxDistanceInRadians: 0.05 }, { $maxDistance: 0 }].map((more) => find('Place', { at: { $nearSphere: geo(52.5, 13.4), ...more } }, { keys: 'n' })),
            find('Place', { at: { $nearSphere: geo(52.5, 13.4) } }, { keys: 'n', limit: 2, skip: 1 }),
            find('Place', { at: { $nearSphere: geo(52.5, 13.4), $maxDistance: 0.1 } }, { count: 1, limit: 0 }),
            ...whole('Place', [
                [{ at: { $within: { $box: [geo(55, 15), geo(45, 5)] } } }], [{ at: { $within: { $box: [geo(45, 15), geo(55, 5)] } } }], [{ at: { $within: { $box: [geo(52.5, 13.4), geo(52.5, 13.4)] } } }], [{ at: { $within: { $polygon: [] } } }],
                [{ at: { $geoWithin: { $polygon: [geo(55, 5), geo(45, 15), geo(55, 15), geo(45, 5)] } } }], [{ at: { $geoWithin: { $polygon: [[5, 45], [15, 45], [15, 55]] } } }], [{ at: { $geoWithin: { $polygon: [geo(45, 5), geo(45, 15), 'x'] } } }], [{ at: { $geoWithin: { $polygon: [geo(45, 5), geo(45, 200), geo(1, 1)] } } }],
                [{ at: { $geoWithin: { $polygon: { __type: 'Polygon', coordinates: [[5, 45]] } } } }], [{ at: { $geoWithin: { $centerSphere: 5 } } }], [{ at: { $geoWithin: { $polygon: null } } }], [{ at: { $nearSphere: 5 } }], [{ at: { $maxDistance: 5 } }], [{ n: { $within: { $box: [geo(45, 5), geo(55, 15)] } } }],
                [{ area: { $geoIntersects: { $point: geo(50, 12) } } }], [{ area: { $geoIntersects: { $point: [52, 12] } } }], [{ $or: [{ at: { $nearSphere: geo(52.5, 13.4), $maxDistance: 0.1 } }, { n: 7 }] }], [{ $nor: [{ at: { $within: { $box: [geo(45, 5), geo(55, 15)] } } }] }],
            ]),
        ],
    },
    {
        name: 'relative time',
        steps: [
            create('Moment', { n: 1, at: date('2000-01-01T00:00:00.000Z') }),
            create('Moment', { n: 2, at: date('2100-01-01T00:00:00.000Z') }),
            ...['now', '1 day ago', 'in 2 years', '3 weeks 2 days ago', 'in 5 mins', '1 fortnight ago', 'in x days', '1 day', 'in 1 day ago', 'in', 'ago', '', '1.5 days ago', 'IN 1 DAY'].map((text) => where('Moment')({ at: { $gt: { $relativeTime: text } } })),
            where('Moment')({ at: { $lt: { $relativeTime: 'now' } } }),
            where('Moment')({ at: { $eq: { $relativeTime: 'now' } } }),
            where('Moment')({ n: { $gt: { $relativeTime: 'now' } } }),
            where('Moment')({ at: { $gt: { $relativeTime: 5 } } }),
        ],
    },
    {
        name: 'text search',
        steps: [
            create('Recipe', { n: 1, text: 'hot soup with carrots' }),
            create('Recipe', { n: 2, text: 'cold salad' }),
            ...[{ $search: { $term: 'soup' } }, { $search: { $term: 'nothing' } }, { $search: 'soup' }, { $search: {} }, { $search: { $term: 5 } }, { $search: { $term: 'soup', $language: 5 } }, { $search: { $term: 'soup', $caseSensitive: 5 } }, { $search: { $term: 'soup', $diacriticSensitive: 5 } }, 5].map((text) => where('Recipe')({ text: { $text: text } })),
            ...[{ $term: 'SOUP' }, { $term: 'soups' }, { $term: 'carrot' }, { $term: 'the' }, { $term: 'soup | salad' }, { $term: 'hot soup' }, { $term: 'soup', $language: 'german' }, { $term: 'soup', $language: 'klingon' }, { $term: 'soup', $language: '' }, { $term: 'Soup', $caseSensitive: true }, { $term: 'soup', $caseSensitive: false }, { $term: 'soup', $diacriticSensitive: true }, { $term: 'soup', $diacriticSensitive: false }, { $term: '' }, { $term: ['soup'] }].map(($search) => where('Recipe')({ text: { $text: { $search } } })),
            find('Recipe', { text: { $text: { $search: { $term: 'soup' } } } }, { count: 1, limit: 0 }),
            find('Recipe', { text: { $text: { $search: { $term: 'soup' } } } }, { order: '$score', keys: '$score' }),
            find('Recipe', {}, { order: '$score' }),
            where('Recipe')({ $or: [{ text: { $text: { $search: { $term: 'soup' } } } }, { n: 2 }] }),
            where('Recipe')({ n: { $text: { $search: { $term: 'soup' } } } }),
            where('Recipe')({ unknown: { $text: { $search: { $term: 'soup' } } } }),
        ],
    },
    {
        name: 'other types as constraints',
        steps: [
            create('Mixed', { n: 1, by: bytes('aGVsbG8='), f: file('a.txt'), pg: polygon([0, 0], [0, 1], [1, 1]), o: { d: date('2020-01-01T00:00:00.000Z'), p: pointer('X', 'y') }, a: [date('2020-01-01T00:00:00.000Z'), { k: 1 }, null, 5] }),
            create('Mixed', { n: 2 }),
            ...whole('Mixed', [
                [{ by: bytes('aGVsbG8=') }], [{ by: bytes('AAAA') }], [{ f: file('a.txt') }], [{ f: file('b.txt') }], [{ f: 'a.txt' }], [{ pg: polygon([0, 0], [0, 1], [1, 1]) }], [{ 'o.d': date('2020-01-01T00:00:00.000Z') }], [{ 'o.p': pointer('X', 'y') }],
                [{ a: date('2020-01-01T00:00:00.000Z') }], [{ a: { $all: [5] } }], [{ a: { $in: [5] } }], [{ 'a.k': 1 }], [{ a: { $all: [{ k: 1 }] } }], [{ a: 5 }], [{ by: { $exists: true } }], [{ f: { $exists: false } }], [{ f: { $in: [file('a.txt')] } }], [{ f: { $ne: file('a.txt') } }], [{ by: { $in: [bytes('aGVsbG8=')] } }],
            ]),
        ],
    },
];
