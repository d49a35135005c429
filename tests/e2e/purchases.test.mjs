// /validate_purchase: a receipt that the App Store calls genuine for the download of a _Product.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const MISSING = { code: 107, error: 'missing receipt or productIdentifier' };
const NOT_FOUND = { code: 101, error: 'Object not found.' };
const TIMEOUT_MS = 500;
let server, store, sandbox, download;

/** One of Apple's two addresses: says what `says` is, remembers what it was asked. */
async function startStore() {
    const one = { says: { status: 0 }, asked: [] };
    const listener = http.createServer(async (request, response) => {
        const parts = [];
        for await (const part of request) parts.push(part);
        one.asked.push({ url: request.url, method: request.method, type: request.headers['content-type'], body: JSON.parse(Buffer.concat(parts).toString('utf8')) });
        if (one.says === 'nothing') return;
        if (one.says === 'hang up') return void request.socket.destroy();
        const { http: status = 200, text, headers = {}, ...body } = one.says;
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        response.end(text ?? JSON.stringify(body));
    });
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    one.url = `http://127.0.0.1:${listener.address().port}/verifyReceipt`;
    one.stop = () => new Promise((resolve) => (listener.close(resolve), listener.closeAllConnections()));
    return one;
}

const addresses = () => ({ appStoreURL: store.url, appStoreSandboxURL: sandbox.url, appStoreTimeout: TIMEOUT_MS });
before(async () => {
    [store, sandbox] = [await startStore(), await startStore()];
    server = await startServer({ config: { ...addresses(), workers: 1 } });
    const file = await server.request('POST', '/files/level2.txt', { master: true, body: 'the second level', headers: { 'Content-Type': 'text/plain' } });
    download = { __type: 'File', ...file.body };
    for (const body of [
        { productIdentifier: 'level.2', download },
        { productIdentifier: 'twice', download },
        { productIdentifier: 'twice', download },
        { productIdentifier: 'empty' },
        { productIdentifier: 'hidden', download, ACL: {} },
    ]) {
        const answer = await server.request('POST', '/classes/_Product', { master: true, body: { icon: download, order: 1, title: 'Level 2', subtitle: 'deeper', ...body } });
        assert.equal(answer.status, 201, answer.text);
    }
});
beforeEach(() => {
    for (const one of [store, sandbox]) Object.assign(one, { says: { status: 0 }, asked: [] });
});
after(async () => {
    await server?.stop();
    for (const one of [store, sandbox]) await one?.stop();
});

const validate = (body, rights = {}) => server.request('POST', '/validate_purchase', { body, ...rights });
const buy = (productIdentifier = 'level.2', receipt = 'cmVjZWlwdA==') => validate({ receipt, productIdentifier });
const said = async () => {
    const { status, body } = await buy();
    return [status, body];
};

test('a genuine receipt is answered with the file of the product', async () => {
    const { status, body } = await buy();
    assert.deepEqual([status, body], [200, download]);
    assert.deepEqual(store.asked, [{ url: '/verifyReceipt', method: 'POST', type: 'application/json', body: { 'receipt-data': 'cmVjZWlwdA==' } }]);
    assert.deepEqual(sandbox.asked, []);
    assert.equal(await (await fetch(body.url)).text(), 'the second level');
});

test('a receipt may be Bytes; anything else is the App Store\'s to judge', async () => {
    await validate({ receipt: { __type: 'Bytes', base64: 'AAEC' }, productIdentifier: 'level.2' });
    await validate({ receipt: { odd: 1 }, productIdentifier: 'level.2' });
    assert.deepEqual(store.asked.map(({ body }) => body), [{ 'receipt-data': 'AAEC' }, { 'receipt-data': { odd: 1 } }]);
});

test('without a receipt or a product nobody is asked', async () => {
    for (const body of [{}, { receipt: 'x' }, { productIdentifier: 'level.2' }, { receipt: '', productIdentifier: 'level.2' }, { receipt: null, productIdentifier: 'level.2' }, { receipt: 'x', productIdentifier: 0 }]) {
        const answer = await validate(body);
        assert.deepEqual([answer.status, answer.body], [400, MISSING], JSON.stringify(body));
    }
    assert.deepEqual(store.asked, []);
});

