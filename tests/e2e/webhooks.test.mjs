// Cloud code behind HTTP: Parse's webhooks, asked by a real server, answered by a real receiver that also misbehaves.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const WORKERS = 2;
let server, receiver, calls = [], count = 0;
/** path -> (body, request, response) => what is answered; undefined if it has answered itself. */
const answers = new Map();

before(async () => {
    receiver = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', async () => {
            const body = JSON.parse(Buffer.concat(parts).toString('utf8'));
            calls.push({ path: request.url, headers: request.headers, method: request.method, body });
            const said = await answers.get(request.url)?.(body, request, response);
            if (said === undefined || response.headersSent) return;
            response.writeHead(200, { 'Content-Type': 'application/json' });
            response.end(typeof said === 'string' ? said : JSON.stringify(said));
        });
    });
    await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    server = await startServer({ config: { webhookKey: 'shown-to-hooks', webhookTimeout: 60_000, workers: WORKERS, allowClientClassCreation: true, readOnlyMasterKey: 'reads-only' } });
});
after(async () => {
    await server?.stop();
    receiver?.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
});
afterEach(() => {
    calls = [];
});

const url = (path) => `http://127.0.0.1:${receiver.address().port}${path}`;
const master = (method, path, body) => server.request(method, path, { body, master: true });
const fresh = (word) => `${word}${++count}`;
const ok = (response, status = 200) => (assert.equal(response.status, status, JSON.stringify(response.body)), response.body);

async function functionHook(answer) {
    const name = fresh('f');
    answers.set(`/${name}`, answer);
    ok(await master('POST', '/hooks/functions', { functionName: name, url: url(`/${name}`) }));
    return name;
}
async function triggerHook(className, triggerName, answer) {
    answers.set(`/${className}/${triggerName}`, answer);
    ok(await master('POST', '/hooks/triggers', { className, triggerName, url: url(`/${className}/${triggerName}`) }));
}
const run = (name, body = {}, more = {}) => server.request('POST', `/functions/${name}`, { body, ...more });

test('webhooks are listed, found, changed, removed, and said to be there twice', async () => {
    const name = await functionHook(() => ({ success: 1 }));
    const hook = { functionName: name, url: url(`/${name}`) };
    assert.deepEqual(ok(await master('GET', `/hooks/functions/${name}`)), hook);
    assert.ok(ok(await master('GET', '/hooks/functions')).some((h) => h.functionName === name));
    assert.deepEqual((await master('POST', '/hooks/functions', hook)).body, { code: 143, error: `function name: ${name} already exists` });
    assert.deepEqual(ok(await master('PUT', `/hooks/functions/${name}`, { url: url('/else') })), { functionName: name, url: url('/else') });
    answers.set('/else', () => ({ success: 'else' }));
    assert.deepEqual(ok(await run(name)), { result: 'else' });
    assert.deepEqual(ok(await master('PUT', `/hooks/functions/${name}`, { __op: 'Delete' })), {});
    assert.deepEqual((await master('GET', `/hooks/functions/${name}`)).body, { code: 143, error: `no function named: ${name} is defined` });
    assert.deepEqual((await run(name)).body, { code: 141, error: `Invalid function: "${name}"` });

    const trigger = { className: fresh('C'), triggerName: 'afterDelete', url: url('/t') };
    assert.deepEqual(ok(await master('POST', '/hooks/triggers', trigger)), trigger);
    assert.deepEqual((await master('POST', '/hooks/triggers', trigger)).body, { code: 143, error: `class ${trigger.className} already has trigger afterDelete` });
    assert.deepEqual(ok(await master('GET', `/hooks/triggers/${trigger.className}/afterDelete`)), trigger);
    assert.deepEqual((await master('GET', '/hooks/triggers/None/afterDelete')).body, { code: 143, error: 'class None does not exist' });
    assert.deepEqual(ok(await master('PUT', `/hooks/triggers/${trigger.className}/afterDelete`, { __op: 'Delete' })), {});
});

