// /aggregate as the SDK and plain HTTP use it: pipelines, distinct, who may, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { freshParse } from '../support/sdk.mjs';

const readOnlyMasterKey = 'looks-only';
const readOnly = { headers: { 'X-Parse-Master-Key': readOnlyMasterKey } };
const date = (iso) => ({ __type: 'Date', iso });
const shop = (objectId) => ({ __type: 'Pointer', className: 'Shop', objectId });

let server, sdk, shops;
const get = (query, who = { master: true }, name = 'Sale') =>
    server.request('POST', `/aggregate/${name}`, { ...who, body: { _method: 'GET', ...query } });
const results = async (query, name = 'Sale') => {
    const { status, text, body } = await get(query, { master: true }, name);
    assert.equal(status, 200, text);
    return body.results;
};
const sorted = (list) => list.map((v) => JSON.stringify(v)).sort();

before(async () => {
    server = await startServer({ config: { readOnlyMasterKey, allowClientClassCreation: true } });
    sdk = freshParse();
    sdk.initialize(server.config.appId, undefined, server.config.masterKey);
    sdk.serverURL = server.url;
    shops = [];
    for (const city of ['Bonn', 'Köln']) {
        const made = await server.request('POST', '/classes/Shop', { master: true, body: { city } });
        assert.equal(made.status, 201, made.text);
        shops.push(made.body.objectId);
    }
    const sales = [
        { item: 'tea', n: 2, at: date('2024-01-31T10:00:00.000Z'), tags: ['a', 'b'], shop: shop(shops[0]), o: { k: 1 } },
        { item: 'tea', n: 3, at: date('2024-02-01T10:00:00.000Z'), tags: ['b'], shop: shop(shops[1]), o: { k: 2 } },
        { item: 'jam', n: 0.1, at: date('2024-02-02T10:00:00.000Z'), tags: [], shop: shop(shops[0]) },
        { item: 'rye', n: 0.2, ACL: {} },
    ];
    for (const body of sales) {
        const made = await server.request('POST', '/classes/Sale', { master: true, body });
        assert.equal(made.status, 201, made.text);
    }
});
after(() => server.stop());

describe('the SDK', () => {
    test('groups', async () => {
        const query = new sdk.Query('Sale');
        const rows = await query.aggregate([{ $group: { _id: '$item', total: { $sum: '$n' } } }, { $sort: { _id: 1 } }]);
        assert.deepEqual(rows, [{ objectId: 'jam', total: 0.1 }, { objectId: 'rye', total: 0.2 }, { objectId: 'tea', total: 5 }]);
    });

    test('asks for distinct values, with a condition', async () => {
        const query = new sdk.Query('Sale');
        assert.deepEqual((await query.distinct('item')).sort(), ['jam', 'rye', 'tea']);
        query.greaterThan('n', 1);
        assert.deepEqual(await query.distinct('item'), ['tea']);
    });
});

