// The official JavaScript SDK in Node. The same cases run in a browser and with older majors: tests/tools/sdk-*.test.mjs.
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { cases, startSdkServer } from '../support/sdk_cases.mjs';

let server;
before(async () => (server = await startSdkServer(startServer)));
after(() => server?.stop());

for (const [n, [name, run]] of Object.entries(cases).entries())
    test(name, async () => {
        await run(server.parse(), `Node${n}`);
    });