test('what cannot be a webhook is refused, and only the master key manages them', async () => {
    for (const body of [{}, { functionName: 'x' }, { url: url('/x') }, { className: 'C', triggerName: 'whenever', url: url('/x') },
        { className: '_Session', triggerName: 'beforeSave', url: url('/x') }, { className: '_Hooks', triggerName: 'beforeFind', url: url('/x') }, { className: '@Config', triggerName: 'beforeDelete', url: url('/x') }, { className: 'C', triggerName: 'beforePasswordResetRequest', url: url('/x') }, { functionName: 'x', url: 'file:///etc/passwd' }, { functionName: 'x', url: 7 }])
        assert.deepEqual((await master('POST', '/hooks/functions', body)).body, { code: 143, error: 'invalid hook declaration' }, JSON.stringify(body));
    const client = await server.request('POST', '/hooks/functions', { body: { functionName: 'x', url: url('/x') } });
    assert.equal(client.status, 403);
    assert.equal((await server.request('GET', '/hooks/functions', {})).status, 403);
});

test('the configuration is asked about, before and after a change', async () => {
    await triggerHook('@Config', 'beforeSave', (body) => (body.object.limit > 9 ? { error: 'too much' } : { success: { limit: 1 } }));
    await triggerHook('@Config', 'afterSave', () => ({}));
    const put = (limit) => master('PUT', '/config', { params: { limit } });
    const told = () => calls.map(({ body }) => [body.triggerName, body.object, body.original, body.master]);
    assert.deepEqual(ok(await put(5)), { result: true });
    assert.deepEqual(ok(await put(6)), { result: true });
    assert.deepEqual((await put(10)).body, { code: 141, error: 'too much' });
    assert.deepEqual(ok(await master('GET', '/config')).params, { limit: 6 });
    const config = (limit) => ({ limit, className: '@Config' });
    assert.deepEqual(told(), [
        ['beforeSave', config(5), undefined, true], ['afterSave', config(5), undefined, true],
        ['beforeSave', config(6), config(5), true], ['afterSave', config(6), config(5), true],
        ['beforeSave', config(10), config(6), true],
    ]);
});

test('the read-only key sees webhooks and changes none', async () => {
    const name = await functionHook(() => ({ success: 1 }));
    const readOnly = (method, path, body) => server.request(method, path, { body, headers: { 'X-Parse-Master-Key': 'reads-only' } });
    assert.equal(ok(await readOnly('GET', `/hooks/functions/${name}`)).functionName, name);
    assert.equal((await readOnly('POST', '/hooks/functions', { functionName: fresh('f'), url: url('/x') })).body.code, 119);
    for (const body of [{ url: url('/x') }, { __op: 'Delete' }]) assert.equal((await readOnly('PUT', `/hooks/functions/${name}`, body)).body.code, 119);
    assert.deepEqual(ok(await run(name)), { result: 1 });
});

test('a function gets its parameters, the caller, the key, and its value is the result', async () => {
    const name = await functionHook((body) => ({ success: { sum: body.params.a + 1 } }));
    const user = ok(await server.request('POST', '/users', { body: { username: fresh('u'), password: 'hidden-word' } }), 201);
    const result = ok(await run(`${name}?q=1`, { a: 1, d: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } }, { session: user.sessionToken }));
    assert.deepEqual(result, { result: { sum: 2 } });
    const [{ body, headers, method }] = calls;
    assert.equal(method, 'POST');
    assert.equal(headers['x-parse-webhook-key'], 'shown-to-hooks');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(body.params, { a: 1, d: '2020-01-01T00:00:00.000Z', q: '1' });
    assert.equal(body.functionName, name);
    assert.equal(body.master, false);
    assert.equal(body.user.objectId, user.objectId);
    assert.equal(body.user.sessionToken, user.sessionToken);
    assert.ok(body.headers['x-parse-application-id']);
    const sent = JSON.stringify(calls);
    assert.ok(!sent.includes('hidden-word') && !sent.includes('argon2'), 'no password, no hash');

    calls = [];
    ok(await run(name, { a: 1 }, { master: true }));
    assert.equal(calls[0].body.master, true);
    assert.ok(!JSON.stringify(calls[0].body).includes(server.config.masterKey), 'the master key stays here');
});

