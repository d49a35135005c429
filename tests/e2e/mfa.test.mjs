// The second factor: time-based one-time passwords and recovery codes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';
import { totp } from '../support/totp.mjs';

const PERIOD = 3600; // no test runs into the next step
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const OTHER_SECRET = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU';
const code = (secret = SECRET, steps = 0) => totp(secret, { steps, period: PERIOD });

let server;
let count = 0;
before(async () => (server = await startServer({ config: { auth: { mfa: { options: ['TOTP'], period: PERIOD } }, accountLockout: { threshold: 5, duration: 10 } } })));
after(() => server?.stop());

/** A fresh user; with a second factor unless told otherwise. */
async function user({ enrolled = true } = {}) {
    const name = `user${++count}`;
    const { body } = await server.request('POST', '/users', { body: { username: name, password: 'pw' } });
    const u = { name, id: body.objectId, session: body.sessionToken };
    if (enrolled) u.recovery = (await enrol(u)).body.authDataResponse.mfa.recovery.split(', ');
    return u;
}
const put = (u, authData, rights = { session: u.session }) => server.request('PUT', `/users/${u.id}`, { ...rights, body: { authData } });
const enrol = (u, mfa = { secret: SECRET, token: code() }) => put(u, { mfa });
const login = (u, token, password = 'pw') =>
    server.request('POST', '/login', { body: { username: u.name, password, ...(token === undefined ? {} : { authData: { mfa: { token } } }) } });
function refused(answer, number, message) {
    assert.deepEqual([answer.status, answer.body], [400, { code: number, error: message }]);
}

test('a set-up answers two recovery codes, once, and the account says that it is enabled', async () => {
    const u = await user({ enrolled: false });
    const answer = await enrol(u);
    assert.equal(answer.status, 200);
    assert.match(answer.body.authDataResponse.mfa.recovery, /^[A-Za-z0-9]{30}, [A-Za-z0-9]{30}$/);
    const me = await server.request('GET', '/users/me', { session: u.session });
    assert.deepEqual(me.body.authData, { mfa: { status: 'enabled' } });
});

test('a password alone opens no session any more, with the code it does', async () => {
    const u = await user();
    refused(await login(u), -1, 'Missing additional authData mfa');
    refused(await login(u, '000000'), 141, 'Invalid MFA token');
    const answer = await login(u, code());
    assert.equal(answer.status, 200);
    assert.match(answer.body.sessionToken, /^r:/);
    assert.deepEqual(answer.body.authData, { mfa: { status: 'enabled' } });
    assert.deepEqual(answer.body.authDataResponse, {});
});

test('a phone may be one step early or late, not more', async () => {
    const u = await user();
    refused(await login(u, code(SECRET, -2)), 141, 'Invalid MFA token');
    refused(await login(u, code(SECRET, 2)), 141, 'Invalid MFA token');
    assert.equal((await login(u, code(SECRET, -1))).status, 200);
    assert.equal((await login(u, code(SECRET, 1))).status, 200);
    refused(await login(u, code()), 141, 'Invalid MFA token'); // older than one that was used
});

test('who does not know the password learns nothing of the second factor', async () => {
    const u = await user();
    for (const answer of [await login(u, undefined, 'wrong'), await login(u, code(), 'wrong')])
        assert.deepEqual([answer.status, answer.body], [404, { code: 101, error: 'Invalid username/password.' }]);
});

test('wrong codes count as failed logins and lock the account', async () => {
    const u = await user();
    for (let i = 0; i < 5; i++) refused(await login(u, '000000'), 141, 'Invalid MFA token');
    const answer = await login(u, code());
    assert.equal(answer.status, 404);
    assert.match(answer.body.error, /^Your account is locked/);
});

test('what is no set-up is refused and leaves the account as it was', async () => {
    const u = await user({ enrolled: false });
    const data = 'Invalid MFA data';
    for (const mfa of [{}, { token: code() }, { secret: 'JBSWY3DPEHPK3PXP', token: '1' }, { secret: SECRET }, { secret: { $ne: 1 }, token: code() }, { secret: '1'.repeat(32), token: '000000' }, { secret: SECRET, token: 123456 }])
        refused(await enrol(u, mfa), 141, data);
    refused(await enrol(u, { secret: SECRET, token: '000000' }), 141, 'Invalid MFA token');
    for (const mfa of ['x', [], 1]) refused(await enrol(u, mfa), 252, 'This authentication method is unsupported.');
    assert.equal((await login(u)).status, 200);
});

test('a new secret needs a code of the old one, and replaces it with its recovery codes', async () => {
    const u = await user();
    refused(await enrol(u, { secret: OTHER_SECRET, token: code(OTHER_SECRET) }), 141, 'Invalid MFA token');
    refused(await enrol(u, { secret: OTHER_SECRET, token: code(OTHER_SECRET), old: '000000' }), 141, 'Invalid MFA token');
    const changed = await enrol(u, { secret: OTHER_SECRET, token: code(OTHER_SECRET), old: code() });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.body.authDataResponse.mfa.recovery, u.recovery.join(', '));
    refused(await login(u, code()), 141, 'Invalid MFA token');
    refused(await login(u, u.recovery[0]), 141, 'Invalid MFA token');
    assert.equal((await login(u, code(OTHER_SECRET))).status, 200);
});

