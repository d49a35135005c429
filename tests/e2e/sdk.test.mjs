// The official JavaScript SDK in Node. The same cases run in a browser: tests/tools/sdk-browser.test.mjs.
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { cases } from '../support/sdk_cases.mjs';

let server;
before(async () => {
    server = await startServer({ config: { template: 'p2p-payment', allowClientClassCreation: true } });
    await server.request('PUT', '/config', { body: { params: { greeting: 'hello', secret: 1 }, masterKeyOnly: { secret: true } }, master: true });
});
after(() => server?.stop());

for (const [n, [name, run]] of Object.entries(cases).entries())
    test(name, async () => {
        await run(server.parse(), `Node${n}`);
    });
