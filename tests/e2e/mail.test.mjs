// Mail flows, through the links as they are printed in the mails: verification of addresses, forgotten passwords, and what a
// stranger may not learn or do by them. The relay is a real one on a loopback port.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { runHomeport, startServer } from '../support/homeport.mjs';
import { freePort } from '../support/http.mjs';
import { makeCertificate, startRelay } from '../support/smtp_receiver.mjs';
import { signatureOf, startWebhook } from '../support/webhook.mjs';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const SCRIPT = { ...FORM, 'X-Requested-With': 'XMLHttpRequest' };

const adapter = (relay, options = {}) => ({
    module: 'smtp',
    options: { host: '127.0.0.1', port: relay.port, security: 'none', from: 'Harbour <app@example.org>', ...options },
});

/** A server with a relay of its own. The links in its mails lead back to it. */
async function startWithMail({ config = {}, relayOptions = {}, smtp = {} } = {}) {
    const relay = await startRelay(relayOptions);
    const port = await freePort();
    const server = await startServer({
        config: {
            port,
            appName: 'Harbour',
            publicServerURL: `http://127.0.0.1:${port}/parse`,
            emailAdapter: adapter(relay, smtp),
            ...config,
        },
    });
    return new Harbour(server, relay);
}

class Harbour {
    constructor(server, relay) {
        Object.assign(this, { server, relay });
    }

    async signUp(username, fields = {}) {
        const answer = await this.server.request('POST', '/users', { body: { username, password: passwordOf(username), ...fields } });
        assert.equal(answer.status, 201, answer.text);
        return { id: answer.body.objectId, session: answer.body.sessionToken };
    }

    login(username, password = passwordOf(username)) {
        return this.server.request('POST', '/login', { body: { username, password } });
    }

    askReset(body) {
        return this.server.request('POST', '/requestPasswordReset', { body });
    }

    askVerification(body) {
        return this.server.request('POST', '/verificationEmailRequest', { body });
    }

    /** The link of the next mail, which goes to `to`. */
    async link(to) {
        const mail = await this.relay.next();
        if (to) assert.equal(mail.to, to);
        assert.ok(mail.link.startsWith(this.server.config.publicServerURL), mail.link);
        return mail.link;
    }

    async resetLink(email) {
        assert.equal((await this.askReset({ email })).status, 200);
        return this.link(email);
    }

    async visit(url, options) {
        const answer = await fetch(url, { redirect: 'manual', ...options });
        return { status: answer.status, headers: answer.headers, text: await answer.text() };
    }