test('every answer of a function means what it means in Parse', async () => {
    const cases = [
        [() => ({ success: null }), 200, { result: null }],
        [() => ({}), 200, {}],
        [() => 'not json', 200, {}],
        [() => '', 200, {}],
        [() => ({ error: 'no' }), 400, { code: 141, error: 'no' }],
        [() => ({ error: { code: 777, message: 'm' } }), 400, { code: 141, error: 'm' }],
        [(b, q, r) => void r.writeHead(500).end('{"success":1}'), 400, { code: 141, error: 'The webhook answered with status 500.' }],
        [(b, q, r) => void r.writeHead(302, { Location: url('/elsewhere') }).end(), 200, {}],
        [(b, q) => void q.socket.destroy(), 400, { code: 141, error: 'The webhook did not answer as expected.' }],
        [() => JSON.stringify({ success: 'x'.repeat(21 << 20) }), 400, { code: 141, error: 'The webhook did not answer as expected.' }],
    ];
    for (const [answer, status, body] of cases) {
        const name = await functionHook(answer);
        calls = [];
        const response = await run(name);
        assert.deepEqual([response.status, response.body], [status, body], String(answer));
        assert.equal(calls.length, 1, `asked once: ${answer}`);
        assert.equal(calls[0].path, `/${name}`, 'redirects are not followed');
    }
});

