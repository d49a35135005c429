// The second factor by SMS: an adapter behind HTTP sends what the user has to type.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';
import { signatureOf, startWebhook } from '../support/webhook.mjs';
import { totp } from '../support/totp.mjs';

const PERIOD = 3600; // no test runs into the end of a code
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const ASK = 'Please enter the token', INVALID = 'Invalid MFA token';
let server, phone, broken;
let count = 0;

before(async () => {
    phone = await startWebhook((method, args) => {
        if (method === 'validateAuthData') return args[0].token === 'right' ? { success: {} } : { error: 'That is not you.' };
        if (broken === 'down') return null;
        return broken ? { error: 'no network' } : { success: {} };
    });
    const sendSMS = { module: 'webhook', options: { url: phone.url, methods: ['sendSMS'], secret: 'the-secret' } };
    server = await startServer({ config: { auth: { mfa: { options: ['SMS', 'TOTP'], digits: 8, period: PERIOD, sendSMS }, zcorp: { module: 'webhook', options: { url: phone.url, methods: ['validateAuthData'] } } }, accountLockout: { threshold: 3, duration: 10 } } });
});
after(async () => {
    await server?.stop();
    await phone?.stop();
});

async function user() {
    const name = `sms${++count}`;
    const { body } = await server.request('POST', '/users', { body: { username: name, password: 'pw' } });
    return { name, id: body.objectId, session: body.sessionToken, mobile: `+49 (0)151/555-${count}` };
}
const put = (u, mfa, rights = { session: u.session }) => server.request('PUT', `/users/${u.id}`, { ...rights, body: { authData: { mfa } } });
const login = (u, token) => server.request('POST', '/login', { body: { username: u.name, password: 'pw', ...(token === undefined ? {} : { authData: { mfa: { token } } }) } });
const sentTo = (u) => phone.calls.map(({ body }) => body).filter(({ mobile }) => mobile === u.mobile);
const lastCode = (u) => sentTo(u).at(-1).token;
const status = async (u, rights = { session: u.session }) => (await server.request('GET', `/users/${u.id}`, rights)).body.authData?.mfa;
function refused(answer, message, code = 141) {
    assert.deepEqual([answer.status, answer.body], [400, { code, error: message }]);
}
async function enrolled() {
    const u = await user();
    u.mobile = `0151${String(count).padStart(6, '0')}`;
    assert.equal((await put(u, { mobile: u.mobile })).status, 200);
    const answer = await put(u, { mobile: u.mobile, token: lastCode(u) });
    assert.equal(answer.status, 200, answer.text);
    return u;
}

test('a number is set up once the code that was sent there is typed in', async () => {
    const u = await user();
    u.mobile = '+49 151 5550001';
    const asked = await put(u, { mobile: u.mobile });
    assert.equal(asked.status, 200, asked.text);
    assert.deepEqual(await status(u), { status: 'disabled' });
    const [call] = phone.calls.filter(({ body }) => body.mobile === u.mobile);
    assert.deepEqual([call.path, Object.keys(call.body).sort()], ['/sendSMS', ['mobile', 'token']]);
    assert.match(call.body.token, /^[0-9]{8}$/);
    assert.equal(call.headers['x-homeport-signature'], signatureOf(call, 'the-secret'));
    assert.equal((await login(u)).status, 200, 'not enabled yet');
    refused(await put(u, { mobile: '0123456', token: call.body.token }), 'This number is not pending');
    refused(await put(u, { mobile: u.mobile, token: '00000000' }), INVALID);
    assert.equal((await put(u, { mobile: u.mobile, token: call.body.token })).status, 200);
    assert.deepEqual(await status(u), { status: 'enabled' });
    refused(await login(u), 'Missing additional authData mfa', -1);
});

test('to log in, a code is asked for, and opens one session', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    assert.equal(sentTo(u).length, 2);
    const code = lastCode(u);
    const answer = await login(u, code);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.body.sessionToken, /^r:/);
    refused(await login(u, code), INVALID);
});

test('of two logins with one code at once, one opens a session', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    const answers = await Promise.all([1, 2, 3].map(() => login(u, lastCode(u))));
    assert.deepEqual(answers.map(({ status: code }) => code).sort(), [200, 400, 400]);
});

test('while a code is good no other one is sent, to nobody', async () => {
    const u = await enrolled();
    for (let i = 0; i < 4; i++) refused(await login(u, 'request'), ASK); // and none of them is a failed login
    assert.equal(sentTo(u).length, 2);
    assert.equal((await login(u, lastCode(u))).status, 200);
    const v = await user();
    v.mobile = '0170111';
    assert.equal((await put(v, { mobile: v.mobile })).status, 200);
    assert.equal((await put(v, { mobile: v.mobile })).status, 200);
    refused(await put(v, { mobile: '0170222' }), 'A token was sent a moment ago. Wait until it expires.');
    assert.equal(sentTo(v).length, 1);
});

test('a code can be tried five times, right or wrong', async () => {
    const u = await user();
    u.mobile = '0171555';
    await put(u, { mobile: u.mobile });
    for (let i = 0; i < 5; i++) refused(await put(u, { mobile: u.mobile, token: '00000000' }), INVALID);
    refused(await put(u, { mobile: u.mobile, token: lastCode(u) }), INVALID);
});

test('wrong codes are failed logins', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    for (let i = 0; i < 3; i++) refused(await login(u, '00000000'), INVALID);
    assert.match((await login(u, lastCode(u))).body.error, /^Your account is locked/);
});

test('asking for a code in between does not give the failed logins back', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    for (let i = 0; i < 2; i++) refused(await login(u, '00000000'), INVALID);
    for (let i = 0; i < 3; i++) refused(await login(u, 'request'), ASK);
    refused(await login(u, '00000000'), INVALID);
    assert.match((await login(u, lastCode(u))).body.error, /^Your account is locked/);
});

