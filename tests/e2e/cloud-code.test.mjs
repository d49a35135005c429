// Cloud code in C, compiled by `homeport cloud build` and run by the real program: every trigger, functions, the atomic unit.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';

const SOURCE = new URL('plugins/triggers.c', import.meta.url);
const folder = makeFolder();
const plugin = join(folder, 'triggers.so');
let server;

before(async () => {
    cpSync(SOURCE, join(folder, 'triggers.c'));
    const built = await runHomeport(['cloud', 'build', join(folder, 'triggers.c')]);
    assert.equal(built.code, 0, built.stderr);
    server = await startServer({ config: { cloud: plugin, allowClientClassCreation: true } });
});
after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

const master = (method, path, body) => server.request(method, path, { body, master: true });
const client = (method, path, body, options = {}) => server.request(method, path, { body, ...options });
const where = (conditions) => `where=${encodeURIComponent(JSON.stringify(conditions))}`;

async function seen(conditions) {
    const { body } = await master('GET', `/classes/Seen?${where(conditions)}`);
    return body.results ?? [];
}
async function count(className) {
    return (await master('GET', `/classes/${className}?count=1&limit=0`)).body.count ?? 0;
}
async function createNote(text, fields = {}) {
    const answer = await client('POST', '/classes/Note', { text, ...fields });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
}
async function signUp(username) {
    const { status, text, body } = await client('POST', '/users', { username, password: 'secret-1' });
    assert.equal(status, 201, text);
    return { id: body.objectId, session: body.sessionToken };
}

describe('save triggers', () => {
    test('beforeSave changes what is stored, and the answer tells the client', async () => {
        const created = await createNote('first', { secret: 'x' });
        assert.equal(created.times, 1);
        assert.equal(created.sentText, true);
        assert.equal(created.savedAt.iso, created.createdAt, 'one request has one time');
        const { body } = await client('GET', `/classes/Note/${created.objectId}`);
        assert.equal(body.secret, undefined);
        const updated = await client('PUT', `/classes/Note/${created.objectId}`, { other: 1 });
        assert.equal(updated.body.times, 2, 'counted from the original');
        assert.equal(updated.body.sentText, false);
    });

    test('what beforeSave throws is the answer, with its own code, and nothing is stored', async () => {
        const refused = await client('POST', '/classes/Note', { text: 'refuse' });
        assert.deepEqual([refused.status, refused.body], [400, { code: 999, error: 'Refused: Note' }]);
        const failed = await client('POST', '/classes/Note', { text: 'plain failure' });
        assert.deepEqual([failed.status, failed.body.code], [400, 141]);
        assert.deepEqual((await master('GET', `/classes/Note?${where({ text: { $in: ['refuse', 'plain failure'] } })}`)).body.results, []);
    });

    test('afterSave sees the stored object, its original and the context of beforeSave', async () => {
        const { objectId } = await createNote('before');
        await client('PUT', `/classes/Note/${objectId}`, { text: 'behind' }, { headers: { 'X-Parse-Cloud-Context': '{"from":"client"}' } });
        const [trace] = await seen({ what: 'afterSave', text: 'behind' });
        assert.deepEqual([trace.was, trace.class, trace.master, trace.context], ['before', 'Note', false, { from: 'client', by: 'beforeSave' }]);
    });

    test('an error in afterSave comes too late: the object is stored and the client told so', async () => {
        const { objectId } = await createNote('fail afterwards');
        assert.equal((await client('GET', `/classes/Note/${objectId}`)).status, 200);
        await server.logged(/Too late to refuse/);
    });

    test('triggers run for the parts of a batch, and a refused part of a transaction takes the others with it', async () => {
        const part = (text) => ({ method: 'POST', path: '/parse/classes/Note', body: { text } });
        const { body } = await client('POST', '/batch', { requests: [part('part one'), part('refuse')] });
        assert.equal(body[0].success.times, 1);
        assert.equal(body[1].error.code, 999);
        const whole = await client('POST', '/batch', { transaction: true, requests: [part('whole one'), part('refuse')] });
        assert.equal(whole.body.code, 999);
        assert.deepEqual((await master('GET', `/classes/Note?${where({ text: 'whole one' })}`)).body.results, []);
        assert.deepEqual(await seen({ text: 'whole one' }), [], 'nothing happened, so nothing is announced');
    });

    test('a trigger that saves its own class ends with an error, not with the stack', async () => {
        const notes = await count('Note');
        const { status, body } = await client('POST', '/classes/Note', { text: 'save me again' });
        assert.deepEqual([status, body.code], [400, 141]);
        assert.match(body.error, /deep|recurs/i);
        assert.equal(await count('Note'), notes);
    });
});

