// Places, full text, query plans and the links of relations as the SDK asks for them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

let server, Parse;
before(async () => {
    server = await startServer();
    Parse = server.parse({ master: true });
});
after(() => server.stop());

const CITIES = { Sydney: [-33.9, 151.2], Munich: [48.1, 11.6], Berlin: [52.5, 13.4], Hamburg: [53.6, 10] };
const BERLIN = () => new Parse.GeoPoint(52.5, 13.4);
const names = (objects) => objects.map((object) => object.get('name')).join(' ');
const places = () => new Parse.Query('Place');

test('near: nearest first, within a distance, counted, after an order', async () => {
    await Parse.Object.saveAll([
        ...Object.entries(CITIES).map(([name, at]) => new Parse.Object('Place', { name, at: new Parse.GeoPoint(...at), south: at[0] < 0 })),
        new Parse.Object('Place', { name: 'Nowhere' }),
    ], { useMasterKey: true });
    assert.equal(names(await places().near('at', BERLIN()).find()), 'Berlin Hamburg Munich Sydney');
    assert.equal(names(await places().near('at', BERLIN()).limit(2).skip(1).find()), 'Hamburg Munich');
    assert.equal(names(await places().withinKilometers('at', BERLIN(), 600).find()), 'Berlin Hamburg Munich');
    assert.equal(names(await places().withinMiles('at', BERLIN(), 200).find()), 'Berlin Hamburg');
    assert.equal(names(await places().withinRadians('at', BERLIN(), 0.05, false).find()), 'Berlin Hamburg');
    assert.equal(names(await places().descending('south').near('at', BERLIN()).find()), 'Sydney Berlin Hamburg Munich');
    assert.equal(await places().withinKilometers('at', BERLIN(), 600).count(), 3);
    assert.equal(await places().near('at', BERLIN()).count(), 4);
});

test('box, polygon, and a polygon that contains a point', async () => {
    assert.equal(names(await places().withinGeoBox('at', new Parse.GeoPoint(45, 5), new Parse.GeoPoint(53, 15)).ascending('name').find()), 'Berlin Munich');
    const ring = [[45, 5], [45, 15], [55, 15], [55, 5]];
    assert.equal(names(await places().withinPolygon('at', ring.map((p) => new Parse.GeoPoint(...p))).ascending('name').find()), 'Berlin Hamburg Munich');
    await new Parse.Object('Area', { name: 'Germany', area: new Parse.Polygon(ring) }).save(null, { useMasterKey: true });
    assert.equal(names(await new Parse.Query('Area').polygonContains('area', BERLIN()).find()), 'Germany');
    assert.equal(names(await new Parse.Query('Area').polygonContains('area', new Parse.GeoPoint(0, 0)).find()), '');
});

test('near cannot be an alternative, and an index on the points changes nothing', async () => {
    await assert.rejects(Parse.Query.or(places().near('at', BERLIN()), places().equalTo('south', true)).find(), {
        code: 102,
        message: 'geo $near must be top-level expr',
    });
    await new Parse.Schema('Place').addIndex('places', { at: '2dsphere' }).update();
    assert.deepEqual((await new Parse.Schema('Place').get()).indexes.places, { at: '2dsphere' });
    assert.equal(names(await places().withinKilometers('at', BERLIN(), 600).find()), 'Berlin Hamburg Munich');
});

const recipes = (term, options) => new Parse.Query('Recipe').fullText('text', term, options);

test('full text: any word, phrases, exclusions, languages; the same with an index', async () => {
    const texts = ['Hot soup with carrots', 'Cold salad, no soup', 'Crème brûlée', 'soup soup'];
    await Parse.Object.saveAll(texts.map((text, n) => new Parse.Object('Recipe', { n, text })), { useMasterKey: true });
    const numbers = async (term, options) => (await recipes(term, options).ascending('n').find()).map((one) => one.get('n'));
    const check = async () => {
        assert.deepEqual(await numbers('SOUPS'), [0, 1, 3]);
        assert.deepEqual(await numbers('salad carrot'), [0, 1]);
        assert.deepEqual(await numbers('soup -salad'), [0, 3]);
        assert.deepEqual(await numbers('"hot soup"'), [0]);
        assert.deepEqual(await numbers('creme'), [2]);
        assert.deepEqual(await numbers('creme', { diacriticSensitive: true }), []);
        assert.deepEqual(await numbers('Soup', { caseSensitive: true }), []);
        assert.deepEqual(await numbers('carrot', { language: 'none' }), []);
        assert.deepEqual(await numbers('the'), []);
        assert.equal(await recipes('soup').count(), 3);
    };
    await check();
    await new Parse.Schema('Recipe').addIndex('words', { text: 'text' }).update();
    assert.deepEqual((await new Parse.Schema('Recipe').get()).indexes.words, { text: 'text' });
    await check();
});

