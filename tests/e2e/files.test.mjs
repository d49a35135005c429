// Files: uploads in every form that SDKs use, downloads with ranges, what names and types are refused, cloud code around them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';
import { openSocket, sendRequest } from '../support/http.mjs';

const PREFIX = /^[0-9a-f]{32}_/;
const READ_ONLY = 'the-read-only-key-of-a-test';
let server, Parse, session;

before(async () => {
    server = await startServer({ config: { allowClientClassCreation: true, readOnlyMasterKey: READ_ONLY, maxUploadSize: '2mb' } });
    Parse = server.parse();
    ({ sessionToken: session } = (await server.request('POST', '/users', { body: { username: 'ann', password: 'secret-1' } })).body);
});
after(() => server?.stop());

const filesFolder = (of = server) => `${of.folder}/homeport.db-files`;
const upload = (name, body, { type = 'text/plain', headers = {}, ...who } = { master: true }, of = server) =>
    of.request('POST', `/files/${name}`, { body, headers: { 'Content-Type': type, ...headers }, ...who });
const get = (url, headers = {}, method = 'GET') => sendRequest(method, url, headers);
async function stored(name, body, options) {
    const answer = await upload(name, body, options ?? { master: true });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
}

describe('upload forms', () => {
    test('raw bytes: the answer names the file, and the bytes come back as they were', async () => {
        const bytes = randomBytes(100_000);
        const answer = await upload('photo.png', bytes, { type: 'image/png', master: true });
        assert.equal(answer.status, 201);
        assert.deepEqual(Object.keys(answer.body).sort(), ['name', 'url']);
        assert.match(answer.body.name, /^[0-9a-f]{32}_photo\.png$/);
        assert.equal(answer.body.url, `${server.url.replace('127.0.0.1', 'localhost')}/files/test-app/${answer.body.name}`);
        assert.equal(answer.headers.location, answer.body.url);
        const file = await get(answer.body.url);
        assert.equal(file.status, 200);
        assert.equal(file.headers['content-type'], 'image/png');
        assert.equal(file.headers['content-length'], '100000');
        assert.ok(file.bytes.equals(bytes));
    });

    test('what reads as JSON with keys in it is stored as it is when the headers name the application', async () => {
        const body = JSON.stringify({ base64: 'aGk=', _ApplicationId: 'test-app', _MasterKey: 'x' });
        const { url } = await stored('a.json', body, { type: 'application/json', master: true });
        assert.equal((await get(url)).text, body);
    });

    test('the JSON form of the JavaScript SDK: keys, type, metadata and content in one body', async () => {
        const body = { base64: 'aGk=', _ContentType: 'text/plain', _ApplicationId: 'test-app', _JavaScriptKey: server.config.javascriptKey,
            _ClientVersion: 'js8', _InstallationId: 'i', _SessionToken: session, fileData: { metadata: { a: 1 }, tags: { t: 'x' } } };
        const send = (changes) => sendRequest('POST', `${server.url}/files/hello`, { 'Content-Type': 'text/plain' }, JSON.stringify({ ...body, ...changes }));
        const answer = await send({});
        assert.equal(answer.status, 201, answer.text);
        assert.match(answer.body.name, /^[0-9a-f]{32}_hello\.txt$/, 'the extension comes from the type');
        assert.equal((await get(answer.body.url)).text, 'hi');
        assert.deepEqual((await get(answer.body.url.replace('/test-app/', '/test-app/metadata/'))).body, { metadata: { a: 1 } });
        for (const changes of [{ _ContentType: 7 }, { _SessionToken: { $ne: 1 } }, { base64: ['aGk='] }, { _ApplicationId: 'other' }])
            assert.deepEqual([(await send(changes)).status, (await send(changes)).body], [403, { error: 'unauthorized' }], JSON.stringify(changes));
        assert.equal((await send({ base64: 'not base64!' })).body.code, 130);
        assert.equal((await send({ base64: '' })).body.code, 130);
        assert.equal((await send({ base64: undefined, uri: 'http://127.0.0.1:1/' })).body.code, 130);
    });

    test('the JSON form, whatever the order of its members', async () => {
        const members = Object.entries({ base64: 'aGk=', _ContentType: 'text/plain', _ApplicationId: 'test-app', _JavaScriptKey: server.config.javascriptKey, _SessionToken: session, _context: {}, fileData: { metadata: { a: 1 } } });
        for (let turn = 0; turn < members.length; turn++) {
            const order = [...members.slice(turn), ...members.slice(0, turn)];
            for (const body of [order, order.toReversed()].map((list) => JSON.stringify(Object.fromEntries(list)))) {
                const answer = await sendRequest('POST', `${server.url}/files/hello`, { 'Content-Type': 'text/plain' }, body);
                assert.equal(answer.status, 201, `${body}: ${answer.text}`);
                assert.equal((await get(answer.body.url)).text, 'hi', body);
            }
        }
    });

    test('the stream form: metadata, tags and directory in headers', async () => {
        const headers = { 'X-Parse-Upload-Mode': 'stream', 'X-Parse-File-Metadata': '{"a":1}', 'X-Parse-File-Tags': '{"t":"x"}', 'X-Parse-File-Directory': 'some/where' };
        const { name, url } = await stored('s.txt', 'streamed', { headers, master: true });
        assert.match(name, /^some\/where\/[0-9a-f]{32}_s\.txt$/);
        assert.equal((await get(url)).text, 'streamed');
        for (const bad of ['[]', '7', '{', 'null'])
            assert.equal((await upload('s.txt', 'x', { headers: { ...headers, 'X-Parse-File-Metadata': bad }, master: true })).body.code, 107, bad);
        assert.equal((await upload('s.txt', 'x', { headers, session })).body.code, 119, 'directories are for the master key');
    });

    test('too large is 413, empty and missing names are errors, no key is 403', async () => {
        assert.deepEqual([(await upload('a.txt', Buffer.alloc((2 << 20) + 1))).status], [413]);
        assert.equal((await upload('a.txt', Buffer.alloc(2 << 20))).status, 201);
        assert.deepEqual((await upload('a.txt', '')).body, { code: 130, error: 'Invalid file upload.' });
        assert.deepEqual((await upload('', 'x')).body, { code: 122, error: 'Filename not provided.' });
        assert.deepEqual((await server.request('POST', '/files', { body: 'x' })).body, { code: 122, error: 'Filename not provided.' });
        assert.equal((await sendRequest('POST', `${server.url}/files/a.txt`, {}, 'x')).status, 403);
        const wrong = await sendRequest('POST', `${server.url}/files/a.txt`, { 'X-Parse-Application-Id': 'test-app', 'X-Parse-REST-API-Key': 'x' }, 'x');
        assert.equal(wrong.status, 403);
        assert.equal((await server.request('PUT', '/files/a.txt', { body: {}, master: true })).status, 404);
        assert.equal((await upload('a/b.txt', '{}')).status, 404);
    });

    test('the master key may lower the limit for one upload', async () => {
        const limited = (size, body, extra = {}, who = { master: true }) => upload('a.txt', body, { headers: { 'X-Parse-File-Max-Upload-Size': size, ...extra }, ...who });
        assert.equal((await limited('1kb', 'x'.repeat(1024))).status, 201);
        assert.deepEqual([(await limited('1kb', 'x'.repeat(1025))).status, (await limited('1kb', 'x'.repeat(1025))).body], [413, { error: 'request entity too large' }]);
        assert.deepEqual((await limited('3b', 'four', { 'X-Parse-Upload-Mode': 'stream' })).body, { code: 130, error: 'File size exceeds maximum allowed: 3 bytes.' });
        assert.deepEqual((await limited('much', 'x')).body, { code: 130, error: 'Invalid maxUploadSize override value: much' });
        assert.equal((await limited('1kb', 'x', {}, { session })).status, 403);
    });

    test('metadata and tags pass the list of denied keywords', async () => {
        for (const where of ['Metadata', 'Tags']) {
            const headers = { 'X-Parse-Upload-Mode': 'stream', [`X-Parse-File-${where}`]: '{"a":{"__proto__":1}}' };
            assert.equal((await upload('a.txt', 'x', { headers, master: true })).body.code, 105);
        }
    });
});