describe('delete triggers', () => {
    test('beforeDelete refuses, or joins operations to the delete', async () => {
        const kept = await createNote('keep');
        const refused = await client('DELETE', `/classes/Note/${kept.objectId}`);
        assert.deepEqual(refused.body, { code: 119, error: 'This note stays.' });
        assert.equal((await client('GET', `/classes/Note/${kept.objectId}`)).status, 200);

        const gone = await createNote('goodbye');
        assert.deepEqual((await client('DELETE', `/classes/Note/${gone.objectId}`)).body, {});
        assert.equal((await master('GET', `/classes/Grave?${where({ text: 'goodbye' })}`)).body.results.length, 1);
        assert.equal((await seen({ what: 'afterDelete', text: 'goodbye' })).length, 1);
    });

    test('a guard that does not hold undoes the delete and what had joined it', async () => {
        const { objectId } = await createNote('guarded');
        const graves = await count('Grave');
        const { status, body } = await client('DELETE', `/classes/Note/${objectId}`);
        assert.deepEqual([status, body], [400, { code: 4711, error: 'Not saved often enough.' }]);
        assert.equal((await client('GET', `/classes/Note/${objectId}`)).status, 200);
        assert.equal(await count('Grave'), graves);
        assert.deepEqual(await seen({ what: 'afterDelete', text: 'guarded' }), []);
    });
});

describe('find triggers', () => {
    test('beforeFind narrows the query, also of a count, and may refuse it', async () => {
        const hidden = await createNote('find me', { hidden: true });
        const open = await createNote('find me');
        const { body } = await client('GET', `/classes/Note?count=1&${where({ text: 'find me' })}`);
        assert.deepEqual([body.results.map((note) => note.objectId), body.count], [[open.objectId], 1]);
        assert.equal((await client('GET', `/classes/Note/${hidden.objectId}`)).status, 200, 'a get is told apart');
        const refused = await client('GET', `/classes/Note?${where({ forbidden: 1 })}`);
        assert.deepEqual(refused.body, { code: 119, error: 'Not by this field.' });
    });

    test('afterFind changes what the client gets and nothing that is stored', async () => {
        const { objectId } = await createNote('shown note');
        const found = await client('GET', `/classes/Note?${where({ objectId })}`);
        assert.equal(found.body.results[0].shown, true);
        assert.equal((await client('GET', `/classes/Note/${objectId}`)).body.shown, true);
        const raw = await master('GET', `/classes/Note?count=1&limit=0&${where({ shown: true })}`);
        assert.equal(raw.body.count, 0);
    });
});

describe('login triggers', () => {
    test('beforeLogin refuses without a session, afterLogin follows a login', async () => {
        await signUp('banned');
        const refused = await client('POST', '/login', { username: 'banned', password: 'secret-1' });
        assert.deepEqual(refused.body, { code: 119, error: 'You are banned.' });
        assert.equal(refused.body.sessionToken, undefined);
        await signUp('welcome');
        assert.equal((await client('POST', '/login', { username: 'welcome', password: 'wrong' })).status, 404);
        assert.equal((await client('POST', '/login', { username: 'welcome', password: 'secret-1' })).status, 200);
        assert.deepEqual((await seen({ what: 'afterLogin' })).map((trace) => trace.class), ['_User']);
    });
});