test('full text: the best first, with its score', async () => {
    const results = await recipes('soup').ascending('$score').select('$score', 'n').find();
    assert.deepEqual(results.map((one) => [one.get('n'), one.get('score')]), [[3, 1.5], [0, 2 / 3], [1, 2 / 3]]);
    await assert.rejects(new Parse.Query('Recipe').ascending('$score').find(), { code: 102 });
});

test('full text: an object that may not be read is not found, and what was changed is found as it is now', async () => {
    const secret = new Parse.Object('Recipe', { n: 9, text: 'nettle soup' });
    secret.setACL(new Parse.ACL());
    await secret.save(null, { useMasterKey: true });
    assert.deepEqual(await recipes('nettle').find(), []);
    assert.equal(await recipes('nettle').count(), 0);
    assert.equal((await recipes('nettle').find({ useMasterKey: true })).length, 1);
    await secret.save({ text: 'nothing' }, { useMasterKey: true });
    assert.deepEqual(await recipes('nettle').find({ useMasterKey: true }), []);
    await secret.destroy({ useMasterKey: true });
    assert.deepEqual(await recipes('nothing').find({ useMasterKey: true }), []);
});

test('explain: the plan instead of the objects, and whether an index serves', async () => {
    const master = { useMasterKey: true };
    const plan = async (query) => (await query.explain().find(master))[0]['QUERY PLAN'].join('\n');
    assert.match(await plan(new Parse.Query('Recipe').equalTo('n', 1)), /^SCAN Recipe/);
    await new Parse.Schema('Recipe').addIndex('byN', { n: 1 }).update();
    assert.match(await plan(new Parse.Query('Recipe').equalTo('n', 1)), /^SEARCH Recipe USING INDEX/);
    assert.match(await plan(new Parse.Query('Recipe').greaterThan('n', 1)), /^SEARCH Recipe USING INDEX/);
    assert.match(await plan(new Parse.Query('Recipe').greaterThan('n', 1).lessThan('n', 3).descending('n')), /^SEARCH Recipe USING INDEX/);
    assert.match(await plan(new Parse.Query('Recipe').containedIn('n', [1, 2, 3])), /^SEARCH Recipe USING INDEX/);
    assert.match(await plan(new Parse.Query('Recipe').ascending('n')), /^SCAN Recipe USING INDEX/);
    assert.match(await plan(recipes('soup')), /VIRTUAL TABLE/);
    assert.match(await plan(places().withinKilometers('at', BERLIN(), 600)), /USING INDEX/);
    assert.deepEqual(await new Parse.Query('Unknown').explain().find(master), []);
    assert.deepEqual((await server.request('GET', '/classes/Recipe?explain=later', { master: true })).body, { code: 102, error: 'Invalid value for explain' });
    await assert.rejects(new Parse.Query('Recipe').explain().find(), { code: 102, message: 'Using the explain query parameter requires the master key' });
    const counted = await server.request('GET', '/classes/Recipe?explain=true&count=1', { master: true });
    assert.deepEqual([counted.body.count, counted.body.results.length], [4, 1]);
});