describe('the JavaScript SDK', () => {
    test('bytes, base64 and a buffer are saved, put into an object, found again and destroyed', async () => {
        await Parse.User.logIn('ann', 'secret-1');
        const sources = { bytes: [104, 105], base64: { base64: 'aGk=' }, buffer: Buffer.from('hi') };
        for (const [kind, source] of Object.entries(sources)) {
            const file = new Parse.File('note.txt', source, 'text/plain');
            await file.save();
            assert.match(file.name(), PREFIX, kind);
            const holder = await new Parse.Object('Holder').save({ file, list: [file] });
            const again = await new Parse.Query('Holder').get(holder.id);
            assert.equal(again.get('file').url(), file.url());
            assert.equal(again.get('file').name(), file.name());
            assert.equal((await get(file.url())).text, 'hi', kind);
            holder.unset('file');
            await holder.save();
            assert.equal((await new Parse.Query('Holder').get(holder.id)).get('file'), undefined);
            const admin = server.parse({ master: true });
            await new admin.File(file.name()).destroy({ useMasterKey: true });
            assert.equal((await get(file.url())).status, 404);
        }
        await Parse.User.logOut();
    });

    test('metadata and tags are sent and kept', async () => {
        const admin = server.parse({ master: true });
        const file = new admin.File('m.txt', { base64: 'aGk=' }, 'text/plain', { owner: 'ann' }, { kind: 'note' });
        await file.save({ useMasterKey: true });
        assert.deepEqual((await get(file.url().replace('/test-app/', '/test-app/metadata/'))).body, { metadata: { owner: 'ann' } });
    });
});

