// The door matrix, live: what a subscription is told of an object is what every other door shows of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertSees, KINDS, makeMatrix, mayGuess, powerful, seesRows, SHUT } from '../support/door_matrix.mjs';
import { liveClient, subscribeMessage } from '../support/live.mjs';

const CALLERS = ['nobody', 'bob', 'ann', 'rita', 'master'];
const [ALL, ONE, ASKED, WATCHED, INCLUDED, LAST] = [1, 2, 3, 4, 5, 6];

let w, made;
before(async () => {
    ({ w, made } = await makeMatrix({
        config: { liveQuery: { classNames: ['.*'] }, liveQueryServerOptions: { keyPairs: { masterKey: 'live-master', clientKey: 'any' } } },
    }));
});
after(() => w?.stop());

const touch = (className, id, fields) => w.must('master', 'PUT', `/classes/${className}/${id}`, fields);
const connect = (who) => liveClient(w.server, who === 'master' ? { masterKey: 'live-master' } : { clientKey: 'any', sessionToken: w.users[who]?.session });

/** True if it may listen; false if it was refused because of permission. */
async function listen(client, requestId, className, where, more) {
    const answer = await client.ask(subscribeMessage(requestId, className, where, more));
    if (answer.op === 'subscribed') return true;
    assert.ok(answer.op === 'error' && [101, 119].includes(answer.code), JSON.stringify(answer));
    return false;
}

/** Everything that is told until the last change is, by subscription. */
async function told(client) {
    const events = { [ALL]: [], [ONE]: [], [ASKED]: [], [WATCHED]: [], [INCLUDED]: [] };
    for (;;) {
        const message = await client.message();
        if (message.requestId === LAST) return events;
        assert.ok(message.object, JSON.stringify(message));
        events[message.requestId].push(message);
    }
}

function assertTold(events, kinds, id, who, kind, label) {
    if (!seesRows(who, kind)) return assert.deepEqual(events, [], label);
    assert.deepEqual(events.map(({ op }) => op), kinds, label);
    for (const { object, original } of events) {
        assertSees([object], id, who, kind, label);
        if (original) assertSees([original], id, who, kind, label);
    }
}

describe('sec_matrix', () => {
    for (const kind of Object.keys(KINDS))
        for (const who of CALLERS)
            test(`sec_matrix ${kind} as ${who}: events show what a find shows`, async () => {
                const client = await connect(who);
                const { id, holder, target } = made[kind];
                const asks = powerful(who) || KINDS[kind].asks.includes(who);
                assert.equal(await listen(client, ALL, kind, {}), asks);
                assert.equal(await listen(client, ONE, kind, { objectId: id }), asks);
                const guesses = await listen(client, ASKED, kind, { secret: `secret of ${kind}` });
                const watches = await listen(client, WATCHED, kind, {}, { watch: ['secret'] });
                if (seesRows(who, kind)) assert.deepEqual([guesses, watches], [mayGuess(who, kind), mayGuess(who, kind)]);
                await listen(client, INCLUDED, 'Holder', { objectId: holder }, { include: [`to${kind}`] });
                await listen(client, LAST, 'Target', { objectId: target });

                await touch(kind, id, { name: `name of ${kind}` });
                await touch('Holder', holder, { name: `name of ${kind}` });
                await touch('Target', target, { name: kind });
                const events = await told(client);
                for (const door of [ALL, ONE]) assertTold(events[door], ['update'], id, who, kind, `${who}, ${kind}, door ${door}`);
                assert.equal(events[ASKED].length, seesRows(who, kind) && guesses ? 1 : 0);
                assert.equal(events[WATCHED].length, 0, 'the field did not change');
                const [{ object }] = events[INCLUDED];
                const inside = object[`to${kind}`];
                assertSees(inside === undefined || inside.__type === 'Pointer' ? SHUT : [inside], id, who, kind, `${who}, ${kind}, include`);
                await client.close();
                await w.alive();
            });
});