test('an answer that cannot be read may be a refusal, and lets nothing through', async () => {
    const unreadable = [Buffer.from('{"error":"ung\xfcltig"}', 'latin1'), '{"error":"no","error":"no"}', '{"error":"no","n":1e999}', '{"error":"no"', ' {"error":"no",}', `{"error":"no","deep":${'['.repeat(300)}${']'.repeat(300)}}`];
    for (const said of [...unreadable, '\ufeff{"error":"no"}']) {
        const className = fresh('Unread'), name = fresh('unread');
        for (const path of [`/${className}`, `/${name}`]) answers.set(path, (b, q, r) => void r.end(said));
        ok(await master('POST', '/hooks/functions', { functionName: name, url: url(`/${name}`) }));
        ok(await master('POST', '/hooks/triggers', { className, triggerName: 'beforeSave', url: url(`/${className}`) }));
        for (const response of [await run(name), await server.request('POST', `/classes/${className}`, { body: { n: 1 } })]) {
            assert.deepEqual([response.status, response.body.code], [400, 141], String(said));
            assert.match(response.body.error, said.toString().startsWith('\ufeff') ? /^no$/ : /^The webhook's answer cannot be read\. /);
        }
        assert.equal((await master('GET', `/classes/${className}?count=1&limit=0`)).body.count, 0, String(said));
    }
});

test('a webhook that says nothing is given up, and asked once', async () => {
    const impatient = await startServer({ config: { webhookTimeout: 500 } });
    try {
        answers.set('/silent', () => undefined);
        ok(await impatient.request('POST', '/hooks/functions', { body: { functionName: 'silent', url: url('/silent') }, master: true }));
        const { status, body } = await impatient.request('POST', '/functions/silent', { body: {} });
        assert.deepEqual([status, body], [400, { code: 141, error: 'The webhook did not answer in time.' }]);
        assert.ok(calls.length <= 1);
    } finally {
        await impatient.stop();
    }
});

test('a request is not sent again when a kept connection breaks', async () => {
    const good = await functionHook(() => ({ success: 1 }));
    const bad = await functionHook((body, request) => void request.socket.destroy());
    for (let i = 0; i < 5; i++) {
        ok(await run(good)); // leaves a connection behind
        calls = [];
        assert.equal((await run(bad)).body.code, 141);
        assert.equal(calls.filter((c) => c.path === `/${bad}`).length, 1);
    }
});

test('a receiver that is not there is said to be so', async () => {
    const name = fresh('f');
    ok(await master('POST', '/hooks/functions', { functionName: name, url: 'http://127.0.0.1:1/x' }));
    assert.deepEqual((await run(name)).body, { code: 141, error: 'The webhook could not be reached.' });
});

test('beforeSave: the answer is what is saved; an operation that comes back untouched stays one', async () => {
    const C = fresh('Save');
    let answer = () => ({});
    await triggerHook(C, 'beforeSave', (body) => answer(body));
    const create = (body) => server.request('POST', `/classes/${C}`, { body });
    const read = async (id) => (await master('GET', `/classes/${C}/${id}`)).body;

    const made = ok(await create({ a: 1, b: 'left' }), 201);
    assert.equal(calls[0].body.object.className, C);
    assert.equal(calls[0].body.object.objectId, undefined, 'no id before it is stored');
    assert.equal((await read(made.objectId)).a, 1);

    answer = (body) => ({ success: { a: body.object.a, added: 5 } });
    const other = ok(await create({ a: 2, b: 'dropped' }), 201);
    assert.equal(other.added, 5, 'a changed field is in the answer');
    const stored = await read(other.objectId);
    assert.deepEqual([stored.a, stored.added, stored.b], [2, 5, undefined]);

    answer = (body) => ({ success: body.object });
    calls = [];
    ok(await server.request('PUT', `/classes/${C}/${made.objectId}`, { body: { a: { __op: 'Increment', amount: 4 } } }));
    assert.deepEqual(calls[0].body.object.a, { __op: 'Increment', amount: 4 });
    assert.equal(calls[0].body.original.a, 1);
    assert.deepEqual([(await read(made.objectId)).a, (await read(made.objectId)).b], [5, 'left']);

    answer = () => ({ error: 'not today' });
    assert.deepEqual((await create({ a: 3 })).body, { code: 141, error: 'not today' });
    answer = () => ({ success: { x: { y: { constructor: 1 } } } });
    assert.equal((await create({ a: 3 })).body.code, 105, 'the keyword list holds for answers too');
    answer = (body) => ({ success: { ...body.object, objectId: 'mine', createdAt: '1999-01-01T00:00:00.000Z' } });
    assert.notEqual(ok(await create({ a: 4 }), 201).objectId, 'mine');
});

test('afterSave may answer for the save; afterDelete refuses too late; beforeDelete in time', async () => {
    const C = fresh('After');
    await triggerHook(C, 'afterSave', () => ({ success: { hello: 'answer' } }));
    await triggerHook(C, 'beforeDelete', () => ({ error: 'stays' }));
    assert.deepEqual(ok(await server.request('POST', `/classes/${C}`, { body: { a: 1 } }), 201), { hello: 'answer' });
    const { objectId } = calls[0].body.object;
    assert.equal(calls[0].body.triggerName, 'afterSave');
    assert.deepEqual((await master('DELETE', `/classes/${C}/${objectId}`)).body, { code: 141, error: 'stays' });
    ok(await master('PUT', `/hooks/triggers/${C}/beforeDelete`, { __op: 'Delete' }));
    ok(await master('DELETE', `/classes/${C}/${objectId}`));
});

test('beforeFind sees the query, afterFind may answer with other results', async () => {
    const C = fresh('Find');
    ok(await master('POST', `/classes/${C}`, { a: 1 }), 201);
    await triggerHook(C, 'beforeFind', () => ({ success: { where: { a: 99 } } }));
    await triggerHook(C, 'afterFind', (body) => ({ success: body.objects.map((o) => ({ ...o, seen: true })) }));
    const { results } = ok(await server.request('GET', `/classes/${C}?where=${encodeURIComponent('{"a":1}')}`));
    assert.deepEqual([results.length, results[0].a, results[0].seen], [1, 1, true]);
    assert.deepEqual(calls[0].body.query.where, { a: 1 });
    assert.equal(calls[0].body.isGet, false);
});

test('afterFind is asked for an object that is not there, too, and may know it', async () => {
    const C = fresh('Get');
    ok(await master('POST', `/classes/${C}`, { a: 1 }), 201);
    await triggerHook(C, 'afterFind', ({ objects, query }) => ({ success: query.where.objectId === 'archived01' ? [{ objectId: 'archived01', a: 2 }] : objects }));
    assert.deepEqual(ok(await server.request('GET', `/classes/${C}/archived01`)), { objectId: 'archived01', a: 2, className: C });
    assert.deepEqual([calls[0].body.isGet, calls[0].body.objects], [true, []]);
    assert.equal((await server.request('GET', `/classes/${C}/missing001`)).body.code, 101);
});

test('afterLogout is told which session ended, and no token', async () => {
    const user = ok(await server.request('POST', '/users', { body: { username: fresh('u'), password: 'p' } }), 201);
    await triggerHook('_Session', 'afterLogout', () => ({}));
    ok(await server.request('POST', '/logout', { session: user.sessionToken }));
    assert.equal(calls[0].body.object.user.objectId, user.objectId);
    assert.ok(!JSON.stringify(calls[0]).includes(user.sessionToken));
});

test('webhooks survive a restart of nothing but their row', async () => {
    const name = await functionHook(() => ({ success: 'again' }));
    await server.restart?.();
    assert.deepEqual(ok(await run(name)), { result: 'again' });
});

/** A request to the server from inside a receiver, with the depth header sent back or not. */
const back = (method, path, body, request) =>
    server.request(method, path, { body, headers: request ? { 'X-Homeport-Depth': request.headers['x-homeport-depth'] } : {} });

test('a trigger that causes itself through the API ends with a clear error', async () => {
    const C = fresh('Loop');
    let saves = 0;
    await triggerHook(C, 'beforeSave', async (body, request) => {
        saves++;
        const inner = await back('POST', `/classes/${C}`, { n: 1 }, request);
        return inner.status === 201 ? {} : { error: inner.body.error };
    });
    const response = await server.request('POST', `/classes/${C}`, { body: { n: 0 } });
    assert.deepEqual(response.body, { code: 141, error: 'Cloud code calls itself more than 16 levels deep.' });
    assert.equal(saves, 16);
});

test('a depth that nobody signed counts for nothing', async () => {
    const C = fresh('Forged');
    await triggerHook(C, 'beforeSave', () => ({}));
    for (const depth of ['16.', '16.00000000000000000000000000000000', '16', 'x', '-1.a'])
        ok(await server.request('POST', `/classes/${C}`, { body: {}, headers: { 'X-Homeport-Depth': depth } }), 201);
});

test('with every worker waiting for a webhook, what the webhooks ask is answered', async () => {
    const C = fresh('Busy');
    const together = WORKERS * 10;
    let arrived = 0, all;
    const everybody = new Promise((resolve) => (all = resolve));
    ok(await master('POST', `/classes/Asked`, { a: 1 }), 201);
    await triggerHook(C, 'beforeSave', async (body, request) => {
        if (++arrived === together) all();
        await everybody; // no webhook answers before all of them are being asked
        const found = await back('GET', '/classes/Asked', undefined, request);
        return found.status === 200 ? {} : { error: 'nobody answered' };
    });
    const answersOfAll = await Promise.all(Array.from({ length: together }, () => server.request('POST', `/classes/${C}`, { body: {} })));
    assert.deepEqual(answersOfAll.map((r) => r.status), Array(together).fill(201));
});

test('sec_K8_webhookPublicOnly asks no address of the inside, however it is written', async () => {
    const { port } = receiver.address();
    const hosts = ['127.0.0.1', '127.1', '0x7f000001', '2130706433', 'localhost', 'localhost.', '[::ffff:127.0.0.1]', '0.0.0.0'];
    const tried = async (target) => {
        let said = [];
        for (const host of hosts) {
            const functionName = fresh('inside');
            answers.set(`/${functionName}`, () => ({ success: 'asked' }));
            const hook = { functionName, url: `http://${host}:${port}/${functionName}` };
            ok(await target.request('POST', '/hooks/functions', { body: hook, master: true }));
            said.push((await target.request('POST', `/functions/${functionName}`, { body: {} })).body);
        }
        return said;
    };
    const careful = await startServer({ config: { webhookPublicOnly: true, webhookKey: 'shown-to-hooks' } });
    for (const [i, body] of (await tried(careful)).entries())
        assert.deepEqual(body, { code: 141, error: 'The webhook could not be reached.' }, hosts[i]);
    assert.equal(calls.length, 0);
    await careful.stop();
    assert.deepEqual((await tried(server))[0], { result: 'asked' }); // the twin: without the option they are
});

test('beforeSave shows operations that leave no value, and keeps those that come back', async () => {
    const Echoed = fresh('Echoed');
    const Friends = fresh('Friends');
    const friend = ok(await master('POST', `/classes/${Friends}`, {}), 201).objectId;
    const objects = [{ __type: 'Pointer', className: Friends, objectId: friend }];
    await triggerHook(Echoed, 'beforeSave', ({ object }) => ({ success: { ...object, seen: true } }));
    const { objectId } = ok(await master('POST', `/classes/${Echoed}`, { gone: 1, stays: 2, friends: { __op: 'AddRelation', objects } }), 201);
    const where = { $relatedTo: { object: { __type: 'Pointer', className: Echoed, objectId }, key: 'friends' } };
    const row = async () => ok(await master('GET', `/classes/${Echoed}/${objectId}`));
    assert.deepEqual(calls[0].body.object.friends, { __op: 'AddRelation', objects });
    assert.deepEqual(ok(await master('POST', `/classes/${Friends}`, { _method: 'GET', where })).results.map((one) => one.objectId), [friend]);

    ok(await master('PUT', `/classes/${Echoed}/${objectId}`, { gone: { __op: 'Delete' }, stays: { __op: 'Increment', amount: 1 } }));
    assert.deepEqual([calls.at(-1).body.object.gone, calls.at(-1).body.object.stays], [{ __op: 'Delete' }, { __op: 'Increment', amount: 1 }]);
    const { gone, stays, seen } = await row();
    assert.deepEqual([gone, stays, seen], [undefined, 3, true]);
});

test('the read-only key is told apart; where nothing but reading is asked for it is a master key', async () => {
    const Read = fresh('Read');
    const readOnly = { headers: { 'X-Parse-Master-Key': 'reads-only', 'X-Parse-REST-API-Key': undefined } };
    const name = await functionHook(() => ({ success: 1 }));
    for (const trigger of ['beforeFind', 'afterFind']) await triggerHook(Read, trigger, () => ({}));
    const { objectId } = ok(await master('POST', `/classes/${Read}`, { a: 1 }), 201);
    const told = async (rights) => {
        calls = [];
        ok(await run(name, {}, rights));
        ok(await server.request('GET', `/classes/${Read}`, rights));
        ok(await server.request('GET', `/classes/${Read}/${objectId}`, rights));
        return calls.map(({ body: { triggerName = 'function', master: by, isReadOnly, isGet } }) => [triggerName, by, isReadOnly, isGet]);
    };
    const all = (inFunction, inFind, isReadOnly) => [
        ['function', inFunction, isReadOnly, undefined], ['beforeFind', inFind, isReadOnly, false], ['afterFind', inFind, isReadOnly, false],
        ['beforeFind', inFind, isReadOnly, true], ['afterFind', inFind, isReadOnly, true],
    ];
    assert.deepEqual(await told({}), all(false, false, false));
    assert.deepEqual(await told({ master: true }), all(true, true, false));
    assert.deepEqual(await told(readOnly), all(false, true, true));
    assert.deepEqual(calls[1].body.query, { where: {}, limit: 100 });
    assert.equal(calls[0].body.installationId, undefined);
});

test('what find triggers make of a user is what his login answers', async () => {
    const username = fresh('masked');
    const { objectId } = ok(await server.request('POST', '/users', { body: { username, password: 'pw', phone: '0123' } }), 201);
    await triggerHook('_User', 'afterFind', ({ objects }) => ({ success: objects.map(({ phone, ...rest }) => ({ ...rest, asked: true })) }));
    await triggerHook('_User', 'beforeFind', ({ user, master: key }) => (key || user?.objectId === objectId ? {} : { error: 'who are you?' }));
    const body = { username, password: 'pw' };
    const shown = ({ objectId: id, phone, asked, sessionToken }) => [id, phone, asked, typeof sessionToken];
    try {
        const login = ok(await server.request('POST', '/login', { body }));
        assert.deepEqual(shown(login), [objectId, undefined, true, 'string']);
        assert.deepEqual(calls.map(({ body: { triggerName, user } }) => [triggerName, user?.sessionToken === login.sessionToken]), [['beforeFind', true], ['afterFind', true]]);
        assert.deepEqual(shown(ok(await server.request('GET', '/users/me', { session: login.sessionToken }))), shown(login));
        assert.deepEqual(shown(ok(await server.request('POST', '/verifyPassword', { body }))), [objectId, undefined, true, 'undefined']);
        assert.deepEqual(shown(ok(await server.request('POST', '/loginAs', { master: true, body: { userId: objectId } }))), shown(login));
        // Refused by cloud code: he is logged in all the same.
        answers.set('/_User/beforeFind', () => ({ error: 'closed' }));
        assert.deepEqual(shown(ok(await server.request('POST', '/login', { body }))), [objectId, undefined, undefined, 'string']);
    } finally {
        for (const trigger of ['beforeFind', 'afterFind']) await master('PUT', `/hooks/triggers/_User/${trigger}`, { __op: 'Delete' });
    }
});

test('what afterFind answers beside objects is an empty one, wherever it is read', async () => {
    const C = fresh('Odd'), username = fresh('odd');
    const pointer = { __type: 'Pointer', className: C, objectId: 'x' };
    ok(await server.request('POST', '/users', { body: { username, password: 'pw' } }), 201);
    const { objectId } = ok(await server.request('POST', `/classes/${C}`, { body: { a: 1 } }), 201);
    const { objectId: holder } = ok(await server.request('POST', `/classes/${C}Holder`, { body: { odd: { ...pointer, objectId } } }), 201);
    for (const className of ['_User', C]) await triggerHook(className, 'afterFind', () => ({ success: [] }));
    try {
        for (const odd of [5, 1e300, true, null, 'text', [[]], [pointer], pointer, { __type: 'GeoPoint', latitude: 1, longitude: 2 }]) {
            for (const name of ['_User', C]) answers.set(`/${name}/afterFind`, () => ({ success: [odd, odd] }));
            const shown = JSON.stringify(odd);
            const login = ok(await server.request('POST', '/login', { body: { username, password: 'pw' } }));
            assert.match(login.sessionToken, /^r:/, shown);
            assert.equal(ok(await server.request('GET', '/users/me', { session: login.sessionToken })).sessionToken, login.sessionToken, shown);
            assert.deepEqual(ok(await server.request('GET', `/classes/${C}`)).results.map((o) => Object.keys(o)), [['className'], ['className']], shown);
            assert.deepEqual(ok(await server.request('GET', `/classes/${C}/${objectId}`)), { className: C }, shown);
            ok(await server.request('GET', `/classes/${C}Holder/${holder}?include=odd`));
        }
    } finally {
        await master('PUT', '/hooks/triggers/_User/afterFind', { __op: 'Delete' });
    }
});

test('a function takes a multipart form: texts, and files with their bytes', async () => {
    const name = await functionHook(({ params }) => ({ success: params }));
    const send = async (body, path = `/functions/${name}`, rights = {}) => {
        const request = new Request('http://localhost/', { method: 'POST', body });
        const headers = { 'Content-Type': request.headers.get('content-type'), ...rights };
        return server.request('POST', path, { body: Buffer.from(await request.arrayBuffer()), headers });
    };
    const form = new FormData();
    form.append('title', 'Grüße');
    form.append('n', '5');
    form.append('picture', new Blob([Uint8Array.of(0, 1, 255)], { type: 'image/png' }), 'dir/a "b".png');
    const picture = { filename: 'a %22b%22.png', contentType: 'image/png', data: { __type: 'Bytes', base64: 'AAH/' } };
    assert.deepEqual(ok(await send(form)).result, { title: 'Grüße', n: '5', picture });
    assert.deepEqual(ok(await send(form, `/functions/${name}?n=6`)).result.n, '6', 'the query string has its say');
    assert.deepEqual(calls[0].body.params.picture, picture);
    assert.equal((await send(form, `/functions/${name}`, { 'X-Parse-REST-API-Key': undefined })).status, 403);

    const raw = (body, type = 'multipart/form-data; boundary=B') => server.request('POST', `/functions/${name}`, { body, headers: { 'Content-Type': type } });
    for (const [body, type] of [['--B', undefined], ['{"a":1}', undefined], ['--B--', 'multipart/form-data'], ['--B--', 'multipart/form-data; boundary=C']])
        assert.equal((await raw(body, type)).body.code, 107, body);
    const twice = '--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n';
    assert.equal((await raw(`${twice}${twice}--B--`)).body.code, 102);
    assert.equal((await raw(Buffer.from('--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--B--', 'latin1'))).body.code, 107);
    assert.deepEqual(ok(await raw('--B--')).result, {});

    // Elsewhere a form says nothing.
    const C = fresh('Form');
    const { objectId } = ok(await send(form, `/classes/${C}`), 201);
    assert.equal(ok(await master('GET', `/classes/${C}/${objectId}`)).title, undefined);
});