describe('download', () => {
    let url;
    before(async () => ({ url } = await stored('digits.txt', '0123456789')));

    test('ranges', async () => {
        const cases = [
            ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
            ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
            ['bytes=7-', 206, '789', 'bytes 7-9/10'],
            ['bytes=-3', 206, '789', 'bytes 7-9/10'],
            ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
            ['BYTES=0-1', 206, '01', 'bytes 0-1/10'],
            ['bytes=0-99999999999999999999', 206, '0123456789', 'bytes 0-9/10'],
            ['bytes=10-', 416, '', 'bytes */10'],
            ['bytes=99999999999999999999-', 416, '', 'bytes */10'],
            ['bytes=-0', 416, '', 'bytes */10'],
            ...['bytes=-', 'bytes=', 'bytes=5-2', 'bytes=0-0,0-0,0-0', 'items=1', 'bytes=a-b', 'bytes=1--2', 'bytes', '-', ''].map((range) => [range, 200, '0123456789', undefined]),
        ];
        for (const [range, status, text, contentRange] of cases) {
            const answer = await get(url, { Range: range });
            assert.deepEqual([answer.status, answer.text, answer.headers['content-range']], [status, text, contentRange], range);
            assert.equal(answer.headers['accept-ranges'], 'bytes');
        }
    });

    test('If-None-Match and If-Range', async () => {
        const { headers } = await get(url);
        assert.match(headers.etag, /^"[0-9a-f-]+"$/);
        const unchanged = await get(url, { 'If-None-Match': `"x", W/${headers.etag}` });
        assert.deepEqual([unchanged.status, unchanged.text], [304, '']);
        assert.equal((await get(url, { 'If-None-Match': '"x"' })).status, 200);
        assert.equal((await get(url, { Range: 'bytes=0-1', 'If-Range': headers.etag })).text, '01');
        assert.equal((await get(url, { Range: 'bytes=0-1', 'If-Range': '"x"' })).text, '0123456789');
    });

    test('HEAD tells what GET would, without the bytes; the connection goes on', async () => {
        const answer = await get(url, { Range: 'bytes=0-1' }, 'HEAD');
        assert.deepEqual([answer.status, answer.headers['content-length'], answer.bytes.length], [200, '10', 0]);
        const { pathname } = new URL(url);
        const socket = await openSocket(server.origin);
        const ask = (method) => `${method} ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`;
        socket.write(ask('HEAD') + ask('GET') + ask('GET'));
        const received = await socket.until((text) => text.split('0123456789').length === 3);
        assert.equal(received.split('HTTP/1.1 200 OK').length, 4);
        socket.destroy();
    });

    test('a missing file is a text, a wrong application a refusal, metadata of nothing is empty', async () => {
        const at = (path) => get(`${server.url}/files/${path}`);
        const missing = await at('test-app/nothing.txt');
        assert.deepEqual([missing.status, missing.text, missing.headers['content-type']], [404, 'File not found.', 'text/plain; charset=utf-8']);
        const wrong = await at('other-app/nothing.txt');
        assert.deepEqual([wrong.status, wrong.body], [403, { error: 'Permission denied' }]);
        assert.deepEqual((await at('test-app/metadata/nothing.txt')).body, {});
        assert.deepEqual((await at('other-app/metadata/nothing.txt')).body, {});
        for (const path of ['', 'test-app', 'test-app/', 'test-app/%', 'test-app/%ff', 'test-app/' + 'x'.repeat(2000)]) assert.equal((await at(path)).status, 404, path);
    });

    test('links need no key; a session that is none is refused', async () => {
        assert.equal((await get(url)).status, 200);
        assert.equal((await get(url, { 'X-Parse-Session-Token': session })).headers['cache-control'], 'private, no-cache');
        assert.equal((await get(url, { 'X-Parse-Session-Token': 'r:00000000000000000000000000000000' })).body.code, 209);
    });

    test('many slow downloads of one large file do not take its size in memory', async () => {
        const large = await startServer({ config: { maxUploadSize: '20mb' } });
        try {
            const bytes = randomBytes(20 << 20);
            const { url: link } = (await upload('large.bin', bytes, { type: 'application/octet-stream', master: true }, large)).body;
            const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${large.pid}/status`, 'utf8'))[1]) >> 10;
            const before = memory();
            const sockets = await Promise.all(Array.from({ length: 100 }, () => openSocket(large.origin)));
            for (const socket of sockets) {
                socket.pause();
                socket.write(`GET ${new URL(link).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
            }
            const first = await get(link); // behind the others
            assert.ok(first.bytes.equals(bytes));
            const grown = memory() - before;
            for (const socket of sockets) socket.destroy();
            assert.ok(grown < 200, `100 downloads of 20 MiB took ${grown} MiB`);
        } finally {
            await large.stop();
        }
    });
});

