// What comes over the wire: credentials of the wrong type (D4), keys that mean something inside (D9), and what C, SQLite and
// raw protocols add (M, J2 to J9's neighbours in HTTP).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { startServer } from '../support/homeport.mjs';
import { openSocket, sendRequest } from '../support/http.mjs';
import { storedAll } from '../support/payments.mjs';
import { makeWorld } from '../support/security.mjs';

let w;

before(async () => {
    w = await makeWorld();
});
after(() => w.stop());

/** The head of a raw request with the application's keys, and `more` lines. */
const head = (line, ...more) =>
    [line, 'Host: localhost', `X-Parse-Application-Id: ${w.server.config.appId}`, `X-Parse-REST-API-Key: ${w.server.config.restAPIKey}`, ...more, '', ''].join('\r\n');
const smuggled = () => `${head('POST /parse/classes/T HTTP/1.1', 'Content-Length: 18', 'Connection: close')}{"name":"smuggled"}`;

/** Sends bytes, with a whole request behind them. The first answer has one of `statuses`, and nothing behind it is run. */
async function refusedBytes(statuses, bytes, label) {
    const before = (await storedAll(w.server, 'T')).length;
    const socket = await openSocket(w.server.origin);
    socket.write(Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.from(smuggled(), 'latin1')]));
    await socket.untilClosed();
    const answers = socket.received.match(/HTTP\/1\.1 \d+/g) ?? [];
    assert.equal(answers.length, 1, `${label}: ${socket.received.slice(0, 400)}`);
    assert.ok(statuses.includes(Number(answers[0].slice(9))), `${label}: ${answers[0]}`);
    assert.equal((await storedAll(w.server, 'T')).length, before, `${label}: something was run`);
    await w.alive();
}

test('sec_D4_credentials_in_the_body_are_text', async () => {
    const bare = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined };
    const good = { _ApplicationId: w.server.config.appId, _JavaScriptKey: w.server.config.javascriptKey, _method: 'GET' };
    const post = (body, headers = bare) => w.server.request('POST', '/classes/T', { headers, body });
    assert.equal((await post(good)).status, 200);
    const values = [{}, [], 1, true, null, false, 0, [w.server.config.masterKey], { $ne: '' }, { toString: 'x' }];
    for (const name of ['_ApplicationId', '_JavaScriptKey', '_SessionToken', '_MasterKey', '_InstallationId', '_method', '_ContentType', '_ClientVersion', '_RevocableSession', '_noBody', '_context'])
        for (const value of values) {
            const label = `${name} ${JSON.stringify(value)}`;
            const answer = await post({ ...good, [name]: value, where: { name: 'nothing' } });
            assert.ok(answer.status < 500, label);
            if (answer.status === 200) assert.deepEqual(answer.body, { results: [] }, label);
            else assert.ok(answer.status === 403 || [105, 107, 209].includes(answer.body.code) || (name === '_method' && answer.status === 201), `${label}: ${answer.text}`);
            if (answer.status === 201) await w.must('master', 'DELETE', `/classes/T/${answer.body.objectId}`);
            if (['_ApplicationId', '_JavaScriptKey'].includes(name)) assert.equal(answer.status, 403, label);
        }
    // No key that is not text opens what its text would open.
    for (const value of values) {
        const answer = await w.server.request('POST', '/schemas', { headers: bare, body: { ...good, _MasterKey: value } });
        assert.equal(answer.status, 403);
    }
    for (const part of [{ requests: [{ method: 'GET', path: '/parse/classes/T', body: { _MasterKey: {} } }] }]) assert.equal((await w.ask('nobody', 'POST', '/batch', part)).status, 200);
    const master = await w.server.request('POST', '/schemas', { headers: bare, body: { ...good, _MasterKey: w.server.config.masterKey } });
    assert.equal(master.status, 200);
    for (const context of ['[]', '1', '{', '"x"', 'null'])
        await w.refused(107, () => w.server.request('GET', '/classes/T', { headers: { 'X-Parse-Cloud-Context': context } }), context);
});

