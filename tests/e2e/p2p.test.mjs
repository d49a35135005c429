// The p2p-payment template: the published sequence diagram step by step, each sentence of its security section, and the
// rules of a transfer. Everybody here is an ordinary client unless it says master.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, refused, signUp, stored, storedAll } from '../support/payments.mjs';

const MONEY = ['_User', 'Transaction', 'Balance', 'Notification'];
const FORBIDDEN = 119;
const INVALID = 142;
const NOT_FOUND = 101;
const WRONG_TYPE = 111;

let server, alice, bob, eve;

before(async () => {
    server = await startServer({ config: { template: 'p2p-payment' } });
    alice = await signUp(server, 'alice');
    bob = await signUp(server, 'bob');
    eve = await signUp(server, 'eve');
});
after(() => server.stop());

async function setBalance(person, amount) {
    const { status, text } = await server.request('PUT', `/users/${person.id}`, { master: true, body: { balance: amount } });
    assert.equal(status, 200, text);
}

async function balanceOf(person) {
    const user = await stored(server, '_User', person.id);
    const row = await stored(server, 'Balance', person.id);
    assert.equal(row.amount, user.balance, 'the Balance row follows the user');
    return user.balance;
}

const transfer = (from, body) => server.request('POST', '/classes/Transaction', { session: from?.session, body });
const pay = async (from, to, amount) => {
    const answer = await transfer(from, { receiver: pointer('_User', to.id), amount });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
};

describe('the integration flow, with the official SDK', () => {
    test('login: POST /login answers a session token', async () => {
        const Parse = server.parse();
        const user = await Parse.User.logIn(alice.username, alice.password);
        assert.match(user.getSessionToken(), /^r:[0-9a-f]{32}$/);
        assert.equal(user.id, alice.id);
    });

    test('send payment: POST /classes/Transaction answers the transaction', async () => {
        await setBalance(alice, 100);
        await setBalance(bob, 0);
        const { Parse } = alice;
        const payment = new Parse.Object('Transaction', { amount: 12.5, receiver: Parse.User.createWithoutData(bob.id) });
        await payment.save();
        assert.ok(payment.id);
        assert.equal(payment.get('sender').id, alice.id);
        assert.ok(Math.abs(payment.get('timestamp') - Date.now()) < 60_000);

        const seen = await new Parse.Query('Transaction').include('sender').get(payment.id);
        assert.equal(seen.get('amount'), 12.5);
        assert.equal(seen.get('receiver').id, bob.id);
    });

    test('check balance: GET /classes/User/<own id> answers the current balance', async () => {
        const { status, body } = await server.request('GET', `/classes/User/${alice.id}`, { session: alice.session });
        assert.equal(status, 200);
        assert.equal(body.balance, 87.5);
        const [row] = await new bob.Parse.Query('Balance').find();
        assert.equal(row.get('amount'), 12.5);
    });

    test('the receiver, and nobody else, finds a notification', async () => {
        const [note] = await new bob.Parse.Query('Notification').find();
        assert.equal(note.get('type'), 'payment_received');
        assert.equal(note.get('message'), 'alice sent you 12.50');
        assert.equal((await new alice.Parse.Query('Notification').find()).length, 0);
        assert.equal((await new eve.Parse.Query('Notification').find()).length, 0);
    });

    test('list users: names and ids, for those who are logged in', async () => {
        const listed = await alice.Parse.Cloud.run('listUsers', {});
        assert.deepEqual(listed.map((user) => user.username), ['alice', 'bob', 'eve']);
        for (const user of listed) assert.deepEqual(Object.keys(user).sort(), ['objectId', 'username']);
        assert.deepEqual((await alice.Parse.Cloud.run('listUsers', { prefix: 'b' })).map((user) => user.username), ['bob']);
        await refused(server, MONEY, FORBIDDEN, () => server.request('POST', '/functions/listUsers', { body: {} }));
    });

    test('log out: the token ends', async () => {
        const Parse = server.parse();
        const user = await Parse.User.logIn(eve.username, eve.password);
        const token = user.getSessionToken();
        await Parse.User.logOut();
        const { body } = await server.request('GET', '/users/me', { session: token });
        assert.equal(body.code, 209);
    });
});