describe('permission', () => {
    test('by default users upload, nobody and anonymous users do not', async () => {
        const nobody = await upload('a.txt', 'x', {});
        assert.deepEqual([nobody.status, nobody.body], [400, { code: 130, error: 'File upload by public is disabled.' }]);
        const signedUp = await server.request('POST', '/users', { body: { authData: { anonymous: { id: 'a1' } } } });
        const anonymous = await upload('a.txt', 'x', { session: signedUp.body.sessionToken });
        assert.deepEqual(anonymous.body, { code: 130, error: 'File upload by anonymous user is disabled.' });
        assert.equal((await upload('a.txt', 'x', { session })).status, 201);
    });

    test('the options decide, for uploads and downloads', async () => {
        const other = await startServer({ config: {
            fileUpload: { enableForPublic: true, enableForAnonymousUser: true, enableForAuthenticatedUser: false },
            fileDownload: { enableForPublic: false, enableForAnonymousUser: false },
        } });
        try {
            const user = (body) => other.request('POST', '/users', { body }).then((answer) => answer.body.sessionToken);
            const bob = await user({ username: 'bob', password: 'secret-1' }), anonymous = await user({ authData: { anonymous: { id: 'a1' } } });
            const { url } = (await upload('a.txt', 'x', {}, other)).body;
            assert.equal((await upload('a.txt', 'x', { session: anonymous }, other)).status, 201);
            assert.deepEqual((await upload('a.txt', 'x', { session: bob }, other)).body, { code: 130, error: 'File upload by authenticated user is disabled.' });
            assert.deepEqual((await get(url)).body, { code: 119, error: 'File download by public is disabled.' });
            assert.deepEqual((await get(url, { 'X-Parse-Session-Token': anonymous })).body, { code: 119, error: 'File download by anonymous user is disabled.' });
            assert.equal((await get(url, { 'X-Parse-Session-Token': bob })).status, 200);
            assert.equal((await get(url, { 'X-Parse-Application-Id': 'test-app', 'X-Parse-Master-Key': other.config.masterKey })).status, 200);
            assert.equal((await get(url.replace('/test-app/', '/test-app/metadata/'))).status, 403);
        } finally {
            await other.stop();
        }
    });

    test('only the master key deletes; the answer is empty, of a missing file an error', async () => {
        const { name, url } = await stored('gone.txt', 'x');
        for (const who of [{}, { session }]) {
            const refused = await server.request('DELETE', `/files/${name}`, who);
            assert.deepEqual([refused.status, refused.body], [403, { error: 'Permission denied' }]);
        }
        assert.equal((await get(url)).status, 200);
        const done = await server.request('DELETE', `/files/${name}`, { master: true });
        assert.deepEqual([done.status, done.text], [200, '']);
        assert.equal((await get(url)).status, 404);
        assert.deepEqual((await server.request('DELETE', `/files/${name}`, { master: true })).body, { code: 153, error: 'Could not delete file.' });
        const { name: inside } = await stored('in.txt', 'x', { headers: { 'X-Parse-Upload-Mode': 'stream', 'X-Parse-File-Directory': 'a/b' }, master: true });
        assert.equal((await server.request('DELETE', `/files/${inside}`, { master: true })).status, 200);
    });

    test('sec_C8_the_read_only_key_neither_uploads_nor_deletes', async () => {
        const { name, url } = await stored('stays.txt', 'x');
        const readOnly = { headers: { 'X-Parse-Master-Key': READ_ONLY } };
        for (const answer of [await upload('a.txt', 'x', readOnly), await server.request('DELETE', `/files/${name}`, readOnly)])
            assert.deepEqual([answer.status, answer.body], [403, { error: 'Permission denied' }]);
        assert.equal((await get(url)).text, 'x');
    });
});

