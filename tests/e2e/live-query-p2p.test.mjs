// The p2p-payment template live: a transfer reaches whom it concerns, and nobody else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { liveClient } from '../support/live.mjs';
import { pointer, signUp } from '../support/payments.mjs';

const CLASSES = ['Transaction', 'Balance', 'Notification', '_User'];
let server, alice, bob, eve;

before(async () => {
    server = await startServer({
        config: { template: 'p2p-payment', startLiveQueryServer: true, liveQuery: { classNames: CLASSES } },
    });
    alice = await signUp(server, 'alice');
    bob = await signUp(server, 'bob');
    eve = await signUp(server, 'eve');
    await server.request('PUT', `/users/${alice.id}`, { master: true, body: { balance: 100 } });
});
after(() => server?.stop());

const pay = async (amount) => {
    const body = { receiver: pointer('_User', bob.id), amount };
    const answer = await server.request('POST', '/classes/Transaction', { session: alice.session, body });
    assert.equal(answer.status, 201, answer.text);
};

/** Subscribed to everything there is. */
async function listener(user) {
    const client = await liveClient(server, { sessionToken: user?.session });
    for (const [i, className] of CLASSES.entries()) await client.subscribe(i + 1, className);
    return client;
}

test('the receiver and the sender see the transfer, a third user and a stranger see nothing of it', async () => {
    const receiver = await listener(bob), sender = await listener(alice), third = await listener(eve);
    const stranger = await liveClient(server); // the classes are for users: who is none cannot even ask
    for (const className of CLASSES.filter((name) => name !== '_User')) await stranger.refused(101, className);
    await pay(12.5);
    const told = {};
    for (let i = 0; i < 4; i++) {
        const { object } = await receiver.event();
        told[object.className] = object;
    }
    assert.deepEqual(Object.keys(told).sort(), [...CLASSES].sort());
    assert.equal(told.Balance.amount, 12.5);
    assert.equal(told.Notification.message, 'alice sent you 12.50');
    assert.equal(told.Transaction.amount, 12.5);
    assert.equal(told._User.balance, 12.5);

    const seen = [];
    for (let i = 0; i < 3; i++) seen.push(await sender.event());
    assert.deepEqual(seen.map(({ object }) => object.className).sort(), ['Balance', 'Transaction', '_User']);
    for (const { object } of seen) assert.ok(!JSON.stringify(object).includes('"sent you'));

    /* What the third user is told next is about himself. */
    await server.request('PUT', `/users/${eve.id}`, { master: true, body: { balance: 1 } });
    const first = await third.event();
    assert.equal(first.object.className === 'Balance' ? first.object.owner?.objectId ?? first.object.objectId : first.object.objectId, eve.id);
    for (const client of [receiver, sender, third, stranger]) await client.close();
});

test('the official SDK shows the receiver the new balance and the notification', async () => {
    const { Parse } = bob;
    const balance = await new Parse.Query('Balance').subscribe();
    const notes = await new Parse.Query('Notification').subscribe();
    const updated = new Promise((resolve) => balance.on('update', (now, before) => resolve([before.get('amount'), now.get('amount')])));
    const created = new Promise((resolve) => notes.on('create', resolve));
    await pay(7.5);
    assert.deepEqual(await updated, [12.5, 20]);
    assert.equal((await created).get('message'), 'alice sent you 7.50');
    await Parse.LiveQuery.close();
});
