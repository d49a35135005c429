// The JavaScript SDK of apps that were not brought up to date: the cases of tests/support/sdk_cases.mjs with every major, those of
// version 1 without what it cannot do: paths in set, withCount, AnonymousUtils, the local datastore.
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { cases, startSdkServer } from '../support/sdk_cases.mjs';

const require = createRequire(import.meta.url);
const LATER = /^(an object: created|queries: comparisons|an anonymous user|the local datastore)/;
let server;
before(async () => (server = await startSdkServer(startServer)));
after(() => server?.stop());

for (const major of [1, 2, 3, 4, 5, 6, 7])
    describe(`parse ${major}`, () => {
        let Parse;
        before(() => {
            Parse = require(`parse-${major}/node`);
            Parse.initialize(server.config.appId, server.config.javascriptKey);
            Parse.serverURL = server.url;
            Parse.User.enableUnsafeCurrentUser();
        });
        for (const [n, [name, run]] of Object.entries(cases).entries())
            if (major > 1 || !LATER.test(name)) test(name, () => run(Parse, `V${major}n${n}`));
    });