    post(url, fields, headers = FORM) {
        return this.visit(url, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
    }

    /** What the form behind `link` does. */
    setPassword(link, password, headers = FORM) {
        const url = new URL(link);
        return this.post(url.origin + url.pathname, { token: url.searchParams.get('token'), new_password: password }, headers);
    }

    /** Settles once both links have expired: looking at them uses neither up. */
    async expired(verify, reset) {
        const until = Date.now() + 20_000;
        while (title((await this.visit(reset)).text) !== INVALID) {
            assert.ok(Date.now() < until, 'the link does not expire');
            await sleep(100);
        }
        await sleep(100); // the other one is older
        return verify;
    }

    async user(id) {
        return (await this.server.request('GET', `/users/${id}`, { master: true })).body;
    }

    /** All mails that have been asked for have arrived: one more does, and it is the next. */
    async nothingElseArrived() {
        const probe = `probe-${Math.random().toString(36).slice(2)}@example.org`;
        await this.signUp(probe, { email: probe });
        await this.askReset({ email: probe });
        const mail = await this.relay.next();
        const first = mail.headers.subject.startsWith('Please verify') && mail.to === probe ? await this.relay.next() : mail;
        assert.equal(first.to, probe);
    }

    async stop() {
        await this.server.stop();
        await this.relay.stop();
    }
}

const passwordOf = (username) => `pw-${[...username].reverse().join('')}`;
const title = (text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1];
const INVALID = 'This link does not work';
const tokenOf = (link) => new URL(link).searchParams.get('token');

describe('a forgotten password', () => {
    let harbour;
    before(async () => {
        harbour = await startWithMail({ config: { passwordPolicy: { validatorPattern: '.{6,}', doNotAllowUsername: true }, accountLockout: { threshold: 2, duration: 5, unlockOnPasswordReset: true } } });
    });
    after(() => harbour?.stop());

    test('the mail is addressed, worded and dated, and names the app but not the user', async () => {
        await harbour.signUp('wordy-name', { email: 'wordy@example.org' });
        await harbour.askReset({ email: 'wordy@example.org' });
        const mail = await harbour.relay.next();
        assert.equal(mail.from, 'app@example.org');
        assert.equal(mail.to, 'wordy@example.org');
        assert.equal(mail.headers.from, '"Harbour" <app@example.org>');
        assert.equal(mail.headers.subject, 'Password Reset for Harbour');
        assert.ok(Math.abs(Date.parse(mail.headers.date) - Date.now()) < 600_000);
        assert.match(mail.link, /^http:\/\/127\.0\.0\.1:\d+\/parse\/apps\/test-app\/request_password_reset\?token=[A-Za-z0-9]{25}$/);
        assert.doesNotMatch(mail.text + mail.link, /wordy-name/);
    });

    test('by the link and its form a new password is set, and every old session ends', async () => {
        const { id, session } = await harbour.signUp('reset', { email: 'reset@example.org' });
        const link = await harbour.resetLink('reset@example.org');
        const form = await harbour.visit(link);
        assert.equal(form.status, 200);
        assert.equal(title(form.text), 'Choose a new password');
        assert.match(form.text, /<form method="post" action="\.\.\/test-app\/request_password_reset">/);
        assert.match(form.text, new RegExp(`name="token" value="${tokenOf(link)}"`));

        const done = await harbour.setPassword(link, 'brand new');
        assert.equal(done.status, 200);
        assert.equal(title(done.text), 'Your password is changed');
        assert.equal((await harbour.login('reset')).status, 404);
        assert.equal((await harbour.login('reset', 'brand new')).status, 200);
        const old = await harbour.server.request('GET', '/users/me', { session });
        assert.equal(old.body.code, 209);
        assert.equal((await harbour.user(id)).objectId, id);
    });

    test('a link works once', async () => {
        await harbour.signUp('once', { email: 'once@example.org' });
        const link = await harbour.resetLink('once@example.org');
        assert.equal((await harbour.setPassword(link, 'the first')).status, 200);
        assert.equal(title((await harbour.visit(link)).text), INVALID);
        const again = await harbour.setPassword(link, 'the second', SCRIPT);
        assert.equal(again.status, 400);
        assert.deepEqual(JSON.parse(again.text), { code: -1, error: 'Failed to reset password: username / email / token is invalid' });
        assert.equal((await harbour.login('once', 'the first')).status, 200);
    });

    test('only the newest link works', async () => {
        await harbour.signUp('newest', { email: 'newest@example.org' });
        const first = await harbour.resetLink('newest@example.org');
        const second = await harbour.resetLink('newest@example.org');
        assert.notEqual(first, second);
        assert.equal(title((await harbour.visit(first)).text), INVALID);
        assert.equal(title((await harbour.visit(second)).text), 'Choose a new password');
    });

    test('a password that the policy refuses shows the form again, and the link stays good', async () => {
        await harbour.signUp('picky', { email: 'picky@example.org' });
        const link = await harbour.resetLink('picky@example.org');
        const short = await harbour.setPassword(link, 'abc');
        assert.equal(short.status, 200);
        assert.match(short.text, /role="alert">Password does not meet the Password Policy requirements\.</);
        assert.match((await harbour.setPassword(link, 'i am picky')).text, /role="alert">Password cannot contain your username\.</);
        const script = await harbour.setPassword(link, 'abc', SCRIPT);
        assert.deepEqual(JSON.parse(script.text), { code: -1, error: 'Password does not meet the Password Policy requirements.' });
        const done = await harbour.setPassword(link, 'long enough', SCRIPT);
        assert.equal(done.status, 200);
        assert.equal(done.text, '"Password successfully reset"');
    });

    test('two passwords that differ are noticed without a script', async () => {
        await harbour.signUp('twice', { email: 'twice@example.org' });
        const link = await harbour.resetLink('twice@example.org');
        const url = link.split('?')[0];
        const answer = await harbour.post(url, { token: tokenOf(link), new_password: 'long enough', confirm_new_password: 'long enouhg' });
        assert.match(answer.text, /role="alert">The two passwords are not the same</);
        assert.equal((await harbour.login('twice')).status, 200);
    });

    test('a locked account is unlocked by it', async () => {
        await harbour.signUp('locked', { email: 'locked@example.org' });
        for (let i = 0; i < 3; i++) await harbour.login('locked', 'wrong');
        assert.match((await harbour.login('locked')).text, /Your account is locked/);
        await harbour.setPassword(await harbour.resetLink('locked@example.org'), 'open again');
        assert.equal((await harbour.login('locked', 'open again')).status, 200);
    });

    test('a change of password in between makes the link void', async () => {
        const { id, session } = await harbour.signUp('between', { email: 'between@example.org' });
        const link = await harbour.resetLink('between@example.org');
        assert.equal((await harbour.server.request('PUT', `/users/${id}`, { session, body: { password: 'changed myself' } })).status, 200);
        assert.equal(title((await harbour.visit(link)).text), INVALID);
    });

    test('who has no address gets the mail where his user name is one', async () => {
        await harbour.signUp('named@example.org');
        await harbour.setPassword(await harbour.resetLink('named@example.org'), 'by name only');
        assert.equal((await harbour.login('named@example.org', 'by name only')).status, 200);
        // … but not if he has another address: the user name of one may be the address of somebody else
        await harbour.signUp('taken@example.org', { email: 'elsewhere@example.org' });
        assert.equal((await harbour.askReset({ email: 'taken@example.org' })).status, 200);
        await harbour.nothingElseArrived();
    });

    test('a user name that is no address gets no mail', async () => {
        await harbour.signUp('bob@a.org> NOTIFY=NEVER');
        assert.equal((await harbour.askReset({ email: 'bob@a.org> NOTIFY=NEVER' })).status, 200);
        await harbour.nothingElseArrived();
    });

    test('a request says what is missing in it', async () => {
        const cases = [
            [{}, 400, 204, 'you must provide an email'],
            [{ email: '' }, 400, 204, 'you must provide an email'],
            [{ email: 5 }, 400, 125, 'you must provide a valid email string'],
            [{ email: { $ne: 1 } }, 400, 125, 'you must provide a valid email string'],
            [{ token: { $ne: 1 } }, 400, 162, 'token must be a string'],
            [{ token: 'x' }, 400, 125, 'you must provide a valid email string'],
        ];
        for (const [body, status, code, error] of cases) {
            const answer = await harbour.askReset(body);
            assert.deepEqual([answer.status, answer.body], [status, { code, error }], JSON.stringify(body));
        }
    });

    test('sec_D1_a_token_is_a_text_and_never_an_operator', async () => {
        const { id } = await harbour.signUp('operator', { email: 'operator@example.org' });
        const link = await harbour.resetLink('operator@example.org');
        const url = link.split('?')[0];
        const asJson = { 'Content-Type': 'application/json' };
        const attempts = [
            () => harbour.visit(`${url}?token[$ne]=x`),
            () => harbour.visit(`${url}?token[$regex]=^.`),
            () => harbour.visit(`${url}?token=a&token=b`),
            () => harbour.visit(`${url}?token=${'0'.repeat(64)}`),
            () => harbour.visit(url),
        ];
        for (const attempt of attempts) {
            const answer = await attempt();
            assert.deepEqual([answer.status, title(answer.text)], [200, INVALID]);
        }
        const bodies = [
            ['token[$ne]=x&new_password=evil-pass', FORM],
            [`token=${tokenOf(link)}&token=b&new_password=evil-pass`, FORM],
            ['{"token":{"$ne":"x"},"new_password":"evil-pass"}', asJson],
            ['{"token":["x"],"new_password":"evil-pass"}', asJson],
            [`{"token":"${tokenOf(link)}","new_password":{"$ne":1}}`, asJson],
        ];
        for (const [body, headers] of bodies) {
            const answer = await harbour.visit(url, { method: 'POST', headers, body });
            assert.equal(answer.status, 303, body);
            assert.match(answer.headers.get('location'), /\/apps\/password_reset_link_invalid\.html\?/);
        }
        assert.equal((await harbour.login('operator')).status, 200);
        assert.equal((await harbour.setPassword(link, 'as intended')).status, 200);
        assert.equal((await harbour.login('operator', 'as intended')).body.objectId, id);
    });

    test('sec_F11_a_link_dies_with_the_address_it_was_mailed_to', async () => {
        const { id, session } = await harbour.signUp('mover', { email: 'mover@example.org' });
        const link = await harbour.resetLink('mover@example.org');
        assert.equal((await harbour.server.request('PUT', `/users/${id}`, { session, body: { email: 'moved@example.org' } })).status, 200);
        assert.equal(title((await harbour.visit(link)).text), INVALID);
        assert.equal((await harbour.setPassword(await harbour.resetLink('moved@example.org'), 'moved in')).status, 200);
    });

    test('sec_H3_of_many_that_use_one_link_at_once_one_sets_the_password', async () => {
        await harbour.signUp('race', { email: 'race@example.org' });
        const link = await harbour.resetLink('race@example.org');
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => harbour.setPassword(link, `password ${i}`, SCRIPT)));
        const won = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
        assert.equal(won.length, 1, JSON.stringify(answers.map(({ status, text }) => [status, text])));
        assert.equal((await harbour.login('race', `password ${won[0]}`)).status, 200);
    });

