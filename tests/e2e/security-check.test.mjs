// /security: what the configuration leaves open, told to who holds the master key.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const failed = ({ report }) => report.groups.flatMap(({ checks }) => checks).filter(({ state }) => state === 'fail');

test('says nothing unless it was asked for in the configuration', async () => {
    const server = await startServer();
    const { status, body } = await server.request('GET', '/security', { master: true });
    assert.deepEqual([status, body], [409, { error: 'Enable Parse Server option `security.enableCheck` to run security check.' }]);
    assert.equal((await server.request('GET', '/serverInfo', { master: true })).body.features.settings.securityCheck, false);
    await server.stop();
});

test('a closed configuration passes, and each opening is named with its remedy', async () => {
    const closed = { masterKey: 'Long-And-Of-4-Kinds', accountLockout: { threshold: 5, duration: 5 }, security: { enableCheck: true } };
    const open = { masterKey: 'short', masterKeyIps: ['0.0.0.0/0', '::/0'], allowClientClassCreation: true, enforcePrivateUsers: false, fileUpload: { enableForPublic: true }, databaseOptions: { allowPublicExplain: true }, enableSanitizedErrorResponse: false, security: { enableCheck: true } };
    let server = await startServer({ config: closed });
    const passed = await server.request('GET', '/security', { master: true });
    assert.deepEqual([passed.status, passed.body.report.state, failed(passed.body)], [200, 'success', []]);
    assert.equal((await server.request('GET', '/serverInfo', { master: true })).body.features.settings.securityCheck, true);
    assert.equal((await server.request('GET', '/security')).status, 403);
    await server.stop();

    const hexadecimal = '0123456789abcdef'.repeat(2); // what a program makes of 16 random bytes
    server = await startServer({ config: { ...closed, masterKey: hexadecimal } });
    assert.deepEqual(failed((await server.request('GET', '/security', { master: true })).body), []);
    await server.stop();

    server = await startServer({ config: open });
    const { body } = await server.request('GET', '/security', { master: true });
    assert.equal(body.report.state, 'fail');
    assert.equal(failed(body).length, 8);
    for (const { title, warning, solution } of failed(body)) assert.ok(title && warning && solution);
    await server.stop();
});