describe('user-controlled profiles: only the user can modify or delete their profile', () => {
    test('the user may', async () => {
        const { status } = await server.request('PUT', `/users/${alice.id}`, { session: alice.session, body: { email: 'a2@example.com' } });
        assert.equal(status, 200);
    });
    for (const [who, session] of [['a stranger', () => eve.session], ['nobody', () => undefined]]) {
        test(`${who} may neither change nor delete nor see it`, async () => {
            for (const path of ['/users/', '/classes/_User/', '/classes/User/']) {
                const target = path + alice.id;
                await refused(server, MONEY, [206, NOT_FOUND], () => server.request('PUT', target, { session: session(), body: { email: 'x@y.zz' } }));
                await refused(server, MONEY, [206, NOT_FOUND], () => server.request('DELETE', target, { session: session() }));
                await refused(server, MONEY, NOT_FOUND, () => server.request('GET', target, { session: session() }));
            }
        });
    }
    test('a stranger finds nobody, and no e-mail or balance by asking for it', async () => {
        const found = await server.request('GET', '/users', { session: eve.session });
        assert.deepEqual(found.body.results.map((user) => user.objectId), [eve.id]);
        for (const where of [{ email: { $regex: '^a' } }, { balance: { $gt: 0 } }])
            await refused(server, MONEY, FORBIDDEN, () =>
                server.request('GET', `/users?where=${encodeURIComponent(JSON.stringify(where))}`, { session: eve.session }));
    });
    test('whoever opens a profile to all shows its name, and still nobody else changes or deletes it', async () => {
        const fay = await signUp(server, 'fay');
        const opened = await server.request('PUT', `/users/${fay.id}`, { session: fay.session, body: { ACL: { '*': { read: true, write: true } } } });
        assert.equal(opened.status, 200, opened.text);
        const seen = (await server.request('GET', `/users/${fay.id}`, { session: eve.session })).body;
        assert.deepEqual([seen.username, seen.email, seen.balance], ['fay', undefined, undefined]);
        for (const body of [{ email: 'x@y.zz' }, { password: 'x' }, { username: 'x' }, { ACL: {} }])
            for (const path of ['/users/', '/classes/_User/', '/classes/User/'])
                for (const session of [eve.session, undefined])
                    await refused(server, MONEY, [FORBIDDEN, 206], () => server.request('PUT', path + fay.id, { session, body }));
        for (const session of [eve.session, undefined])
            await refused(server, MONEY, [FORBIDDEN, 206], () => server.request('DELETE', `/users/${fay.id}`, { session }));
        assert.equal((await server.request('PUT', `/users/${fay.id}`, { session: fay.session, body: { email: 'f2@example.com' } })).status, 200);
        assert.equal((await server.request('DELETE', `/users/${fay.id}`, { session: fay.session })).status, 200);
    });
    test('a user with money cannot be deleted; without, the Balance row goes too', async () => {
        const dora = await signUp(server, 'dora');
        await setBalance(dora, 5);
        await refused(server, MONEY, INVALID, () => server.request('DELETE', `/users/${dora.id}`, { session: dora.session }));
        await setBalance(dora, 0);
        assert.equal((await server.request('DELETE', `/users/${dora.id}`, { session: dora.session })).status, 200);
        assert.equal((await server.request('GET', `/classes/Balance/${dora.id}`, { master: true })).status, 404);
    });
});

