// Bytes that are no HTTP request: each has its exact status, closes the connection, runs nothing, and the server lives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { openSocket } from '../support/http.mjs';
import { storedAll } from '../support/payments.mjs';

let server;
before(async () => {
    server = await startServer({ config: { maxUploadSize: '64kb' } });
    assert.equal((await server.request('POST', '/schemas', { master: true, body: { className: 'Thing' } })).status, 200);
});
after(() => server.stop());

/** Head of a request that would create a Thing with the master key. */
const create = (...more) =>
    ['POST /parse/classes/Thing HTTP/1.1', 'Host: localhost', `X-Parse-Application-Id: ${server.config.appId}`,
        `X-Parse-Master-Key: ${server.config.masterKey}`, ...more, '', ''].join('\r\n');
const ready = (...more) => ['GET /ready HTTP/1.1', 'Host: localhost', ...more, '', ''].join('\r\n');

// [what, bytes, status]
const CASES = [
    ['another protocol', () => '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400],
    ['a request without a version', () => 'GET /ready\r\n\r\n', 400],
    ['HTTP/2.0', () => 'GET /ready HTTP/2.0\r\nHost: localhost\r\n\r\n', 505],
    ['no Host', () => 'GET /ready HTTP/1.1\r\n\r\n', 400],
    ['a NUL in a header', () => ready('A: b\0c'), 400],
    ['a blank before the colon', () => ready('A : b'), 400],
    ['a folded header', () => ready('A: b', ' c'), 400],
    ['a header without a colon', () => ready('nonsense'), 400],
    ['100 kB of header', () => ready(`A: ${'x'.repeat(100_000)}`), 431],
    ['100 kB of URL', () => `GET /ready?${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
    ['two lengths', () => `${create('Content-Length: 2', 'Content-Length: 3')}{}x`, 400],
    ['a length and chunks', () => `${create('Content-Length: 2', 'Transfer-Encoding: chunked')}{}`, 400],
    ['a negative length', () => `${create('Content-Length: -1')}{}`, 400],
    ['a length that is no number', () => `${create('Content-Length: 2x')}{}`, 400],
    ['a length beyond 64 bits', () => `${create('Content-Length: 99999999999999999999')}{}`, 400],
    ['a length beyond maxUploadSize', () => create('Content-Length: 1000000'), 413],
    ['a chunk size that is no number', () => `${create('Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`, 400],
    ['a chunk longer than its size', () => `${create('Transfer-Encoding: chunked')}1\r\n{}\r\n0\r\n\r\n`, 400],
    ['chunks beyond maxUploadSize', () => create('Transfer-Encoding: chunked') + `4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(5), 413],
    ['a compressed body', () => `${create('Content-Encoding: gzip', 'Content-Length: 2')}{}`, 415],
];

describe('bytes that are no request', () => {
    for (const [what, bytes, status] of CASES)
        test(`${what}: ${status}, and what follows is not run`, async () => {
            const socket = await openSocket(server.origin);
            socket.write(bytes() + create('Content-Length: 2') + '{}');
            await socket.untilClosed();
            assert.deepEqual(socket.received.match(/HTTP\/1\.1 \d+/g), [`HTTP/1.1 ${status}`], socket.received);
            const [, body] = socket.received.split('\r\n\r\n');
            assert.equal(typeof JSON.parse(body).error, 'string');
            assert.deepEqual(await storedAll(server, 'Thing'), []);
            assert.equal((await server.request('GET', '/health')).status, 200);
        });

    test('a request cut off in its middle runs nothing', async () => {
        const whole = create('Content-Length: 2') + '{}';
        for (const length of [1, 20, whole.length - 3, whole.length - 1]) {
            const socket = await openSocket(server.origin);
            socket.write(whole.slice(0, length));
            socket.end();
            await socket.untilClosed();
            assert.doesNotMatch(socket.received, /HTTP\/1\.1 2/);
        }
        assert.deepEqual(await storedAll(server, 'Thing'), []);
        assert.equal((await server.request('GET', '/health')).status, 200);
    });
});