test('sec_D9_reserved_words_and_what_else_may_be_a_key', async () => {
    const bad = [
        { obj: { _bsontype: 'Code' } }, { obj: { a: [{ _bsontype: 'Code', code: 'x' }] } }, { obj: JSON.parse('{"__proto__":{}}') }, { obj: { constructor: {} } }, { obj: { a: { prototype: 1, constructor: 1 } } },
        { obj: { $where: '1' } }, { obj: { 'a.b': 1 } }, { obj: { $db: 'x' } }, { obj: { a: { b: [{ 'c.d': 1 }] } } }, { obj: { a: { $gt: 1 } } }, { list: [{ $a: 1 }] },
        { $where: 1 }, { 'a b': 1 }, { 'a-b': 1 }, { '': 1 }, { 1: 1 }, { _id: 'x' }, { _p_owner: 'x' }, { __type: 'Object' }, { 'é': 1 }, { 'a\n': 1 }, { 'name ': 1 }, { '"': 1 },
    ];
    for (const body of bad)
        for (const who of ['nobody', 'master']) {
            await w.refuses([105, 107, 111, 121], who, 'POST', '/classes/T', body);
            await w.refuses([105, 107, 111, 121], who, 'PUT', `/classes/T/${w.thing}`, body);
            await w.refused([105, 107, 111, 121], () => w.inBatch(who, 'POST', '/classes/T', body), JSON.stringify(body));
        }
    for (const className of ['_SCHEMA2', 'a b', 'a.b', '$a', '__proto__', '9a', 'é', 'a"b', "a'b"]) {
        await w.refuses([103, 105], 'master', 'POST', '/schemas', { className });
        await w.refuses([103, 105, 107, 119], 'master', 'POST', `/classes/${encodeURIComponent(className)}`, { a: 1 });
    }
    const fine = { '': 1, ' ': 2, "'": 3, '"': [4], toString: 5, length: 6, 'ünï': { deep: [null, { '\\': 7 }] }, rowid: 8, a: { hasOwnProperty: 9, valueOf: null } };
    const id = await w.make('T', { obj: fine });
    assert.deepEqual((await w.stored('T', id)).obj, fine);
    await w.must('master', 'DELETE', `/classes/T/${id}`);
});

test('sec_M1_lengths_that_wrap', async () => {
    const post = (...more) => head('POST /parse/classes/T HTTP/1.1', ...more);
    for (const length of ['18446744073709551615', '18446744073709551616', '9223372036854775808', '99999999999999999999999', '+5', '-1', '0x10', '5 5', '5,5', '5;', '', ' ', '1e3', '٣'])
        await refusedBytes([400, 413], `${post(`Content-Length: ${length}`)}{}`, `Content-Length ${length}`);
    for (const size of ['FFFFFFFFFFFFFFFF', '10000000000000000', 'FFFFFFFFFFFFFFFFF', '-1', '+1', '0x1', '1 ', ' 1', '', 'g', '8000000000000000'])
        await refusedBytes([400, 413], `${post('Transfer-Encoding: chunked')}${size}\r\n{}\r\n0\r\n\r\n`, `chunk size ${size}`);
});