test('21007 sends the receipt to the sandbox, whose word is the last', async () => {
    store.says = { status: 21007 };
    assert.deepEqual(await said(), [200, download]);
    assert.deepEqual(sandbox.asked.map(({ body }) => body), [{ 'receipt-data': 'cmVjZWlwdA==' }]);
    sandbox.says = { status: 21003 };
    assert.deepEqual(await said(), [200, { status: 21003, error: 'The receipt could not be authenticated.' }]);
    sandbox.says = { status: 21007 };
    assert.equal((await buy()).body.status, 21007);
    assert.equal(sandbox.asked.length, 3);
});

test('what the App Store has against a receipt is told', async () => {
    for (const [status, error] of [
        [21000, /could not read the JSON/], [21002, /malformed or missing/], [21003, /could not be authenticated/], [21004, /shared secret/],
        [21005, /not currently available/], [21006, /subscription has expired/], [21008, /production environment, but it was sent to the test/], [21199, /^unknown error\.$/],
    ]) {
        store.says = { status };
        const [http, body] = await said();
        assert.deepEqual([http, body.status], [200, status]);
        assert.match(body.error, error);
    }
    assert.deepEqual(sandbox.asked, []);
});

test('an App Store that fails proves nothing', async () => {
    const unknown = (status) => [200, { status, error: 'unknown error.' }];
    for (const [says, status] of [
        [{ http: 503, status: 0 }, 503], [{ http: 404, text: 'nothing here' }, 404], [{ text: '<html>' }, null], [{ text: '[0]' }, null], [{ text: '' }, null],
        [{}, null], [{ status: '0' }, null], [{ status: null }, null], [{ http: 302, text: '', headers: { Location: sandbox.url } }, null],
        ['hang up', null], ['nothing', null],
    ]) {
        store.says = says;
        assert.deepEqual(await said(), unknown(status), JSON.stringify(says));
    }
    assert.deepEqual(sandbox.asked, []);
});

test('while the App Store takes its time, the only worker serves others', async () => {
    store.says = 'nothing';
    const waiting = buy();
    while (store.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    let over = false;
    waiting.then(() => (over = true));
    assert.equal((await server.request('GET', '/classes/_Product')).status, 200);
    assert.equal(over, false);
    assert.equal((await waiting).body.status, null);
});

test('a product counts that is there once, visible to who asks, and has a file', async () => {
    for (const product of ['nowhere', 'twice', 'empty', 'hidden']) {
        const { status, body } = await buy(product);
        assert.deepEqual([status, body], [404, NOT_FOUND], product);
    }
    assert.deepEqual((await validate({ receipt: 'x', productIdentifier: 'hidden' }, { master: true })).body, download);
});

test('a part of a batch may be a purchase', async () => {
    const { body } = await server.request('POST', '/batch', { body: { requests: [{ method: 'POST', path: '/parse/validate_purchase', body: { receipt: 'x', productIdentifier: 'level.2' } }] } });
    assert.deepEqual(body, [{ success: download }]);
});

test('switched off, there is no such route', async () => {
    const without = await startServer({ config: { ...addresses(), enableProductPurchaseLegacyApi: false } });
    const body = { receipt: 'x', productIdentifier: 'level.2' };
    const alone = await without.request('POST', '/validate_purchase', { body });
    assert.deepEqual([alone.status, alone.headers['content-type']], [404, 'text/html; charset=utf-8']);
    const { status, body: refused } = await without.request('POST', '/batch', { body: { requests: [{ method: 'POST', path: '/parse/validate_purchase', body }] } });
    assert.deepEqual([status, refused], [400, { code: 107, error: 'cannot route POST /validate_purchase' }]);
    assert.deepEqual(store.asked, []);
    await without.stop();
});
