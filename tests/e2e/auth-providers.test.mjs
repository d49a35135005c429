// Signing in with other providers: their adapters are webhooks here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';
import { signatureOf, startWebhook } from '../support/webhook.mjs';

const SECRET = 'shared-with-the-adapter';
const UNSUPPORTED = [400, { code: 252, error: 'This authentication method is unsupported.' }];
const USED = [400, { code: 208, error: 'this auth is already used' }];
const NOT_FOUND = { code: 101, error: 'User not found.' };

let server, corp, staff, step;
let count = 0;

/** A token is right if it is "token-of-<id>": the identity comes from the credential. */
function judge(method, [data]) {
    if (method === 'validateAppId') return { success: {} };
    if (data.token === `token-of-${data.id}`) return { success: {} };
    if (data.code) return { success: { save: { id: data.code.replace('code-for-', ''), access: 'kept' }, response: { hello: 'new' } } };
    if (data.token === 'plain-error') return { error: 'plain words' };
    if (data.token === 'odd-error') return { error: { code: 4711 } };
    if (data.token === 'broken') return { status: 500, text: 'oops' };
    if (data.token === 'closed') return null;
    if (data.token === 'elsewhere') return { status: 302, location: `${corp.url}/other` };
    if (data.token === 'large') return { success: 'x'.repeat(2 << 20) };
    if (data.token === 'slow') return new Promise(() => {});
    if (data.token === 'other-id') return { success: { save: { id: 'somebody-else' } } };
    if (data.token === 'keep-nothing') return { success: { doNotSave: true } };
    return { error: { parse: true, code: 101, message: 'mycorp auth is invalid for this user.' } };
}

const webhook = (url, methods, more = {}) => ({ module: 'webhook', options: { url, methods, ...more } });
before(async () => {
    corp = await startWebhook(judge);
    staff = await startWebhook(judge);
    step = await startWebhook((method, [data]) => (method === 'challenge' ? { success: { say: data.ask } } : { success: {} }));
    server = await startServer({
        config: {
            auth: {
                mycorp: webhook(`${corp.url}/adapter/`, ['validateAuthData', 'validateAppId'], { secret: SECRET, timeout: 30_000, appIds: ['a1'] }),
                hasty: webhook(corp.url, ['validateAuthData'], { timeout: 500 }),
                staff: webhook(staff.url, ['validateAuthData'], { timeout: 30_000 }),
                step: webhook(step.url, ['validateSetUp', 'validateLogin', 'validateUpdate', 'challenge'], { policy: 'additional' }),
                off: { ...webhook(corp.url, ['validateAuthData']), enabled: false },
            },
        },
    });
});
after(async () => {
    await server?.stop();
    for (const one of [corp, staff, step]) await one?.stop();
});

const fresh = () => `id-${++count}`;
const data = (id) => ({ id, token: `token-of-${id}` });
const post = (body, rights) => server.request('POST', '/users', { body, ...rights });
const come = (authData, rights) => post({ authData }, rights);
const put = (user, authData, rights = { session: user.sessionToken }) => server.request('PUT', `/users/${user.objectId}`, { body: { authData }, ...rights });
const named = async () => (await post({ username: `u${++count}`, password: 'p' })).body;
const stored = async (user) => (await server.request('GET', `/users/${user.objectId}`, { master: true })).body.authData;
const answer = ({ status, body }) => [status, body];
const users = async () => (await server.request('GET', '/users?count=1&limit=0', { master: true })).body.count;

test('the first login makes a user, the next ones are that user', async () => {
    const id = fresh();
    const first = await come({ mycorp: data(id) });
    assert.equal(first.status, 201);
    assert.match(first.body.username, /^[A-Za-z0-9]{25}$/);
    assert.match(first.body.sessionToken, /^r:/);
    assert.deepEqual(first.body.authDataResponse, {});
    const again = await come({ mycorp: data(id) });
    assert.deepEqual([again.status, again.body.objectId], [200, first.body.objectId]);
    assert.deepEqual(again.body.authData, { mycorp: data(id) });
    assert.notEqual(again.body.sessionToken, first.body.sessionToken);
    const { body } = await server.request('GET', '/sessions/me', { session: again.body.sessionToken });
    assert.deepEqual(body.createdWith, { action: 'login', authProvider: 'mycorp' });
});

