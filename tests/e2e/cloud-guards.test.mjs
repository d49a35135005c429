// Validators of cloud code, and the triggers of the configuration and of forgotten passwords.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';
import { freePort } from '../support/http.mjs';
import { startWebhook } from '../support/webhook.mjs';

const SOURCE = new URL('plugins/guards.c', import.meta.url);
const folder = makeFolder();
let server, post;

before(async () => {
    cpSync(SOURCE, join(folder, 'guards.c'));
    const built = await runHomeport(['cloud', 'build', join(folder, 'guards.c')]);
    assert.equal(built.code, 0, built.stderr);
    post = await startWebhook(() => ({ success: {} }));
    const port = await freePort();
    server = await startServer({
        config: {
            port,
            cloud: join(folder, 'guards.so'),
            allowClientClassCreation: true,
            appName: 'Guards',
            passwordPolicy: { resetTokenValidityDuration: 1 },
            publicServerURL: `http://127.0.0.1:${port}/parse`,
            emailAdapter: { module: 'webhook', options: { url: post.url, methods: ['sendVerificationEmail', 'sendPasswordResetEmail'] } },
        },
    });
});
after(async () => {
    await server?.stop();
    await post?.stop();
    rmSync(folder, { recursive: true, force: true });
});

const ask = (method, path, body, options = {}) => server.request(method, path, { body, ...options });
const run = (name, params = {}, options = {}) => ask('POST', `/functions/${name}`, params, options);
async function refused(promise, error, code = 142) {
    const { status, body } = await promise;
    assert.deepEqual([status, body], [code === 101 ? 404 : 400, { code, error }]);
}
async function passes(promise, result) {
    const { status, body, text } = await promise;
    assert.equal(status, 200, text);
    if (result !== undefined) assert.deepEqual(body.result, result);
}
async function signUp(username, more = {}) {
    const { body, text } = await ask('POST', '/users', { username, password: 'p', ...more });
    assert.ok(body.sessionToken, text);
    return { session: body.sessionToken, id: body.objectId };
}
async function giveRole(name, userId) {
    const users = { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: userId }] };
    const { status, text } = await ask('POST', '/roles', { name, ACL: {}, users }, { master: true });
    assert.equal(status, 201, text);
}
const LOGIN = 'Validation failed. Please login to continue.';
const traces = async (what) => (await ask('GET', `/classes/Seen?where=${encodeURIComponent(JSON.stringify({ what }))}&order=createdAt`, undefined, { master: true })).body.results.map(({ object, original, master }) => ({ object: JSON.parse(object), original: original ? JSON.parse(original) : null, master }));

test('a function for users, for the master key, or for both', async () => {
    const ann = await signUp('ann');
    await refused(run('user'), LOGIN);
    await passes(run('user', {}, { session: ann.session }));
    await passes(run('user', {}, { master: true }));
    await refused(run('master', {}, { session: ann.session }), 'Validation failed. Master key is required to complete this request.');
    await passes(run('master', {}, { master: true }));
    await refused(run('both', {}, { master: true }), LOGIN);
});

test('roles: one of them, or all of them', async () => {
    const [bob, cat] = [await signUp('bob'), await signUp('cat')];
    await refused(run('any'), LOGIN);
    await refused(run('any', {}, { session: bob.session }), 'Validation failed. User does not match the required roles.');
    await giveRole('staff', bob.id);
    await passes(run('any', {}, { session: bob.session }));
    await refused(run('all', {}, { session: bob.session }), 'Validation failed. User does not match all the required roles.');
    await giveRole('admin', bob.id);
    await passes(run('all', {}, { session: bob.session }));
    await refused(run('any', {}, { session: cat.session }), 'Validation failed. User does not match the required roles.');
});

test('parameters: there, of a type, one of a list, and filled in', async () => {
    await refused(run('names', { a: 1 }), 'Validation failed. Please specify data for b.');
    await refused(run('names', { a: 1, b: null }), 'Validation failed. Please specify data for b.');
    await passes(run('names', { a: 0, b: false }));
    await refused(run('fields'), 'Validation failed. Please specify data for text.');
    await passes(run('fields', { text: 't' }), { text: 't', currency: 'EUR' });
    await passes(run('fields', { text: 't', n: 1, list: [], yes: false, map: {}, currency: 'CHF', one: 1, own: true }), { text: 't', n: 1, list: [], yes: false, map: {}, currency: 'CHF', one: 1, own: true });
    const wrong = [
        [{ text: 5 }, 'Validation failed. Invalid type for text. Expected: string'], [{ n: '1' }, 'Validation failed. Invalid type for n. Expected: number'], [{ n: null }, 'Validation failed. Invalid type for n. Expected: number'],
        [{ list: {} }, 'Validation failed. Invalid type for list. Expected: array'], [{ yes: 1 }, 'Validation failed. Invalid type for yes. Expected: boolean'], [{ map: [] }, 'Validation failed. Invalid type for map. Expected: object'],
        [{ currency: 'USD' }, 'Validation failed. Invalid option for currency. Expected: EUR, CHF'], [{ one: '1' }, 'Validation failed. Invalid option for one. Expected: 1'], [{ own: false }, 'Say yes.'],
    ];
    for (const [params, error] of wrong) await refused(run('fields', { text: 't', ...params }), error);
    await passes(run('fields', { text: 5, n: 'x' }, { master: true }), { text: 5, n: 'x' });
});