describe('a pipeline', () => {
    test('answers objects as a find would', async () => {
        const [row] = await results({ pipeline: [{ $match: { item: 'jam' } }] });
        const find = await server.request('GET', `/classes/Sale/${row.objectId}`, { master: true });
        assert.deepEqual(row, find.body);
        const [hidden] = await results({ pipeline: [{ $match: { item: 'rye' } }] });
        assert.deepEqual(hidden.ACL, {});
    });

    test('matches pointers by their id, and dates by their text', async () => {
        const count = async ($match) => (await results({ pipeline: [{ $match }, { $count: 'c' }] }))[0]?.c ?? 0;
        assert.equal(await count({ shop: shops[0] }), 2);
        assert.equal(await count({ shop: shop(shops[0]) }), 2);
        assert.equal(await count({ _p_shop: `Shop$${shops[0]}` }), 2);
        assert.equal(await count({ shop: { $in: shops } }), 3);
        assert.equal(await count({ at: { $gte: '2024-02-01T00:00:00.000Z' } }), 2);
        assert.equal(await count({ at: { $gte: date('2024-02-01T00:00:00.000Z') } }), 2);
        assert.equal(await count({ createdAt: { $gt: '2020-01-01T00:00:00.000Z' } }), 4);
        assert.equal(await count({ $or: [{ item: 'rye' }, { tags: 'b' }] }), 3);
        assert.equal(await count({ 'o.k': { $gt: 1 } }), 1);
        assert.equal(await count({ nothing: null }), 4);
    });

    test('groups by a pointer, and by the parts of a date', async () => {
        const byShop = await results({ $group: { _id: '$shop', c: { $sum: 1 } } });
        assert.deepEqual(sorted(byShop), sorted([{ objectId: shops[0], c: 2 }, { objectId: shops[1], c: 1 }, { objectId: null, c: 1 }]));
        const byMonth = await results({
            pipeline: [{ $match: { at: { $exists: true } } }, { $group: { _id: { y: { $year: '$at' }, m: { $month: '$at' } }, c: { $sum: 1 } } }, { $sort: { '_id.m': 1 } }],
        });
        assert.deepEqual(byMonth, [{ objectId: { y: 2024, m: 1 }, c: 1 }, { objectId: { y: 2024, m: 2 }, c: 2 }]);
        const byDay = await results({ pipeline: [{ $group: { _id: { $dateToString: { format: '%Y', date: '$createdAt' } } } }] });
        assert.deepEqual(byDay, [{ objectId: String(new Date().getUTCFullYear()) }]);
    });

    test('projects, unwinds and looks up', async () => {
        const tags = await results({ pipeline: [{ $unwind: '$tags' }, { $sortByCount: '$tags' }] });
        assert.deepEqual(tags, [{ objectId: 'b', count: 2 }, { objectId: 'a', count: 1 }]);
        const [row] = await results({
            pipeline: [
                { $match: { item: 'jam' } },
                { $addFields: { shopId: { $substr: ['$_p_shop', 5, -1] } } },
                { $lookup: { from: 'Shop', localField: 'shopId', foreignField: '_id', as: 'shops' } },
                { $project: { item: 1, shop: 1, city: { $arrayElemAt: ['$shops.city', 0] } } },
            ],
        });
        assert.equal(row.city, 'Bonn');
        assert.deepEqual(row.shop, shop(shops[0]));
        assert.deepEqual(Object.keys(row).sort(), ['city', 'item', 'objectId', 'shop']);
    });

    test('gives raw values and names when asked', async () => {
        const pipeline = [{ $match: { item: 'jam' } }, { $project: { at: 1, shop: 1 } }];
        const [values] = await results({ pipeline, rawValues: true });
        assert.deepEqual(values.at, { $date: '2024-02-02T10:00:00Z' });
        assert.equal(values._p_shop, `Shop$${shops[0]}`);
        const [names] = await results({ pipeline: [{ $match: { item: 'jam' } }, { $project: { _created_at: 1, at: 1 } }], rawFieldNames: true });
        assert.equal(names.at, '2024-02-02T10:00:00.000Z');
        assert.deepEqual(Object.keys(names).sort(), ['_created_at', '_id', 'at']);
        const [since] = await results({ rawValues: true, pipeline: [{ $match: { at: { $gte: { $date: '2024-02-02T00:00:00Z' } } } }, { $count: 'c' }] });
        assert.equal(since.c, 1);
    });

    test('may come in the query string', async () => {
        const pipeline = encodeURIComponent(JSON.stringify([{ $match: { item: 'tea' } }, { $count: 'c' }]));
        const { body } = await server.request('GET', `/aggregate/Sale?pipeline=${pipeline}`, { master: true });
        assert.deepEqual(body, { results: [{ c: 2 }] });
    });

    test('of a class that is not there is empty', async () => {
        assert.deepEqual(await results({ pipeline: [{ $count: 'c' }] }, 'Nowhere'), []);
        assert.deepEqual(await results({ distinct: 'x' }, 'Nowhere'), []);
    });
});

describe('distinct', () => {
    test('takes arrays apart, shows pointers, follows paths', async () => {
        assert.deepEqual(sorted(await results({ distinct: 'tags' })), ['"a"', '"b"']);
        assert.deepEqual(sorted(await results({ distinct: 'shop' })), sorted(shops.map(shop)));
        assert.deepEqual(sorted(await results({ distinct: 'o.k' })), ['1', '2']);
        assert.deepEqual(await results({ distinct: 'nothing' }), []);
        assert.deepEqual(await results({ distinct: 'at', where: { item: 'jam' } }), [date('2024-02-02T10:00:00.000Z')]);
    });

    test('follows indexes of arrays, and the names in their elements', async () => {
        for (const body of [{ list: ['x', 'y'], lines: [{ sku: 'k', sizes: [1, 2] }, { sku: 'l' }] }, { list: ['z', ['y', 'w']], lines: [{ sku: 'k', sizes: [2, 3] }] }, { list: [] }])
            assert.equal((await server.request('POST', '/classes/Nested', { master: true, body })).status, 201);
        for (const [path, values] of [['list.0', ['x', 'z']], ['list.1', ['y', 'w']], ['list.9', []], ['lines.sku', ['k', 'l']], ['lines.0.sku', ['k']], ['lines.1.sku', ['l']], ['lines.sizes', [1, 2, 3]], ['lines.sizes.1', [2, 3]]])
            assert.deepEqual(sorted(await results({ distinct: path }, 'Nested')), sorted(values), path);
    });

    test('never tells what is not for anybody', async () => {
        const user = await server.request('POST', '/users', { body: { username: 'ann', password: 'sesame' } });
        assert.equal(user.status, 201, user.text);
        for (const name of ['password', '_hashed_password', 'sessionToken']) {
            assert.deepEqual(await results({ distinct: name }, '_User'), [], name);
            assert.deepEqual(await results({ pipeline: [{ $group: { _id: `$${name}` } }] }, '_User'), [{ objectId: null }], name);
        }
        const [row] = await results({ pipeline: [{ $project: { x: '$$ROOT' } }], rawFieldNames: true }, '_User');
        assert.doesNotMatch(JSON.stringify(row), /argon2|sesame/);
    });
});

