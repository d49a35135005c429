// Cloud code of live queries: a plug-in that refuses, changes and drops.
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { makeFolder, runHomeport } from '../support/homeport.mjs';
import { liveClient, openSocket, subscribeMessage } from '../support/live.mjs';
import { signUp } from '../support/payments.mjs';
import { makeWorld } from '../support/security.mjs';

const folder = makeFolder();
let world, server;
before(async () => {
    cpSync(new URL('plugins/live.c', import.meta.url), join(folder, 'live.c'));
    const built = await runHomeport(['cloud', 'build', join(folder, 'live.c')]);
    assert.equal(built.code, 0, built.stderr);
    world = await makeWorld({
        config: {
            cloud: join(folder, 'live.so'),
            liveQuery: { classNames: ['Coded'] },
            liveQueryServerOptions: { keyPairs: { masterKey: 'live-master', javascriptKey: 'js' } },
        },
    });
    server = world.server;
    await world.makeClass(
        'Coded',
        { name: { type: 'String' }, state: { type: 'String' }, secret: { type: 'String' }, touched: { type: 'String' } },
        { protectedFields: { '*': ['secret'] } },
    );
});
after(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
});

const nobody = () => liveClient(server, { javascriptKey: 'js' });
const make = (fields) => world.make('Coded', { state: 'published', ...fields });

test('beforeConnect refuses a client, who may try again', async () => {
    const { session } = await signUp(server, 'banned');
    const client = await openSocket(server);
    const refused = await client.ask({ op: 'connect', applicationId: 'x', javascriptKey: 'js', sessionToken: session });
    assert.deepEqual(refused, { op: 'error', requestId: null, code: 142, error: 'You may not connect.', reconnect: false });
    assert.equal((await client.ask(subscribeMessage(1, 'Coded'))).code, 2, 'and is not connected');
    assert.equal((await client.ask({ op: 'connect', applicationId: 'x', javascriptKey: 'js' })).op, 'connected');
    await client.close();
});

test('beforeConnect may refuse with a code that the server has a use for, too', async () => {
    const { session } = await signUp(server, 'hasty');
    const client = await openSocket(server);
    const refused = await client.ask({ op: 'connect', applicationId: 'x', javascriptKey: 'js', sessionToken: session });
    assert.deepEqual([refused.op, refused.code, refused.error], ['error', 155, 'Not so often.']);
    assert.equal((await client.ask({ op: 'connect', applicationId: 'x', javascriptKey: 'js' })).op, 'connected', 'the socket is still open');
    await client.close();
});

test('beforeSubscribe refuses a query, or changes it', async () => {
    const client = await nobody();
    const refused = await client.refused(141, 'Coded', { forbidden: 1 });
    assert.equal(refused.error, 'Ask something else.');
    await client.subscribe(1, 'Coded', { name: 'query' });
    const master = await liveClient(server, { masterKey: 'live-master' });
    await master.subscribe(1, 'Coded', { name: 'query' });
    await make({ name: 'query', state: 'draft' });
    const published = await make({ name: 'query' });
    assert.equal((await client.event()).object.objectId, published);
    assert.deepEqual([(await master.event()).object.state, (await master.event()).object.state], ['draft', 'published']);
    await client.close();
    await master.close();
});

test('afterLiveQueryEvent changes what is sent, drops it, or throws', async () => {
    const client = await nobody();
    await client.subscribe(1, 'Coded', {}, { keys: ['name', 'touched'] });
    await make({ name: 'drop' });
    await make({ name: 'throw' });
    assert.deepEqual(await client.message(), { op: 'error', requestId: 1, code: 150, error: 'No such luck.', reconnect: false });
    const id = await make({ name: 'kept' });
    let { object } = await client.event();
    assert.deepEqual([object.name, object.touched, 'state' in object], ['kept', 'create', false]);
    await world.must('master', 'PUT', `/classes/Coded/${id}`, { name: 'changed' });
    const event = await client.event();
    assert.deepEqual([event.object.touched, event.original.touched, event.original.name], ['update', 'before', 'kept']);
    await client.close();
});

test('what afterLiveQueryEvent makes for one receiver is not told to another', async () => {
    const clients = [];
    for (const name of ['ann', 'bob']) {
        const client = await liveClient(server, { javascriptKey: 'js', sessionToken: world.users[name].session });
        await client.subscribe(1, 'Coded', { name: 'for each' });
        clients.push(client);
    }
    await make({ name: 'for each' });
    assert.deepEqual([(await clients[0].event()).object.state, (await clients[1].event()).object.state], ['ann', 'bob']);
    for (const client of clients) await client.close();
});

test('sec_B3_cloud_code_does_not_undo_the_filter', async () => {
    const client = await nobody();
    const master = await liveClient(server, { masterKey: 'live-master' });
    await client.subscribe(1, 'Coded', { name: 'filtered' });
    await master.subscribe(1, 'Coded', { name: 'filtered' });
    const id = await make({ name: 'filtered', secret: 'alpha' });
    await world.must('master', 'PUT', `/classes/Coded/${id}`, { secret: 'beta' });
    for (const kind of ['create', 'update']) {
        const told = await client.event();
        assert.equal(told.op, kind);
        assert.ok(!('secret' in told.object) && !('secret' in (told.original ?? {})), JSON.stringify(told));
        assert.equal((await master.event()).object.secret, 'told by cloud code', 'whoever may see the field sees what the code made of it');
    }
    await client.close();
    await master.close();
});