    test('sec_J7_the_link_begins_with_publicServerURL_whatever_the_request_says', async () => {
        await harbour.signUp('hosted', { email: 'hosted@example.org' });
        const headers = { Host: 'evil.example.org', 'X-Forwarded-Host': 'evil.example.org', 'X-Forwarded-Proto': 'https' };
        const answer = await harbour.server.request('POST', '/requestPasswordReset', { body: { email: 'hosted@example.org' }, headers });
        assert.equal(answer.status, 200);
        await harbour.link('hosted@example.org');
    });

    test('a look-alike address is nobody, and unknown ones are answered like known ones', async () => {
        await harbour.signUp('mike', { email: 'mike@example.org' });
        const answers = [];
        for (const email of ['mïke@example.org', 'MIKE@example.org', 'nobody@example.org', 'mike@example.org'])
            answers.push(await harbour.askReset({ email }));
        for (const { status, text } of answers) assert.deepEqual([status, text], [200, '{}']);
        await harbour.link('mike@example.org');
        await harbour.nothingElseArrived();
    });

    test('the database and the maintenance key hold no token that could be used', async () => {
        const { id } = await harbour.signUp('dump', { email: 'dump@example.org' });
        const token = tokenOf(await harbour.resetLink('dump@example.org'));
        const all = await harbour.server.request('GET', `/users/${id}`, { headers: { 'X-Parse-Maintenance-Key': 'none' }, master: true });
        assert.doesNotMatch(all.text, /perishable/);
        const files = ['homeport.db', 'homeport.db-wal'].map((name) => `${harbour.server.folder}/${name}`).filter(existsSync);
        assert.ok(files.length > 0);
        for (const file of files) assert.ok(!readFileSync(file).includes(token), file);
        assert.doesNotMatch(harbour.server.stderr, new RegExp(token));
    });
});

