// Decimal128: exact numbers through REST, the official SDK, queries, aggregations, indexes and cloud code.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';
import { freshParse } from '../support/sdk.mjs';

const folder = mkdtempSync(join(tmpdir(), 'homeport-decimal-'));
const dec = (value) => ({ __type: 'Decimal128', value });
const master = { master: true };
let server, sdk;

const ask = (method, path, body, who = {}) => server.request(method, path, { ...who, body });
async function create(name, body) {
    const made = await ask('POST', `/classes/${name}`, body);
    assert.equal(made.status, 201, made.text);
    return made.body.objectId;
}
const read = async (name, id) => (await ask('GET', `/classes/${name}/${id}`)).body;
async function find(name, params) {
    const query = Object.entries(params).map(([k, v]) => `${k}=${encodeURIComponent(typeof v === 'string' ? v : JSON.stringify(v))}`);
    const answer = await server.request('GET', `/classes/${name}?${query.join('&')}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.results;
}

before(async () => {
    cpSync(new URL('plugins/decimals.c', import.meta.url), join(folder, 'decimals.c'));
    const built = await runHomeport(['cloud', 'build', join(folder, 'decimals.c')]);
    assert.equal(built.code, 0, built.stderr);
    server = await startServer({ config: { cloud: join(folder, 'decimals.so'), allowClientClassCreation: true } });
    sdk = freshParse();
    sdk.initialize(server.config.appId, server.config.javascriptKey);
    sdk.serverURL = server.url;
});
after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
});

test('the first value makes the field, and every digit comes back', async () => {
    const id = await create('Item', { price: dec('12.50'), o: { price: dec('0.10') }, list: [dec('1E+3'), 2] });
    const item = await read('Item', id);
    assert.deepEqual(item.price, dec('12.50'));
    assert.deepEqual(item.o, { price: dec('0.10') });
    assert.deepEqual(item.list, [dec('1E+3'), 2]);
    const schema = await ask('GET', '/schemas/Item', undefined, master);
    assert.deepEqual(schema.body.fields.price, { type: 'Decimal128' });
});

test('a class can be made with the type, a default and required', async () => {
    const fields = { price: { type: 'Decimal128', required: true }, tax: { type: 'Decimal128', defaultValue: dec('0.190') } };
    const made = await ask('POST', '/schemas/Article', { className: 'Article', fields }, master);
    assert.equal(made.status, 200, made.text);
    assert.deepEqual(made.body.fields.tax, fields.tax);
    const id = await create('Article', { price: dec('1') });
    assert.deepEqual((await read('Article', id)).tax, dec('0.190'));
    const without = await ask('POST', '/classes/Article', {});
    assert.equal(without.body.code, 142, without.text);
});

for (const [what, value, code, message] of [
    ['a number', 1.5, 111, 'schema mismatch for Item.price; expected Decimal128 but got Number'],
    ['a text', '1.50', 111, 'schema mismatch for Item.price; expected Decimal128 but got String'],
    ['not a number', dec('NaN'), 111, null],
    ['an infinity', dec('Infinity'), 111, null],
    ['a number instead of its text', { __type: 'Decimal128', value: 1.5 }, 111, null],
    ['35 digits', dec('1.0000000000000000000000000000000001'), 111, null],
    ['no value', { __type: 'Decimal128' }, 111, null],
])
    test(`${what} is refused and changes nothing`, async () => {
        const id = await create('Item', { price: dec('7.70') });
        const answer = await ask('PUT', `/classes/Item/${id}`, { price: value });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.body.code, code, answer.text);
        if (message) assert.equal(answer.body.error, message);
        assert.deepEqual((await read('Item', id)).price, dec('7.70'));
    });

test('Increment is exact, a thousand times', async () => {
    const id = await create('Sum', { total: { __op: 'Increment', amount: dec('0.1') } });
    const requests = Array.from({ length: 49 }, () => ({ method: 'PUT', path: `/parse/classes/Sum/${id}`, body: { total: { __op: 'Increment', amount: dec('0.1') } } }));
    const batch = await ask('POST', '/batch', { requests });
    assert.equal(batch.status, 200, batch.text);
    assert.deepEqual(batch.body.at(-1).success.total, dec('5.0'));
    const tooFine = await ask('PUT', `/classes/Sum/${id}`, { total: { __op: 'Increment', amount: dec('1E-40') } });
    assert.equal(tooFine.body.code, 107, tooFine.text);
    assert.equal(tooFine.body.error, 'Increment would need more digits than a Decimal128 has.');
    const mixed = await ask('PUT', `/classes/Sum/${id}`, { total: { __op: 'Increment', amount: 1 } });
    assert.equal(mixed.body.error, 'schema mismatch for Sum.total; expected Decimal128 but got Number');
    assert.deepEqual((await read('Sum', id)).total, dec('5.0'));
});

test('queries compare and sort by value, beyond the digits of a double', async () => {
    const texts = ['10000000000000000.03', '9', '10000000000000000.01', '-1', '10000000000000000.02'];
    for (const t of texts) await create('Big', { n: dec(t) });
    const numbers = (rows) => rows.map((r) => r.n.value);
    assert.deepEqual(numbers(await find('Big', { order: 'n' })), ['-1', '9', '10000000000000000.01', '10000000000000000.02', '10000000000000000.03']);
    assert.deepEqual(numbers(await find('Big', { order: '-n', limit: '2' })), ['10000000000000000.03', '10000000000000000.02']);
    assert.deepEqual(numbers(await find('Big', { where: { n: { $gt: dec('10000000000000000.02') } } })), ['10000000000000000.03']);
    assert.deepEqual(numbers(await find('Big', { where: { n: { $lte: 9 } }, order: 'n' })), ['-1', '9']);
    assert.deepEqual(numbers(await find('Big', { where: { n: dec('9.000') } })), ['9']);
    assert.deepEqual(numbers(await find('Big', { where: { n: { $in: [dec('-1.0'), 9] } }, order: 'n' })), ['-1', '9']);
});

test('an aggregation sums exactly, and calculates with decimals', async () => {
    for (const [shop, n] of [['a', '0.10'], ['a', '0.20'], ['b', '10000000000000000.01'], ['b', '0.01']]) await create('Sale', { shop, n: dec(n) });
    const run = async (pipeline) => {
        const answer = await ask('POST', '/aggregate/Sale', { _method: 'GET', pipeline }, master);
        assert.equal(answer.status, 200, answer.text);
        return answer.body.results;
    };
    assert.deepEqual(await run([{ $group: { _id: '$shop', sum: { $sum: '$n' }, mean: { $avg: '$n' }, most: { $max: '$n' } } }, { $sort: { _id: 1 } }]), [
        { objectId: 'a', sum: dec('0.30'), mean: dec('0.15'), most: dec('0.20') },
        { objectId: 'b', sum: dec('10000000000000000.02'), mean: dec('5000000000000000.01'), most: dec('10000000000000000.01') },
    ]);
    const [row] = await run([
        { $match: { n: { $gte: dec('0.15'), $lt: 1 } } },
        { $project: { _id: 0, gross: { $round: [{ $multiply: ['$n', { $toDecimal: '1.19' }] }, 2] }, half: { $divide: ['$n', 2] }, rest: { $subtract: [1, '$n'] }, text: { $toString: '$n' }, near: { $toDouble: '$n' } } },
    ]);
    const extended = await ask('POST', '/aggregate/Sale', { _method: 'GET', rawValues: true, pipeline: [{ $match: { n: { $numberDecimal: '0.1' } } }, { $project: { _id: 0, n: 1 } }] }, master);
    assert.deepEqual(extended.body.results, [{ n: { $numberDecimal: '0.10' } }]);
    assert.deepEqual(row, { gross: dec('0.24'), half: dec('0.10'), rest: dec('0.80'), text: '0.20', near: 0.2 });
});

test('a unique index knows no two spellings of one number', async () => {
    const schema = { className: 'Code', fields: { n: { type: 'Decimal128' } }, indexes: { one: { n: 1, unique: true } } };
    const made = await ask('POST', '/schemas/Code', schema, master);
    assert.equal(made.status, 200, made.text);
    await create('Code', { n: dec('1.5') });
    const again = await ask('POST', '/classes/Code', { n: dec('1.50') });
    assert.equal(again.body.code, 137, again.text);
});

test('the JavaScript SDK sends and reads decimals as plain objects', async () => {
    const Wallet = sdk.Object.extend('Wallet');
    const wallet = await new Wallet().save({ money: dec('19.90') });
    const again = await new sdk.Query(Wallet).greaterThan('money', dec('19.8999999999999999999')).get(wallet.id);
    assert.deepEqual(again.get('money'), dec('19.90'));
    again.set('money', dec('20.00'));
    await again.save();
    assert.deepEqual((await new sdk.Query(Wallet).get(wallet.id)).get('money'), dec('20.00'));

    const raised = { money: { __op: 'Increment', amount: dec('-0.10') } };
    assert.throws(() => again.increment('money', dec('-0.10')), /numeric/);
    const answer = await sdk.CoreManager.getRESTController().request('PUT', `classes/Wallet/${wallet.id}`, raised);
    assert.deepEqual(answer.money, dec('19.90'));
    assert.deepEqual((await again.fetch()).get('money'), dec('19.90'));
});

test('cloud code moves decimals whole or not at all', async () => {
    const [from, to] = [await create('Purse', { money: dec('1.00') }), await create('Purse', { money: dec('0') })];
    const move = (amount) => ask('POST', '/functions/move', { from, to, amount });
    const done = await move(dec('0.9'));
    assert.deepEqual(done.body.result, { twice: '1.8', order: -1 }, done.text);
    const refused = await move(dec('0.1000000000000000000001'));
    assert.deepEqual([refused.body.code, refused.body.error], [4001, 'Too little money.']);
    assert.equal((await move(0.1)).body.error, 'amount must be a Decimal128');
    assert.equal((await move(dec('0.10'))).status, 200);
    assert.deepEqual([(await read('Purse', from)).money, (await read('Purse', to)).money], [dec('0.00'), dec('1.00')]);
    assert.equal((await ask('POST', '/functions/wrong', { of: from })).body.error, 'The amount is no Decimal128.');
});

test('the schema commands know the type', async () => {
    const exported = await runHomeport(['schema', 'export', '--config', server.configFile]);
    assert.match(exported.stdout, /"price":\{"type":"Decimal128"\}/);
});
