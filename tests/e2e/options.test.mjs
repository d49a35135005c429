// Options: what Parse Server refuses is refused with its words, what an app's configuration asks for and is not there is
// said, and what an option promises holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';

const BASE = { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm' };
const ENV = {
    accountLockout: 'ACCOUNT_LOCKOUT', passwordPolicy: 'PASSWORD_POLICY', idempotencyOptions: 'EXPERIMENTAL_IDEMPOTENCY_OPTIONS', schema: 'SCHEMA', requestComplexity: 'REQUEST_COMPLEXITY',
    requestKeywordDenylist: 'REQUEST_KEYWORD_DENYLIST', allowHeaders: 'ALLOW_HEADERS', masterKeyIps: 'MASTER_KEY_IPS', maintenanceKeyIps: 'MAINTENANCE_KEY_IPS', readOnlyMasterKeyIps: 'READ_ONLY_MASTER_KEY_IPS',
    sessionLength: 'SESSION_LENGTH', maxLimit: 'MAX_LIMIT', defaultLimit: 'DEFAULT_LIMIT', readOnlyMasterKey: 'READ_ONLY_MASTER_KEY', maintenanceKey: 'MAINTENANCE_KEY', routeAllowList: 'ROUTE_ALLOW_LIST',
    revokeSessionOnPasswordReset: 'REVOKE_SESSION_ON_PASSWORD_RESET', enforcePrivateUsers: 'ENFORCE_PRIVATE_USERS', objectIdSize: 'OBJECT_ID_SIZE', installation: 'INSTALLATION',
};

/** The last line with which a start with these options ends. */
async function lastWords(options) {
    const own = Object.entries(options).map(([name, value]) => [
        name === 'publicServerURL' ? 'PARSE_PUBLIC_SERVER_URL' : `PARSE_SERVER_${ENV[name]}`,
        typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const { code, stderr } = await runHomeport(['serve'], { env: { ...BASE, ...Object.fromEntries(own) } });
    assert.equal(code, 78, `${JSON.stringify(options)}: ${stderr}`);
    return stderr.trimEnd().split('\n').at(-1);
}

test('a refused configuration ends with 78 and the words of Parse Server', async () => {
    const lockout = { duration: 'Account lockout duration should be greater than 0 and less than 100000', threshold: 'Account lockout threshold should be an integer greater than 0 and less than 1000' };
    const cases = [
        [{ readOnlyMasterKey: 'm' }, 'masterKey and readOnlyMasterKey should be different'],
        [{ maintenanceKey: 'm' }, 'masterKey and maintenanceKey should be different'],
        [{ accountLockout: { duration: 0, threshold: 3 } }, lockout.duration],
        [{ accountLockout: { duration: 100000, threshold: 3 } }, lockout.duration],
        [{ accountLockout: { threshold: 3 } }, lockout.duration],
        [{ accountLockout: { duration: 1, threshold: 1000 } }, lockout.threshold],
        [{ accountLockout: { duration: 1, threshold: 1.5 } }, lockout.threshold],
        [{ accountLockout: { duration: 1 } }, lockout.threshold],
        [{ passwordPolicy: { maxPasswordAge: -1 } }, 'passwordPolicy.maxPasswordAge must be a positive number'],
        [{ passwordPolicy: { maxPasswordHistory: 21 } }, 'passwordPolicy.maxPasswordHistory must be an integer ranging 0 - 20'],
        [{ passwordPolicy: { validatorPattern: 5 } }, 'passwordPolicy.validatorPattern must be a regex string or RegExp object.'],
        [{ passwordPolicy: { doNotAllowUsername: 'x' } }, 'passwordPolicy.doNotAllowUsername must be a boolean value.'],
        [{ revokeSessionOnPasswordReset: 'x' }, 'revokeSessionOnPasswordReset must be a boolean value'],
        [{ enforcePrivateUsers: 'x' }, 'Parse Server option enforcePrivateUsers must be a boolean.'],
        [{ publicServerURL: 'example.org' }, 'The option publicServerURL must be a valid URL starting with http:// or https://.'],
        [{ sessionLength: 0 }, 'Session length must be a value greater than 0.'],
        [{ sessionLength: 'x' }, 'Key sessionLength has invalid value x'],
        [{ objectIdSize: 'x' }, 'Key objectIdSize has invalid value x'],
        [{ defaultLimit: -1 }, 'Default limit must be a value greater than 0.'],
        [{ maxLimit: 0 }, 'Max limit must be a value greater than 0.'],
        [{ masterKeyIps: '::1,nonsense' }, 'The Parse Server option "masterKeyIps" contains an invalid IP address "nonsense".'],
        [{ maintenanceKeyIps: '1.2.3/8' }, 'The Parse Server option "maintenanceKeyIps" contains an invalid IP address "1.2.3".'],
        [{ readOnlyMasterKeyIps: '1.2.3.4.5' }, 'The Parse Server option "readOnlyMasterKeyIps" contains an invalid IP address "1.2.3.4.5".'],
        [{ allowHeaders: [1] }, 'Allow headers must only contain strings'],
        [{ allowHeaders: [''] }, 'Allow headers must not contain empty strings'],
        [{ idempotencyOptions: { ttl: 0 } }, 'idempotency TTL value must be greater than 0 seconds'],
        [{ idempotencyOptions: { ttl: 'x' } }, 'idempotency TTL value must be a number'],
        [{ idempotencyOptions: { paths: 5 } }, 'idempotency paths must be of an array of strings'],
        [{ schema: [] }, 'Parse Server option schema must be an object.'],
        [{ schema: { definitions: 5 } }, 'Parse Server option schema.definitions must be an array.'],
        [{ schema: { definitions: [{ className: 'A' }, { className: 'A' }] } }, 'The list of schemas provided contains duplicated "className"  "A","A"'],
        [{ schema: { strict: 'x' } }, 'Parse Server option schema.strict must be a boolean.'],
        [{ schema: { strict: true, definitions: [{ className: 'A' }, { className: 'B' }, { className: 'A' }] } }, 'The list of schemas provided contains duplicated "className"  "A","B","A"'],
        [{ installation: { duplicateDeviceTokenAction: 'x' } }, "installation.duplicateDeviceTokenAction must be one of: 'delete', 'update'."],
        [{ installation: { other: 1 } }, "installation contains unknown property 'other'."],
        [{ requestKeywordDenylist: {} }, 'Parse Server option requestKeywordDenylist must be an array.'],
        [{ requestComplexity: [] }, 'requestComplexity must be an object.'],
        [{ requestComplexity: { queryDepth: 0 } }, 'requestComplexity.queryDepth must be a positive integer or -1 to disable.'],
        [{ requestComplexity: { batchRequestLimit: 'x' } }, 'requestComplexity.batchRequestLimit must be a positive integer or -1 to disable.'],
        [{ requestComplexity: { allowRegex: 'x' } }, 'requestComplexity.allowRegex must be a boolean.'],
        [{ requestComplexity: { depth: 1 } }, "requestComplexity contains unknown property 'depth'."],
        [{ routeAllowList: ['('] }, 'Parse Server option routeAllowList contains an invalid regex pattern: "(".'],
    ];
    for (const [options, words] of cases) assert.equal(await lastWords(options), words, JSON.stringify(options));
    for (const missing of ['PARSE_SERVER_APPLICATION_ID', 'PARSE_SERVER_MASTER_KEY']) {
        const { code, stderr } = await runHomeport(['serve'], { env: { ...BASE, [missing]: '' } });
        assert.deepEqual([code, stderr.trimEnd().split('\n').at(-1)], [78, 'ERROR: appId and masterKey are required']);
    }
    const { code, stderr } = await runHomeport(['serve', '--nonsense', '5'], { env: BASE });
    assert.deepEqual([code, stderr.trimEnd().split('\n').at(-1)], [78, 'error: unknown option nonsense']);
});

async function withServer(config, run) {
    const server = await startServer({ config });
    try {
        await run(server);
    } finally {
        await server.stop();
    }
}

test('an app’s configuration for Parse Server starts, and says what is not there', () =>
    withServer(
        {
            appName: 'Shop', allowClientClassCreation: true, sessionLength: 86400, enforcePrivateUsers: true, masterKeyIps: ['127.0.0.1', '::1', '0.0.0.0/0'],
            requestComplexity: { queryDepth: 50, includeDepth: 5, includeCount: 1000, batchRequestLimit: -1, graphQLDepth: 10 },
            push: { android: { firebaseServiceAccount: 'x.json' } }, scheduledPush: true, databaseOptions: { maxPoolSize: 50, enableSchemaHooks: true }, collectionPrefix: 'shop_',
            logLevels: { triggerAfter: 'error' }, cacheAdapter: 'parse-redis-cache', mountGraphQL: true, graphQLPath: '/gql', allowExpiredAuthDataToken: true, enableInsecureAuthAdapters: false,
            masterKeyTtl: 5, directAccess: true, cluster: 2,
        },
        async (server) => {
            for (const name of ['push', 'scheduledPush', 'databaseOptions', 'collectionPrefix', 'logLevels', 'cacheAdapter', 'mountGraphQL'])
                assert.match(server.stderr, new RegExp(`^${name} \\(.*\\): ignored\\. `, 'm'), name);
            for (const name of ['graphQLPath', 'masterKeyTtl', 'cluster']) assert.doesNotMatch(server.stderr, new RegExp(`^${name} `, 'm'));
            assert.equal((await server.request('POST', '/classes/Note', { body: { a: 1 } })).status, 201);
        },
    ));

test('routeAllowList closes every other route to clients, parts of a batch too', () =>
    withServer({ allowClientClassCreation: true, enableSanitizedErrorResponse: false, routeAllowList: ['classes/Open', 'classes/Open/.*', 'batch', 'users/me|login'] }, async (server) => {
        const ask = (method, path, body, rights) => server.request(method, path, { body, ...rights });
        const refused = (answer, route) => assert.deepEqual([answer.status, answer.body], [400, { code: 119, error: `Route not allowed by routeAllowList: ${route}` }]);
        assert.equal((await ask('POST', '/classes/Open', {})).status, 201);
        assert.equal((await ask('GET', '/classes/Open/?limit=1')).status, 200);
        refused(await ask('POST', '/classes/Closed', {}), 'POST classes/Closed');
        refused(await ask('GET', '/classes/Closed?where={}'), 'GET classes/Closed');
        refused(await ask('POST', '/classes/Closed', { _method: 'GET' }), 'GET classes/Closed');
        refused(await ask('GET', '/users/meow'), 'GET users/meow');
        refused(await ask('GET', '/classes/Opener'), 'GET classes/Opener');
        assert.equal((await ask('GET', '/users/me')).body.code, 209);
        const parts = (path) => ask('POST', '/batch', { requests: [{ method: 'POST', path, body: {} }] });
        assert.ok((await parts('/parse/classes/Open')).body[0].success);
        refused(await parts('/parse/classes/Closed'), 'POST classes/Closed');
        assert.equal((await ask('GET', '/classes/Closed', undefined, { master: true })).status, 200);
        assert.equal((await ask('GET', '/health')).status, 200); // a door of its own, as files and pages are
        assert.equal((await ask('GET', '/files/nobody.txt')).text.includes('routeAllowList'), false);
    }));

test('a request reads no longer than requestTimeout, however many sub-queries it has', () =>
    withServer({ allowClientClassCreation: true, requestTimeout: 1 }, async (server) => {
        const texts = Array.from({ length: 10 }, (_, i) => ({ method: 'POST', path: '/parse/classes/Text', body: { text: 'abcdefghij'.repeat(800) + i } }));
        for (let i = 0; i < 200; i++) await server.request('POST', '/batch', { body: { requests: texts } }); // few at a time: they have a second, too
        assert.equal((await server.request('GET', '/classes/Text?count=1&limit=0')).body.count, 2000);
        await server.request('POST', '/classes/Page', { body: { of: { __type: 'Pointer', className: 'Text', objectId: 'a' } } });
        const slow = (i) => ({ of: { $inQuery: { className: 'Text', where: { text: { $regex: `[a-j]{${900 + i}}[j-z]{5}`, $options: 'i' } } } } });
        const find = (where, who) => server.request('GET', `/classes/Page?where=${encodeURIComponent(JSON.stringify(where))}`, who);
        for (const who of [{}, { master: true }]) { // nothing else bounds the whole of what master reads
            const { status, body } = await find({ $and: Array.from({ length: 99 }, (_, i) => slow(i)) }, who);
            assert.deepEqual([status, body.code], [400, 124], JSON.stringify(body));
        }
        const quick = { of: { $inQuery: { className: 'Text', where: { text: 'none of them' } } } };
        assert.deepEqual((await find(quick)).body, { results: [] });
    }));

test('protected fields without the exemptions: hidden from oneself and from the answers to saves', () =>
    withServer(
        { allowClientClassCreation: true, protectedFieldsOwnerExempt: false, protectedFieldsSaveResponseExempt: false, protectedFields: { _User: { '*': ['phone'] }, Shielded: { '*': ['n'] } } },
        async (server) => {
            const { body: user } = await server.request('POST', '/users', { body: { username: 'u', password: 'p', phone: '1', email: 'u@example.org' } });
            const me = await server.request('GET', '/users/me', { session: user.sessionToken });
            assert.ok(!('phone' in me.body) && me.body.email === 'u@example.org'); // an own list replaces the built-in one
            const { body: object } = await server.request('POST', '/classes/Shielded', { body: { n: 1, m: 1 } });
            const more = { n: { __op: 'Increment', amount: 1 }, m: { __op: 'Increment', amount: 1 } };
            const answer = await server.request('PUT', `/classes/Shielded/${object.objectId}`, { body: more });
            assert.deepEqual([answer.body.m, 'n' in answer.body], [2, false]);
            assert.equal((await server.request('PUT', `/classes/Shielded/${object.objectId}`, { body: more, master: true })).body.n, 3);
            await server.request('PUT', `/classes/Shielded/${object.objectId}`, { body: { ACL: { '*': { write: true } } }, master: true });
            const unread = await server.request('PUT', `/classes/Shielded/${object.objectId}`, { body: more });
            assert.deepEqual([unread.status, Object.keys(unread.body)], [200, ['updatedAt']]);
        },
    ));

test('protected fields with the exemptions, as is the default', () =>
    withServer({ allowClientClassCreation: true, protectedFields: { _User: { '*': ['phone'] }, Shielded: { '*': ['n'] } } }, async (server) => {
        const { body: user } = await server.request('POST', '/users', { body: { username: 'u', password: 'p', phone: '1' } });
        assert.equal((await server.request('GET', '/users/me', { session: user.sessionToken })).body.phone, '1');
        const { body: object } = await server.request('POST', '/classes/Shielded', { body: { n: 1 } });
        const answer = await server.request('PUT', `/classes/Shielded/${object.objectId}`, { body: { n: { __op: 'Increment', amount: 1 } } });
        assert.equal(answer.body.n, 2);
    }));

test('names and addresses are stored in lower case where it is asked for', () =>
    withServer({ convertUsernameToLowercase: true, convertEmailToLowercase: true }, async (server) => {
        const sign = await server.request('POST', '/users', { body: { username: 'ÄnnI', password: 'p', email: 'Ann@Example.ORG' } });
        const stored = () => server.request('GET', `/users/${sign.body.objectId}`, { master: true });
        assert.deepEqual([(await stored()).body.username, (await stored()).body.email], ['änni', 'ann@example.org']);
        await server.request('PUT', `/users/${sign.body.objectId}`, { master: true, body: { username: 'BOB' } });
        assert.equal((await stored()).body.username, 'bob');
    }));
