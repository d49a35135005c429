// Providers whose proof is an OpenID Connect token.
import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { runHomeport, startServer } from '../support/homeport.mjs';

const ISSUER = 'https://issuer.example.org', CLIENT = 'client-1';
const INVALID = [404, { code: 101, error: 'corp auth is invalid for this user.' }];
const pair = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits });
const jwk = (keys, kid, more) => ({ ...keys.publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256', ...more });

const right = pair(), other = pair(), small = pair(1024);
let server, provider, asked = 0, keys;
before(async () => {
    keys = [jwk(right, 'k1'), jwk(small, 'small'), jwk(right, 'for-encryption', { use: 'enc' }), jwk(right, 'for-pss', { alg: 'PS256' })];
    provider = http.createServer((request, response) => {
        asked++;
        response.end(JSON.stringify({ keys }));
    });
    await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const jwksUrl = `http://127.0.0.1:${provider.address().port}/keys`;
    server = await startServer({ config: { auth: { corp: { module: 'oidc', options: { jwksUrl, issuer: ISSUER, clientId: [CLIENT, 'client-2'] } } } } });
});
after(async () => {
    await server?.stop();
    provider?.close();
    provider?.closeAllConnections();
});

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = (more) => ({ iss: ISSUER, aud: CLIENT, sub: 'subject-1', exp: now() + 300, iat: now(), ...more });
function token(payload = claims(), { header = {}, by = right, sign } = {}) {
    const text = `${part({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header })}.${part(payload)}`;
    return `${text}.${sign ? sign(text) : createSign('RSA-SHA256').update(text).sign(by.privateKey, 'base64url')}`;
}
const come = (id_token, id = 'subject-1', more = {}) => server.request('POST', '/users', { body: { authData: { corp: { id, id_token, ...more } } } });
const refused = async (answer, label) => assert.deepEqual([(await answer).status, (await answer).body], INVALID, label);
const accepted = async (answer) => assert.ok((await answer).status < 300, (await answer).text);

test('a token of the provider opens the account of its subject', async () => {
    const first = await come(token());
    assert.deepEqual([first.status, typeof first.body.sessionToken], [201, 'string']);
    const again = await come(token(claims({ aud: 'client-2' })));
    assert.deepEqual([again.status, again.body.objectId], [200, first.body.objectId]);
    await accepted(come(undefined, 'subject-1', { token: token() })); // as Apple's clients call it
    await accepted(come(token(claims({ aud: ['x', CLIENT], azp: CLIENT }))));
    await accepted(come(token(claims({ exp: now() - 30 })))); // clocks differ
    assert.equal(asked, 1);
});

test('sec_G1_a_token_for_another_audience_is_refused', async () => {
    for (const aud of ['client', 'client-10', 'x', '', null, 1, {}, [], ['x'], ['x', CLIENT], [[CLIENT]]]) await refused(come(token(claims({ aud }))), JSON.stringify(aud));
    await refused(come(token(claims({ aud: ['x', CLIENT], azp: 'x' }))));
    const { aud, ...without } = claims();
    await refused(come(token(without)));
    for (const [name, config] of [['google', {}], ['apple', { clientId: [] }], ['apple', { clientId: '' }], ['google', { clientId: [1] }], ['corp', { module: 'oidc', options: { jwksUrl: 'https://x', issuer: 'x' } }]]) {
        const { code, stderr } = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_AUTH_PROVIDERS: JSON.stringify({ [name]: config }) } });
        assert.deepEqual([code, /clientId must be a text or a list of texts/.test(stderr)], [78, true], stderr);
    }
    await accepted(come(token()));
});

test('sec_G2_the_algorithm_is_not_the_tokens_to_choose', async () => {
    const pem = right.publicKey.export({ type: 'spki', format: 'pem' });
    const hmac = (text) => createHmac('sha256', pem).update(text).digest('base64url');
    await refused(come(token(claims(), { header: { alg: 'none' }, sign: () => '' })));
    await refused(come(token(claims(), { header: { alg: 'none' } })));
    await refused(come(token(claims(), { header: { alg: 'HS256' }, sign: hmac })));
    await refused(come(token(claims(), { sign: hmac })));
    for (const alg of ['RS384', 'PS256', 'ES256', 'rs256', '', null, ['RS256']]) await refused(come(token(claims(), { header: { alg } })), JSON.stringify(alg));
    await refused(come(token(claims(), { header: { crit: ['exp'] } })));
    await refused(come(token(claims(), { by: other })));
    await refused(come(token(claims(), { header: { kid: 'nosuch' } })));
    await refused(come(token(claims(), { header: { kid: undefined } })));
    for (const kid of ['small', 'for-encryption', 'for-pss']) await refused(come(token(claims(), { header: { kid }, by: kid === 'small' ? small : right })), kid);
    await refused(come(token(claims(), { header: { jwk: jwk(other, 'k1') }, by: other })));
    const whole = token();
    for (const broken of ['', 'x', '..', 'a.b.c', `${whole}x`, `${whole}.`, `.${whole}`, whole.slice(0, -3), whole.replace('.', '..'), `${whole.split('.').slice(0, 2).join('.')}.`, 'x'.repeat(20000), null, 5, {}, [whole]])
        await refused(come(broken), JSON.stringify(broken)?.slice(0, 60));
    const [head, body, signature] = whole.split('.');
    await refused(come(`${head}.${part(claims({ sub: 'subject-2' }))}.${signature}`, 'subject-2'));
    await refused(come(`${head}.${part('{"sub":"subject-1","sub":"x"}')}.${signature}`));
    await refused(come(`${head}.${body}.${signature.slice(0, 10)}+${signature.slice(11)}`));
    await accepted(come(whole));
});

