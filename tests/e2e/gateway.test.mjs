// The payment-gateway template: the published sequence diagram step by step, each sentence of its security section, and its
// rules about roles, card numbers, states and the access log.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, refused, signUp, stored, storedAll } from '../support/payments.mjs';

const ALL = ['_User', 'PaymentMethod', 'TransactionHistory', 'AccessLog', 'Payment', 'Transaction', 'Notification'];
const FORBIDDEN = 119;
const INVALID = 142;
const NOT_FOUND = 101;

let server, ann, eve;

before(async () => {
    server = await startServer({ config: { template: 'payment-gateway' } });
    ann = await signUp(server, 'ann');
    eve = await signUp(server, 'eve');
});
after(() => server.stop());

const create = (person, className, body) => server.request('POST', `/classes/${className}`, { session: person?.session, body });
const update = (person, className, id, body) => server.request('PUT', `/classes/${className}/${id}`, { session: person?.session, body });
const remove = (person, className, id) => server.request('DELETE', `/classes/${className}/${id}`, { session: person?.session });
const created = async (person, className, body) => {
    const answer = await create(person, className, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body.objectId;
};
const logOf = async (person, action) =>
    (await storedAll(server, 'AccessLog')).filter((row) => row.user.objectId === person.id && row.action === action);

describe('the integration flow, with the official SDK', () => {
    test('login answers a session token and leaves an access log row', async () => {
        const before = (await logOf(ann, 'login')).length;
        const user = await server.parse().User.logIn(ann.username, ann.password);
        assert.match(user.getSessionToken(), /^r:/);
        assert.equal((await logOf(ann, 'login')).length, before + 1);
    });
    test('add payment method, make transaction, log access: each answers an objectId', async () => {
        const { Parse } = ann;
        const method = await new Parse.Object('PaymentMethod', { type: 'card', details: 'visa •••• 4242' }).save();
        const transaction = await new Parse.Object('TransactionHistory', { amount: 12.5 }).save();
        const access = await new Parse.Object('AccessLog', { action: 'viewed history' }).save();
        for (const object of [method, transaction, access]) assert.match(object.id, /^\w{10}$/);
        assert.equal(method.get('user').id, ann.id);
        assert.equal(transaction.get('status'), 'pending');
        assert.ok(Math.abs(transaction.get('timestamp') - Date.now()) < 60_000);
        assert.equal((await logOf(ann, 'payment_method_added')).length, 1);
        assert.equal((await logOf(ann, 'transaction_created')).length, 1);
        assert.deepEqual((await new Parse.Query('TransactionHistory').find()).map((row) => row.id), [transaction.id]);
    });
});

describe('user profile access: users modify only their own, and nobody’s payment details', () => {
    test('a stranger and nobody cannot touch a profile', async () => {
        for (const session of [eve.session, undefined])
            for (const [method, body] of [['PUT', { email: 'x@y.zz' }], ['DELETE', undefined]])
                await refused(server, ALL, [206, NOT_FOUND], () => server.request(method, `/users/${ann.id}`, { session, body }));
    });
    test('role is client at sign-up and cannot be raised by a client in any form', async () => {
        assert.equal((await stored(server, '_User', ann.id)).role, 'client');
        for (const role of ['admin', 'Client', null, 5, { __op: 'Delete' }, ['client']]) {
            await refused(server, ALL, [FORBIDDEN, 111, INVALID], () => server.request('PUT', `/users/${ann.id}`, { session: ann.session, body: { role } }));
            if (role !== null && role?.__op !== 'Delete')
                await refused(server, ALL, [FORBIDDEN, 111], () => server.request('POST', '/users', { body: { username: `u${JSON.stringify(role)}`, password: 'p', email: 'r@example.com', role } }));
        }
        const answer = await server.request('PUT', `/users/${eve.id}`, { master: true, body: { role: 'admin' } });
        assert.equal(answer.status, 200, answer.text);
        await refused(server, ALL, FORBIDDEN, () => server.request('PUT', `/users/${eve.id}`, { session: eve.session, body: { role: 'client' } }));
    });
});

describe('payment methods', () => {
    let id;
    before(async () => (id = await created(ann, 'PaymentMethod', { type: 'card', details: 'token tok_123' })));

    test('belong to their user: a stranger neither sees, changes nor deletes one', async () => {
        for (const person of [eve, undefined]) {
            await refused(server, ALL, NOT_FOUND, () => server.request('GET', `/classes/PaymentMethod/${id}`, { session: person?.session }));
            await refused(server, ALL, NOT_FOUND, () => update(person, 'PaymentMethod', id, { details: 'mine' }));
            await refused(server, ALL, NOT_FOUND, () => remove(person, 'PaymentMethod', id));
        }
        assert.equal((await new eve.Parse.Query('PaymentMethod').find()).length, 0);
    });
    test('cannot be made for somebody else, given away, or opened to others', async () => {
        await refused(server, ALL, FORBIDDEN, () => create(eve, 'PaymentMethod', { type: 'card', details: 'x', user: pointer('_User', ann.id) }));
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'PaymentMethod', id, { user: pointer('_User', eve.id) }));
        await update(ann, 'PaymentMethod', id, { ACL: { '*': { read: true } } });
        assert.deepEqual((await stored(server, 'PaymentMethod', id)).ACL, { [ann.id]: { read: true, write: true } });
        await refused(server, ALL, NOT_FOUND, () => create(undefined, 'PaymentMethod', { type: 'card', details: 'x' }));
    });
    test('a full card number is refused, however it is written; other digits are not', async () => {
        for (const details of ['4242424242424242', '4242 4242 4242 4242', 'card 4242-4242-4242-4242 exp 12/30', '378282246310005', '5555.5555.5555.4444', '42424242424242421230', 'x4242424242424242y'])
            await refused(server, ALL, INVALID, async () => {
                const answer = await create(ann, 'PaymentMethod', { type: 'card', details });
                assert.match(answer.body.error, /full card number/);
                return answer;
            });
        await refused(server, ALL, INVALID, () => update(ann, 'PaymentMethod', id, { details: '4242424242424242' }));
        for (const details of ['**** 4242', '4242424242424241', 'tok_1234567890', '2026-11-21 4242 1234 5678']) await created(ann, 'PaymentMethod', { type: 'card', details });
    });
});

