// rateLimit: who asks more often than a rule allows waits, by whichever spelling, header or batch he asks.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';

const WINDOW = 3600_000;

/** A request from another address of this machine: 127.0.0.1 itself is exempt unless a rule says otherwise. */
function ask(server, method, path, { headers = {}, body, from = '127.0.0.2' } = {}) {
    const all = { 'X-Parse-Application-Id': server.config.appId, 'X-Parse-REST-API-Key': server.config.restAPIKey, 'Content-Type': 'application/json', ...headers };
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
        const request = http.request(server.url + path, { method, agent: false, localAddress: from, headers: { ...all, 'Content-Length': Buffer.byteLength(text) } }, (response) => {
            let answer = '';
            response.setEncoding('utf8').on('data', (part) => (answer += part));
            response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: answer, body: /^[[{]/.test(answer) ? JSON.parse(answer) : undefined }));
        });
        request.on('error', reject);
        request.end(text);
    });
}

async function withRules(rules, run, config = {}) {
    const server = await startServer({ config: { host: '0.0.0.0', rateLimit: rules, allowClientClassCreation: true, ...config } });
    try {
        await run(server);
    } finally {
        await server.stop();
    }
}

/** Asks until it is refused; how often it was not. */
async function passedBeforeRefusal(send, most = 20) {
    for (let passed = 0; passed < most; passed++) if ((await send(passed)).status === 429) return passed;
    return most;
}

const login = { username: 'nobody', password: 'x' };

test('a refused request says how long to wait, and an answered one how many are left', () =>
    withRules({ requestPath: '/login', requestTimeWindow: 100_000, requestCount: 2, errorResponseMessage: 'slowly' }, async (server) => {
        const [first, second, third] = [await ask(server, 'POST', '/login', { body: login }), await ask(server, 'POST', '/login', { body: login }), await ask(server, 'POST', '/login', { body: login })];
        assert.deepEqual([first, second].map((a) => [a.status, a.headers['x-ratelimit-limit'], a.headers['x-ratelimit-remaining'], a.headers['retry-after']]), [[404, '2', '1', undefined], [404, '2', '0', undefined]]);
        assert.equal(third.status, 429);
        assert.deepEqual(third.body, { code: 100, error: 'slowly' });
        assert.ok(third.headers['retry-after'] > 0 && third.headers['retry-after'] <= 100);
        const wait = third.headers['x-ratelimit-reset'] - Date.now() / 1000;
        assert.ok(wait > 0 && wait <= 101, `${wait}`);
        assert.equal((await ask(server, 'POST', '/login', { body: login, from: '127.0.0.3' })).status, 404, 'another address');
        assert.equal((await ask(server, 'GET', '/classes/Free')).headers['x-ratelimit-limit'], undefined);
        assert.equal((await ask(server, 'GET', '/../health')).status < 500, true);
    }));

test('sec_J2_who_only_says_that_he_is_local_is_counted', () =>
    withRules([{ requestPath: '/login', requestTimeWindow: WINDOW, requestCount: 3 }], async (server) => {
        const claims = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.1, 127.0.0.1'];
        const send = (n) => ask(server, 'POST', '/login', { body: login, headers: { 'X-Forwarded-For': claims[n % claims.length], 'X-Real-IP': '127.0.0.1', Forwarded: 'for=127.0.0.1', 'X-Client-IP': `10.0.0.${n}` } });
        assert.equal(await passedBeforeRefusal(send), 3);
        const local = () => ask(server, 'POST', '/login', { body: login, from: '127.0.0.1' });
        assert.equal(await passedBeforeRefusal(local), 20, 'the machine itself');
    }));

test('sec_J2_behind_a_trusted_proxy_the_address_is_the_one_it_saw', () =>
    withRules([{ requestPath: '/login', requestTimeWindow: WINDOW, requestCount: 3 }], async (server) => {
        const spoofed = (n) => ask(server, 'POST', '/login', { body: login, headers: { 'X-Forwarded-For': `127.0.0.1, 10.0.0.${n}, 6.6.6.6` } });
        assert.equal(await passedBeforeRefusal(spoofed), 3);
        const household = (n) => ask(server, 'POST', '/login', { body: login, headers: { 'X-Forwarded-For': `2001:db8::${n + 1}` } });
        assert.equal(await passedBeforeRefusal(household), 3, 'one network of IPv6 addresses is one household');
        assert.equal((await ask(server, 'POST', '/login', { body: login, headers: { 'X-Forwarded-For': '2001:db8:0:1::1' } })).status, 404);
    }, { trustProxy: '127.0.0.2' }));