test('sec_M3_framing_that_two_parsers_read_differently', async () => {
    const post = (...more) => head('POST /parse/classes/T HTTP/1.1', ...more);
    const chunked = '2\r\n{}\r\n0\r\n\r\n';
    const cases = {
        'length and chunks': `${post('Content-Length: 2', 'Transfer-Encoding: chunked')}${chunked}`,
        'chunks and length': `${post('Transfer-Encoding: chunked', 'Content-Length: 2')}${chunked}`,
        'two lengths': `${post('Content-Length: 2', 'Content-Length: 3')}{} `,
        'two equal lengths': `${post('Content-Length: 2', 'Content-Length: 2')}{}`,
        xchunked: `${post('Transfer-Encoding: xchunked')}${chunked}`,
        'chunked, identity': `${post('Transfer-Encoding: chunked, identity')}${chunked}`,
        'identity, chunked': `${post('Transfer-Encoding: identity, chunked')}${chunked}`,
        'chunked twice': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}${chunked}`,
        'chunked with a tab': `${post('Transfer-Encoding:\tchunked\x0b')}${chunked}`,
        'chunks in HTTP/1.0': post('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + chunked,
        'bare LF': post('A: b').replaceAll('\r\n', '\n'),
        'one bare LF': post('A: b\nContent-Length: 2'),
        'bare CR': post('A: b\rContent-Length: 2'),
        'obs-fold': post('A: b', ' Content-Length: 2'),
        'space before the colon': post('Content-Length : 2'),
        'no name': post(': 2'),
        'a name with a blank': post('Content Length: 2'),
        'CR in a chunk extension': `${post('Transfer-Encoding: chunked')}2;a\rb\r\n{}\r\n0\r\n\r\n`,
        'LF in a chunk size line': `${post('Transfer-Encoding: chunked')}2\n{}\r\n0\r\n\r\n`,
        'chunk without its end': `${post('Transfer-Encoding: chunked')}2\r\n{}XX0\r\n\r\n`,
        'forbidden trailer': `${post('Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\nContent-Length : 5\r\n\r\n`,
        'two hosts': head('GET /parse/health HTTP/1.1', 'Host: other'),
        'a NUL': post('A: \0'),
        'absolute and odd': head('GET http://evil/parse/health\x01 HTTP/1.1'),
    };
    for (const [label, bytes] of Object.entries(cases)) await refusedBytes([400, 404, 411, 413, 415, 501, 505], bytes, label);
    const socket = await openSocket(w.server.origin);
    socket.write(`${head('GET /parse/health HTTP/1.1')}${head('GET /parse/health HTTP/1.1', 'Connection: close')}`);
    await socket.untilClosed();
    assert.equal(socket.received.match(/HTTP\/1\.1 200/g).length, 2, 'well framed requests may follow each other');
});

test('sec_M4_floods_of_headers_and_slow_clients', async () => {
    await refusedBytes([400, 431], head('GET /parse/health HTTP/1.1', ...Array.from({ length: 10_000 }, (_, i) => `A${i}: b`)), '10,000 headers');
    await refusedBytes([400, 431], head('GET /parse/health HTTP/1.1', `A: ${'b'.repeat(1_000_000)}`), 'a header line of 1 MB');
    await refusedBytes([400, 414, 431], head(`GET /parse/health?${'x'.repeat(100_000)} HTTP/1.1`), 'a URL of 100 kB');
    const small = await startServer({ config: { receiveTimeout: 1, idleTimeout: 1, connectionsMax: 20 } });
    try {
        const slow = await openSocket(small.origin);
        slow.write('POST /parse/classes/T HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{');
        const idle = await Promise.all(Array.from({ length: 60 }, () => openSocket(small.origin)));
        await slow.untilClosed(30_000);
        await Promise.all(idle.map((socket) => socket.untilClosed(30_000)));
        assert.equal((await small.request('GET', '/health')).status, 200);
    } finally {
        await small.stop();
    }
});

test('sec_L10_client_versions_are_not_parsed_at_length', async () => {
    const started = Date.now();
    const version = '-1'.repeat(25_000);
    assert.ok((await w.server.request('GET', '/health', { headers: { 'X-Parse-Client-Version': version } })).status < 500);
    const answer = await w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', _ClientVersion: '-1'.repeat(500_000), where: { name: 'thing' } });
    assert.equal(answer.body.results.length, 1, answer.text);
    assert.ok(Date.now() - started < 20_000);
    await w.alive();
});

test('sec_M6_extremes_of_JSON', async () => {
    const bad = [
        '['.repeat(1_000_000), '{"a":'.repeat(100_000), `{"obj":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, '{"n":1e400}', '{"n":-1e400}', '{"n":01}', '{"n":+1}', '{"n":.5}', '{"n":1.}', '{"n":0x10}', '{"n":Infinity}', '{"n":NaN}',
        '{"name":"\\ud800"}', '{"name":"\\udc00x"}', '{"name":"\\x41"}', '{"name":"a\nb"}', Buffer.from('{"name":"\xc0\xaf"}', 'latin1'), Buffer.from('{"name":"\xed\xa0\x80"}', 'latin1'), Buffer.from('{"name":"\xf4\x90\x80\x80"}', 'latin1'), Buffer.from('{"name":"\xff"}', 'latin1'),
        '\ufeff{"name":"x"}', '{"name":"x"}x', '{"name":"x"}{}', '{"name":"x"},', "{'name':'x'}", '{"name":"x",}', '{name:"x"}', '{"n":tru}', '{"a":1 "b":2}', '//x\n{}', '\0', '{}\0',
    ];
    for (const body of bad) await w.refused([107, 400], () => w.ask('nobody', 'POST', '/classes/T', body), String(body).slice(0, 40));
    for (const where of ['{"n":1e400}', '{"name":"\\ud800"}', '{"name":1}x', `{"a":${'['.repeat(20_000)}`])
        await w.refused([107, 400], () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where }), where.slice(0, 40));
    const exact = ['1', '-0.5', '1e308', '5e-324', '9007199254740991', '0.1', '123456789.123'];
    for (const number of exact) {
        const { objectId } = await w.must('nobody', 'POST', '/classes/T', `{"n":${number}}`);
        assert.equal((await w.stored('T', objectId)).n, Number(number));
        await w.must('master', 'DELETE', `/classes/T/${objectId}`);
    }
    const long = `{"n":${'1'.repeat(1_000_000)}}`;
    await w.refused([107, 400], () => w.ask('nobody', 'POST', '/classes/T', long));
});

test('sec_M7_duplicate_keys', async () => {
    const bodies = [
        '{"name":1,"name":2}', '{"n":1,"n":1}', '{"_method":"GET","_method":"DELETE"}', '{"ACL":{},"ACL":{"*":{"write":true}}}', '{"obj":{"a":1,"a":2}}', '{"list":[{"a":1,"a":2}]}', '{"na\\u006de":1,"name":2}', '{"_method":"GET","where":{"$or":[],"$or":[{"secret":"a"}]}}',
    ];
    for (const body of bodies) await w.refused(107, () => w.ask('nobody', 'POST', '/classes/T', body), body);
    await w.refused(107, () => w.ask('nobody', 'POST', '/users', '{"username":"u","password":"p","authData":{},"authData":{"anonymous":{"id":"x"}}}'));
    await w.refused(107, () => w.ask('nobody', 'POST', '/batch', '{"requests":[],"requests":[{"method":"GET","path":"/parse/classes/T"}]}'));
    await w.refused(107, () => w.ask('nobody', 'GET', `/classes/T?where=${encodeURIComponent('{"name":"a","name":"b"}')}`));
    await w.refused(107, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: '{"name":"a","name":"b"}' }));
    const form = (body) => w.server.request('POST', '/login', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body });
    await w.refused([102, 107], () => form('username=ann&password=x&username=bob'));
});

test('sec_M8_NUL_ends_no_name', async () => {
    const keys = ['{"na\\u0000me":1}', '{"name\\u0000":1}', '{"\\u0000name":1}', '{"obj":{"a\\u0000b":1}}', '{"_method\\u0000":"GET"}'];
    for (const body of keys) await w.refused([105, 107, 400], () => w.ask('nobody', 'POST', '/classes/T', body), body);
    for (const path of ['/classes/T%00', '/classes/T%00/x', `/classes/T/${w.thing}%00`, '/functions/a%00b', '/schemas/T%00', '/%00', '/classes/_User%00', '/roles/%00'])
        for (const who of ['nobody', 'master']) {
            const answer = await w.ask(who, 'GET', path);
            if (answer.status === 200) assert.deepEqual(answer.body, { results: [] }, `${path} is no ${path.slice(0, -3)}`);
            else assert.ok([400, 403, 404].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
        }
    await w.refuses([103, 105, 107, 400, 404], 'master', 'POST', '/schemas', '{"className":"Ab\\u0000c"}');
    for (const session of [`${w.users.ann.session}%00`, encodeURIComponent(`${w.users.ann.session}\0x`)]) await w.refused(209, () => w.server.request('GET', '/users/me', { session }));
    const inBody = { _ApplicationId: w.server.config.appId, _JavaScriptKey: w.server.config.javascriptKey, _method: 'GET', _SessionToken: `${w.users.ann.session}\0x` };
    await w.refused([209, 403], () => w.server.request('POST', '/users/me', { headers: { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined }, body: inBody }));
    for (const name of ['_JavaScriptKey', '_ApplicationId', '_MasterKey']) {
        const body = { ...inBody, _SessionToken: undefined, [name]: `${{ _JavaScriptKey: w.server.config.javascriptKey, _ApplicationId: w.server.config.appId, _MasterKey: w.server.config.masterKey }[name]}\0` };
        const answer = await w.server.request('POST', '/schemas', { headers: { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined }, body });
        assert.equal(answer.status, 403, name);
    }
    for (const value of ['a\0b', '\0', 'a\0']) {
        const id = await w.make('T', { name: value, obj: { v: value } });
        const stored = await w.stored('T', id);
        assert.deepEqual([stored.name, stored.obj.v], [value, value]);
        assert.deepEqual((await w.find('nobody', 'T', { where: { name: value } })).body.results.map((row) => row.objectId), [id]);
        await w.must('master', 'DELETE', `/classes/T/${id}`);
    }
    assert.equal((await w.find('nobody', 'T', { where: { name: 'thing\0' } })).body.results.length, 0);
});

test('sec_M9_many_keys_cost_linear_time', async () => {
    const keys = (n, make) => JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [make(i), 1])));
    for (const make of [(i) => `k${i}`, (i) => `k${String(i).padStart(30, '0')}`, (i) => `${'A'.repeat(i % 50)}${i}`]) {
        const started = Date.now();
        const answer = await w.ask('nobody', 'POST', '/functions/none', keys(19_000, make));
        assert.equal(answer.body.code, 141, answer.text.slice(0, 200));
        assert.ok(Date.now() - started < 10_000);
    }
    await w.refused(400, () => w.ask('nobody', 'POST', '/functions/none', keys(100_000, (i) => `k${i}`)));
    await w.refused([102, 400], () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: JSON.parse(keys(15_000, (i) => `k${i}`)) }));
    const pairs = Array.from({ length: 5000 }, (_, i) => `a${i}=1`).join('&');
    await w.refused([102, 414], () => w.ask('nobody', 'GET', `/classes/T?${pairs}`));

    const form = (n, headers) => w.server.request('POST', '/functions/none', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: Array.from({ length: n }, (_, i) => `k${i}=1`).join('&'),
    });
    assert.equal((await form(19_000)).body.code, 141);
    for (const headers of [{}, { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined }]) { // it is read before anybody knows who asks
        const started = Date.now();
        await w.refused(400, () => form(500_000, headers));
        assert.ok(Date.now() - started < 10_000);
    }
    const names = (n) => Array.from({ length: n }, (_, i) => `k${i}`).join();
    for (const list of ['keys', 'excludeKeys', 'include']) {
        await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', [list]: names(2000) }));
        assert.equal((await w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', [list]: names(50) })).status, 200);
    }
});

test('sec_M13_what_a_client_says_is_one_escaped_line_of_the_log', async () => {
    const server = await startServer({ config: { logLevel: 'debug' } });
    try {
        const evil = ['%s%n%x%p', 'a\r\nINFO forged=1', '\u001b[31mred', 'line\u2028sep', 'quote"\\', '\u0007\u0000'];
        for (const text of evil) {
            const code = encodeURIComponent(text);
            await server.request('POST', '/login', { body: { username: text, password: text } });
            await server.request('POST', `/functions/${code}`, { body: {} });
            await server.request('GET', `/classes/${code}`, {});
            await server.request('POST', '/classes/T', { master: true, body: { [text]: 1 } });
            await server.request('GET', `/classes/_User?where=${encodeURIComponent(JSON.stringify({ [text]: 1 }))}`, {});
            await server.request('GET', `/${code}`, {});
        }
        await server.request('GET', '/health');
        const log = server.stderr;
        assert.ok(log.split('\n').length > 10, 'something was logged');
        assert.doesNotMatch(log, /[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]/);
        assert.doesNotMatch(log, /^INFO forged/m);
    } finally {
        await server.stop();
    }
});

test('sec_M18_bodies_are_not_decompressed', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip', 'identity, gzip', 'x-gzip', 'zstd'])
        await refusedBytes([400, 413, 415], `${head('POST /parse/classes/T HTTP/1.1', `Content-Encoding: ${encoding}`, 'Content-Length: 2')}{}`, encoding);
    const bomb = gzipSync(Buffer.alloc(20_000_000, 0x20));
    const answer = await sendRequest('POST', `${w.server.url}/classes/T`, { 'X-Parse-Application-Id': w.server.config.appId, 'X-Parse-REST-API-Key': w.server.config.restAPIKey, 'Content-Encoding': 'gzip', 'Content-Length': bomb.length }, bomb).catch((error) => ({ status: 415, error }));
    assert.equal(answer.status, 415);
    await w.alive();
});

test('sec_M16_a_number_is_no_text', async () => {
    const text = await w.make('T', { name: '1', n: 5 });
    const number = await w.make('T', { name: 'number', n: 1 });
    const found = async (where) => (await w.find('nobody', 'T', { where: { ...where, objectId: { $in: [text, number] } } })).body.results.map((row) => row.objectId);
    assert.deepEqual(await found({ name: '1' }), [text]);
    assert.deepEqual(await found({ name: { $in: ['1'] } }), [text]);
    assert.deepEqual(await found({ n: 1 }), [number]);
    for (const where of [{ name: 1 }, { n: '1' }, { n: { $in: ['1'] } }, { name: { $gt: 0 } }, { n: { $gt: '0' } }, { n: true }, { name: true }]) {
        const answer = await w.find('nobody', 'T', { where: { ...where, objectId: { $in: [text, number] } } });
        if (answer.status === 200) assert.deepEqual(answer.body.results, [], JSON.stringify(where));
        else assert.ok(answer.status < 500, answer.text);
    }
    const big = await w.make('T', { name: 'big', n: 9007199254740993 });
    assert.equal((await w.stored('T', big)).n, 9007199254740992);
    await w.refuses([107, 111], 'nobody', 'POST', '/classes/T', { owner: { __type: 'Date', iso: '+275761-01-01T00:00:00.000Z' } });
    for (const id of [text, number, big]) await w.must('master', 'DELETE', `/classes/T/${id}`);
});

// The gate takes sign-ins as they arrive, which is not the order they were sent in: whoever is answered first shows that the
// flood is there. Were the workers themselves behind the gate, the read would be answered after all but the last few.
test('sec_M20_a_flood_of_sign_ins_holds_up_nobody_else', async () => {
    const FLOOD = 100;
    const one = await startServer({ config: { passwordHashesMax: 1, workers: 4 } });
    try {
        let answered = 0;
        const login = () => one.request('POST', '/login', { body: { username: 'nobody', password: 'x' } }).finally(() => answered++);
        const flood = Array.from({ length: FLOOD }, login);
        await Promise.race(flood);
        assert.equal((await one.request('GET', '/users')).status, 200);
        assert.ok(answered < FLOOD / 2, `${answered} of ${FLOOD} had to end first`);
        for (const answer of await Promise.all(flood)) assert.equal(answer.body.code, 101, answer.text);
    } finally {
        await one.stop();
    }
});

test('sec_M20_what_a_flood_of_sign_ins_takes_is_not_kept_by_every_thread', async (t) => {
    const one = await startServer({ config: { passwordHashesMax: 2, workers: 16 } });
    try {
        if (/lib[atm]san/.test(readFileSync(`/proc/${one.pid}/maps`, 'utf8'))) return t.skip('a sanitizer keeps memory of its own');
        const resident = async () => Number(/^homeport_resident_bytes (\d+)/m.exec((await one.request('GET', '/metrics', { origin: true })).text)[1]);
        const login = () => one.request('POST', '/login', { body: { username: 'nobody', password: 'x' } });
        const before = await resident();
        await Promise.all(Array.from({ length: 64 }, login));
        const kept = (await resident()) - before;
        assert.ok(kept < 64 << 20, `${kept >> 20} MiB for two hashes of 19 MiB at a time`);
    } finally {
        await one.stop();
    }
});

test('sec_M20_aborted_and_slow_clients_leave_nothing_behind', async () => {
    const abort = async () => {
        const socket = await openSocket(w.server.origin);
        socket.write(head('POST /parse/classes/T HTTP/1.1', 'Content-Length: 100000') + '{"name":"');
        socket.destroy();
    };
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 25 }, abort));
    const open = async () => Number(/^homeport_http_connections (\d+)/m.exec((await w.server.request('GET', '/metrics', { origin: true })).text)[1]);
    const until = Date.now() + 20_000;
    while ((await open()) > 3 && Date.now() < until);
    assert.ok((await open()) <= 3);
    await w.alive();
});