describe('verification of addresses', () => {
    let harbour;
    before(async () => {
        harbour = await startWithMail({ config: { verifyUserEmails: true, preventLoginWithUnverifiedEmail: true, maintenanceKey: 'maintenance-key' } });
    });
    after(() => harbour?.stop());

    test('signing up opens no session until the mailed link was opened', async () => {
        const { id, session } = await harbour.signUp('vera', { email: 'vera@example.org' });
        assert.equal(session, undefined);
        assert.equal((await harbour.user(id)).emailVerified, false);
        const early = await harbour.login('vera');
        assert.deepEqual([early.status, early.body], [400, { code: 205, error: 'User email is not verified.' }]);
        const checked = await harbour.server.request('POST', '/verifyPassword', { body: { username: 'vera', password: passwordOf('vera') } });
        assert.equal(checked.body.code, 205);

        const mail = await harbour.relay.next();
        assert.equal(mail.headers.subject, 'Please verify your e-mail for Harbour');
        assert.match(mail.link, /\/apps\/test-app\/verify_email\?token=[A-Za-z0-9]{25}$/);
        const page = await harbour.visit(mail.link);
        assert.deepEqual([page.status, title(page.text)], [200, 'Your e-mail address is confirmed']);
        assert.equal((await harbour.user(id)).emailVerified, true);
        assert.equal((await harbour.login('vera')).status, 200);
        assert.equal(title((await harbour.visit(mail.link)).text), INVALID);
    });

    test('a wrong password is told before an unverified address', async () => {
        await harbour.signUp('wrong', { email: 'wrong@example.org' });
        await harbour.link('wrong@example.org');
        assert.equal((await harbour.login('wrong', 'no')).body.code, 101);
    });

    test('the master key may leave it aside, a client may not', async () => {
        await harbour.signUp('ignored', { email: 'ignored@example.org' });
        await harbour.link('ignored@example.org');
        const body = { username: 'ignored', password: passwordOf('ignored'), ignoreEmailVerification: true };
        assert.equal((await harbour.server.request('POST', '/login', { body })).body.code, 205);
        assert.equal((await harbour.server.request('POST', '/login', { body, master: true })).status, 200);
    });

    test('a user without an address cannot sign in either', async () => {
        const { session } = await harbour.signUp('addressless');
        assert.equal(session, undefined);
        assert.equal((await harbour.login('addressless')).body.code, 205);
    });

    test('a new address is unverified again, and the old link verifies nothing', async () => {
        const { id } = await harbour.signUp('changer', { email: 'old@example.org' });
        const first = await harbour.link('old@example.org');
        assert.equal((await harbour.server.request('PUT', `/users/${id}`, { master: true, body: { email: 'new@example.org' } })).status, 200);
        const second = await harbour.link('new@example.org');
        assert.equal(title((await harbour.visit(first)).text), INVALID);
        assert.equal((await harbour.user(id)).emailVerified, false);
        assert.equal(title((await harbour.visit(second)).text), 'Your e-mail address is confirmed');

        assert.equal((await harbour.server.request('PUT', `/users/${id}`, { master: true, body: { email: 'third@example.org' } })).status, 200);
        assert.equal((await harbour.user(id)).emailVerified, false);
        await harbour.link('third@example.org');
    });

    test('a client cannot declare himself verified', async () => {
        const fields = { username: 'liar', password: 'x', email: 'liar@example.org', emailVerified: true };
        assert.equal((await harbour.server.request('POST', '/users', { body: fields })).body.code, 119);
    });

    test('another mail brings another link; the first one is void', async () => {
        const { id } = await harbour.signUp('resend', { email: 'resend@example.org' });
        const first = await harbour.link('resend@example.org');
        assert.equal((await harbour.askVerification({ email: 'resend@example.org' })).status, 200);
        const second = await harbour.link('resend@example.org');
        assert.equal(title((await harbour.visit(first)).text), INVALID);
        const page = await harbour.post(second.replace(/verify_email.*/, 'resend_verification_email'), { username: 'resend' });
        assert.equal(page.status, 303);
        const third = await harbour.link('resend@example.org');
        const byToken = await harbour.post(third.replace(/verify_email.*/, 'resend_verification_email'), { token: tokenOf(third) });
        assert.equal(byToken.status, 303);
        assert.equal(title((await harbour.visit(await harbour.link('resend@example.org'))).text), 'Your e-mail address is confirmed');
        assert.equal((await harbour.user(id)).emailVerified, true);
    });

    test('sec_I2_known_verified_and_unknown_addresses_are_answered_alike', async () => {
        await harbour.signUp('known', { email: 'known@example.org' });
        await harbour.link('known@example.org');
        await harbour.signUp('verified', { email: 'verified@example.org' });
        await harbour.visit(await harbour.link('verified@example.org'));
        const answers = [];
        for (const email of ['known@example.org', 'verified@example.org', 'unknown@example.org']) answers.push(await harbour.askVerification({ email }));
        for (const { status, text } of answers) assert.deepEqual([status, text], [200, '{}']);

        const url = `${harbour.server.url}/apps/test-app/resend_verification_email`;
        const pages = [];
        for (const username of ['known', 'verified', 'unknown']) pages.push(await harbour.post(url, { username }));
        for (const { status, headers, text } of pages) {
            assert.deepEqual([status, text], [303, '']);
            assert.equal(headers.get('location'), pages[0].headers.get('location'));
        }
        assert.match(pages[0].headers.get('location'), /\/apps\/email_verification_send_success\.html\?/);
        await harbour.link('known@example.org');
        await harbour.link('known@example.org');
        await harbour.nothingElseArrived();
    });

    test('of many that open one link at once one verifies', async () => {
        const { id } = await harbour.signUp('rush', { email: 'rush@example.org' });
        const link = await harbour.link('rush@example.org');
        const pages = await Promise.all(Array.from({ length: 10 }, () => harbour.visit(link)));
        assert.equal(pages.filter(({ text }) => title(text) !== INVALID).length, 1);
        assert.equal((await harbour.user(id)).emailVerified, true);
    });
});

