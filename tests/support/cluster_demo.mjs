// What scripts/cluster-demo shows.
import { rmSync } from 'node:fs';

import { makeFolder, startServer } from './homeport.mjs';
import { liveClient } from './live.mjs';
import { pointer, signUp } from './payments.mjs';
import { busIs, startRedis } from './redis.mjs';

const NODES = 3;
const WHOLE_MS = 120_000;

/* The helpers end what they have started when this process ends, however that comes about. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
setTimeout(() => {
    console.error('The demo took too long.');
    process.exit(1);
}, WHOLE_MS).unref();

const say = (who, what) => console.log(`${who.padEnd(8)} ${what}`);
const folder = makeFolder();
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const redis = await startRedis();
say('redis', `on port ${redis.port}, process ${redis.pid}`);

const config = {
    masterKey: 'cluster-master', restAPIKey: 'cluster-rest', javascriptKey: 'cluster-js',
    databaseURI: `sqlite://${folder}/cluster.db`,
    template: 'p2p-payment',
    startLiveQueryServer: true,
    liveQuery: { classNames: ['Balance', 'Notification'], redisURL: redis.url },
};
const nodes = [];
for (let i = 0; i < NODES; i++) {
    nodes.push(await startServer({ config }));
    await busIs(nodes[i], 'up');
    say(`node ${i + 1}`, `${nodes[i].url}, process ${nodes[i].pid}, on the one file ${folder}/cluster.db`);
}
const [first, second, third] = nodes;

const alice = await signUp(first, 'alice'), bob = await signUp(second, 'bob');
await second.request('PUT', `/users/${alice.id}`, { master: true, body: { balance: 100 } });
say('node 2', 'alice has 100.00');

const client = await liveClient(third, { sessionToken: bob.session });
await client.subscribe(1, 'Balance');
await client.subscribe(2, 'Notification');
say('node 3', 'bob is connected and subscribed to Balance and Notification');

const sent = process.hrtime.bigint();
const paid = await first.request('POST', '/classes/Transaction', {
    session: alice.session,
    body: { receiver: pointer('_User', bob.id), amount: 12.5 },
});
if (paid.status !== 201) throw new Error(paid.text);
say('node 1', `alice pays bob 12.50: transaction ${paid.body.objectId}`);
for (let i = 0; i < 2; i++) {
    const { object } = await client.event();
    const ms = Number(process.hrtime.bigint() - sent) / 1e6;
    const what = object.className === 'Balance' ? `his balance is ${object.amount.toFixed(2)}` : `"${object.message}"`;
    say('node 3', `bob hears: ${what} (${ms.toFixed(1)} ms after alice asked)`);
}

await client.close();
for (const node of nodes) await node.stop();
await redis.stop();
say('done', 'everything has been stopped');
