// Pages of the app's own: found in a folder, in the visitor's language, filled, and nothing else of the disk with them.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const FILES = {
    'pages/password_reset.html': '<h1>{{heading}}</h1><p>{{appName}}|{{{token}}}|{{slogan}}|{{{logo}}}</p>{{#error}}<b>{{.}}</b>{{/error}}',
    'pages/password_reset_link_invalid.html': 'bad link, {{locale}}',
    'pages/de/password_reset_link_invalid.html': 'Link ungültig',
    'pages/de-AT/password_reset_link_invalid.html': 'Link ungültig, gell',
    'pages/de/email_verification_send_success.html': 'unterwegs',
    'pages/about/us.html': 'about {{appName}}',
    'pages/style.css': 'p{color:{{red}}}',
    'pages/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'pages/.hidden.html': 'SECRET',
    'pages/.git/config.html': 'SECRET',
    'outside.html': 'SECRET',
    'texts.json': JSON.stringify({ en: { translation: { heading: 'Choose' } }, de: { translation: { heading: 'Wähle für {{appName}}' } }, 'de-CH': { translation: { heading: 'Wähl' } } }),
};
const browser = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined };

function write(folder, files) {
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(folder, dirname(name)), { recursive: true });
        writeFileSync(join(folder, name), text);
    }
}

describe('pages of the app’s own', () => {
    let folder, server;
    before(async () => {
        folder = makeFolder();
        write(folder, FILES);
        symlinkSync('/etc', join(folder, 'pages/.etc'));
        server = await startServer({
            config: {
                appName: 'Harbour & Sons',
                publicServerURL: 'http://harbour.example.org/parse',
                pages: { pagesPath: join(folder, 'pages'), enableLocalization: true, localizationJsonPath: join(folder, 'texts.json'), placeholders: { slogan: '<i>safe</i>', logo: '<img src="logo.svg">' } },
            },
        });
    });
    after(async () => {
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
    });
    const get = (path, headers = {}) => server.request('GET', `/apps/${path}`, { headers: { ...browser, ...headers } });
    const invalid = (query, headers) => get(`test-app/request_password_reset?token=x${query}`, headers);

    test('a page is the one of the locale, of the language, or the plain one', async () => {
        const cases = { '': 'bad link, ', '&locale=de-AT': 'Link ungültig, gell', '&locale=de': 'Link ungültig', '&locale=de-CH': 'Link ungültig', '&locale=fr': 'bad link, fr', '&locale=DE': 'bad link, DE' };
        for (const [query, want] of Object.entries(cases)) assert.equal((await invalid(query)).text, want, query);
        assert.equal((await invalid('', { 'X-Parse-Page-Param-Locale': 'de' })).text, 'Link ungültig');
        const sent = await server.request('POST', '/apps/test-app/resend_verification_email', { headers: { ...browser, 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'username=nobody&locale=de-AT' });
        assert.deepEqual([sent.status, sent.headers.location.split('?')[0]], [303, 'http://harbour.example.org/parse/apps/de/email_verification_send_success.html']);
        assert.equal((await get('de/email_verification_send_success.html')).text, 'unterwegs');
    });

    test('it is filled with parameters, placeholders and translations', async () => {
        const form = (query) => get(`choose_password?appId=test-app&token=t${query}`);
        const rest = '<p>Harbour &amp; Sons|t|&lt;i&gt;safe&lt;&#x2F;i&gt;|<img src="logo.svg"></p>';
        assert.equal((await form('')).text, `<h1>Choose</h1>${rest}`);
        assert.equal((await form('&locale=de')).text, `<h1>Wähle für Harbour &amp; Sons</h1>${rest}`);
        assert.equal((await form('&locale=de-CH')).text, `<h1>Wähl</h1>${rest}`);
        assert.equal((await form('&locale=fr')).text, `<h1>Choose</h1>${rest}`, 'the fallback');
    });

    test('what a request says is text, also where the page asks for HTML', async () => {
        const { text } = await get(`choose_password?appId=test-app&token=${encodeURIComponent('<script>x</script>')}`);
        assert.match(text, /\|&lt;script&gt;x&lt;&#x2F;script&gt;\|/);
        assert.doesNotMatch(text, /<script/);
    });

    test('a page that the folder lacks is the built-in one', async () => {
        const { text } = await get('test-app/verify_email?token=x');
        assert.match(text, /<h1>This link does not work<\/h1>/);
    });

    test('other files are served as they are, pages below folders too', async () => {
        const [style, logo, about] = [await get('style.css'), await get('logo.svg'), await get('about/us.html?appId=test-app')];
        assert.deepEqual([style.status, style.headers['content-type'], style.text], [200, 'text/css; charset=utf-8', 'p{color:{{red}}}']);
        assert.deepEqual([logo.status, logo.headers['content-type']], [200, 'image/svg+xml']);
        assert.equal(about.text, 'about Harbour &amp; Sons');
        for (const answer of [style, logo, about]) {
            assert.equal(answer.headers['x-content-type-options'], 'nosniff');
            assert.match(answer.headers['content-security-policy'], /^object-src 'none'; base-uri 'none'; frame-ancestors 'none'$/);
        }
    });

    test('sec_K9_nothing_beside_the_folder_is_served', async () => {
        const paths = [
            '../outside.html', '..%2Foutside.html', '%2e%2e/outside.html', '..%5coutside.html', 'about/../../outside.html', 'about/..%2f..%2foutside.html', '/etc/passwd', '%2Fetc%2Fpasswd', '.hidden.html', '.git/config.html', '.etc/passwd', 'de/../.hidden.html',
            'outside.html', 'style.css%00.html', 'about', 'de', 'de/', '..;/outside.html', '....//outside.html',
        ];
        for (const path of paths) {
            const answer = await get(path);
            assert.ok([400, 403, 404].includes(answer.status), `${path}: ${answer.status}`);
            assert.doesNotMatch(answer.text, /SECRET|root:/, path);
        }
        for (const locale of ['..', '../..', '../../etc', 'de/../..', '%2e%2e', '.', 'de%00', 'about', '.git']) {
            const answer = await invalid(`&locale=${encodeURIComponent(locale)}`);
            assert.deepEqual([answer.status, answer.text, answer.headers['x-parse-page-param-locale']], [200, 'bad link, ', undefined], locale);
        }
        assert.equal((await get('about/us.html')).status, 200);
    });
});

test('a folder, a page or texts that cannot be used end the start', async () => {
    const folder = makeFolder();
    try {
        write(folder, { 'open/a.html': '{{#a}}', 'bad.json': '{', 'list.json': '[]' });
        const start = (pages) => runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_PAGES: JSON.stringify(pages) } });
        const cases = [
            [{ pagesPath: join(folder, 'none') }, /cannot read ".*none": No such file or directory/],
            [{ pagesPath: join(folder, 'open') }, /a\.html: section "a" is not closed/],
            [{ localizationJsonPath: join(folder, 'bad.json') }, /failed to load JSON file\n$/],
            [{ localizationJsonPath: join(folder, 'list.json') }, /expected \{"<locale>"/],
            [{ placeholders: [1] }, /expected an object/],
        ];
        for (const [pages, want] of cases) {
            const { code, stderr } = await start(pages);
            assert.equal(code, 78, stderr);
            assert.match(stderr, want);
        }
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
});