test('explain of an aggregation: how the objects of the class are read', async () => {
    await server.request('POST', '/schemas/Sold', { master: true, body: { className: 'Sold', fields: { n: { type: 'Number' } }, indexes: { byN: { n: 1 } } } });
    const plan = async (query) => {
        const { status, text, body } = await server.request('POST', '/aggregate/Sold', { master: true, body: { _method: 'GET', explain: true, ...query } });
        assert.equal(status, 200, text);
        assert.equal(body.results.length, 1);
        return body.results[0]['QUERY PLAN'].join('\n');
    };
    assert.match(await plan({ pipeline: [{ $match: { n: 1 } }, { $group: { _id: '$n' } }] }), /^SEARCH Sold USING INDEX/);
    assert.match(await plan({ pipeline: [{ $group: { _id: '$n' } }, { $match: { _id: 1 } }] }), /^SCAN Sold/);
    assert.match(await plan({ distinct: 'n', where: { n: { $gt: 1 } } }), /^SEARCH Sold USING INDEX/);
    assert.match(await plan({ distinct: 'n' }), /^SCAN Sold/);
    const wrong = await server.request('GET', `/aggregate/Sold?explain=true&pipeline=${encodeURIComponent('[{"$nope":{}}]')}`, { master: true });
    assert.equal(wrong.status, 400, wrong.text);
});

test('databaseOptions.allowPublicExplain shows plans to clients, within their rights', async () => {
    const open = await startServer({ config: { databaseOptions: { allowPublicExplain: true, maxPoolSize: 5 } } });
    try {
        assert.match(open.stderr, /^databaseOptions \(.*\): ignored\. They are options of the MongoDB driver/m);
        const created = await open.request('POST', '/schemas/Closed', { master: true, body: { className: 'Closed', classLevelPermissions: { find: {} } } });
        assert.equal(created.status, 200, created.text);
        assert.equal((await open.request('GET', '/classes/Closed?explain=true')).body.code, 119);
        await open.request('POST', '/schemas/Open', { master: true, body: { className: 'Open' } });
        assert.ok((await open.request('GET', '/classes/Open?explain=true')).body.results[0]['QUERY PLAN'].length > 0);
    } finally {
        await open.stop();
    }
});

test('the links of a relation: the master key finds them, and can do nothing else with them', async () => {
    const master = { useMasterKey: true };
    const [a, b] = await Parse.Object.saveAll([new Parse.Object('Fan', { n: 1 }), new Parse.Object('Fan', { n: 2 })], master);
    const star = new Parse.Object('Star');
    star.relation('fans').add([a, b]);
    await star.save(null, master);
    const links = (query = '') => server.request('GET', `/classes/_Join:fans:Star${query}`, { master: true });
    const where = (value) => `?where=${encodeURIComponent(JSON.stringify(value))}`;
    const link = (fan) => ({ owningId: star.id, relatedId: fan.id });
    const byId = (rows) => [...rows].sort((x, y) => (x.relatedId < y.relatedId ? -1 : 1));
    assert.deepEqual((await links()).body.results, byId([link(a), link(b)]));
    assert.deepEqual((await links(where({ relatedId: b.id }))).body.results, [link(b)]);
    assert.deepEqual((await links(where({ owningId: { $ne: star.id } }))).body.results, []);
    assert.deepEqual((await links('?count=1&limit=0')).body, { results: [], count: 2 });
    assert.deepEqual((await links('?order=-relatedId&limit=1&keys=relatedId')).body.results, [{ relatedId: byId([link(a), link(b)])[1].relatedId }]);
    assert.deepEqual((await links(where({ objectId: 'x', $relatedTo: { object: star.toPointer(), key: 'fans' } }))).body.results, []);
    for (const name of ['_Join:nope:Star', '_Join:fans', '_Join:', '_Join::Star', '_Join:fans:Star:x', '_Join:fans:', '_Join:objectId:Star'])
        assert.deepEqual((await server.request('GET', `/classes/${name}`, { master: true })).body.results, [], name);
    assert.equal((await server.request('GET', '/classes/_Join:fans:Star')).body.code, 119);
    for (const [method, path] of [['POST', ''], ['GET', '/x'], ['PUT', '/x'], ['DELETE', '/x']]) {
        const answer = await server.request(method, `/classes/_Join:fans:Star${path}`, { master: true, body: method === 'GET' ? undefined : link(a) });
        assert.ok([101, 103, 107, 119].includes(answer.body.code) || (method === 'DELETE' && answer.status === 404), `${method}: ${answer.text}`);
    }
    assert.equal((await links()).body.results.length, 2);
});