describe('names and types', () => {
    const refusedType = (extension) => ({ code: 130, error: `File upload of extension ${extension} is disabled.` });
    const asUser = (name, type, body = '<script>alert(1)</script>') => upload(name, body, { type, session });

    test('sec_K1_html_is_refused_and_what_the_master_key_stores_is_served_as_a_download', async () => {
        for (const extension of ['html', 'HTML', 'htm', 'shtml', 'xhtml', 'xht'])
            assert.deepEqual((await asUser(`a.${extension}`, 'text/plain')).body, refusedType(extension));
        const { url } = await stored('a.html', '<script>alert(1)</script>', { type: 'text/html', master: true });
        const { headers } = await get(url);
        assert.equal(headers['content-type'], 'application/octet-stream');
        assert.match(headers['content-disposition'], /^attachment; filename="[0-9a-f]{32}_a\.html"$/);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.match(headers['content-security-policy'], /sandbox/);
        assert.equal((await asUser('a.txt', 'text/plain')).status, 201);
    });

    test('sec_K2_other_active_types_are_refused_and_served_inert', async () => {
        for (const extension of ['svg', 'SVGZ', 'xml', 'xsl', 'xslt', 'xsd', 'rng', 'rdf', 'owl', 'mathml'])
            assert.deepEqual((await asUser(`a.${extension}`, 'text/plain')).body, refusedType(extension));
        for (const subtype of ['svg+xml', 'xhtml+xml', 'mathml+xml', 'rdf+xml', 'xslt+xml'])
            assert.deepEqual((await asUser('noextension', `application/${subtype}`)).body, refusedType(subtype));
        const { url } = await stored('a.svg', '<svg/>', { type: 'image/svg+xml', master: true });
        const { headers } = await get(url);
        assert.equal(headers['content-type'], 'image/svg+xml');
        assert.match(headers['content-disposition'], /^attachment;/);
        assert.match(headers['content-security-policy'], /default-src 'none'; sandbox/);
    });

    test('sec_K3_odd_content_types_do_not_pass_the_filter', async () => {
        const cases = { 'text/html;x=y': 'html', 'TEXT/HTML': 'HTML', ' text/html': 'html', 'image/svg+xml;charset=utf-8': 'svg+xml', 'text/ html': 'html' };
        for (const [type, extension] of Object.entries(cases)) assert.deepEqual((await asUser('noextension', type)).body, refusedType(extension), type);
        for (const type of ['text/html,', 'image//svg+xml', 'image/', 'image', 'text/plain,text/html', '/', ';', 'a b/c'])
            assert.deepEqual((await asUser('noextension', type)).body, { code: 130, error: 'Invalid Content-Type.' }, type);
        assert.deepEqual((await asUser('noextension', 'svg')).body, refusedType('svg'));
        const twice = await sendRequest('POST', `${server.url}/files/noextension`, { 'X-Parse-Application-Id': 'test-app', 'X-Parse-REST-API-Key': server.config.restAPIKey,
            'X-Parse-Session-Token': session, 'Content-Type': ['text/plain', 'text/html'] }, 'x');
        assert.ok(twice.status === 400 || (twice.status === 201 && !/html/.test((await get(twice.body.url)).headers['content-type'])), twice.text);
        assert.equal((await asUser('noextension', 'application/vnd.api+json')).status, 201);
    });

    test('sec_K4_trailing_dots_blanks_and_unknown_extensions_are_never_served_as_a_page', async () => {
        for (const [name, type] of [['a.html.', 'text/html'], ['a.html%20', 'text/plain'], ['a.foo', 'text/html'], ['a', 'text/html'], ['a.jpg.html', 'image/jpeg'], ['a.h tml', 'text/plain']])
            assert.ok([122, 130].includes((await asUser(encodeURI(decodeURI(name)), type)).body.code), name);
        for (const [name, type] of [['a.html.', 'text/html'], ['a.foo', 'text/html'], ['a.html.txt', 'text/html'], ['a', 'text/html'], ['a.js', 'text/javascript']]) {
            const { url } = await stored(name, '<b>', { type, master: true });
            assert.doesNotMatch((await get(url)).headers['content-type'], /html|javascript/, name);
        }
    });

    test('sec_K5_the_type_comes_from_the_name_not_from_what_was_sent', async () => {
        const { url } = await stored('a.txt', '<b>', { type: 'text/html', master: true });
        const { headers } = await get(url);
        assert.match(headers['content-type'], /^text\/plain/);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['content-disposition'], undefined);
    });

    test('sec_K6_bad_ranges_and_bad_requests_do_not_stop_the_server', async () => {
        const { url } = await stored('r.txt', '0123456789');
        for (const range of ['bytes=-', 'bytes=5-2', 'bytes=0-99999999999999999999', `bytes=${'0-0,'.repeat(500)}`, 'items=1', 'bytes=-99999999999999999999'])
            assert.ok([200, 206, 416].includes((await get(url, { Range: range })).status), range);
        assert.equal((await sendRequest('POST', `${server.url}/files/a`, { 'X-Parse-Application-Id': 'test-app' })).status, 403);
        assert.equal((await upload('noextension', 'x', { type: undefined, headers: { 'Content-Type': undefined }, master: true })).status, 201);
        assert.equal((await get(`${server.url}/health`)).status, 200);
    });

    test('sec_K7_no_file_by_url_and_foreign_urls_only_from_allowed_hosts', async () => {
        const body = { uri: 'http://169.254.169.254/', _ContentType: 'text/plain', _ApplicationId: 'test-app', _MasterKey: server.config.masterKey };
        assert.equal((await sendRequest('POST', `${server.url}/files/a.txt`, {}, JSON.stringify(body))).body.code, 130);
        const other = await startServer({ config: { allowClientClassCreation: true, fileUpload: { allowedFileUrlDomains: ['files.example.com', '*.cdn.example'] } } });
        try {
            const save = (url, wrap = (file) => ({ file })) => other.request('POST', '/classes/Holder', { body: wrap({ __type: 'File', name: 'a.txt', url }) });
            for (const url of ['https://files.example.com/a', 'http://FILES.example.com:81/a', 'https://a.cdn.example/', 'https://a.b.cdn.example'])
                assert.equal((await save(url)).status, 201, url);
            for (const url of ['http://169.254.169.254/', 'https://cdn.example/', 'https://evil.example', 'https://evilcdn.example/', 'https://files.example.com.evil.example/'])
                assert.deepEqual((await save(url)).body, { code: 130, error: `File URL domain '${new URL(url).hostname}' is not allowed.` }, url);
            for (const url of ['nonsense', 'https://files.example.com@evil.example/', 'https:\\\\evil.example', 'https://evil.example\\@files.example.com/', 'javascript:alert(1)'])
                assert.equal((await save(url)).body.code, 130, url);
            assert.equal((await save('https://evil.example', (file) => ({ list: [{ deep: { file } }] }))).body.code, 130);
            assert.equal((await other.request('POST', '/functions/any', { body: { f: { __type: 'File', name: 'a', url: 'https://evil.example' } } })).body.code, 130);
            assert.equal((await save('https://evil.example', (file) => ({ list: { __op: 'Add', objects: [file] } }))).body.code, 130);
        } finally {
            await other.stop();
        }
    });

    test('sec_K11_names_lead_nowhere_else_and_links_are_not_followed', async () => {
        const root = filesFolder();
        const before = readdirSync(server.folder).sort();
        for (const name of ['..%2fx', '.hidden', 'a%2fb', 'a%00.png', 'x'.repeat(129), '%2e%2e%2f%2e%2e%2fetc%2fpasswd', 'a%0d%0aX:y', '-a', 'a%5cb', 'ä.txt', '%20a'])
            assert.equal((await upload(name, 'x')).body?.code, 122, name);
        assert.equal((await upload('x'.repeat(128), 'x')).status, 201);
        for (const directory of ['..', 'a/../b', '/a', 'a/', 'a//b', 'metadata', 'metadata/x', '.a', 'a b', 'x'.repeat(257)])
            assert.equal((await upload('a.txt', 'x', { headers: { 'X-Parse-Upload-Mode': 'stream', 'X-Parse-File-Directory': directory }, master: true })).body.code, 122, directory);
        for (const name of ['../homeport.db', '..%2fhomeport.db', '%2e%2e%2fhomeport.db', '%2fetc%2fpasswd', '..%5c..%5chomeport.db', 'homeport.db%00.txt'])
            assert.notEqual((await server.request('GET', `/files/test-app/${name}`)).status, 200, name);
        for (const file of readdirSync(root)) assert.match(file, /^[0-9a-f]{64}$/);
        assert.deepEqual(readdirSync(server.folder).sort(), before);
        const { name, url } = await stored('linked.txt', 'x');
        const newest = readdirSync(root).find((file) => readFileSync(join(root, file)).includes(name));
        const bait = join(server.folder, 'bait');
        cpSync(join(root, newest), bait);
        rmSync(join(root, newest));
        symlinkSync(bait, join(root, newest));
        assert.equal((await get(url)).status, 404);
        rmSync(join(root, newest));
        rmSync(bait);
    });

    test('preserveFileName keeps the name, and the newest file of a name wins; fileKey leads to the hosted files', async () => {
        const other = await startServer({ config: { preserveFileName: true, fileKey: 'fk', allowClientClassCreation: true } });
        try {
            for (const text of ['one', 'two, longer']) {
                const { name, url } = (await upload('same name@1.txt', text, { master: true }, other)).body;
                assert.equal(name, 'same name@1.txt');
                assert.ok(url.endsWith('/files/test-app/same%20name%401.txt'), url);
                assert.equal((await get(url)).text, text);
            }
            const urls = { 'tfss-x.txt': 'http://files.parsetfss.com/fk/tfss-x.txt', '01234567-89ab-cdef-0123-456789abcdef-x.txt': 'http://files.parse.com/fk/01234567-89ab-cdef-0123-456789abcdef-x.txt' };
            for (const [name, url] of Object.entries(urls)) {
                const { body } = await other.request('POST', '/classes/Holder', { body: { file: { __type: 'File', name, url: 'https://anywhere.example' } } });
                assert.equal((await other.request('GET', `/classes/Holder/${body.objectId}`)).body.file.url, url);
            }
        } finally {
            await other.stop();
        }
    });
});

