// Money under load and under SIGKILL: nothing is lost, nothing is made, nothing answered is forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, signUp, storedAll } from '../support/payments.mjs';

const USERS = 5;
const CLIENTS = 20;
const TRANSFERS = 200;
const START_CENTS = 5000;

async function startWithUsers() {
    const server = await startServer({ config: { template: 'p2p-payment' } });
    const people = [];
    for (let i = 0; i < USERS; i++) people.push(await signUp(server, `user${i}`));
    for (const person of people) {
        const { status } = await server.request('PUT', `/users/${person.id}`, { master: true, body: { balance: START_CENTS / 100 } });
        assert.equal(status, 200);
    }
    return { server, people };
}

/** Deterministic pseudo-random numbers; the seed is printed and can be given back as SEED. */
function random(seed) {
    let state = seed >>> 0;
    return (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
    };
}

function chooseTransfer(people, pick) {
    const from = pick(USERS);
    const to = (from + 1 + pick(USERS - 1)) % USERS;
    return { from: people[from], to: people[to], amount: (1 + pick(4000)) / 100 };
}

const send = (server, { from, to, amount }) =>
    server.request('POST', '/classes/Transaction', { session: from.session, body: { receiver: pointer('_User', to.id), amount } });

/** Recomputes every balance from the transactions there are, and compares. */
async function checkBooks(server, people, answered) {
    const cents = (amount) => Math.round(amount * 100);
    const expected = new Map(people.map((person) => [person.id, START_CENTS]));
    const transactions = await storedAll(server, 'Transaction');
    for (const row of transactions) {
        expected.set(row.sender.objectId, expected.get(row.sender.objectId) - cents(row.amount));
        expected.set(row.receiver.objectId, expected.get(row.receiver.objectId) + cents(row.amount));
    }
    const rows = new Map((await storedAll(server, 'Balance')).map((row) => [row.user.objectId, row.amount]));
    let total = 0;
    for (const user of await storedAll(server, '_User')) {
        assert.ok(user.balance >= 0, `${user.username} has ${user.balance}`);
        assert.equal(user.balance, expected.get(user.objectId) / 100, `${user.username}: balance and transactions differ`);
        assert.equal(rows.get(user.objectId), user.balance, `${user.username}: balance and Balance row differ`);
        total += cents(user.balance);
    }
    assert.equal(total, USERS * START_CENTS, 'the total has changed');
    const ids = new Set(transactions.map((row) => row.objectId));
    for (const id of answered) assert.ok(ids.has(id), `transfer ${id} was answered and is gone`);
    assert.equal((await storedAll(server, 'Notification')).length, transactions.length, 'one notification per transfer');
    return transactions.length;
}

test(`${TRANSFERS} transfers from ${CLIENTS} clients between ${USERS} users conserve the total`, async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e9);
    t.diagnostic(`SEED=${seed}`);
    const pick = random(seed);
    const { server, people } = await startWithUsers();
    const work = Array.from({ length: TRANSFERS }, () => chooseTransfer(people, pick));
    const answered = [];
    let refusals = 0;
    const client = async () => {
        for (let next = work.pop(); next; next = work.pop()) {
            const { status, body } = await send(server, next);
            if (status === 201) answered.push(body.objectId);
            else {
                assert.equal(body.code, 142, JSON.stringify(body));
                assert.equal(body.error, 'Insufficient balance.');
                refusals++;
            }
        }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    assert.equal(answered.length + refusals, TRANSFERS);
    assert.equal(await checkBooks(server, people, answered), answered.length);
    await server.stop();
});

test('the same while the process is killed 20 times', async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e9);
    t.diagnostic(`SEED=${seed}`);
    const pick = random(seed);
    const { server, people } = await startWithUsers();
    const answered = [];
    for (let kill = 0; kill < 20; kill++) {
        let stopped = false;
        const client = async () => {
            while (!stopped) {
                try {
                    const { status, body } = await send(server, chooseTransfer(people, pick));
                    if (status === 201) answered.push(body.objectId);
                    else assert.equal(body?.code, 142, JSON.stringify(body));
                } catch (error) {
                    if (error.code === 'ERR_ASSERTION') throw error;
                    return; // the connection broke: whether this transfer happened is what the books will say
                }
            }
        };
        const wanted = answered.length + 5 + pick(10);
        const clients = Array.from({ length: CLIENTS }, client);
        while (answered.length < wanted) await new Promise((resolve) => setImmediate(resolve));
        await server.kill();
        stopped = true;
        await Promise.all(clients);
        await server.start();
        await checkBooks(server, people, answered);
    }
    await server.stop();
});
