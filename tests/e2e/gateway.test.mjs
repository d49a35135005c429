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
    test('list users: names and ids, for those who are logged in', async () => {
        const listed = await ann.Parse.Cloud.run('listUsers', {});
        assert.deepEqual(listed.map((user) => user.username), ['ann', 'eve']);
        for (const user of listed) assert.deepEqual(Object.keys(user).sort(), ['objectId', 'username']);
        assert.deepEqual((await ann.Parse.Cloud.run('listUsers', { prefix: 'e' })).map((user) => user.username), ['eve']);
        await refused(server, ALL, FORBIDDEN, () => server.request('POST', '/functions/listUsers', { body: {} }));
    });
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
    test('whoever opens a profile to all still keeps everybody else from changing or deleting it', async () => {
        const fay = await signUp(server, 'fay');
        const opened = await server.request('PUT', `/users/${fay.id}`, { session: fay.session, body: { ACL: { '*': { read: true, write: true } } } });
        assert.equal(opened.status, 200, opened.text);
        const seen = (await server.request('GET', `/users/${fay.id}`, { session: eve.session })).body;
        assert.deepEqual([seen.username, seen.email, seen.role], ['fay', undefined, undefined]);
        for (const session of [eve.session, undefined]) {
            for (const body of [{ email: 'x@y.zz' }, { password: 'x' }, { ACL: {} }])
                await refused(server, ALL, [FORBIDDEN, 206], () => server.request('PUT', `/users/${fay.id}`, { session, body }));
            await refused(server, ALL, [FORBIDDEN, 206], () => server.request('DELETE', `/users/${fay.id}`, { session }));
        }
        assert.equal((await server.request('DELETE', `/users/${fay.id}`, { session: fay.session })).status, 200);
    });
    test('no other door to signing up gives a role', async () => {
        const boss = { username: 'boss', password: 'p', email: 'boss@example.com', role: 'admin' };
        for (const path of ['/users', '/classes/_User', '/classes/User'])
            await refused(server, ALL, FORBIDDEN, () => server.request('POST', path, { body: boss }));
        await refused(server, ALL, FORBIDDEN, () => server.request('POST', '/users', { body: { authData: { anonymous: { id: 'a-1' } }, role: 'admin' } }));
        await refused(server, ALL, FORBIDDEN, () => server.request('POST', `/users/${ann.id}`, { session: ann.session, body: { _method: 'PUT', role: 'admin' } }));
        await refused(server, ALL, [FORBIDDEN, 111], () => server.request('PUT', `/users/${ann.id}`, { session: ann.session, body: { 'role.x': 'admin' } }));
        const requests = [{ method: 'POST', path: '/parse/users', body: boss }, { method: 'PUT', path: `/parse/users/${ann.id}`, body: { role: 'admin' } }];
        const { body } = await server.request('POST', '/batch', { session: ann.session, body: { requests } });
        assert.deepEqual(body.map((part) => part.error?.code), [FORBIDDEN, FORBIDDEN]);
        const again = { authData: { anonymous: { id: 'a-2' } } };
        const { objectId } = (await server.request('POST', '/users', { body: again })).body;
        await server.request('POST', '/users', { body: { ...again, role: 'admin' } });
        assert.equal((await stored(server, '_User', objectId)).role, 'client');
    });
    test('role is client at sign-up and cannot be raised by a client in any form', async () => {
        assert.equal((await stored(server, '_User', ann.id)).role, 'client');
        for (const role of ['admin', 'Client', 'client\u0000admin', null, 5, { __op: 'Delete' }, ['client']]) {
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
        await refused(server, ALL, 111, () => create(ann, 'PaymentMethod', { type: 'card', details: 'x', user: pointer('_User', `${ann.id}\u0000`) }));
        await refused(server, ALL, NOT_FOUND, () => create(undefined, 'PaymentMethod', { type: 'card', details: 'x' }));
    });
    test('are changed and deleted by their user', async () => {
        const own = await created(ann, 'PaymentMethod', { type: 'card', details: 'old' });
        assert.equal((await update(ann, 'PaymentMethod', own, { details: 'new' })).status, 200);
        assert.equal((await stored(server, 'PaymentMethod', own)).details, 'new');
        assert.equal((await remove(ann, 'PaymentMethod', own)).status, 200);
        for (const body of [{ type: 'card' }, { details: 'x' }, { type: 'card', details: '' }, { type: 'card', details: null }])
            await refused(server, ALL, INVALID, () => create(ann, 'PaymentMethod', body));
    });
    test('a full card number is refused, however it is written; other digits are not', async () => {
        const hidden = [
            '4242424242424242', '4242 4242 4242 4242', 'card 4242-4242-4242-4242 exp 12/30', '378282246310005', '5555.5555.5555.4444',
            '42424242424242421230', 'x4242424242424242y', '{"number":"4242424242424242","exp":"12/30"}', '4242  4242  4242  4242',
            '4242 - 4242 - 4242 - 4242', '4242\t4242\t4242\t4242', '4242\n4242\n4242\n4242', '4242\u00a04242\u00a04242\u00a04242',
            '4242–4242–4242–4242', '４２４２４２４２４２４２４２４２', '3782 822463 10005', '6304000000000000', '4222222222222', '6799990100000000019',
            '\u00004242424242424242', 'token\u00004242424242424242', '4242\u00004242\u00004242\u00004242', '4242424242424242\u0000',
        ];
        for (const details of hidden)
            await refused(server, ALL, INVALID, async () => {
                const answer = await create(ann, 'PaymentMethod', { type: 'card', details });
                assert.match(answer.body.error, /full card number/);
                return answer;
            });
        await refused(server, ALL, INVALID, () => update(ann, 'PaymentMethod', id, { details: '4242424242424242' }));
        for (const details of ['**** 4242', '4242424242424241', 'tok_1234567890', '2026-11-21 4242 1234 5678', '424242 •••••• 4242', '424242424242', '12/30', 'Visa – 4242', '+49 30 1234567']) await created(ann, 'PaymentMethod', { type: 'card', details });
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
        assert.equal((await new eve.Parse.Query('TransactionHistory').find()).length, 0);
        assert.equal(await new eve.Parse.Query('TransactionHistory').count(), 0);
        await refused(server, ALL, FORBIDDEN, () => create(eve, 'TransactionHistory', { amount: 5, user: pointer('_User', ann.id) }));
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'TransactionHistory', id, { user: pointer('_User', eve.id) }));
        await update(ann, 'TransactionHistory', id, { ACL: { '*': { read: true, write: true } } });
        assert.deepEqual((await stored(server, 'TransactionHistory', id)).ACL, { [ann.id]: { read: true, write: true } });
        await refused(server, ALL, NOT_FOUND, () => create(undefined, 'TransactionHistory', { amount: 5 }));
    });
    test('amount is a sum of money, and amount and timestamp stay', async () => {
        for (const amount of [0, -1, 0.001, 5e-324, 1e300, '5', null, true]) await refused(server, ALL, [INVALID, 111], () => create(ann, 'TransactionHistory', { amount }));
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
        for (const status of ['success', 'pending\u0000', 'pending\u0000success']) await refused(server, ALL, INVALID, () => create(ann, 'TransactionHistory', { amount: 1, status }));
        await refused(server, ALL, [INVALID, 111], () => update(ann, 'TransactionHistory', id, { status: 'success\u0000failed' }));
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
        await refused(server, ALL, [FORBIDDEN, NOT_FOUND], () => remove(eve, 'Notification', note.id));
        await refused(server, ALL, FORBIDDEN, () => update(ann, 'Notification', note.id, { message: 'x' }));
        await note.destroy();
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
            for (const body of [{ action: 'x' }, { ACL: { '*': { write: true } } }, { user: pointer('_User', eve.id) }, { action: { __op: 'Delete' } }])
                await refused(server, ALL, [FORBIDDEN, NOT_FOUND], () => server.request('PUT', path, { ...rights, body }));
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
    test('every way to log in leaves one row', async () => {
        const ways = [
            () => server.request('POST', '/login', { body: { username: 'ann', password: ann.password } }),
            () => server.request('GET', `/login?username=ann&password=${ann.password}`),
            () => server.request('POST', '/login', { body: { username: 'ann', password: ann.password, _method: 'GET' } }),
            () => server.request('POST', '/login', { body: { email: 'ann@example.com', password: ann.password } }),
            () => server.request('POST', '/batch', { body: { requests: [{ method: 'POST', path: '/parse/login', body: { username: 'ann', password: ann.password } }] } }),
        ];
        for (const logIn of ways) {
            const before = (await logOf(ann, 'login')).length;
            assert.equal((await logIn()).status, 200);
            const rows = await logOf(ann, 'login');
            assert.equal(rows.length, before + 1, logIn.toString());
            assert.ok(rows.every((row) => Math.abs(Date.parse(row.timestamp.iso) - Date.now()) < 300_000));
        }
        const guest = { body: { authData: { anonymous: { id: 'guest-1' } } } };
        const { objectId: id } = (await server.request('POST', '/users', guest)).body;
        const before = (await logOf({ id }, 'login')).length;
        assert.equal((await server.request('POST', '/users', guest)).status, 200);
        assert.equal((await logOf({ id }, 'login')).length, before + 1);
    });
    test('a refused login, payment method or transaction leaves no row', async () => {
        const before = (await storedAll(server, 'AccessLog')).length;
        assert.equal((await server.request('POST', '/login', { body: { username: 'ann', password: 'wrong' } })).status, 404);
        await create(eve, 'PaymentMethod', { type: 'card', details: 'x', user: pointer('_User', ann.id) });
        await create(ann, 'PaymentMethod', { type: 'card' });
        await create(ann, 'PaymentMethod', { type: 'card', details: '4242424242424242' });
        await create(ann, 'TransactionHistory', { amount: -1 });
        assert.equal((await storedAll(server, 'AccessLog')).length, before);
    });
});