describe('other configurations', () => {
    test('links expire', async () => {
        const harbour = await startWithMail({
            config: { verifyUserEmails: true, emailVerifyTokenValidityDuration: 1, passwordPolicy: { resetTokenValidityDuration: 1 } },
        });
        try {
            const { id } = await harbour.signUp('late', { email: 'late@example.org' });
            const verify = await harbour.link('late@example.org');
            const reset = await harbour.resetLink('late@example.org');
            await harbour.expired(verify, reset);
            assert.equal(title((await harbour.visit(verify)).text), INVALID);
            assert.equal((await harbour.user(id)).emailVerified, false);
            const answer = await harbour.setPassword(reset, 'too late', SCRIPT);
            assert.deepEqual(JSON.parse(answer.text), { code: -1, error: 'The password reset link has expired' });
            assert.equal(title((await harbour.visit(reset)).text), INVALID);
            // Whoever holds the expired link may have another one sent to the same address.
            assert.equal((await harbour.askReset({ token: tokenOf(reset) })).status, 200);
            assert.notEqual(await harbour.link('late@example.org'), reset);
        } finally {
            await harbour.stop();
        }
    });

    test('a link that is still good is mailed again where the configuration wants it', async () => {
        const harbour = await startWithMail({
            config: {
                verifyUserEmails: true,
                emailVerifyTokenValidityDuration: 3600,
                emailVerifyTokenReuseIfValid: true,
                passwordPolicy: { resetTokenValidityDuration: 3600, resetTokenReuseIfValid: true },
            },
        });
        try {
            await harbour.signUp('again', { email: 'again@example.org' });
            const verify = await harbour.link('again@example.org');
            await harbour.askVerification({ email: 'again@example.org' });
            assert.equal(await harbour.link('again@example.org'), verify);
            const reset = await harbour.resetLink('again@example.org');
            assert.equal(await harbour.resetLink('again@example.org'), reset);
            assert.equal((await harbour.setPassword(reset, 'used once')).status, 200);
            assert.notEqual(await harbour.resetLink('again@example.org'), reset);
        } finally {
            await harbour.stop();
        }
    });

    test('where unknown addresses may be told, they are', async () => {
        const harbour = await startWithMail({
            config: { verifyUserEmails: true, emailVerifySuccessOnInvalidEmail: false, passwordPolicy: { resetPasswordSuccessOnInvalidEmail: false } },
        });
        try {
            const unknown = await harbour.askReset({ email: 'unknown@example.org' });
            assert.deepEqual([unknown.status, unknown.body], [404, { code: 101, error: 'A user with that email does not exist.' }]);
            const unverified = await harbour.askVerification({ email: 'unknown@example.org' });
            assert.deepEqual(unverified.body, { code: 205, error: 'No user found with email unknown@example.org' });
            await harbour.signUp('told', { email: 'told@example.org' });
            await harbour.visit(await harbour.link('told@example.org'));
            const done = await harbour.askVerification({ email: 'told@example.org' });
            assert.deepEqual(done.body, { code: -1, error: 'Email told@example.org is already verified.' });
            const page = await harbour.post(`${harbour.server.url}/apps/test-app/resend_verification_email`, { username: 'told' });
            assert.match(page.headers.get('location'), /email_verification_send_fail\.html/);
        } finally {
            await harbour.stop();
        }
    });

    test('sign-up is refused by name where the configuration wants it, and the user is there', async () => {
        const harbour = await startWithMail({
            config: { verifyUserEmails: true, preventLoginWithUnverifiedEmail: true, preventSignupWithUnverifiedEmail: true },
        });
        try {
            const body = { username: 'refused', password: passwordOf('refused'), email: 'refused@example.org' };
            const answer = await harbour.server.request('POST', '/users', { body });
            assert.deepEqual([answer.status, answer.body], [400, { code: 205, error: 'User email is not verified.' }]);
            await harbour.visit(await harbour.link('refused@example.org'));
            assert.equal((await harbour.login('refused')).status, 200);
        } finally {
            await harbour.stop();
        }
    });

    test('without verification mails addresses stay unverified until somebody verifies them', async () => {
        const harbour = await startWithMail({ config: { verifyUserEmails: true, sendUserEmailVerification: false, preventLoginWithUnverifiedEmail: true } });
        try {
            const { id } = await harbour.signUp('quiet', { email: 'quiet@example.org' });
            assert.equal((await harbour.login('quiet')).body.code, 205);
            assert.equal((await harbour.server.request('PUT', `/users/${id}`, { master: true, body: { emailVerified: true } })).status, 200);
            assert.equal((await harbour.login('quiet')).status, 200);
            assert.equal(harbour.relay.unread, 0);
        } finally {
            await harbour.stop();
        }
    });

    test('mail goes by STARTTLS with a login; a password that the relay refuses loses the mail, not the request', async () => {
        const certificate = makeCertificate();
        const login = { user: 'app', password: 'relay password' };
        const smtp = { host: 'localhost', security: 'starttls', caFile: certificate.file, ...login };
        const harbour = await startWithMail({ relayOptions: { certificate, login }, smtp });
        const refused = await startWithMail({ relayOptions: { certificate, login }, smtp: { ...smtp, password: 'canary-password' } });
        const untrusting = await startWithMail({ relayOptions: { certificate, login }, smtp: { ...smtp, caFile: undefined } });
        try {
            for (const one of [harbour, refused, untrusting]) {
                await one.signUp('tls', { email: 'tls@example.org' });
                assert.equal((await one.askReset({ email: 'tls@example.org' })).status, 200);
            }
            const mail = await harbour.relay.next();
            assert.equal(mail.secure, true);
            await harbour.resetLink('tls@example.org');
            assert.equal(harbour.relay.sessions, 1, 'the connection is kept');
            await refused.server.logged(/mail_lost/);
            assert.doesNotMatch(refused.server.stderr, /canary-password/);
            await untrusting.server.logged(/mail_lost.*certificate/);
        } finally {
            certificate.remove();
            await Promise.all([harbour.stop(), refused.stop(), untrusting.stop()]);
        }
    });

    test('an adapter behind HTTP words the mails itself, or gets them worded', async () => {
        const hook = await startWebhook((method) => (method === 'sendMail' ? { error: 'the post office is closed' } : { success: {} }));
        const start = async (methods) => {
            const port = await freePort();
            return startServer({
                config: {
                    port,
                    appName: 'Harbour',
                    publicServerURL: `http://127.0.0.1:${port}/parse`,
                    verifyUserEmails: true,
                    emailAdapter: { module: 'webhook', options: { url: hook.url, methods, secret: 'the-secret' } },
                },
            });
        };
        const own = await start(['sendVerificationEmail', 'sendPasswordResetEmail']);
        const worded = await start(['sendMail']);
        try {
            const body = { username: 'hook', password: 'x', email: 'hook@example.org' };
            await own.request('POST', '/users', { body });
            await own.request('POST', '/requestPasswordReset', { body: { email: 'hook@example.org' } });
            await worded.request('POST', '/users', { body });
            await worded.logged(/mail_lost.*the post office is closed/);
            while (hook.calls.length < 3) await sleep(20); // the two servers have nothing to do with each other
            const byMethod = (name) => hook.calls.find(({ method }) => method === name);
            for (const call of hook.calls) assert.equal(call.headers['x-homeport-signature'], signatureOf(call, 'the-secret'));
            const [verification, reset, mail] = ['sendVerificationEmail', 'sendPasswordResetEmail', 'sendMail'].map((name) => byMethod(name).body);
            assert.deepEqual(Object.keys(verification), ['appName', 'link', 'user']);
            assert.equal(verification.user.email, 'hook@example.org');
            assert.doesNotMatch(JSON.stringify([verification.user, reset.user]), /_email_verify|_perishable|_hashed|sessionToken/);
            assert.match(reset.link, /request_password_reset\?token=[A-Za-z0-9]{25}$/);
            assert.equal((await fetch(verification.link)).status, 200);
            assert.deepEqual(Object.keys(mail), ['to', 'subject', 'text']);
            assert.equal(mail.subject, 'Please verify your e-mail for Harbour');
        } finally {
            await own.stop();
            await worded.stop();
            await hook.stop();
        }
    });

    test('a relay that has no TLS gets no mail unless it is allowed in clear', async () => {
        const harbour = await startWithMail({ smtp: { security: 'starttls' } });
        try {
            await harbour.signUp('clear', { email: 'clear@example.org' });
            await harbour.askReset({ email: 'clear@example.org' });
            await harbour.server.logged(/mail_lost/);
            assert.equal(harbour.relay.unread, 0);
        } finally {
            await harbour.stop();
        }
    });

    test('what a relay puts off is tried again, what it refuses is not', async () => {
        const harbour = await startWithMail({ relayOptions: { answer: (n) => (n === 1 ? '451 later' : n === 3 ? '550 never' : undefined) } });
        try {
            await harbour.signUp('patient', { email: 'patient@example.org' });
            await harbour.resetLink('patient@example.org');
            assert.equal(harbour.relay.attempts, 2);
            await harbour.askReset({ email: 'patient@example.org' });
            await harbour.server.logged(/mail_lost.*reply 550/);
            assert.equal(harbour.relay.attempts, 3);
        } finally {
            await harbour.stop();
        }
    });

    test('without a mailer the request says what is missing', async () => {
        const server = await startServer();
        try {
            for (const path of ['/requestPasswordReset', '/verificationEmailRequest']) {
                const answer = await server.request('POST', path, { body: { email: 'x@example.org' } });
                assert.equal(answer.status, 500);
                assert.deepEqual(answer.body, {
                    code: 1,
                    error: 'An appName, publicServerURL, and emailAdapter are required for password reset and email verification functionality.',
                });
            }
        } finally {
            await server.stop();
        }
    });

    test('a configuration that could send no mail is refused with status 78', async () => {
        const keys = ['--appId', 'a', '--masterKey', 'm'];
        const smtp = (options) => ['--emailAdapter', JSON.stringify({ module: 'smtp', options: { host: 'relay', from: 'a@b.org', ...options } })];
        const cases = [
            [['--verifyUserEmails', 'true'], /An emailAdapter is required for e-mail verification and password resets\./],
            [['--verifyUserEmails', 'true', ...smtp({})], /An app name is required/],
            [['--verifyUserEmails', 'true', '--appName', 'x', ...smtp({})], /The option publicServerURL is required\./],
            [['--emailAdapter', '{"module":"parse-server-api-mail-adapter"}'], /modules for Node cannot be loaded/],
            [['--emailAdapter', '{"module":"webhook","options":{"url":"http://127.0.0.1:1","methods":["sendVerificationEmail"]}}'], /options\.methods must have sendMail/],
            [smtp({ from: 'nobody' }), /options\.from/],
            [smtp({ from: 'a@b.org\r\nBcc: c@d.org' }), /options\.from/],
            [smtp({ host: 'a b' }), /options\.host/],
            [smtp({ user: 'x' }), /go together/],
            [smtp({ user: 'x', password: 'y', security: 'none' }), /in clear/],
            [smtp({ hots: 'x' }), /unknown member options\.hots/],
            [['--pages', '{"customUrls":{"passwordReset":"javascript:alert(1)"}}'], /passwordReset: expected an http or https URL/],
        ];
        for (const [args, words] of cases) {
            const { code, stderr } = await runHomeport(['serve', ...keys, ...args]);
            assert.equal(code, 78, args.join(' '));
            assert.match(stderr, words);
        }
    });
});
