// LiveQuery of Homeport beside Parse Server's, on the same machine in the same run. tests/bench/livequery starts this.
//   livequery.mjs [SECONDS per row] [SOCKETS …]
// Parse Server stores in PostgreSQL without waiting for its disk; Homeport syncs each write before the event goes out.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startPostgres } from '../compat/lib/postgres.mjs';
import { parseServerVersion, startParseServer } from '../compat/lib/parse_server.mjs';
import { startServer } from '../support/homeport.mjs';

const run = promisify(execFile);
const [seconds = '5', ...given] = process.argv.slice(2);
const sizes = given.length ? given.map(Number) : [1, 100, 1000, 10000];
const config = { appId: 'bench', masterKey: 'bench-master', allowClientClassCreation: true, liveQuery: { classNames: ['Tick'] }, startLiveQueryServer: true };
const noKeys = { restAPIKey: undefined, javascriptKey: undefined };

/** As fast as it delivers; then at half of that, for the latency of a server that is not swamped. */
async function measure(port, pid, sockets) {
    const bench = async (rate) => JSON.parse((await run(process.env.BENCH_LIVEQUERY, [port, sockets, seconds, rate, pid].map(String), { maxBuffer: 1 << 20 })).stdout);
    const full = await bench(0);
    const half = await bench(Math.max(0.5, full.eventsPerSecond / 2));
    return { ...full, p50ms: half.p50ms, p99ms: half.p99ms, lost: full.lost + half.lost };
}

function row(name, { sockets, eventsPerSecond, deliveriesPerSecond, deliveriesPerCpuSecond, p50ms, p99ms, kibPerSocket, lost }) {
    const memory = sockets >= 100 ? kibPerSocket.toFixed(1) : '';
    console.log(`| ${name} | ${sockets} | ${eventsPerSecond} | ${deliveriesPerSecond} | ${deliveriesPerCpuSecond} | ${p50ms} | ${p99ms} | ${memory} | ${lost} |`);
}

console.log('| server | sockets | events/s | deliveries/s | deliveries per CPU second | p50 ms at half load | p99 ms at half load | KiB per socket | lost |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const sockets of sizes) {
    if (!process.env.BENCH_ONLY || process.env.BENCH_ONLY === 'homeport') {
        const server = await startServer({ config: { ...config, ...noKeys } });
        row('Homeport', await measure(server.config.port, server.pid, sockets));
        await server.stop();
    }
    if (!process.env.BENCH_ONLY || process.env.BENCH_ONLY === 'parse-server') {
        const postgres = await startPostgres();
        const reference = await startParseServer({ ...config, databaseURI: postgres.createDatabase('bench') });
        row(`Parse Server ${parseServerVersion()}`, await measure(new URL(reference.url).port, reference.pid, sockets));
        await reference.stop();
        await postgres.stop();
    }
}