describe('cloud code', () => {
    const folder = makeFolder();
    let coded;
    before(async () => {
        cpSync(new URL('plugins/files.c', import.meta.url), join(folder, 'files.c'));
        const built = await runHomeport(['cloud', 'build', join(folder, 'files.c')]);
        assert.equal(built.code, 0, built.stderr);
        coded = await startServer({ config: { cloud: join(folder, 'files.so') } });
    });
    after(async () => {
        await coded?.stop();
        rmSync(folder, { recursive: true, force: true });
    });
    const send = (name, body) => upload(name, body, { master: true }, coded);

    test('beforeSave sees the content, refuses, renames, sorts, or says that the file is elsewhere', async () => {
        assert.deepEqual((await send('v.txt', 'EICAR-TEST')).body, { code: 130, error: 'This file is infected.' });
        assert.match((await send('rename.txt', 'x')).body.name, /_renamed\.txt$/);
        assert.equal((await send('escape.txt', 'x')).body.code, 122, 'cloud code cannot choose a name that the rules refuse');
        assert.deepEqual((await send('elsewhere.txt', 'x')).body, { url: 'https://cdn.example/x.txt', name: 'x.txt' });
        const { name, url } = (await send('tagged.txt', 'x')).body;
        assert.match(name, /^sorted\/here\/[0-9a-f]{32}_tagged\.txt$/);
        assert.deepEqual((await get(url.replace('/test-app/', '/test-app/metadata/'))).body, { metadata: { by: 'cloud code' } });
        const { body } = await coded.request('GET', '/classes/Seen?order=createdAt', { master: true });
        const { event, file } = body.results.at(-1);
        assert.deepEqual([event, file.name, file.size, file.url], ['afterSave', name, 1, url]);
    });

    test('beforeDelete refuses, afterDelete is told', async () => {
        const kept = (await send('keep.txt', 'x')).body, gone = (await send('gone.txt', 'x')).body;
        assert.deepEqual((await coded.request('DELETE', `/files/${kept.name}`, { master: true })).body, { code: 141, error: 'This one stays.' });
        assert.equal((await get(kept.url)).status, 200);
        assert.equal((await coded.request('DELETE', `/files/${gone.name}`, { master: true })).status, 200);
        const { body } = await coded.request('GET', '/classes/Seen?order=createdAt', { master: true });
        const { event, file } = body.results.at(-1);
        assert.deepEqual([event, file.name], ['afterDelete', gone.name]);
    });

    test('sec_C6_every_way_to_a_file_passes_its_triggers', async () => {
        const { url } = (await send('secret.txt', 'hidden text')).body, about = url.replace('/test-app/', '/test-app/metadata/');
        for (const [method, link, headers] of [['GET', url, {}], ['HEAD', url, {}], ['GET', url, { Range: 'bytes=0-1' }], ['GET', about, {}], ['GET', url, { 'If-None-Match': '*' }]]) {
            const answer = await get(link, headers, method);
            assert.equal(answer.status, 403, `${method} ${link}`);
            if (method === 'GET') assert.deepEqual(answer.body, { code: 101, error: 'Not for you.' });
        }
        const user = (await coded.request('POST', '/users', { body: { username: 'ann', password: 'secret-1' } })).body;
        for (const link of [url, about]) assert.equal((await get(link, { 'X-Parse-Session-Token': user.sessionToken })).status, 200);
    });

    test('afterFind adds headers and makes a download of it; it cannot split the answer', async () => {
        const { url } = (await send('forced.png', 'x')).body;
        const { headers, text } = await get(url);
        assert.equal(headers['x-by'], 'cloud code');
        assert.equal(headers['x-split'], undefined);
        assert.equal(headers['set-cookie'], undefined);
        assert.match(headers['content-disposition'], /^attachment; filename=/);
        assert.equal(text, 'x');
    });
});