test('sec_G3_issuer_and_keys_are_the_configurations', async () => {
    let visits = 0;
    const attacker = http.createServer((request, response) => (visits++, response.end(JSON.stringify({ keys: [jwk(other, 'k1')] }))));
    await new Promise((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${attacker.address().port}/`;
    try {
        for (const iss of [url, `${ISSUER}/`, `${ISSUER}.evil.org`, '', null, [ISSUER]]) await refused(come(token(claims({ iss }))), JSON.stringify(iss));
        await refused(come(token(claims(), { header: { jku: url, x5u: url }, by: other })));
        await refused(come(token(claims({ iss: url }), { header: { jku: url }, by: other })));
        assert.equal(visits, 0);
    } finally {
        attacker.close();
    }
});

test('sec_G10_addresses_that_a_client_sends_are_asked_by_nobody', async () => {
    let visits = 0;
    const attacker = http.createServer((request, response) => (visits++, response.end(JSON.stringify({ keys: [jwk(other, 'k1')], id: 'subject-1' }))));
    await new Promise((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${attacker.address().port}/`;
    const addresses = Object.fromEntries(['apiURL', 'apiUrl', 'url', 'issuer', 'jwksUrl', 'jwksUri', 'jwks_uri', 'tokenIntrospectionEndpointUrl', 'graphURL'].map((name) => [name, url]));
    try {
        await refused(come(token(claims(), { by: other }), 'subject-1', addresses));
        await refused(come(undefined, 'subject-1', addresses));
        await accepted(come(token(), 'subject-1', addresses));
        assert.equal(visits, 0);
    } finally {
        attacker.close();
    }
});

test('a token of one subject, too late or too early, proves nothing', async () => {
    await refused(come(token(), 'subject-2'));
    for (const sub of [null, '', 'subject-2', ['subject-1'], { $ne: 1 }]) await refused(come(token(claims({ sub }))), JSON.stringify(sub));
    for (const exp of [now() - 120, 0, null, `${now() + 300}`]) await refused(come(token(claims({ exp }))), JSON.stringify(exp));
    for (const nbf of [now() + 120, 'x']) await refused(come(token(claims({ nbf }))), JSON.stringify(nbf));
});

test('a flood of unknown keys does not become a flood of requests, a key that was there stays good', async () => {
    const before = asked;
    await Promise.all(Array.from({ length: 50 }, (_, i) => refused(come(token(claims(), { header: { kid: `unknown-${i}` } })))));
    assert.ok(asked <= before + 1, `${asked - before} requests`);
    await accepted(come(token()));
});

test('who waits for the keys of a provider keeps nobody else waiting', async () => {
    const held = [];
    const slow = http.createServer((request, response) => held.push(response));
    await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const jwksUrl = `http://127.0.0.1:${slow.address().port}/keys`;
    const own = await startServer({ config: { workers: 1, auth: { corp: { module: 'oidc', options: { jwksUrl, issuer: ISSUER, clientId: CLIENT } } } } });
    const answer = async () => {
        while (!held.length) await new Promise((resolve) => setTimeout(resolve, 5));
        held.pop().end(JSON.stringify({ keys }));
    };
    const come = (id) => own.request('POST', '/users', { body: { authData: { corp: { id, id_token: token(claims({ sub: id })) } } } });

    const first = ['a', 'b', 'c', 'd'].map(come);
    assert.equal((await own.request('GET', '/roles')).status, 200);
    await answer();
    for (const one of await Promise.all(first)) assert.ok(one.status < 300, one.text);
    assert.equal(held.length, 0, 'asked once');
    await own.stop();
    slow.close();
    slow.closeAllConnections();
});
