// The pages that links in mails lead to: what they show, what they never repeat, and where they send people instead.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const INVALID = 'This link does not work';
const title = (text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1];
const base = { appName: 'Harbour & Sons', publicServerURL: 'http://harbour.example.org/parse' };

const get = (server, path, options) => server.request('GET', `/apps/${path}`, { headers: onlyBrowser, ...options });
const onlyBrowser = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined };
const post = (server, path, body, headers = {}) =>
    server.request('POST', `/apps/${path}`, { body, headers: { ...onlyBrowser, 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });

describe('the built-in pages', () => {
    let server;
    before(async () => {
        server = await startServer({ config: base });
    });
    after(() => server?.stop());

    test('every file is there, by its present and its older name', async () => {
        const files = {
            'password_reset.html': 'Choose a new password',
            'password_reset_success.html': 'Your password is changed',
            'password_reset_link_invalid.html': INVALID,
            'invalid_link.html': INVALID,
            'email_verification_success.html': 'Your e-mail address is confirmed',
            'verify_email_success.html': 'Your e-mail address is confirmed',
            'email_verification_send_success.html': 'A link is on its way',
            'link_send_success.html': 'A link is on its way',
            'email_verification_send_fail.html': 'No link was sent',
            'link_send_fail.html': 'No link was sent',
            'email_verification_link_invalid.html': INVALID,
            'invalid_verification_link.html': INVALID,
            'email_verification_link_expired.html': 'This link is too old',
        };
        for (const [file, want] of Object.entries(files)) {
            const answer = await get(server, `${file}?appId=test-app`);
            assert.deepEqual([answer.status, title(answer.text)], [200, want], file);
            assert.match(answer.text, /<p class="app">Harbour &amp; Sons<\/p>/);
        }
        const style = await get(server, 'page.css');
        assert.deepEqual([style.status, style.headers['content-type']], [200, 'text/css; charset=utf-8']);
    });

    test('a page needs no key, and says its parameters in headers too', async () => {
        const answer = await get(server, 'test-app/verify_email?token=x&locale=de-AT');
        assert.equal(answer.status, 200);
        const named = Object.entries(answer.headers).filter(([name]) => name.startsWith('x-parse-page-param-'));
        assert.deepEqual(Object.fromEntries(named), {
            'x-parse-page-param-appid': 'test-app',
            'x-parse-page-param-appname': 'Harbour & Sons',
            'x-parse-page-param-publicserverurl': 'http://harbour.example.org/parse',
            'x-parse-page-param-locale': 'de-AT',
        });
    });

    test('links without a token, and of another app, open nothing', async () => {
        for (const path of ['test-app/verify_email', 'test-app/request_password_reset', 'test-app/verify_email?token='])
            assert.deepEqual([(await get(server, path)).status, title((await get(server, path)).text)], [200, INVALID]);
        for (const path of ['other/verify_email?token=x', 'choose_password?appId=other', 'choose_password']) {
            const answer = await get(server, path);
            assert.deepEqual([answer.status, answer.body], [403, { error: 'unauthorized' }], path);
        }
        assert.equal(title((await get(server, 'choose_password?id=test-app&token=t')).text), 'Choose a new password');
        assert.equal((await post(server, 'other/request_password_reset', 'token=a&new_password=b')).status, 403);
    });

    test('a script is answered in JSON', async () => {
        const script = { 'X-Requested-With': 'XMLHttpRequest' };
        const cases = [
            ['', { code: -1, error: 'Missing token' }],
            ['token=x', { code: 201, error: 'Missing password' }],
            ['token=x&new_password=y', { code: -1, error: 'Failed to reset password: username / email / token is invalid' }],
        ];
        for (const [body, want] of cases) {
            const answer = await post(server, 'test-app/request_password_reset', body, script);
            assert.deepEqual([answer.status, answer.body], [400, want], body);
        }
    });

    test('no page may be kept, framed, or tell another site its address, and none runs a script', async () => {
        for (const path of ['test-app/request_password_reset?token=x', 'choose_password?appId=test-app&token=t', 'invalid_link.html']) {
            const { headers, text } = await get(server, path);
            assert.equal(headers['cache-control'], 'no-store');
            assert.equal(headers['referrer-policy'], 'no-referrer');
            assert.equal(headers['x-content-type-options'], 'nosniff');
            assert.equal(headers['content-security-policy'], "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
            assert.doesNotMatch(text, /<script|style=|onclick/i);
        }
    });

    test('sec_K9_no_path_and_no_locale_leads_out_of_the_pages', async () => {
        const paths = ['../../etc/passwd', '%2e%2e%2f%2e%2e%2fetc/passwd', '..%5c..%5cetc%5cpasswd', '/etc/passwd', '..', '.', 'nothing.html',
            'invalid_link.html%00.css', 'de/invalid_link.html', '..%2f..%2fconfig.json', 'page.css/..', 'a/b/c/d'];
        for (const path of paths) {
            const answer = await get(server, path);
            assert.equal(answer.status, 404, `${path}: ${answer.text}`);
            assert.doesNotMatch(answer.text, /root:|masterKey/);
        }
        for (const locale of ['../../x', '..%2f..%2fetc', 'de/../..', 'd', 'de%00']) {
            const answer = await get(server, `test-app/verify_email?token=x&locale=${locale}`);
            assert.equal(answer.status, 200);
            assert.equal(answer.headers['x-parse-page-param-locale'], undefined, locale);
        }
    });

    test('sec_K10_what_comes_in_is_shown_as_text_or_not_at_all', async () => {
        const evil = `'"><script>alert(1)</script>`;
        const sent = encodeURIComponent(evil);
        for (const path of [
            `choose_password?appId=test-app&token=${sent}&username=${sent}&error=${sent}&locale=${sent}&appName=${sent}`,
            `test-app/request_password_reset?token=${sent}&username=${sent}&error=${sent}`,
            `test-app/verify_email?token=${sent}&username=${sent}&error=${sent}`,
            `invalid_link.html?appId=${sent}&error=${sent}&username=${sent}`,
            `password_reset.html?appId=test-app&error=${sent}&token=${sent}`,
        ]) {
            const { text } = await get(server, path);
            assert.doesNotMatch(text, /<script/, path);
            assert.doesNotMatch(text, /value="[^"]*'/);
        }
        const shown = await get(server, `choose_password?appId=test-app&token=${sent}`);
        assert.match(shown.text, /name="token" value="&#39;&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
    });

    test('no parameter adds a header', async () => {
        const sent = 'a%0d%0aSet-Cookie:%20x=1';
        const answer = await get(server, `choose_password?appId=test-app&token=${sent}&locale=${sent}`);
        assert.equal(answer.headers['set-cookie'], undefined);
        assert.equal(answer.headers['x-parse-page-param-token'], 'aSet-Cookie: x=1');
        const redirected = await post(server, 'test-app/resend_verification_email', `username=${sent}&locale=${sent}`);
        assert.equal(redirected.status, 303);
        assert.equal(redirected.headers['set-cookie'], undefined);
    });

    test('without an app name and a public URL there is nothing to show', async () => {
        const bare = await startServer();
        try {
            const answer = await get(bare, 'test-app/verify_email?token=x');
            assert.deepEqual([answer.status, answer.text], [404, 'Not found.']);
            assert.equal((await get(bare, 'invalid_link.html')).status, 200);
        } finally {
            await bare.stop();
        }
    });
});

describe('pages of one’s own', () => {
    test('a redirect carries what the page needs to know', async () => {
        const server = await startServer({
            config: {
                ...base,
                pages: { pagesEndpoint: 'pages', customUrls: { passwordResetLinkInvalid: 'https://own.example.org/bad?x=1', passwordReset: 'https://own.example.org/form' } },
                customPages: { invalidLink: 'https://old.example.org/invalid', choosePassword: 'https://old.example.org/choose' },
            },
        });
        try {
            const ask = (path) => server.request('GET', path, { headers: onlyBrowser });
            assert.equal((await ask('/apps/test-app/verify_email')).status, 404);
            const reset = await ask('/pages/test-app/request_password_reset?token=x&locale=de');
            assert.equal(reset.status, 303);
            assert.equal(
                reset.headers.location,
                'https://own.example.org/bad?x=1&appId=test-app&appName=Harbour%20%26%20Sons&publicServerUrl=http%3A%2F%2Fharbour.example.org%2Fparse&locale=de',
            );
            assert.match((await ask('/pages/test-app/verify_email?token=x')).headers.location, /^https:\/\/old\.example\.org\/invalid\?appId=/);
            assert.match((await ask('/pages/choose_password?appId=test-app&token=t%26u')).headers.location, /^https:\/\/own\.example\.org\/form\?token=t%26u&appId=/);
        } finally {
            await server.stop();
        }
    });

    test('forceRedirect and encoded headers', async () => {
        const server = await startServer({ config: { ...base, appName: 'Häfen', pages: { forceRedirect: true, encodePageParamHeaders: true } } });
        try {
            const answer = await get(server, 'test-app/verify_email?token=x');
            assert.equal(answer.status, 303);
            assert.match(answer.headers.location, /^http:\/\/harbour\.example\.org\/parse\/apps\/email_verification_link_invalid\.html\?appId=test-app&appName=H%C3%A4fen&/);
            assert.equal(answer.headers['x-parse-page-param-appname'], 'H%C3%A4fen');
            assert.equal(answer.headers['x-parse-page-param-publicserverurl'], 'http%3A%2F%2Fharbour.example.org%2Fparse');
        } finally {
            await server.stop();
        }
    });

    test('a frame of one’s own gets the link in two parts, and may show the page', async () => {
        const server = await startServer({ config: { ...base, customPages: { parseFrameURL: 'https://frame.example.org/reset' } } });
        try {
            const answer = await get(server, 'test-app/verify_email?token=x');
            assert.match(answer.headers['content-security-policy'], /frame-ancestors https:\/\/frame\.example\.org$/);
        } finally {
            await server.stop();
        }
    });
});