describe('transaction integrity', () => {
    let payment;
    before(async () => {
        await setBalance(alice, 100);
        payment = await pay(alice, bob, 1);
    });
    test('sender and receiver read it; nobody else finds, gets or counts it', async () => {
        for (const person of [alice, bob])
            assert.equal((await server.request('GET', `/classes/Transaction/${payment.objectId}`, { session: person.session })).status, 200);
        await refused(server, MONEY, NOT_FOUND, () => server.request('GET', `/classes/Transaction/${payment.objectId}`, { session: eve.session }));
        await refused(server, MONEY, NOT_FOUND, () => server.request('GET', '/classes/Transaction'));
        const { body } = await server.request('GET', '/classes/Transaction?count=1', { session: eve.session });
        assert.deepEqual(body, { results: [], count: 0 });
    });
    test('include shows nothing of the other party', async () => {
        const { body } = await server.request('GET', `/classes/Transaction/${payment.objectId}?include=sender,receiver`, { session: bob.session });
        assert.equal(body.sender, undefined);
        assert.equal(body.receiver.username, 'bob');
    });
    test('sender, receiver, amount and timestamp never change, not even by the master key', async () => {
        const changes = [
            { amount: 2 },
            { amount: { __op: 'Increment', amount: 1 } },
            { amount: { __op: 'Delete' } },
            { sender: pointer('_User', eve.id) },
            { receiver: pointer('_User', eve.id) },
            { timestamp: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' } },
            { amount: null },
            { receiver: null },
            { 'amount.x': 2 },
            { 'sender.objectId': eve.id },
        ];
        for (const body of changes)
            for (const rights of [{ session: alice.session }, { master: true }])
                await refused(server, MONEY, [FORBIDDEN, INVALID, WRONG_TYPE], () => server.request('PUT', `/classes/Transaction/${payment.objectId}`, { ...rights, body }));
    });
    test('the receiver and strangers may not edit or delete it', async () => {
        for (const person of [bob, eve, undefined]) {
            const session = person?.session;
            await refused(server, MONEY, NOT_FOUND, () => server.request('PUT', `/classes/Transaction/${payment.objectId}`, { session, body: { note: 'x' } }));
            await refused(server, MONEY, NOT_FOUND, () => server.request('DELETE', `/classes/Transaction/${payment.objectId}`, { session }));
        }
    });
    test('the sender may edit the note, but not whom the row is open to', async () => {
        const body = { note: 'rent', ACL: { '*': { read: true }, [eve.id]: { read: true, write: true } } };
        assert.equal((await server.request('PUT', `/classes/Transaction/${payment.objectId}`, { session: alice.session, body })).status, 200);
        const row = await stored(server, 'Transaction', payment.objectId);
        assert.equal(row.note, 'rent');
        assert.deepEqual(row.ACL, { [alice.id]: { read: true, write: true }, [bob.id]: { read: true } });
    });
    test('the sender may delete it, which moves no money', async () => {
        const before = [await balanceOf(alice), await balanceOf(bob)];
        assert.equal((await server.request('DELETE', `/classes/Transaction/${payment.objectId}`, { session: alice.session })).status, 200);
        assert.deepEqual([await balanceOf(alice), await balanceOf(bob)], before);
    });
    test('clients cannot add fields', async () => {
        await refused(server, MONEY, FORBIDDEN, () => transfer(alice, { receiver: pointer('_User', bob.id), amount: 1, extra: 1 }));
    });
});

describe('scoped access: users see their own balance only, and write none', () => {
    test('Balance rows are read by their owner alone', async () => {
        assert.equal((await server.request('GET', `/classes/Balance/${alice.id}`, { session: alice.session })).status, 200);
        await refused(server, MONEY, NOT_FOUND, () => server.request('GET', `/classes/Balance/${alice.id}`, { session: eve.session }));
        const rows = await new eve.Parse.Query('Balance').find();
        assert.deepEqual(rows.map((row) => row.get('user').id), [eve.id]);
    });
    test('nobody but the server writes Balance and Notification rows', async () => {
        const rows = {
            Balance: { user: pointer('_User', alice.id), amount: 1000 },
            Notification: { user: pointer('_User', alice.id), message: 'm', type: 't' },
        };
        for (const [className, body] of Object.entries(rows))
            await refused(server, MONEY, FORBIDDEN, () => server.request('POST', `/classes/${className}`, { session: alice.session, body }));
        for (const rights of [{ session: alice.session }, { session: eve.session }, {}]) {
            await refused(server, MONEY, [FORBIDDEN, NOT_FOUND], () => server.request('PUT', `/classes/Balance/${alice.id}`, { ...rights, body: { amount: 9 } }));
            await refused(server, MONEY, [FORBIDDEN, NOT_FOUND], () => server.request('DELETE', `/classes/Balance/${alice.id}`, rights));
        }
    });
    test('not even the master key writes a Balance row past its user', async () => {
        const path = `/classes/Balance/${alice.id}`;
        for (const body of [{ amount: 9 }, { amount: { __op: 'Increment', amount: 1 } }, { user: pointer('_User', eve.id) }])
            await refused(server, MONEY, FORBIDDEN, () => server.request('PUT', path, { master: true, body }));
        await refused(server, MONEY, FORBIDDEN, () => server.request('DELETE', path, { master: true }));
        await refused(server, MONEY, FORBIDDEN, () =>
            server.request('POST', '/classes/Balance', { master: true, body: { user: pointer('_User', alice.id), amount: 9 } }));
    });
    test('a notification is edited by nobody, and deleted by the user it is for', async () => {
        await setBalance(alice, 1);
        await pay(alice, bob, 1);
        const [note] = await new bob.Parse.Query('Notification').descending('createdAt').find();
        const path = `/classes/Notification/${note.id}`;
        for (const session of [alice.session, eve.session, undefined]) {
            await refused(server, MONEY, NOT_FOUND, () => server.request('GET', path, { session }));
            await refused(server, MONEY, [FORBIDDEN, NOT_FOUND], () => server.request('DELETE', path, { session }));
        }
        for (const session of [alice.session, bob.session, eve.session, undefined])
            await refused(server, MONEY, FORBIDDEN, () => server.request('PUT', path, { session, body: { message: 'bob sent you 100.00' } }));
        await note.destroy();
        assert.equal((await server.request('GET', path, { master: true })).status, 404);
    });
    test('balance at sign-up may be absent or 0, nothing else', async () => {
        const zero = await signUp(server, 'zero', { balance: 0 });
        assert.equal(await balanceOf(zero), 0);
        for (const balance of [1, -1, '5', null, true, [], { __op: 'Increment', amount: 5 }])
            await refused(server, MONEY, [FORBIDDEN, WRONG_TYPE], () =>
                server.request('POST', '/users', { body: { username: `rich${JSON.stringify(balance)}`, password: 'p', balance } }));
    });
    test('no other door to signing up gives money', async () => {
        const rich = { username: 'rich', password: 'p', email: 'rich@example.com', balance: 5 };
        for (const path of ['/users', '/classes/_User', '/classes/User'])
            await refused(server, MONEY, FORBIDDEN, () => server.request('POST', path, { body: rich }));
        await refused(server, MONEY, FORBIDDEN, () => server.request('POST', '/users', { body: { authData: { anonymous: { id: 'a-1' } }, balance: 5 } }));
        const dotted = await server.request('POST', '/users', { body: { ...rich, username: 'dotted', email: 'd@example.com', balance: undefined, 'balance.x': 5 } });
        assert.equal(await balanceOf({ id: dotted.body.objectId }), 0);
        const before = JSON.stringify(await storedAll(server, '_User'));
        const requests = [{ method: 'POST', path: '/parse/users', body: rich }, { method: 'PUT', path: `/parse/users/${alice.id}`, body: { balance: 5 } }];
        const { body } = await server.request('POST', '/batch', { session: alice.session, body: { requests } });
        assert.deepEqual(body.map((part) => part.error?.code), [FORBIDDEN, FORBIDDEN]);
        assert.equal(JSON.stringify(await storedAll(server, '_User')), before);
    });
    test('balance is never written by a client afterwards, in whatever form', async () => {
        await refused(server, MONEY, [FORBIDDEN, WRONG_TYPE], () => server.request('PUT', `/users/${alice.id}`, { session: alice.session, body: { 'balance.x': 5 } }));
        await refused(server, MONEY, FORBIDDEN, () => server.request('POST', `/users/${alice.id}`, { session: alice.session, body: { _method: 'PUT', balance: 5 } }));
        for (const balance of [0, 1000, null, { __op: 'Increment', amount: 1 }, { __op: 'Delete' }, { __op: 'SetOnInsert', amount: 5 }])
            for (const path of ['/users/', '/classes/_User/', '/classes/User/'])
                await refused(server, MONEY, [FORBIDDEN, WRONG_TYPE], () => server.request('PUT', path + alice.id, { session: alice.session, body: { balance } }));
    });
    test('the master key sets it, and the Balance row follows', async () => {
        await setBalance(eve, 7.25);
        assert.equal(await balanceOf(eve), 7.25);
        for (const balance of [-1, 0.001, '5', null, { __op: 'Increment', amount: 1 }])
            await refused(server, MONEY, [INVALID, WRONG_TYPE], () => server.request('PUT', `/users/${eve.id}`, { master: true, body: { balance } }));
        const answer = await server.request('POST', '/functions/adjustBalance', { master: true, body: { user: eve.id, amount: -0.25 } });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(await balanceOf(eve), 7);
        await refused(server, MONEY, FORBIDDEN, () => server.request('POST', '/functions/adjustBalance', { session: eve.session, body: { user: eve.id, amount: 5 } }));
    });
});

describe('the rules of a transfer', () => {
    before(async () => {
        await setBalance(alice, 100);
        await setBalance(bob, 0);
    });
    const to = () => pointer('_User', bob.id);
    const cases = [
        ['amount is missing', () => ({ receiver: to() }), INVALID],
        ['amount is 0', () => ({ receiver: to(), amount: 0 }), INVALID],
        ['amount is negative', () => ({ receiver: to(), amount: -5 }), INVALID],
        ['amount is a string', () => ({ receiver: to(), amount: '5' }), [INVALID, WRONG_TYPE]],
        ['amount is null', () => ({ receiver: to(), amount: null }), INVALID],
        ['amount is an operation', () => ({ receiver: to(), amount: { __op: 'Increment', amount: -5 } }), INVALID],
        ['amount has three decimals', () => ({ receiver: to(), amount: 0.001 }), INVALID],
        ['amount is huge', () => ({ receiver: to(), amount: 1e300 }), INVALID],
        ['amount is the smallest double', () => ({ receiver: to(), amount: 5e-324 }), INVALID],
        ['amount is a cent more than there is', () => ({ receiver: to(), amount: 100.01 }), INVALID],
        ['amount is an array', () => ({ receiver: to(), amount: [1] }), [INVALID, WRONG_TYPE]],
        ['amount is true', () => ({ receiver: to(), amount: true }), [INVALID, WRONG_TYPE]],
        ['amount is given twice', () => `{"receiver":${JSON.stringify(to())},"amount":1,"amount":2}`, 107],
        ['the objectId is chosen by the client', () => ({ objectId: 'mine', receiver: to(), amount: 1 }), 105],
        ['the balance does not suffice', () => ({ receiver: to(), amount: 1e6 }), INVALID],
        ['the receiver is missing', () => ({ amount: 1 }), INVALID],
        ['the receiver is oneself', () => ({ receiver: pointer('_User', alice.id), amount: 1 }), INVALID],
        ['the receiver is null', () => ({ receiver: null, amount: 1 }), INVALID],
        ['the receiver is an id', () => ({ receiver: bob.id, amount: 1 }), [INVALID, WRONG_TYPE]],
        ['the receiver does not exist', () => ({ receiver: pointer('_User', 'nosuchuser'), amount: 1 }), INVALID],
        ['the receiver is of another class', () => ({ receiver: pointer('Balance', bob.id), amount: 1 }), [INVALID, WRONG_TYPE]],
        ['the sender is somebody else', () => ({ sender: pointer('_User', bob.id), receiver: pointer('_User', eve.id), amount: 1 }), FORBIDDEN],
    ];
    for (const [name, body, codes] of cases)
        test(`refused: ${name}`, () => refused(server, MONEY, codes, () => transfer(alice, body())));

    test('refused: nobody is logged in', () => refused(server, MONEY, NOT_FOUND, () => transfer(undefined, { receiver: to(), amount: 1 })));
    test('an amount of NaN or beyond double is no JSON', async () => {
        for (const amount of ['NaN', '1e400', 'Infinity'])
            await refused(server, MONEY, 400, () => transfer(alice, `{"amount":${amount},"receiver":${JSON.stringify(to())}}`));
    });
    test('refused: the receiver has been deleted', async () => {
        const gone = await signUp(server, 'gone');
        assert.equal((await server.request('DELETE', `/users/${gone.id}`, { session: gone.session })).status, 200);
        await refused(server, MONEY, INVALID, () => transfer(alice, { receiver: pointer('_User', gone.id), amount: 1 }));
    });
    test('the sender may name itself, as User or as _User', async () => {
        for (const className of ['_User', 'User']) {
            const answer = await transfer(alice, { sender: pointer(className, alice.id), receiver: pointer(className, bob.id), amount: 1 });
            assert.equal(answer.status, 201, answer.text);
            const row = await stored(server, 'Transaction', answer.body.objectId);
            assert.deepEqual([row.sender, row.receiver], [pointer('_User', alice.id), to()]);
        }
    });
    test('what else stands in a receiver’s pointer is not written anywhere', async () => {
        const had = await balanceOf(bob);
        const answer = await transfer(alice, { receiver: { ...to(), balance: 1000, email: 'x@y.zz' }, amount: 1 });
        assert.equal(answer.status, 201, answer.text);
        assert.equal(await balanceOf(bob), had + 1);
        assert.equal((await stored(server, '_User', bob.id)).email, 'bob@example.com');
    });
    test('the master key transfers for a user it names, by the same rules', async () => {
        const asMaster = (body) => server.request('POST', '/classes/Transaction', { master: true, body });
        await refused(server, MONEY, INVALID, () => asMaster({ receiver: to(), amount: 1 }));
        await refused(server, MONEY, INVALID, () => asMaster({ sender: pointer('_User', alice.id), receiver: to(), amount: 1e6 }));
        const had = [await balanceOf(alice), await balanceOf(bob)];
        assert.equal((await asMaster({ sender: pointer('_User', alice.id), receiver: to(), amount: 1 })).status, 201);
        assert.deepEqual([await balanceOf(alice), await balanceOf(bob)], [had[0] - 1, had[1] + 1]);
    });
    test('timestamp and ACL are the server’s, whatever is sent', async () => {
        const { objectId } = (await transfer(alice, {
            receiver: to(), amount: 1, timestamp: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' }, ACL: { '*': { read: true, write: true } },
        })).body;
        const row = await stored(server, 'Transaction', objectId);
        assert.equal(row.timestamp.iso, row.createdAt);
        assert.deepEqual(row.ACL, { [alice.id]: { read: true, write: true }, [bob.id]: { read: true } });
    });
    test('0.10 + 0.20 is 0.30 after any number of transfers', async () => {
        await setBalance(alice, 10);
        await setBalance(bob, 0);
        let cents = 0;
        for (let i = 0; i < 60; i++) {
            const amount = [0.1, 0.2, 0.07][i % 3];
            await pay(alice, bob, amount);
            cents += Math.round(amount * 100);
            assert.equal((await stored(server, '_User', bob.id)).balance, cents / 100);
        }
        assert.equal(await balanceOf(bob), cents / 100);
        assert.equal(await balanceOf(alice), (1000 - cents) / 100);
    });
    test('the last cent can be sent, and not one more', async () => {
        await setBalance(alice, 0.01);
        await pay(alice, bob, 0.01);
        assert.equal(await balanceOf(alice), 0);
        await refused(server, MONEY, INVALID, () => transfer(alice, { receiver: to(), amount: 0.01 }));
    });
    test('a batch of transfers spends no money twice', async () => {
        await setBalance(alice, 1);
        const requests = Array.from({ length: 5 }, () => ({ method: 'POST', path: '/parse/classes/Transaction', body: { receiver: to(), amount: 0.4 } }));
        const { body } = await server.request('POST', '/batch', { session: alice.session, body: { requests } });
        assert.equal(body.filter((part) => part.success).length, 2);
        assert.equal(await balanceOf(alice), 0.2);
    });
    test('a transaction batch is all or nothing', async () => {
        await setBalance(alice, 1);
        const part = (amount) => ({ method: 'POST', path: '/parse/classes/Transaction', body: { receiver: to(), amount } });
        await refused(server, MONEY, INVALID, () =>
            server.request('POST', '/batch', { session: alice.session, body: { transaction: true, requests: [part(0.5), part(0.6)] } }));
        const { status, text } = await server.request('POST', '/batch', { session: alice.session, body: { transaction: true, requests: [part(0.5), part(0.5)] } });
        assert.equal(status, 200, text);
        assert.equal(await balanceOf(alice), 0);
    });
    test('money in the system is what the operator put in', async () => {
        const total = (await storedAll(server, 'Balance')).reduce((sum, row) => sum + Math.round(row.amount * 100), 0);
        const users = (await storedAll(server, '_User')).reduce((sum, user) => sum + Math.round(user.balance * 100), 0);
        assert.equal(total, users);
    });
});

test('a start without the template on what it has made is warned of: the rules are not there', async () => {
    const own = await startServer({ config: { template: 'p2p-payment' } });
    const warned = () => /\bWARN template_rules_missing template=p2p-payment\b/.test(own.stderr);
    assert.equal(warned(), false);
    await own.stop({ keep: true });
    delete own.config.template;
    own.writeConfig();
    await own.start();
    assert.equal(warned(), true);
    await own.stop();
});

test('users from before the template have no money; whom it is sent to or given by the operator has a Balance row', async () => {
    const old = await startServer();
    const [carl, dina] = [await signUp(old, 'carl'), await signUp(old, 'dina')];
    await old.stop({ keep: true });
    old.config.template = 'p2p-payment';
    old.writeConfig();
    await old.start();
    const pays = (from, to, amount) =>
        old.request('POST', '/classes/Transaction', { session: from.session, body: { receiver: pointer('_User', to.id), amount } });
    await refused(old, MONEY, INVALID, () => pays(carl, dina, 1));
    assert.equal((await old.request('PUT', `/users/${carl.id}`, { master: true, body: { balance: 3 } })).status, 200);
    const paid = await pays(carl, dina, 1.25);
    assert.equal(paid.status, 201, paid.text);
    for (const [person, amount] of [[carl, 1.75], [dina, 1.25]]) {
        assert.equal((await stored(old, '_User', person.id)).balance, amount);
        assert.equal((await stored(old, 'Balance', person.id)).amount, amount);
    }
    await old.stop();
});
