// What is told is what is found: random queries over random documents of all field types. Whoever adds what enters and takes
// away what leaves has at every moment what a find answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { randomSequences } from '../compat/lib/random.mjs';
import { saveFrom, sendStep } from '../compat/lib/steps.mjs';
import { startServer } from '../support/homeport.mjs';
import { liveClient } from '../support/live.mjs';

const SEED = Number(process.env.COMPAT_SEED ?? 1);
const QUERIES = 150;
const MARK = { n: -1 };

let server;
before(async () => {
    server = await startServer({
        config: { allowClientClassCreation: true, startLiveQueryServer: true, liveQuery: { classNames: ['Random.*'] }, liveSubscriptionsMax: QUERIES + 1 },
    });
});
after(() => server?.stop());

/** Applies what is told until the marker has come. */
async function follow(client, sets) {
    for (;;) {
        const { op, requestId, object } = await client.event();
        if (requestId === 0.5) {
            if (op === 'create') return;
        } else if (op === 'create' || op === 'enter') {
            assert.ok(!sets[requestId].has(object.objectId), `${op} of what is there already`);
            sets[requestId].add(object.objectId);
        } else {
            assert.ok(sets[requestId].has(object.objectId), `${op} of what is not there`);
            if (op !== 'update') sets[requestId].delete(object.objectId);
        }
    }
}

async function compare(className, wheres, sets) {
    for (const [i, where] of wheres.entries()) {
        const { body } = await server.request('GET', `/classes/${className}?keys=objectId&limit=1000&where=${encodeURIComponent(JSON.stringify(where))}`);
        assert.deepEqual([...sets[i + 1]].sort(), body.results.map(({ objectId }) => objectId).sort(), JSON.stringify(where));
    }
}

for (const sequence of randomSequences(SEED).slice(0, 2))
    test(sequence.name, async () => {
        const variables = {};
        const send = async (step) => {
            const answer = await sendStep(step, server, variables);
            assert.ok(answer.status < 300, `${JSON.stringify(step)}: ${answer.text}`);
            saveFrom(step, answer, variables);
        };
        const className = sequence.name.match(/Random\w+/)[0];
        const writes = sequence.steps.filter(({ call }) => !call.startsWith('GET'));
        const targets = writes.filter(({ call }) => call.endsWith('Target'));
        const documents = writes.filter(({ call }) => call === `POST /classes/${className}`);
        const changes = writes.filter(({ call }) => call.startsWith('PUT'));
        const fill = (where) => JSON.parse(JSON.stringify(where).replace(/<(\w+)>/g, (_, name) => variables[name]));

        for (const step of targets) await send(step);
        await send({ ...documents[0], save: {} }); // makes the class, before anybody subscribes
        const wheres = sequence.steps
            .filter(({ call, query }) => call.startsWith('GET') && query.where && !/\$(notInQuery|inQuery)/.test(JSON.stringify(query.where)))
            .slice(0, QUERIES)
            .map(({ query }) => fill(query.where));
        const client = await liveClient(server);
        const sets = {};
        for (const [i, where] of wheres.entries()) {
            await client.subscribe(i + 1, className, where);
            const { body } = await server.request('GET', `/classes/${className}?where=${encodeURIComponent(JSON.stringify(where))}`);
            sets[i + 1] = new Set(body.results.map(({ objectId }) => objectId));
        }
        await client.subscribe(0.5, className, MARK);
        const mark = () => server.request('POST', `/classes/${className}`, { body: MARK });

        for (const step of documents) await send(step);
        await mark();
        await follow(client, sets);
        assert.ok(Object.values(sets).some((set) => set.size > 5));
        await compare(className, wheres, sets);

        for (const step of changes) await send(step);
        const { body } = await server.request('GET', `/classes/${className}?limit=10`);
        for (const { objectId } of body.results) await server.request('DELETE', `/classes/${className}/${objectId}`);
        await mark();
        await follow(client, sets);
        await compare(className, wheres, sets);
        await client.close();
    });