describe('transaction history', () => {
    let id;
    before(async () => (id = await created(ann, 'TransactionHistory', { amount: 5 })));

    test('is the owner’s alone', async () => {
        for (const person of [eve, undefined]) {
            await refused(server, ALL, NOT_FOUND, () => server.request('GET', `/classes/TransactionHistory/${id}`, { session: person?.session }));
            await refused(server, ALL, NOT_FOUND, () => update(person, 'TransactionHistory', id, { status: 'success' }));
            await refused(server, ALL, NOT_FOUND, () => remove(person, 'TransactionHistory', id));
        }
        await refused(server, ALL, FORBIDDEN, () => create(eve, 'TransactionHistory', { amount: 5, user: pointer('_User', ann.id) }));
    });
    test('amount is a sum of money, and amount and timestamp stay', async () => {
        for (const amount of [0, -1, 0.001, '5', null]) await refused(server, ALL, [INVALID, 111], () => create(ann, 'TransactionHistory', { amount }));
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'TransactionHistory', id, { amount: 6 }));
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'TransactionHistory', id, { timestamp: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' } }));
    });
    test('status moves only along allowed transitions', async () => {
        const allowed = { pending: ['success', 'failed'], success: ['refunded', 'reversed'], failed: [], refunded: [], reversed: [] };
        const path = { pending: [], success: ['success'], failed: ['failed'], refunded: ['success', 'refunded'], reversed: ['success', 'reversed'] };
        for (const from of Object.keys(allowed))
            for (const to of [...Object.keys(allowed), 'anything', null, 7]) {
                if (to === from) continue;
                const row = await created(ann, 'TransactionHistory', { amount: 1 });
                for (const status of path[from]) assert.equal((await update(ann, 'TransactionHistory', row, { status })).status, 200);
                if (allowed[from].includes(to)) assert.equal((await update(ann, 'TransactionHistory', row, { status: to })).status, 200);
                else await refused(server, ALL, [INVALID, 111], () => update(ann, 'TransactionHistory', row, { status: to }));
            }
        await refused(server, ALL, INVALID, () => create(ann, 'TransactionHistory', { amount: 1, status: 'success' }));
    });
    test('the owner may delete it', async () => assert.equal((await remove(ann, 'TransactionHistory', id)).status, 200));
});

describe('payments, transactions, notifications', () => {
    test('a payment notifies its owner, is logged, and does not change', async () => {
        const body = { transaction_id: 'T-1', amount: 9.99, payment_method: 'card' };
        const id = await created(ann, 'Payment', body);
        const [note] = await new ann.Parse.Query('Notification').find();
        assert.equal(note.get('type'), 'payment_created');
        assert.ok(note.get('sent_at') instanceof Date);
        assert.equal((await logOf(ann, 'payment_created')).length, 1);
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'Payment', id, { amount: 1 }));
        await refused(server, ALL, NOT_FOUND, () => server.request('GET', `/classes/Payment/${id}`, { session: eve.session }));
        await refused(server, ALL, FORBIDDEN, () => create(ann, 'Notification', { type: 't', message: 'm', sent_at: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' } }));
    });
    test('a transaction is its owner’s, dated by the server', async () => {
        const id = await created(ann, 'Transaction', { description: 'book' });
        const row = await stored(server, 'Transaction', id);
        assert.equal(row.status, 'pending');
        assert.equal(row.date.iso, row.createdAt);
        await refused(server, ALL, NOT_FOUND, () => remove(eve, 'Transaction', id));
        assert.equal((await remove(ann, 'Transaction', id)).status, 200);
    });
});

describe('the access log', () => {
    test('nobody changes or deletes a row, not even with the master key', async () => {
        const [row] = await storedAll(server, 'AccessLog');
        const path = `/classes/AccessLog/${row.objectId}`;
        for (const rights of [{ session: ann.session }, { session: eve.session }, {}, { master: true }]) {
            await refused(server, ALL, [FORBIDDEN, NOT_FOUND], () => server.request('PUT', path, { ...rights, body: { action: 'x' } }));
            await refused(server, ALL, [FORBIDDEN, NOT_FOUND], () => server.request('DELETE', path, rights));
        }
    });
    test('is read by its user alone, and written in nobody else’s name', async () => {
        const mine = await new ann.Parse.Query('AccessLog').find();
        assert.ok(mine.length > 0 && mine.every((row) => row.get('user').id === ann.id));
        await refused(server, ALL, FORBIDDEN, () => create(eve, 'AccessLog', { action: 'x', user: pointer('_User', ann.id) }));
        await refused(server, ALL, NOT_FOUND, () => create(undefined, 'AccessLog', { action: 'x' }));
        const id = await created(eve, 'AccessLog', { action: 'x', timestamp: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' } });
        const row = await stored(server, 'AccessLog', id);
        assert.equal(row.timestamp.iso, row.createdAt);
    });
    test('a refused payment method or transaction leaves no row', async () => {
        const before = (await storedAll(server, 'AccessLog')).length;
        await create(ann, 'PaymentMethod', { type: 'card', details: '4242424242424242' });
        await create(ann, 'TransactionHistory', { amount: -1 });
        assert.equal((await storedAll(server, 'AccessLog')).length, before);
    });
});
