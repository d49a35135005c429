// Places as the SDK asks for them.
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