test('sec_J3_parts_of_a_batch_are_counted_and_refuse_it_whole', () =>
    withRules([{ requestPath: '/login', requestTimeWindow: WINDOW, requestCount: 3 }, { requestPath: '/classes/Note', requestTimeWindow: WINDOW, requestCount: 3, requestMethods: ['POST'] }], async (server) => {
        const parts = (n, part) => ({ requests: Array.from({ length: n }, () => part) });
        const logins = await ask(server, 'POST', '/batch', { body: parts(4, { method: 'post', path: '/parse/login', body: login }) });
        assert.deepEqual([logins.status, logins.body], [400, { code: 100, error: 'Too many requests.' }]);
        assert.equal((await ask(server, 'POST', '/login', { body: login })).status, 429, 'one counter for both');
        const create = { method: 'POST', path: '/parse/classes/Note', body: {} };
        for (const transaction of [false, true]) assert.equal((await ask(server, 'POST', '/batch', { body: { ...parts(4, create), transaction } })).body.code, 100);
        assert.equal((await server.request('GET', '/classes/Note', { master: true })).body.results.length, 0, 'none of the parts ran');
        const other = await ask(server, 'POST', '/batch', { body: parts(3, create), from: '127.0.0.3' });
        assert.equal(other.body.length, 3);
        assert.ok(other.body.every((part) => part.success.objectId));
    }));

test('sec_J3_invented_tokens_are_counted_by_address', () =>
    withRules(['user', 'session'].map((zone) => ({ requestPath: `/classes/By${zone}`, requestTimeWindow: WINDOW, requestCount: 3, zone })), async (server) => {
        for (const zone of ['user', 'session']) {
            const invented = (n) => ask(server, 'GET', `/classes/By${zone}`, { headers: { 'X-Parse-Session-Token': `r:${String(n).padStart(32, '0')}` } });
            assert.equal(await passedBeforeRefusal(invented), 3, zone);
        }
        const [one, two] = await Promise.all(['one', 'two'].map((username) => server.request('POST', '/users', { body: { username, password: 'p' } })));
        const as = (user, from) => () => ask(server, 'GET', '/classes/Byuser', { from, headers: { 'X-Parse-Session-Token': user.body.sessionToken } });
        assert.equal(await passedBeforeRefusal(as(one, '127.0.0.2')), 3, 'a user has a counter of his own');
        assert.equal(await passedBeforeRefusal(as(one, '127.0.0.9')), 0, 'and keeps it wherever he goes');
        assert.equal(await passedBeforeRefusal(as(two, '127.0.0.2')), 3);
    }));

test('sec_J4_sec_J5_every_spelling_of_a_request_has_the_same_counter', () =>
    withRules(
        [
            { requestPath: '/login', requestTimeWindow: WINDOW, requestCount: 3 },
            { requestPath: '/classes/Note', requestTimeWindow: WINDOW, requestCount: 3, requestMethods: ['GET'] },
            { requestPath: '/functions/hello', requestTimeWindow: WINDOW, requestCount: 3 },
            { requestPath: '/users', requestTimeWindow: WINDOW, requestCount: 3, requestMethods: ['POST'] },
        ],
        async (server) => {
            const logins = ['/login', '/login/', '//login', '/LOGIN', '/login?x=1', '/Login/?x=2', '/login'];
            assert.equal(await passedBeforeRefusal((n) => ask(server, 'POST', logins[n], { body: login }), logins.length), 3);
            for (const path of ['/%6Cogin', '/login;x=1', '/login%2f', '/./login']) {
                const answer = await ask(server, 'POST', path, { body: login });
                assert.ok([400, 404, 429].includes(answer.status) && answer.body?.code !== 101, `${path}: ${answer.status} ${answer.text}`);
            }
            const finds = [['GET'], ['POST', 'GET'], ['POST', 'gEt'], ['HEAD'], ['POST', 'get']];
            assert.equal(await passedBeforeRefusal((n) => ask(server, finds[n][0], '/classes/Note', { body: finds[n][1] && { _method: finds[n][1] } }), finds.length), 3);
            assert.equal((await ask(server, 'POST', '/classes/Note', { body: {}, headers: { 'X-HTTP-Method-Override': 'GET' } })).status, 201);
            const functions = ['/functions/hello', '/functions/%68ello', '/FUNCTIONS/hello/', '/functions/h%65llo'];
            assert.equal(await passedBeforeRefusal((n) => ask(server, 'POST', functions[n], { body: {} }), functions.length), 3);
            const users = ['/users', '/classes/_User', '/classes/%5FUser', '/Users/'];
            assert.equal(await passedBeforeRefusal((n) => ask(server, 'POST', users[n], { body: { username: `u${n}`, password: 'p' } }), users.length), 3);
        },
    ));