test('what the user has on the account', async () => {
    const [dan, eve] = [await signUp('dan', { plan: 'tin' }), await signUp('eve', { phone: '1', plan: 'gold' })];
    await refused(run('keys'), 'Please login to make this request.');
    await refused(run('keys', {}, { session: dan.session }), 'Validation failed. Please set data for phone on your account.');
    await passes(run('keys', {}, { session: eve.session }));
    await refused(run('keyOptions', {}, { session: dan.session }), 'Gold only.');
    await passes(run('keyOptions', {}, { session: eve.session }));
});

test('objects: types, defaults, and what stays as it was', async () => {
    await refused(ask('POST', '/classes/Guarded', { size: 'big' }), 'Validation failed. Invalid type for size. Expected: number');
    const made = await ask('POST', '/classes/Guarded', { size: 1, kind: 'other', serial: 'first' });
    assert.equal(made.status, 201, made.text);
    const path = `/classes/Guarded/${made.body.objectId}`;
    const stored = async () => (({ kind, serial, size }) => ({ kind, serial, size }))((await ask('GET', path)).body);
    assert.deepEqual(await stored(), { kind: 'plain', serial: 'first', size: 1 });
    await ask('PUT', path, { size: 2, kind: 'changed', serial: 'second' });
    assert.deepEqual(await stored(), { kind: 'plain', serial: 'first', size: 2 });
    await ask('PUT', path, { kind: 'by master' }, { master: true });
    assert.equal((await stored()).kind, 'by master');
});

test('a trigger that is not for the master key, and one of a query', async () => {
    await refused(ask('POST', '/classes/Closed', {}), 'Not even by you.', 999);
    assert.equal((await ask('POST', '/classes/Closed', {}, { master: true })).status, 201);
    await refused(ask('POST', '/classes/Checked', {}, { master: true }), 'Validation failed. Please specify data for a.');
    assert.equal((await ask('POST', '/classes/Checked', { a: 1 }, { master: true })).status, 201, 'checked, and then skipped');
    await refused(ask('GET', '/classes/Members'), LOGIN);
    const fay = await signUp('fay'); // who signs up counts as the user
    assert.equal((await ask('GET', '/classes/Members', undefined, { session: fay.session })).status, 200);
});

test('how often a function or a route may be asked for', async () => {
    const seldom = await Promise.all([1, 2, 3].map(() => run('seldom')));
    assert.deepEqual(seldom.map(({ status }) => status).sort(), [200, 200, 429]);
    assert.deepEqual(seldom.find(({ status }) => status === 429).body, { code: 100, error: 'Seldom, please.' });
    await passes(run('seldom', {}, { master: true }));
    const odd = encodeURIComponent('odd: name/*');
    await passes(run(odd));
    assert.equal((await run(odd)).status, 429);
    assert.equal((await run(encodeURIComponent('odd: name/x'))).body.code, 141, 'no pattern');
    const ivo = await signUp('ivo');
    const made = [];
    for (let i = 0; i < 3; i++) made.push(await ask('POST', '/classes/Slow', {}, { session: ivo.session }));
    assert.deepEqual(made.map(({ status }) => status), [201, 201, 429]);
    assert.equal((await ask('PUT', `/classes/Slow/${made[0].body.objectId}`, {}, { session: ivo.session })).status, 429, 'an update is a save');
    assert.equal((await ask('GET', '/classes/Slow', undefined, { session: ivo.session })).status, 200);
    assert.equal((await ask('POST', '/classes/Slow', {})).status, 201, 'somebody else');
});

test('a plug-in with a rule that means nothing is refused', async () => {
    const source = readFileSync(SOURCE, 'utf8');
    const cases = { requireuser: 'unknown rule requireuser', rateLimit: 'unknown rule rateLimit', nothing: 'no handler' };
    for (const [name, words] of Object.entries(cases)) {
        const changed = name === 'nothing' ? source.replace('hpc_validate_function(reg, functions[i].name,', 'hpc_validate_function(reg, "nothing",') : source.replace('{\\"requireUser\\": true}', `{\\"${name}\\": true}`);
        writeFileSync(join(folder, `${name}.c`), changed);
        assert.equal((await runHomeport(['cloud', 'build', join(folder, `${name}.c`)])).code, 0);
        const { code, stderr } = await runHomeport(['serve'], { env: { PARSE_SERVER_APPLICATION_ID: 'a', PARSE_SERVER_MASTER_KEY: 'm', PARSE_SERVER_DATABASE_URI: `sqlite://${folder}/${name}.db`, PARSE_SERVER_CLOUD: join(folder, `${name}.so`), PORT: '0' } });
        assert.notEqual(code, 0);
        assert.match(stderr, new RegExp(words), stderr);
    }
});