test('the adapter gets args with data and options, signed, without the secret', async () => {
    const before = corp.calls.length;
    const id = fresh();
    await come({ mycorp: data(id) });
    const calls = corp.calls.slice(before);
    assert.deepEqual(calls.map(({ path }) => path), ['/adapter/validateAppId', '/adapter/validateAuthData']);
    for (const call of calls) {
        assert.deepEqual(call.body.args[0], data(id));
        assert.deepEqual(call.body.args[1], { url: `${corp.url}/adapter/`, methods: ['validateAuthData', 'validateAppId'], timeout: 30_000, appIds: ['a1'] });
        assert.equal(call.headers['x-homeport-signature'], signatureOf(call, SECRET));
        assert.ok(Math.abs(Date.now() / 1000 - Number(call.headers['x-homeport-timestamp'])) < 60);
        assert.equal(call.headers['content-type'], 'application/json');
        assert.ok(!call.text.includes(SECRET));
    }
    await come({ staff: data(fresh()) });
    assert.ok(!('x-homeport-signature' in staff.calls.at(-1).headers));
});

test('refusals are the adapter’s, and nothing has happened', async () => {
    const before = await users();
    const refusals = [
        ['wrong', [404, { code: 101, error: 'mycorp auth is invalid for this user.' }]],
        ['plain-error', [400, { code: 141, error: 'plain words' }]],
        ...['odd-error', 'broken', 'closed', 'elsewhere', 'large'].map((token) => [token, [400, { code: 141, error: 'Auth failed. Unknown error.' }]]),
        ['other-id', [404, { code: 101, error: 'mycorp auth is invalid for this user.' }]],
        ['keep-nothing', UNSUPPORTED],
    ];
    for (const [token, expected] of refusals) assert.deepEqual(answer(await come({ mycorp: { id: fresh(), token } })), expected, token);
    assert.deepEqual(answer(await come({ hasty: { id: fresh(), token: 'slow' } })), [400, { code: 141, error: 'Auth failed. Unknown error.' }]);
    assert.equal(await users(), before);
    assert.equal(corp.calls.filter(({ path }) => path === '/other').length, 0);
});

test('an adapter may exchange a code for the identity, keep other data and say something', async () => {
    const id = fresh();
    const first = await come({ staff: { code: `code-for-${id}` } });
    assert.deepEqual([first.status, first.body.authDataResponse], [201, { staff: { hello: 'new' } }]);
    assert.deepEqual(await stored(first.body), { staff: { id, access: 'kept' } });
    const again = await come({ staff: { code: `code-for-${id}` } });
    assert.deepEqual([again.status, again.body.objectId], [200, first.body.objectId]);
    const other = await named();
    assert.deepEqual(answer(await put(other, { staff: { code: `code-for-${id}` } })), USED);
});

test('link, sign in by it, unlink', async () => {
    const user = await named();
    const id = fresh();
    const linked = await put(user, { mycorp: data(id) });
    assert.equal(linked.status, 200);
    assert.deepEqual(await stored(user), { mycorp: data(id) });
    assert.equal((await come({ mycorp: data(id) })).body.objectId, user.objectId);
    assert.equal((await put(user, { staff: data(id) })).status, 200);
    assert.deepEqual(await stored(user), { mycorp: data(id), staff: data(id) });
    const unlinked = await put(user, { mycorp: null });
    assert.deepEqual([unlinked.status, unlinked.body.authDataResponse], [200, {}]);
    assert.deepEqual(await stored(user), { staff: data(id) });
    const stranger = await come({ mycorp: data(id) });
    assert.deepEqual([stranger.status, stranger.body.objectId === user.objectId], [201, false]);
});