describe('disasters', () => {
    test('a server killed while it stores shows whole files or none, and what was answered is there', async () => {
        const fragile = await startServer({ config: { preserveFileName: true, maxUploadSize: '8mb' } });
        try {
            const contents = { a: Buffer.alloc(5 << 20, 'a'), b: Buffer.alloc(8 << 20, 'b') };
            for (let round = 0; round < 4; round++) {
                const answered = new Set();
                const sending = Array.from({ length: 10 }, (_, i) => {
                    const name = `f${round}-${i}.bin`;
                    return upload(name, contents[i % 2 ? 'b' : 'a'], { master: true }, fragile).then((answer) => answer.status === 201 && answered.add(name), () => {});
                });
                await Promise.race(sending); // at least one is stored, others are on their way
                await fragile.crashAndRestart();
                await Promise.all(sending);
                for (let i = 0; i < 10; i++) {
                    const answer = await fragile.request('GET', `/files/test-app/f${round}-${i}.bin`);
                    if (answered.has(`f${round}-${i}.bin`)) assert.equal(answer.status, 200, 'what was answered is there');
                    if (answer.status === 200) assert.ok(answer.bytes.equals(contents[i % 2 ? 'b' : 'a']), 'never a part');
                    else assert.equal(answer.status, 404);
                }
            }
        } finally {
            await fragile.stop();
        }
    });

    test('a disk that refuses is an error without a word about it, and the server goes on', async () => {
        const broken = await startServer();
        try {
            writeFileSync(filesFolder(broken), 'a file where the folder should be');
            const answer = await upload('a.txt', 'x', { master: true }, broken);
            assert.deepEqual([answer.status, answer.body], [400, { code: 130, error: 'Could not store file: a.txt.' }]);
            assert.equal((await broken.request('GET', '/files/test-app/a.txt')).body.code, 1);
            rmSync(filesFolder(broken));
            assert.ok(!existsSync(filesFolder(broken)));
            assert.equal((await upload('a.txt', 'x', { master: true }, broken)).status, 201);
        } finally {
            await broken.stop();
        }
    });

    test('sec_K12_requests_and_broken_downloads_leave_no_descriptors_open', async () => {
        const { url } = await stored('many.bin', Buffer.alloc(1 << 20));
        const open = () => readdirSync(`/proc/${server.pid}/fd`).length;
        await get(url);
        const before = open();
        for (let i = 0; i < 200; i++) await get(url, {}, 'HEAD');
        for (let i = 0; i < 100; i++) {
            const socket = await openSocket(server.origin);
            socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
            await socket.until((text) => text.length > 0);
            socket.destroy();
        }
        for (let i = 0; i < 20; i++) await get(url, { 'If-None-Match': '*' }), await get(url, { Range: 'bytes=9999999-' });
        for (let tries = 0; open() > before + 2 && tries < 100; tries++) await get(`${server.url}/health`);
        assert.ok(open() <= before + 2, `${before} descriptors before, ${open()} after`);
    });
});