test('@Config: refused before, told after, changed by nobody', async () => {
    const put = (params, masterKeyOnly) => ask('PUT', '/config', { params, masterKeyOnly }, { master: true });
    assert.deepEqual((await put({ a: 1, list: ['x'] })).body, { result: true });
    assert.deepEqual((await put({ a: { __op: 'Increment', amount: 2 }, list: { __op: 'Delete' }, secret: 's' }, { secret: true })).body, { result: true });
    await refused(put({ a: 9, refuse: true }), 'No such configuration.', 777);
    assert.deepEqual((await ask('GET', '/config', undefined, { master: true })).body.params, { a: 3, secret: 's' });
    assert.deepEqual(await traces('before'), [
        { object: { a: 1, list: ['x'] }, original: null, master: true },
        { object: { a: { __op: 'Increment', amount: 2 }, list: { __op: 'Delete' }, secret: 's' }, original: { a: 1, list: ['x'] }, master: true },
    ]);
    assert.deepEqual(await traces('after'), [
        { object: { a: 1, list: ['x'] }, original: null, master: true },
        { object: { a: 3, secret: 's' }, original: { a: 1, list: ['x'] }, master: true },
    ]);
    await refused(put({ late: true }), 'Stored all the same.', 778);
    assert.equal((await ask('GET', '/config')).body.params.late, true);
    assert.equal((await ask('PUT', '/config', { params: { refuse: true } })).status, 403, 'who may not change it is not asked about');
    assert.equal((await traces('before')).length, 3);
});

test('beforePasswordResetRequest sees the user, and may refuse', async () => {
    await signUp('gil', { email: 'gil@example.org' });
    await signUp('locked', { email: 'locked@example.org' });
    const reset = (email) => ask('POST', '/requestPasswordReset', { email });
    assert.deepEqual((await reset('gil@example.org')).body, {});
    await refused(reset('locked@example.org'), 'Ask the office.', 101);
    assert.deepEqual((await reset('nobody@example.org')).body, {});
    const [seen, ...more] = await traces('reset');
    assert.equal(more.length, 0);
    assert.deepEqual([seen.object.username, seen.object.email, seen.master], ['gil', 'gil@example.org', false]);
    assert.doesNotMatch(JSON.stringify(seen), /_hashed_password|sessionToken|_perishable/);
    while (post.calls.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(post.calls.map(({ body }) => body.user.username), ['gil'], 'who was refused gets no mail');

    // By the token of a link that has expired: the same user, the same question.
    const { link } = post.calls[0].body;
    const { objectId } = (await ask('GET', '/users?where={"username":"gil"}', undefined, { master: true })).body.results[0];
    while (!(await (await fetch(link)).text()).includes('This link does not work')) await new Promise((resolve) => setTimeout(resolve, 100));
    const anew = () => ask('POST', '/requestPasswordReset', { token: new URL(link).searchParams.get('token') });
    for (const [name, id] of [['unlocked', (await ask('GET', '/users?where={"username":"locked"}', undefined, { master: true })).body.results[0].objectId], ['locked', objectId]])
        assert.equal((await ask('PUT', `/users/${id}`, { username: name }, { master: true })).status, 200);
    await refused(anew(), 'Ask the office.', 101);
    assert.equal((await ask('PUT', `/users/${objectId}`, { username: 'gil' }, { master: true })).status, 200);
    assert.deepEqual((await anew()).body, {});
});

test('a webhook may be asked before a password is reset', async () => {
    const hook = await startWebhook(() => ({ error: 'closed today' }));
    try {
        const declare = (body) => ask('POST', '/hooks/triggers', body, { master: true });
        const trigger = { className: '_User', triggerName: 'beforePasswordResetRequest', url: hook.url };
        assert.equal((await declare({ ...trigger, className: 'Note' })).body.code, 143);
        assert.equal((await declare(trigger)).status, 200);
        await signUp('hal', { email: 'hal@example.org' });
        await refused(ask('POST', '/requestPasswordReset', { email: 'hal@example.org' }), 'closed today', 141);
        assert.equal(hook.calls[0].body.triggerName, 'beforePasswordResetRequest');
        assert.equal(hook.calls[0].body.object.username, 'hal');
    } finally {
        await ask('PUT', '/hooks/triggers/_User/beforePasswordResetRequest', { __op: 'Delete' }, { master: true });
        await hook.stop();
    }
});