test('several providers at once: all are proven, one id of somebody else refuses all', async () => {
    const id = fresh();
    const both = await come({ mycorp: data(id), staff: data(id) });
    assert.equal(both.status, 201);
    assert.equal((await come({ staff: data(id) })).body.objectId, both.body.objectId);
    assert.equal((await come({ mycorp: data(id), staff: { id, token: 'wrong' } })).status, 404);
    const other = fresh();
    assert.equal((await come({ mycorp: data(other) })).status, 201);
    assert.deepEqual(answer(await come({ mycorp: data(other), staff: data(id) })), USED);
    assert.deepEqual(answer(await put(await named(), { mycorp: data(id) })), USED);
    assert.deepEqual(answer(await come({ mycorp: data(id) }, { session: (await named()).sessionToken })), USED);
});

test('what was read may be sent back without asking the adapter; new data are proven and stored', async () => {
    const id = fresh();
    const { body: user } = await come({ mycorp: data(id) });
    const before = corp.calls.length;
    assert.equal((await put(user, { mycorp: data(id) })).status, 200);
    assert.equal((await put(user, { mycorp: { id } })).status, 200);
    assert.equal(corp.calls.length, before);
    assert.equal((await put(user, { mycorp: { id, token: 'wrong' } })).status, 404);
    const more = { ...data(id), nick: 'n' };
    assert.equal((await put(user, { mycorp: more })).status, 200);
    assert.deepEqual(await stored(user), { mycorp: more });
    assert.deepEqual((await come({ mycorp: { ...more, nick: 'm' } })).body.authData, { mycorp: { ...more, nick: 'm' } });
});

test('only the user and master link; who may not is refused before the adapter is asked', async () => {
    const user = await named(), other = await named();
    const before = corp.calls.length;
    assert.equal((await put(user, { mycorp: data(fresh()) }, {})).body.code, 206);
    assert.equal((await put(user, { mycorp: data(fresh()) }, { session: other.sessionToken })).body.code, 206);
    assert.equal(corp.calls.length, before);
    assert.equal((await put(user, { mycorp: data(fresh()) }, { master: true })).status, 200);
});

test('providers that are not there, or are switched off, are unsupported', async () => {
    for (const authData of [{ nosuch: data('x') }, { off: data('x') }, { mycorp: data(fresh()), nosuch: data('x') }, { mfa: { token: 'x' } }])
        assert.deepEqual(answer(await come(authData)), UNSUPPORTED);
});

test('a second factor of one’s own: set up, login, change, in the adapter’s steps', async () => {
    const user = await named();
    const { username } = (await server.request('GET', `/users/${user.objectId}`, { master: true })).body;
    const login = (authData) => server.request('POST', '/login', { body: { username, password: 'p', ...(authData ? { authData } : {}) } });
    const asked = () => step.calls.at(-1).method;
    assert.equal((await put(user, { step: { key: '1' } })).status, 200);
    assert.equal(asked(), 'validateSetUp');
    assert.deepEqual(answer(await login()), [400, { code: -1, error: 'Missing additional authData step' }]);
    const back = await login({ step: { key: '2' } });
    assert.deepEqual([back.status, asked(), back.body.authDataResponse], [200, 'validateLogin', {}]);
    assert.equal((await put(user, { step: { key: '3' } })).status, 200);
    assert.equal(asked(), 'validateUpdate');
    assert.deepEqual(answer(await come({ step: { key: '1' } })), UNSUPPORTED); // no account by a second factor alone
});

test('challenge asks the adapters that have one', async () => {
    const ask = (body) => server.request('POST', '/challenge', { body });
    assert.deepEqual(answer(await ask({ challengeData: { step: { ask: 'x' }, mycorp: {}, nosuch: {} } })), [200, { challengeData: { step: { say: 'x' } } }]);
    const mistakes = [
        [{}, 'Nothing to challenge.'],
        [{ challengeData: 'x' }, 'challengeData should be an object.'],
        [{ username: 'x', challengeData: {} }, 'You provided username or email, you need to also provide password.'],
        [{ challengeData: { step: {} }, authData: 'x' }, 'authData should be an object.'],
        [{ challengeData: { step: {} }, authData: { mycorp: data('a'), staff: data('b') } }, 'You cannot provide more than one authData provider with an id.'],
    ];
    for (const [body, error] of mistakes) assert.deepEqual(answer(await ask(body)), [400, { code: -1, error }]);
    const user = await named();
    const { username } = (await server.request('GET', `/users/${user.objectId}`, { master: true })).body;
    const both = { username, password: 'p', challengeData: { step: {} }, authData: { mycorp: data('a') } };
    assert.deepEqual(answer(await ask(both)), [400, { code: -1, error: 'You cannot provide username/email and authData, only use one identification method.' }]);
    assert.deepEqual(answer(await ask({ username, password: 'p', challengeData: { step: { ask: 1 } } })), [200, { challengeData: { step: { say: 1 } } }]);
    assert.deepEqual(answer(await ask({ username, password: 'wrong', challengeData: { step: {} } })), [404, { code: 101, error: 'Invalid username/password.' }]);
});