test('unlinking disables it, for the user and for master', async () => {
    const own = await user();
    assert.equal((await put(own, { mfa: null })).status, 200);
    assert.equal((await login(own)).status, 200);
    const other = await user();
    assert.equal((await put(other, { mfa: null }, { master: true })).status, 200);
    assert.equal((await login(other)).status, 200);
    assert.equal((await put(await user(), { mfa: null }, {})).body.code, 206); // nobody
});

test('what was read may be sent back', async () => {
    const u = await user();
    assert.equal((await put(u, { mfa: { status: 'enabled' } })).status, 200);
    refused(await login(u), -1, 'Missing additional authData mfa');
    refused(await put(u, { mfa: { status: 'disabled' } }), 141, 'Invalid MFA token');
});

test('the JavaScript SDK enrols and signs in', async () => {
    const Parse = server.parse();
    const u = await Parse.User.signUp(`sdk${++count}`, 'pw');
    await u.save({ authData: { mfa: { secret: SECRET, token: code() } } });
    await Parse.User.logOut();
    await assert.rejects(Parse.User.logIn(u.getUsername(), 'pw'), { message: 'Missing additional authData mfa' });
    const again = await Parse.User.logInWithAdditionalAuth(u.getUsername(), 'pw', { mfa: { token: code() } });
    assert.equal(again.id, u.id);
});

test('another provider is no way around it', async () => {
    const id = 'a'.repeat(20);
    const { body } = await server.request('POST', '/users', { body: { authData: { anonymous: { id } } } });
    await put({ id: body.objectId, session: body.sessionToken }, { mfa: { secret: SECRET, token: code() } });
    const come = (authData) => server.request('POST', '/users', { body: { authData } });
    refused(await come({ anonymous: { id } }), -1, 'Missing additional authData mfa');
    refused(await come({ anonymous: { id }, mfa: { token: '000000' } }), 141, 'Invalid MFA token');
    const back = await come({ anonymous: { id }, mfa: { token: code() } });
    assert.deepEqual([back.status, back.body.objectId], [200, body.objectId]);
    refused(await come({ anonymous: { id }, mfa: { token: code() } }), 141, 'Invalid MFA token');
});

test('sec_H1_a_recovery_code_opens_one_session', async () => {
    const u = await user();
    for (const recovery of u.recovery) {
        assert.equal((await login(u, recovery)).status, 200);
        refused(await login(u, recovery), 141, 'Invalid MFA token');
    }
    assert.equal((await login(u, code())).status, 200);
});

test('sec_H2_fifty_logins_at_once_with_one_code_open_one_session', async () => {
    for (const pick of [(u) => u.recovery[0], () => code()]) {
        const u = await user();
        await server.request('PUT', `/users/${u.id}`, { master: true, body: {} });
        const answers = await Promise.all(Array.from({ length: 50 }, () => login(u, pick(u))));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        for (const { status, body } of answers)
            if (status !== 200) assert.ok(body.code === 141 || /locked/.test(body.error), JSON.stringify(body));
    }
});

test('no door shows secret or recovery codes, not even to master', async () => {
    const u = await user();
    const doors = [
        await server.request('GET', `/users/${u.id}`, { session: u.session }),
        await server.request('GET', `/users/${u.id}`, { master: true }),
        await server.request('GET', '/users/me', { session: u.session }),
        await server.request('GET', `/users?where=${encodeURIComponent(JSON.stringify({ objectId: u.id }))}`, { master: true }),
        await server.request('POST', '/verifyPassword', { body: { username: u.name, password: 'pw' } }),
        await server.request('POST', '/loginAs', { master: true, body: { userId: u.id } }),
    ];
    for (const { status, text } of doors) {
        assert.equal(status, 200, text);
        assert.ok(!text.includes(SECRET) && !u.recovery.some((one) => text.includes(one)) && !text.includes('_mfa'), text);
        assert.match(text, /"mfa":\{"status":"enabled"\}/);
    }
    assert.ok(!server.stderr.includes(SECRET));
    for (const name of ['_mfa_secret', 'authData.mfa.secret'])
        assert.ok((await server.request('GET', `/users?where=${encodeURIComponent(JSON.stringify({ [name]: { $regex: '^J' } }))}`)).body.results === undefined);
});

test('a wrong configuration does not start, with the words of Parse Server last', async () => {
    const base = { appId: 'a', masterKey: 'm' };
    const cases = [
        [{ options: 'TOTP' }, 'mfa.options must be an array'],
        [{ options: [] }, 'mfa.options must include SMS or TOTP'],
        [{ options: ['SMS', 'TOTP'] }, 'mfa.sendSMS callback must be defined when using SMS OTPs'],
        [{ options: ['TOTP'], digits: '6' }, 'mfa.digits must be a number'],
        [{ options: ['TOTP'], digits: 3 }, 'mfa.digits must be between 4 and 10'],
        [{ options: ['TOTP'], period: 5 }, 'mfa.period must be greater than 10'],
    ];
    for (const [mfa, message] of cases) {
        const { code: status, stderr } = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: base.appId, PARSE_SERVER_MASTER_KEY: base.masterKey, PARSE_SERVER_AUTH_PROVIDERS: JSON.stringify({ mfa }) } });
        assert.equal(status, 78, stderr);
        assert.ok(stderr.trimEnd().split('\n').at(-1).endsWith(message), stderr);
    }
});