test('sec_H2_fifty_logins_at_once_with_one_code_by_SMS_open_one_session', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    const code = lastCode(u);
    const answers = await Promise.all(Array.from({ length: 50 }, () => login(u, code)));
    assert.equal(answers.filter((one) => one.status === 200).length, 1);
    for (const one of answers) if (one.status !== 200) assert.ok(one.body.code === 141 || /locked/.test(one.body.error), one.text);
});

test('who cannot prove the id of another provider has no code sent, and learns of none', async () => {
    const u = await enrolled();
    const come = (token, mfa) => server.request('POST', '/users', { body: { authData: { zcorp: { id: u.name, token }, mfa: { token: mfa } } } });
    const linked = await server.request('PUT', `/users/${u.id}`, { session: u.session, body: { authData: { zcorp: { id: u.name, token: 'right' } } } });
    assert.equal(linked.status, 200, linked.text);
    const before = phone.calls.length;
    for (const mfa of ['request', '00000000']) refused(await come('wrong', mfa), 'That is not you.');
    assert.equal(phone.calls.filter(({ method }) => method === 'sendSMS').length, phone.calls.slice(0, before).filter(({ method }) => method === 'sendSMS').length);
    refused(await come('right', 'request'), ASK);
    assert.equal((await come('right', lastCode(u))).status, 200);
});

test('what is set up protects, also when the configuration offers it no more', async () => {
    const u = await enrolled();
    const { mfa } = server.config.auth;
    const reconfigure = async (next) => {
        server.config.auth.mfa = next;
        writeFileSync(server.configFile, JSON.stringify(server.config));
        await server.restart();
    };
    await reconfigure({ options: ['TOTP'], digits: 8, period: PERIOD });
    refused(await login(u), 'Missing additional authData mfa', -1);
    refused(await login(u, 'request'), INVALID);
    await reconfigure(mfa);
    refused(await login(u, 'request'), ASK);
    assert.equal((await login(u, lastCode(u))).status, 200);
});

test('an account that has a second factor is not given another number', async () => {
    const [u, v] = [await enrolled(), await user()];
    refused(await put(u, { mobile: '0199' }), 'MFA is already set up on this account');
    assert.equal((await put(v, { secret: SECRET, token: totp(SECRET, { digits: 8, period: PERIOD }) })).status, 200);
    refused(await put(v, { mobile: '0199' }), 'MFA is already set up on this account');
    assert.equal(phone.calls.filter(({ body }) => body.mobile === '0199').length, 0);
});

test('the factor is taken off, or changed for an app with a code', async () => {
    const u = await enrolled();
    refused(await put(u, { secret: SECRET, token: totp(SECRET, { digits: 8, period: PERIOD }) }), INVALID);
    refused(await login(u, 'request'), ASK);
    const changed = await put(u, { secret: SECRET, token: totp(SECRET, { digits: 8, period: PERIOD }), old: lastCode(u) });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await login(u, totp(SECRET, { digits: 8, period: PERIOD }))).status, 200);
    const v = await enrolled();
    assert.equal((await put(v, null)).status, 200);
    assert.equal((await login(v)).status, 200);
});

test('number and code are read by nobody', async () => {
    const u = await enrolled();
    refused(await login(u, 'request'), ASK);
    for (const rights of [{ session: u.session }, { master: true }]) {
        const answer = await server.request('GET', `/users/${u.id}`, rights);
        assert.doesNotMatch(answer.text, new RegExp(`${u.mobile}|_mfa|${lastCode(u)}`));
        assert.deepEqual(answer.body.authData.mfa, { status: 'enabled' });
    }
    const where = encodeURIComponent(JSON.stringify({ _mfa_mobile: u.mobile }));
    for (const rights of [{}, { master: true }]) assert.notEqual((await server.request('GET', `/users?where=${where}`, rights)).status, 200);
});

test('what is no number, and what cannot be sent', async () => {
    const u = await user();
    for (const mobile of ['abc', '12a', '+', '()', '0151;DROP', `1${'0'.repeat(40)}`, '1\n2', '1\u00002']) refused(await put(u, { mobile }), 'Invalid mobile number.');
    broken = true;
    refused(await put(u, { mobile: '0160123' }), 'no network');
    broken = 'down';
    refused(await put(u, { mobile: '0160123' }), 'Auth failed. Unknown error.');
    broken = false;
    assert.equal((await put(u, { mobile: '0160123' })).status, 200, 'what was not sent does not block');
    const answer = await server.request('POST', '/users', { body: { username: 'atonce', password: 'pw', authData: { mfa: { mobile: '0160124' } } } });
    refused(answer, 'Invalid MFA data');
});

test('nobody has a code sent for somebody else', async () => {
    const [u, v] = [await user(), await user()];
    const before = phone.calls.length;
    for (const rights of [{}, { session: v.session }]) assert.ok((await put(u, { mobile: '0161' }, rights)).status >= 400);
    assert.equal(phone.calls.length, before);
});

test('SMS without somebody to send it ends the start, in the words of Parse Server', async () => {
    const start = (mfa) => runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_AUTH_PROVIDERS: JSON.stringify({ mfa }) } });
    const { code, stderr } = await start({ options: ['SMS'] });
    assert.deepEqual([code, stderr.trimEnd().split('\n').at(-1)], [78, 'mfa.sendSMS callback must be defined when using SMS OTPs']);
    const wrong = await start({ options: ['SMS'], sendSMS: { module: 'webhook', options: { url: 'http://127.0.0.1:1', methods: ['sendMail'] } } });
    assert.equal(wrong.code, 78);
    assert.match(wrong.stderr, /methods must have sendSMS/);
});