test('the JavaScript SDK signs in, links and unlinks', async () => {
    const Parse = server.parse();
    const id = fresh();
    const provider = { authenticate: (options) => options.success(provider, {}), restoreAuthentication: () => true, getAuthType: () => 'mycorp', deauthenticate() {} };
    const user = await Parse.User.logInWith(provider, { authData: data(id) });
    assert.ok(user._isLinked('mycorp'));
    await Parse.User.logOut();
    assert.equal((await Parse.User.logInWith(provider, { authData: data(id) })).id, user.id);
    const anonymous = await server.parse().AnonymousUtils.logIn();
    assert.ok(anonymous.id !== user.id);
    const name = await Parse.User.signUp(`sdk${++count}`, 'p');
    await name.linkWith(provider, { authData: data(fresh()) });
    assert.ok(name._isLinked('mycorp'));
    await name._unlinkFrom(provider);
    assert.ok(!('mycorp' in ((await stored({ objectId: name.id })) ?? {})));
});

test('fifty first logins at once make one user', async () => {
    const id = fresh();
    const answers = await Promise.all(Array.from({ length: 50 }, () => come({ mycorp: data(id) })));
    const ids = new Set(answers.filter(({ status }) => status < 300).map(({ body }) => body.objectId));
    assert.equal(ids.size, 1);
    for (const one of answers) if (one.status >= 300) assert.deepEqual(answer(one), USED);
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
});

test('sec_G4_a_token_of_one_subject_is_none_for_another', async () => {
    const [a, b] = [fresh(), fresh()];
    await come({ mycorp: data(a) });
    await come({ mycorp: data(b) });
    assert.equal((await come({ mycorp: { id: b, token: `token-of-${a}` } })).body.code, 101);
    assert.equal((await come({ mycorp: { id: a, token: 'other-id' } })).body.code, 101);
    assert.equal((await come({ mycorp: data(b) })).status, 200);
});

test('sec_G6_two_providers_a_hundred_logins_each_is_asked_its_own', async () => {
    const before = [corp.calls.length, staff.calls.length];
    const ids = Array.from({ length: 50 }, fresh);
    const answers = await Promise.all(ids.flatMap((id) => [come({ mycorp: data(id) }), come({ staff: data(id) })]));
    assert.deepEqual(answers.map(({ status }) => status), answers.map(() => 201));
    const seen = (hook, from, method) => hook.calls.slice(from).filter((call) => call.method === method).map(({ body }) => body.args[0].id).sort();
    assert.deepEqual(seen(corp, before[0], 'validateAuthData'), [...ids].sort());
    assert.deepEqual(seen(staff, before[1], 'validateAuthData'), [...ids].sort());
});

test('sec_G7_no_session_without_a_proof', async () => {
    const id = fresh();
    await come({ mycorp: data(id) });
    for (const credentials of [{ id }, { id, token: '' }, { id, token: null }, { id, token: 'token-of-' }, { id, token: { $ne: 1 } }, { id, token: [`token-of-${id}`] }])
        assert.equal((await come({ mycorp: credentials })).body.code, 101, JSON.stringify(credentials));
    assert.equal((await come({ mycorp: data(id) })).status, 200);
});