describe('functions', () => {
    test('a function sees who calls, from where, with what', async () => {
        const user = await signUp('caller');
        const role = { name: 'Editors', ACL: { '*': { read: true } }, users: { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: user.id }] } };
        const nobody = (await client('POST', '/functions/whoAmI', { n: 1, list: [{ deep: true }] })).body.result;
        assert.deepEqual(nobody, { editor: false, master: false, ip: '127.0.0.1', params: { n: 1, list: [{ deep: true }] } });
        assert.equal((await master('POST', '/roles', role)).status, 201);
        const own = (await client('POST', '/functions/whoAmI', {}, { session: user.session })).body.result;
        assert.deepEqual([own.editor, own.user.username, own.user.sessionToken, own.user.password], [true, 'caller', undefined, undefined]);
        assert.equal((await master('POST', '/functions/whoAmI', {})).body.result.master, true);
    });

    test('a function that calls itself ends with an error', async () => {
        const { status, body } = await client('POST', '/functions/callMyself', {});
        assert.deepEqual([status, body.code], [400, 141]);
        assert.match(body.error, /deep|recurs/i);
    });

    test('as the caller it reads what the caller may read, as master everything', async () => {
        const owner = await signUp('owner');
        await client('POST', '/classes/Private', { ACL: { [owner.id]: { read: true } } }, { session: owner.session });
        await client('POST', '/classes/Private', { ACL: {} });
        const result = async (options) => (await client('POST', '/functions/countPrivate', {}, options)).body.result;
        assert.deepEqual(await result({ session: owner.session }), { own: 1, all: 2 });
        assert.deepEqual(await result({}), { own: 0, all: 2 });
    });
});

describe('the atomic unit', () => {
    const pointer = (objectId) => ({ __type: 'Pointer', className: 'Account', objectId });
    const open = async (money) => (await master('POST', '/classes/Account', { money })).body.objectId;
    const money = async (id) => (await master('GET', `/classes/Account/${id}`)).body.money;

    test('joined to a save: all of it or nothing, and the guard says which', async () => {
        const id = await open(1);
        const prices = await Promise.all(Array.from({ length: 8 }, () => client('POST', '/classes/Order', { account: pointer(id), price: 0.3 })));
        const bought = prices.filter((answer) => answer.status === 201);
        assert.equal(bought.length, 3);
        for (const { body } of prices.filter((answer) => answer.status !== 201)) assert.deepEqual(body, { code: 4712, error: 'Not enough money.' });
        assert.equal(await money(id), 0.1, 'exact to the cent');
        assert.equal(await count('Order'), 3);
    });

    test('committed by a function: a guard that fails at the end takes everything back', async () => {
        const id = await open(5);
        const paid = await client('POST', '/functions/payTwo', { account: id, price: 5 });
        assert.equal(paid.status, 200, paid.text);
        const overdrawn = await client('POST', '/functions/payTwo', { account: id, price: 0.01 });
        assert.deepEqual(overdrawn.body, { code: 4713, error: 'Overdrawn.' });
        assert.equal(await money(id), 0);
        assert.equal(await count('Receipt'), 1);
    });

    test('an object that is not there meets no guard and takes no change', async () => {
        const { body } = await client('POST', '/classes/Order', { account: pointer('nothing000'), price: 1 });
        assert.deepEqual(body, { code: 4712, error: 'Not enough money.' });
        assert.equal((await client('POST', '/functions/payTwo', { account: 'nothing000', price: 0 })).body.code, 101);
        assert.deepEqual([await count('Order'), await count('Receipt')], [3, 1]);
    });
});

test('a process that is killed inside a handler has stored nothing of that request and all of those it answered', async () => {
    const answered = await createNote('answered before');
    const hanging = client('POST', '/classes/Note', { text: 'hang' }).then(
        () => assert.fail('nothing may answer'),
        (error) => error,
    );
    await server.logged(/hangs until it is killed/);
    await createNote('answered meanwhile');
    await server.crashAndRestart();
    assert.ok((await hanging) instanceof Error);
    assert.equal((await client('GET', `/classes/Note/${answered.objectId}`)).status, 200);
    const { results } = (await master('GET', `/classes/Note?${where({ text: { $in: ['hang', 'answered meanwhile'] } })}`)).body;
    assert.deepEqual(results.map((note) => note.text), ['answered meanwhile']);
});

test('a plug-in for another version of the interface is refused at the start, with both numbers', async () => {
    const source = readFileSync(SOURCE, 'utf8').replace('HPC_PLUGIN("triggers", setup)', 'const hpc_api *hpc_server;\n__attribute__((visibility("default"))) const hpc_plugin homeport_plugin = { HPC_ABI + 1, "future", setup, &hpc_server };');
    writeFileSync(join(folder, 'future.c'), source);
    assert.equal((await runHomeport(['cloud', 'build', join(folder, 'future.c')])).code, 0);
    const { code, stderr } = await runHomeport(['serve', '--config', server.configFile, '--cloud', join(folder, 'future.so'), '--port', '0']);
    assert.equal(code, 78, stderr);
    assert.match(stderr, /future\.so.*2.*1|interface|ABI/);
});