test('a $lookup into a large class reads what it needs', async () => {
    const COUNT = 5100;
    const requests = Array.from({ length: COUNT }, (_, i) => ({ method: 'POST', path: '/parse/classes/Visit', body: { n: i, half: i % 2 ? i / 2 : undefined, day: date(`2024-01-0${1 + (i % 9)}T00:00:00.000Z`), shop: i % 1000 === 7 ? shop(shops[0]) : undefined } }));
    for (let i = 0; i < COUNT; i += 100) {
        const made = await server.request('POST', '/batch', { master: true, body: { requests: requests.slice(i, i + 100) } });
        assert.ok(made.status === 200 && made.body.every((one) => one.success), made.text.slice(0, 300));
    }
    const looked = async (lookup, more = []) => (await results({ pipeline: [{ $lookup: { from: 'Visit', as: 'found', ...lookup } }, ...more, { $sort: { item: 1, n: 1 } }, { $project: { found: '$found.n' } }] })).map((row) => row.found);
    assert.deepEqual(await looked({ localField: 'n', foreignField: 'n' }), [[], [], [2], [3]]); // jam 0.1, rye 0.2, tea 2 and 3
    assert.deepEqual(await looked({ localField: '_p_shop', foreignField: '_p_shop' }, [{ $match: { item: { $ne: 'rye' } } }]), [[7, 1007, 2007, 3007, 4007, 5007], [7, 1007, 2007, 3007, 4007, 5007], []]);
    assert.deepEqual((await looked({ localField: 'item', foreignField: 'n' })).flat(), []); // a text is no number
    const [{ none }] = await results({ pipeline: [{ $match: { n: 2 } }, { $lookup: { from: 'Visit', localField: 'nothing', foreignField: 'half', as: 'found' } }, { $project: { none: { $size: '$found' } } }] });
    assert.equal(none, COUNT / 2); // what is absent meets what is absent
    const [{ a, b }] = await results({ pipeline: [{ $facet: { a: [{ $lookup: { from: 'Visit', localField: 'n', foreignField: 'n', as: 'v' } }, { $unwind: '$v' }, { $count: 'c' }], b: [{ $count: 'c' }] } }] });
    assert.deepEqual([a, b], [[{ c: 2 }], [{ c: 4 }]]);
});

test('only the master keys aggregate', async () => {
    for (const who of [{}, { headers: { 'X-Parse-Master-Key': 'wrong' } }])
        assert.equal((await get({ pipeline: [{ $count: 'c' }] }, who)).status, 403);
    assert.deepEqual((await get({ pipeline: [{ $count: 'c' }] }, readOnly)).body, { results: [{ c: 4 }] });
});

test('allowAggregationForReadOnlyMasterKey closes it to the read-only key', async () => {
    const closed = await startServer({ config: { readOnlyMasterKey, allowAggregationForReadOnlyMasterKey: false } });
    try {
        const ask = (query, who) => closed.request('GET', `/aggregate/_User?${query}`, who);
        for (const query of ['pipeline=%5B%5D', 'distinct=username']) {
            const { status, body } = await ask(query, readOnly);
            assert.deepEqual([status, body], [400, { code: 119, error: 'Cannot run an aggregation pipeline when using the readOnlyMasterKey' }]);
            assert.equal((await ask(query, { master: true })).status, 200);
        }
    } finally {
        await closed.stop();
    }
});

test('what is malformed or cannot be done is refused by name', async () => {
    for (const [query, words] of [
        [{ pipeline: [{ $bucketAuto: {} }] }, 'The stage $bucketAuto is not supported.'],
        [{ pipeline: [{ match: {} }] }, "Invalid aggregate stage 'match'."],
        [{ pipeline: [{ $skip: 1, $limit: 1 }] }, 'Pipeline stages should only have one key but found $skip, $limit.'],
        [{ $group: { c: { $sum: 1 } } }, 'Invalid parameter for query: group. Missing key _id'],
        [{ $group: { objectId: '$item' } }, "Cannot use 'objectId' in aggregation stage $group."],
        [{ pipeline: [{ $project: { x: { $toHashedIndexKey: '$n' } } }] }, '$project: the operator $toHashedIndexKey is not supported.'],
        [{ pipeline: [], readPreference: 'NOWHERE' }, 'Not supported read preference.'],
    ]) {
        const { status, body } = await get(query);
        assert.equal(status, 400);
        assert.deepEqual(body, { code: 102, error: words });
    }
});