test('sec_F12_no_account_is_linked_by_address', async () => {
    const email = 'victim@example.org';
    const victim = await post({ username: 'victim', password: 'p', email });
    const id = fresh();
    const attempt = await post({ authData: { mycorp: { ...data(id), email } }, email });
    assert.equal(attempt.body.code, 203);
    const own = await come({ mycorp: { ...data(id), email } });
    assert.deepEqual([own.status, own.body.objectId === victim.body.objectId], [201, false]);
    assert.equal((await post({ authData: { mycorp: data(fresh()) }, emailVerified: true })).body.code, 119);
    assert.ok(!(await server.request('GET', `/users/${own.body.objectId}`, { master: true })).body.emailVerified);
});

test('sec_D6_a_challenge_takes_no_odd_identities', async () => {
    const id = fresh();
    await come({ mycorp: data(id) });
    const ask = (authData) => server.request('POST', '/challenge', { body: { authData, challengeData: { step: {} } } });
    const odd = [{ mfa: null }, [], 'x', { mycorp: [] }, { mycorp: 'x' }, { mycorp: { id } }, { mycorp: { id: { $ne: 1 } } }, { mycorp: { id, token: 'wrong' } }, { nosuch: { id } }, { mycorp: { id: 'nobody', token: 'token-of-nobody' } }];
    for (const authData of odd) {
        const { status, body } = await ask(authData);
        assert.ok(status >= 400 && status < 500 && (body.code === -1 || body.error === NOT_FOUND.error), `${JSON.stringify(authData)}: ${status} ${JSON.stringify(body)}`);
    }
    assert.equal((await ask({ mycorp: data(id) })).status, 200);
});

test('sec_G5_lists_in_the_configuration_are_lists', async () => {
    const cases = [
        [{ mycorp: webhook('http://127.0.0.1:1', 'validateAuthData') }, 'options.methods must be a list of the adapter\'s methods'],
        [{ mycorp: webhook('http://127.0.0.1:1', []) }, 'options.methods must be a list of the adapter\'s methods'],
        [{ mycorp: webhook('ftp://x', ['validateAuthData']) }, 'options.url must be an http or https address without query'],
        [{ mycorp: webhook('http://127.0.0.1:1', ['validateAppId']) }, 'Adapter is not configured. Implement either validateAuthData or all of the following: validateSetUp, validateLogin and validateUpdate'],
        [{ mycorp: { module: 'webhook' } }, 'options must be an object with a url'],
        [{ mycorp: webhook('http://127.0.0.1:1', ['validateAuthData'], { policy: 'x' }) }, 'AuthAdapter policy is not configured correctly. The value must be either "solo", "additional", "default" or undefined (will be handled as "default")'],
    ];
    for (const [auth, words] of cases) {
        const { code, stderr } = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_AUTH_PROVIDERS: JSON.stringify(auth) } });
        assert.deepEqual([code, stderr.trimEnd().split('\n').at(-1)], [78, words], stderr);
    }
});

test('a provider that is not there is said at start, and nobody signs in by it', async () => {
    const own = await startServer({ config: { auth: { github: { clientId: 'x', clientSecret: 'y' }, own: { module: './own.js' } } } });
    try {
        for (const name of ['github', 'own']) {
            assert.match(own.stderr, new RegExp(`^auth\\.${name} \\(.*\\): ignored\\. It is not built in`, 'm'));
            assert.deepEqual(answer(await own.request('POST', '/users', { body: { authData: { [name]: data('x') } } })), UNSUPPORTED);
        }
    } finally {
        await own.stop();
    }
});

test('an adapter may ask the server while it is asked, with all its workers', async () => {
    let own;
    const back = await startWebhook(async () => {
        const { status } = await own.request('GET', '/roles');
        return status === 200 ? { success: {} } : { error: `answered ${status}` };
    });
    own = await startServer({ config: { workers: 1, auth: { back: webhook(back.url, ['validateAuthData'], { timeout: 5000 }) } } });
    const answers = await Promise.all(['a', 'b', 'c'].map((id) => own.request('POST', '/users', { body: { authData: { back: { id } } } })));
    assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201], answers.map(({ text }) => text).join());
    await own.stop();
    await back.stop();
});