test('sec_J6_nothing_that_a_request_merely_carries_gives_it_another_counter', () =>
    withRules([{ requestPath: '/login', requestTimeWindow: WINDOW, requestCount: 3 }, { requestPath: '/requestPasswordReset', requestTimeWindow: WINDOW, requestCount: 3, zone: 'session' }], async (server) => {
        const varied = (n) => ({
            headers: { 'X-Parse-Installation-Id': `i${n}`, 'User-Agent': `a${n}`, 'X-Parse-Session-Token': `r:${String(n).padStart(32, '0')}`, 'X-Parse-Request-Id': `${n}`, Cookie: `c=${n}` },
            body: { username: `u${n}`, password: 'x', email: `e${n}@example.org`, _InstallationId: `b${n}`, unused: n },
        });
        assert.equal(await passedBeforeRefusal((n) => ask(server, 'POST', `/login?n=${n}`, varied(n))), 3);
        assert.equal(await passedBeforeRefusal((n) => ask(server, 'POST', `/requestPasswordReset?n=${n}`, varied(n))), 3);
    }));

test('uploads and deletions of files are counted', () =>
    withRules([{ requestPath: '/files/*name', requestTimeWindow: WINDOW, requestCount: 2 }], async (server) => {
        const upload = (n) => ask(server, 'POST', `/files/a${n}.txt`, { body: {}, headers: { 'Content-Type': 'text/plain' } });
        assert.equal(await passedBeforeRefusal(upload), 2);
        const refused = await upload(3);
        assert.deepEqual([refused.status, refused.body, refused.headers['x-ratelimit-remaining']], [429, { code: 100, error: 'Too many requests.' }, '0']);
        assert.equal((await ask(server, 'DELETE', '/files/a.txt')).status, 429);
    }, { fileUpload: { enableForPublic: true } }));

test('the pages that links in mails lead to are counted too', () =>
    withRules([{ requestPath: '/apps/:app/resend_verification_email', requestTimeWindow: WINDOW, requestCount: 2 }], async (server) => {
        const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
        const send = () => ask(server, 'POST', `/apps/${server.config.appId}/resend_verification_email`, { body: { username: 'x' }, headers: form });
        assert.equal(await passedBeforeRefusal(send), 2);
        assert.equal((await ask(server, 'GET', `/apps/${server.config.appId}/verify_email?token=x`)).status, 200);
    }, { appName: 'Harbour', publicServerURL: 'http://harbour.example.org/parse' }));

test('a rule that cannot be kept ends the start, in the words of Parse Server', async () => {
    const rule = (more) => ({ requestPath: '/login', requestTimeWindow: 1000, requestCount: 1, ...more });
    const cases = [
        ['x', 'rateLimit must be an array or object'],
        [[1], 'rateLimit must be an array of objects'],
        [{}, 'rateLimit.requestPath must be defined'],
        [rule({ requestPath: 1 }), 'rateLimit.requestPath must be a string'],
        [rule({ requestPath: '/functions/*' }), 'rateLimit.requestPath "/functions/*" is not valid: Missing parameter name at index 12: /functions/*; visit https://git.new/pathToRegexpError for info'],
        [rule({ requestTimeWindow: undefined }), 'rateLimit.requestTimeWindow must be defined'],
        [rule({ requestTimeWindow: 'x' }), 'rateLimit.requestTimeWindow must be a number'],
        [rule({ includeInternalRequests: 'x' }), 'rateLimit.includeInternalRequests must be a boolean'],
        [[rule(), rule({ requestCount: null })], 'rateLimit.requestCount must be defined'],
        [rule({ requestCount: '1' }), 'rateLimit.requestCount must be a number'],
        [rule({ errorResponseMessage: 5 }), 'rateLimit.errorResponseMessage must be a string'],
        [rule({ zone: 'x' }), 'rateLimit.zone must be one of global, session, user, or ip'],
        [rule({ requestpath: '/x' }), 'Invalid rate limit option "requestpath"'],
    ];
    for (const [rateLimit, words] of cases) {
        const { code, stderr } = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_RATE_LIMIT: JSON.stringify(rateLimit) } });
        assert.deepEqual([code, stderr.trimEnd().split('\n').at(-1)], [78, words], stderr);
    }
    const redis = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_RATE_LIMIT: JSON.stringify(rule({ redisUrl: 'redis://x' })) } });
    assert.equal(redis.code, 78);
    assert.match(redis.stderr, /rateLimit.redisUrl: requests are counted per process/);
});
