// Second doors without a guard (C), and guards that a spelling, a header or a number of parts steps around (J).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';
import { pointer } from '../support/payments.mjs';
import { makeWorld, OPEN_CLP } from '../support/security.mjs';

// Cloud code for the rows that need some: a function, and a class whose finds are refused by a trigger.
const PLUGIN = `
#include <homeport/cloud.h>
static int hello(hpc_request *rq, void *data)
{
    (void)data;
    hpc_return(rq, hpc_make_text(rq, "hello"));
    return HPC_OK;
}
static int refuse_find(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_throw(rq, 142, "not to be found");
}
/* A master's save of the same object comes in between the client's check and its write. */
static int revoke(hpc_request *rq, void *data)
{
    hpc_value *body, *out;
    (void)data;
    if (hpc_is_master(rq) || hpc_is_new(rq)) return HPC_OK;
    int rc = hpc_parse(rq, "{\\"ACL\\":{\\"*\\":{\\"read\\":true}}}", &body);
    return rc != HPC_OK ? rc : hpc_save(rq, HPC_AS_MASTER, "Race", hpc_object_id(rq), body, &out);
}
static int plant(hpc_request *rq, void *data)
{
    hpc_value *code;
    (void)data;
    int rc = hpc_parse(rq, "{\\"a\\":[{\\"_bsontype\\":\\"Code\\"}]}", &code);
    if (rc == HPC_OK) hpc_set(rq, hpc_object(rq), "obj", code);
    return rc;
}
static int job(hpc_request *rq, void *data)
{
    (void)rq, (void)data;
    return HPC_OK;
}
static int setup(hpc_registry *reg)
{
    int rc = hpc_define(reg, "hello", hello, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_FIND, "Guarded", refuse_find, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Race", revoke, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Planting", plant, NULL);
    return rc == HPC_OK ? hpc_job(reg, "clean", job, NULL) : rc;
}
HPC_PLUGIN("guards", setup)
`;

let w;

before(async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'guards.c'), PLUGIN);
    const built = await runHomeport(['cloud', 'build', 'guards.c'], { cwd: folder });
    assert.equal(built.code, 0, built.stderr);
    w = await makeWorld({ config: { cloud: [join(folder, 'guards.so')] } });
});
after(() => w.stop());

const INTERNAL = ['_GraphQLConfig', '_Audience', '_Hooks', '_PushStatus', '_JobStatus', '_JobSchedule', '_Idempotency', '_SCHEMA', '_GlobalConfig', '_Secret'];

test('sec_C1_internal_classes_through_the_generic_route', async () => {
    for (const className of INTERNAL)
        for (const who of ['nobody', 'ann']) {
            const ways = [
                ['GET', `/classes/${className}`], ['GET', `/classes/${className}/x`], ['POST', `/classes/${className}`, { a: 1 }],
                ['PUT', `/classes/${className}/x`, { a: 1 }], ['DELETE', `/classes/${className}/x`],
                ['POST', `/classes/${className}`, { _method: 'GET' }], ['POST', `/classes/${className}`, { _method: 'GET', count: 1, limit: 0 }],
            ];
            for (const [method, path, body] of ways) {
                await w.refuses(119, who, method, path, body);
                if (body?._method === undefined) await w.refused(119, () => w.inBatch(who, method, path, body ?? {}), `batch ${method} ${path}`);
            }
            for (const op of ['$inQuery', '$notInQuery'])
                await w.refused(119, () => w.find(who, 'Q', { where: { t: { [op]: { className, where: {} } } } }), `${op} ${className}`);
            for (const op of ['$select', '$dontSelect'])
                await w.refused(119, () => w.find(who, 'Q', { where: { name: { [op]: { query: { className, where: {} }, key: 'name' } } } }), `${op} ${className}`);
        }
    for (const className of ['_JobStatus', '_GlobalConfig', '_Audience']) assert.equal((await w.find('master', className, {})).status, 200);
    for (const path of ['/installations', '/classes/_Installation']) {
        await w.refuses(119, 'ann', 'GET', path);
        assert.equal((await w.ask('master', 'GET', path)).status, 200);
    }
});

test('sec_C2_join_tables_are_no_classes', async () => {
    const role = (await w.find('master', '_Role', {})).body.results[0].objectId;
    const row = { owningId: role, relatedId: w.users.bob.id };
    for (const name of ['_Join:users:_Role', '_Join%3Ausers%3A_Role', '_Join%3ausers:_Role', '_join:users:_Role']) {
        for (const [method, path, body] of [['POST', '', row], ['GET', ''], ['GET', '/x'], ['PUT', '/x', row], ['DELETE', '/x']]) {
            await w.refuses([103, 119], 'bob', method, `/classes/${name}${path}`, body);
            await w.refused([103, 119], () => w.inBatch('bob', method, `/classes/${name}${path}`, body ?? {}), `batch ${method} ${name}`);
        }
    }
    await w.refused([103, 119], () => w.find('bob', 'Q', { where: { t: { $inQuery: { className: '_Join:users:_Role', where: {} } } } }));
    await w.makeClass('ForRoles', {}, Object.fromEntries(['find', 'get', 'create'].map((op) => [op, { 'role:R': true }])));
    await w.refused(119, () => w.find('bob', 'ForRoles', {}));
    assert.equal((await w.find('rita', 'ForRoles', {})).status, 200);
});

test('sec_C3_a_redirect_is_checked_as_the_class_it_leads_to', async () => {
    await w.makeClass('Redirecting', {
        s: { type: 'Relation', targetClass: '_Session' },
        j: { type: 'Relation', targetClass: '_JobStatus' },
        t: { type: 'Relation', targetClass: 'T' },
    });
    for (const [key, codes] of [['s', [209, 119]], ['j', 119]]) {
        await w.refused(codes, () => w.find('nobody', 'Redirecting', { redirectClassNameForKey: key }), key);
        await w.refused(codes, () => w.find('nobody', 'Redirecting', { redirectClassNameForKey: key, count: 1, limit: 0 }), key);
        const inner = { className: 'Redirecting', redirectClassNameForKey: key, where: {} };
        await w.refused(codes, () => w.find('nobody', 'Q', { where: { t: { $inQuery: inner } } }), `${key} in $inQuery`);
        await w.refused(codes, () => w.find('nobody', 'Q', { where: { name: { $select: { query: inner, key: 'sessionToken' } } } }), `${key} in $select`);
    }
    const own = await w.find('bob', 'Redirecting', { redirectClassNameForKey: 's' });
    assert.ok(own.body.results.every((row) => row.user.objectId === w.users.bob.id), own.text);
    assert.deepEqual((await w.find('nobody', 'Redirecting', { redirectClassNameForKey: 't' })).body.results.map((row) => row.objectId), [w.thing]);
    await w.refused(119, () => w.find('nobody', 'Redirecting', { redirectClassNameForKey: 't', where: { secret: 'alpha' } }));
});

test('sec_C7_the_read_only_key_starts_nothing', async () => {
    const before = (await w.find('master', '_JobStatus', {})).body.results.length;
    for (const [method, path, body] of [['POST', '/jobs/clean', {}], ['POST', '/jobs', { jobName: 'clean' }]]) await w.refuses(119, 'readOnly', method, path, body);
    assert.equal((await w.find('master', '_JobStatus', {})).body.results.length, before);
    assert.equal((await w.ask('master', 'POST', '/jobs/clean', {})).status, 200);
    for (const [method, path, body] of [
        ['POST', '/classes/T', { name: 'x' }], ['PUT', `/classes/T/${w.thing}`, { name: 'x' }], ['DELETE', `/classes/T/${w.thing}`],
        ['POST', '/schemas/New', { className: 'New' }], ['PUT', '/schemas/T', { fields: { x: { type: 'String' } } }], ['DELETE', '/schemas/Q'],
        ['DELETE', '/purge/T'], ['PUT', '/config', { params: { a: 1 } }], ['POST', '/users', { username: 'x', password: 'x' }],
        ['PUT', `/users/${w.users.ann.id}`, { name: 'x' }], ['POST', '/roles', { name: 'x', ACL: {} }], ['POST', '/sessions', {}],
        ['POST', '/installations', { deviceType: 'ios', installationId: 'x' }],
    ]) {
        await w.refuses(119, 'readOnly', method, path, body);
        await w.refused(119, () => w.inBatch('readOnly', method, path, body ?? {}), `batch ${method} ${path}`);
        if (method !== 'GET') await w.refuses(119, 'readOnly', 'POST', path, { ...body, _method: method });
    }
    const transaction = { transaction: true, requests: [{ method: 'POST', path: '/parse/classes/T', body: { name: 'x' } }] };
    await w.refuses(119, 'readOnly', 'POST', '/batch', transaction);
    assert.equal((await w.ask('readOnly', 'GET', '/schemas/T')).status, 200);
    assert.equal((await w.ask('readOnly', 'GET', '/config')).status, 200);
});

test('sec_C9_the_read_only_key_opens_no_session', async () => {
    for (const path of ['/loginAs', `/loginAs?userId=${w.users.ann.id}`]) await w.refuses(119, 'readOnly', 'POST', path, { userId: w.users.ann.id });
    await w.refused(119, () => w.inBatch('readOnly', 'POST', '/loginAs', { userId: w.users.ann.id }));
    assert.match((await w.must('master', 'POST', '/loginAs', { userId: w.users.ann.id })).sessionToken, /^r:/);
});

test('sec_C11_batches_do_not_nest_and_reach_no_more_than_requests', async () => {
    const inner = { requests: [{ method: 'GET', path: '/parse/classes/T', body: {} }] };
    for (const path of ['/parse/batch', '/parse/batch/', '/parse/BATCH', '/parse//batch'])
        await w.refuses(107, 'master', 'POST', '/batch', { requests: [{ method: 'POST', path, body: inner }] });
    for (const path of ['/classes/T', '/other/classes/T', 'parse/classes/T', '/parse', '/parse/../classes/T', '/parse/health', 'http://127.0.0.1/parse/classes/T', ''])
        await w.refuses(107, 'nobody', 'POST', '/batch', { requests: [{ method: 'GET', path, body: {} }] });
    for (const [method, path] of [['GET', '/schemas'], ['DELETE', '/purge/T'], ['PUT', '/config']]) {
        const answer = await w.refused(400, () => w.inBatch('ann', method, path, {}), `batch ${method} ${path}`);
        assert.deepEqual(answer.body, { error: 'Permission denied' });
    }
    assert.equal((await w.inBatch('nobody', 'GET', '/classes/T', {})).body.results.length, 1);
    // A part does not carry rights of its own.
    const rights = { _MasterKey: w.server.config.masterKey, _ApplicationId: w.server.config.appId, _SessionToken: w.users.ann.session };
    const answer = await w.inBatch('nobody', 'POST', '/classes/T', { ...rights, secret: 'x' });
    assert.ok(answer.status >= 400 && [105, 119].includes(answer.body.code), answer.text);

    const strict = await startServer({ config: { routeAllowList: ['batch', 'classes/Open.*'], allowClientClassCreation: true } });
    try {
        const part = (className) => ({ requests: [{ method: 'POST', path: `/parse/classes/${className}`, body: {} }] });
        assert.equal((await strict.request('POST', '/batch', { body: part('Shut') })).body.code, 119);
        assert.equal((await strict.request('POST', '/batch', { body: part('Open1') })).status, 200);
        assert.equal((await strict.request('POST', '/batch', { body: part('Shut'), master: true })).status, 200);
    } finally {
        await strict.stop();
    }
});

test('sec_C13_one_origin_list_for_every_route', async () => {
    const server = await startServer({ config: { allowOrigin: ['https://a.example', 'https://b.example'] } });
    try {
        const routes = [
            ['GET', '/classes/T'], ['POST', '/classes/T', {}], ['GET', '/users/me'], ['POST', '/login', {}], ['GET', '/nothing'], ['POST', '/functions/x', {}],
            ['GET', '/schemas'], ['GET', '/health'], ['OPTIONS', '/classes/T'], ['OPTIONS', '/graphql'], ['OPTIONS', '/files/x'], ['POST', '/batch', '{'],
        ];
        const seen = new Set();
        for (const [method, path, body] of routes) {
            const evil = await server.request(method, path, { body, headers: { Origin: 'https://evil.example' } });
            assert.equal(evil.headers['access-control-allow-origin'], 'https://a.example', `${method} ${path}`);
            assert.equal(evil.headers['access-control-allow-credentials'], undefined);
            const good = await server.request(method, path, { body, headers: { Origin: 'https://b.example' } });
            assert.equal(good.headers['access-control-allow-origin'], 'https://b.example', `${method} ${path}`);
            seen.add(JSON.stringify(['methods', 'headers'].map((name) => good.headers[`access-control-allow-${name}`])));
        }
        assert.equal(seen.size, 1, [...seen].join('\n'));
        const odd = await server.request('GET', '/classes/T', { headers: { Origin: 'https://b.example.evil' } });
        assert.equal(odd.headers['access-control-allow-origin'], 'https://a.example');
    } finally {
        await server.stop();
    }
});

test('sec_C14_denied_keywords_wherever_they_stand', async () => {
    const bad = [
        { obj: { _bsontype: 'Code' } }, { obj: { a: { b: 1 }, c: { _bsontype: 'Code' } } }, { obj: { c: { _bsontype: 'Code' }, a: { b: 1 } } },
        { list: [1, [{ a: [{ constructor: 1 }] }]] }, { name: 'x', obj: { deep: { __proto__x: 1, constructor: {} } } },
        { list: { __op: 'Add', objects: [{ constructor: 1 }] } }, { obj: JSON.parse('{"__proto__":{"a":1}}') },
    ];
    for (const body of bad) {
        for (const who of ['nobody', 'master']) {
            await w.refuses(105, who, 'POST', '/classes/T', body);
            await w.refuses(105, who, 'PUT', `/classes/T/${w.thing}`, body);
            await w.refused(105, () => w.inBatch(who, 'POST', '/classes/T', body), 'batch');
        }
        await w.refuses(105, 'nobody', 'POST', '/batch', { transaction: true, requests: [{ method: 'POST', path: '/parse/classes/T', body }] });
    }
    // What cloud code puts in is looked at too.
    await w.makeClass('Planting', { obj: { type: 'Object' } });
    await w.refuses(105, 'nobody', 'POST', '/classes/Planting', {});
    const fine = await w.make('T', { obj: { a: { b: 1 }, c: { type: 'Code' } } });
    assert.deepEqual((await w.stored('T', fine)).obj, { a: { b: 1 }, c: { type: 'Code' } });
    await w.must('master', 'DELETE', `/classes/T/${fine}`);
});

test('sec_C15_many_objects_at_once_need_each_right', async () => {
    const mine = await w.make('T', { name: 'mine', ACL: { [w.users.bob.id]: { read: true, write: true } } });
    const foreign = await w.make('T', { name: 'foreign', ACL: { '*': { read: true }, [w.users.ann.id]: { write: true } } });
    const hidden = await w.make('T', { name: 'hidden', ACL: { [w.users.ann.id]: { read: true, write: true } } });
    const parts = (id) => [
        { method: 'PUT', path: `/parse/classes/T/${id}`, body: { name: 'taken' } },
        { method: 'PUT', path: `/parse/classes/T/${id}`, body: { n: { __op: 'Increment', amount: 1 } } },
        { method: 'PUT', path: `/parse/classes/T/${id}`, body: { ACL: { '*': { read: true, write: true } } } },
        { method: 'DELETE', path: `/parse/classes/T/${id}` },
        { method: 'POST', path: '/parse/classes/T', body: { objectId: id, name: 'taken' } },
    ];
    for (const id of [foreign, hidden]) {
        const before = JSON.stringify(await w.stored('T', id));
        const answer = await w.must('bob', 'POST', '/batch', { requests: parts(id) });
        assert.deepEqual(answer.map((part) => part.error?.code), [101, 101, 101, 101, 105]);
        for (const part of parts(id)) {
            const own = { method: 'PUT', path: `/parse/classes/T/${mine}`, body: { name: 'half' } };
            await w.refuses([101, 105], 'bob', 'POST', '/batch', { transaction: true, requests: [own, part] });
        }
        assert.equal(JSON.stringify(await w.stored('T', id)), before);
    }
    await w.must('bob', 'POST', '/batch', { requests: parts(mine).slice(0, 2) });
    assert.equal((await w.stored('T', mine)).name, 'taken');
    for (const id of [mine, foreign, hidden]) await w.must('master', 'DELETE', `/classes/T/${id}`);
});

test('sec_C16_function_names_lead_nowhere_else', async () => {
    assert.deepEqual(await w.must('nobody', 'POST', '/functions/hello', {}), { result: 'hello' });
    for (const name of ['constructor', '__proto__', 'hello.prototype.constructor', 'toString', 'hello.', '.hello', 'Hello', 'hello.constructor', 'hello%00', 'hello%20', 'hello%2Fx', '.'.repeat(200), '.'.repeat(10_000), 'hello%27', '%22', '%60'])
        for (const who of ['nobody', 'master']) {
            const answer = await w.refused([141, 404, 400, 414], () => w.ask(who, 'POST', `/functions/${name}`, {}), name.slice(0, 40));
            assert.doesNotMatch(answer.text, /"result"/);
        }
    for (const name of ['constructor', 'clean.', '__proto__']) await w.refuses(141, 'master', 'POST', `/jobs/${name}`, {});
});

test('sec_C17_an_update_keeps_the_ACL_and_create_is_asked_first', async () => {
    const ACL = { [w.users.ann.id]: { read: true, write: true } };
    const id = (await w.must('ann', 'POST', '/classes/T', { name: 'kept', ACL })).objectId;
    for (const body of [{ name: 'other' }, { n: { __op: 'Increment', amount: 1 } }, {}]) {
        await w.must('ann', 'PUT', `/classes/T/${id}`, body);
        assert.deepEqual((await w.stored('T', id)).ACL, ACL);
    }
    await w.must('master', 'DELETE', `/classes/T/${id}`);
    await w.setPermissions('_User', { create: {} });
    try {
        for (const body of [{ username: 'ann', password: 'x' }, { username: 'new', password: 'x', email: 'nonsense' }, { username: 'new', password: 'x', email: 'ann@example.com' }])
            await w.refuses(119, 'nobody', 'POST', '/users', body);
        for (const body of [{ username: '', password: '' }, {}, { username: 'ann' }]) await w.refuses([119, 200, 201], 'nobody', 'POST', '/users', body);
    } finally {
        await w.setPermissions('_User', {});
    }
    assert.equal((await w.refuses(202, 'nobody', 'POST', '/users', { username: 'ann', password: 'x' })).status, 400);
});

test('sec_B12_pointers_planted_to_be_included', async () => {
    const session = (await w.must('ann', 'GET', '/sessions/me')).objectId;
    const job = (await w.find('master', '_JobStatus', {})).body.results[0];
    const planted = [pointer('_Session', session), pointer('_JobStatus', job?.objectId ?? 'x'), pointer('_SCHEMA', 'T'), pointer('Nowhere', 'x'), pointer('_Join:users:_Role', 'x')];
    const id = await w.make('T', { name: 'planted', list: planted });
    const id2 = await w.make('Q', { name: 'planted' });
    await w.makeClass('Holder', { obj: { type: 'Object' }, list: { type: 'Array' } });
    const holder = await w.make('Holder', { obj: { deep: { s: planted[0], j: planted[1] } }, list: [planted] });
    for (const who of ['nobody', 'bob']) {
        const arrays = await w.must(who, 'GET', `/classes/T/${id}?include=list`);
        assert.deepEqual(arrays.list, [], JSON.stringify(arrays));
        const objects = await w.must(who, 'GET', `/classes/Holder/${holder}?include=obj.deep.s,obj.deep.j,list`);
        assert.deepEqual(objects.obj, { deep: {} });
        assert.doesNotMatch(JSON.stringify(objects), /r:[0-9a-f]{32}/);
    }
    // A find trigger of the included class has its say.
    await w.makeClass('Guarded', { name: { type: 'String' } });
    const guarded = await w.make('Guarded', { name: 'guarded' });
    const pointing = await w.make('Holder', { list: [pointer('Guarded', guarded)], obj: { g: pointer('Guarded', guarded) } });
    w.watched = w.watched.filter((name) => name !== 'Guarded'); // nobody can list it
    for (const include of ['list', 'obj.g']) await w.refuses(142, 'nobody', 'GET', `/classes/Holder/${pointing}?include=${include}`);
    await w.refused(142, () => w.find('nobody', 'Guarded', {}));
    await w.must('nobody', 'GET', `/classes/Holder/${pointing}`);
    await w.must('master', 'DELETE', `/classes/T/${id}`);
    await w.must('master', 'DELETE', `/classes/Q/${id2}`);
});

test('sec_H6_a_right_that_goes_between_check_and_write', async () => {
    await w.makeClass('Race', { name: { type: 'String' } });
    const id = await w.make('Race', { name: 'before', ACL: { '*': { read: true }, [w.users.bob.id]: { write: true } } });
    const answer = await w.ask('bob', 'PUT', `/classes/Race/${id}`, { name: 'after' });
    assert.equal(answer.body.code, 101, answer.text);
    assert.equal((await w.stored('Race', id)).name, 'before');
    await w.must('master', 'PUT', `/classes/Race/${id}`, { name: 'by master' });
    assert.equal((await w.stored('Race', id)).name, 'by master');
});

test('sec_J1_forwarded_headers_do_not_move_the_peer', async () => {
    const forged = [
        { 'X-Forwarded-For': '10.1.2.3' }, { 'X-Forwarded-For': '10.1.2.3, 10.1.2.3' }, { Forwarded: 'for=10.1.2.3' }, { 'X-Real-IP': '10.1.2.3' },
        { 'X-Client-IP': '10.1.2.3' }, { 'CF-Connecting-IP': '10.1.2.3' }, { 'True-Client-IP': '10.1.2.3' }, { 'X-Forwarded-For': '::ffff:10.1.2.3' },
    ];
    const foreign = await startServer({ config: { masterKeyIps: ['10.1.2.3'], maintenanceKeyIps: ['10.1.2.3'], maintenanceKey: 'maintenance-key', readOnlyMasterKey: 'read-only-key', readOnlyMasterKeyIps: ['10.1.2.3'] } });
    try {
        const keys = [{ 'X-Parse-Master-Key': foreign.config.masterKey }, { 'X-Parse-Master-Key': 'read-only-key' }, { 'X-Parse-Maintenance-Key': 'maintenance-key' }];
        for (const headers of [{}, ...forged])
            for (const key of keys) {
                const answer = await foreign.request('GET', '/classes/_User', { headers: { ...headers, ...key } });
                assert.equal(answer.status, 403, JSON.stringify(headers));
                assert.deepEqual(answer.body, { error: 'unauthorized' });
            }
        const inBody = { _ApplicationId: foreign.config.appId, _MasterKey: foreign.config.masterKey, _method: 'GET' };
        const headers = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined, 'X-Forwarded-For': '10.1.2.3' };
        assert.equal((await foreign.request('POST', '/classes/_User', { headers, body: inBody })).status, 403);
        const basic = Buffer.from(`${foreign.config.appId}:${foreign.config.masterKey}`).toString('base64');
        assert.equal((await foreign.request('GET', '/classes/_User', { headers: { ...headers, Authorization: `Basic ${basic}` } })).status, 403);
    } finally {
        await foreign.stop();
    }
    const behind = await startServer({ config: { masterKeyIps: ['10.1.2.3'], trustProxy: 'loopback' } });
    try {
        const from = async (value) => (await behind.request('GET', '/classes/_User', { master: true, headers: { 'X-Forwarded-For': value } })).status;
        assert.equal(await from('10.1.2.3'), 200);
        assert.equal(await from('6.6.6.6, 10.1.2.3'), 200, 'the right-most that is no proxy of ours');
        assert.equal(await from('6.6.6.6, 10.1.2.3, 127.0.0.1'), 200);
        assert.equal(await from('10.1.2.3, 6.6.6.6'), 403);
        assert.equal(await from('10.1.2.3, nonsense'), 403);
        assert.equal(await from(['10.1.2.3', '6.6.6.6']), 403, 'two headers are one list');
    } finally {
        await behind.stop();
    }
});

test('sec_J4_method_overrides_are_guarded_as_what_they_become', async () => {
    for (const method of ['GET', 'gEt', 'get', 'DELETE', 'delete', 'pUt', 'POST', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', '']) {
        const answer = await w.ask('nobody', 'POST', '/schemas/T', { _method: method });
        assert.ok([403, 404].includes(answer.status), `${method}: ${answer.text}`);
    }
    await w.refuses(119, 'nobody', 'POST', '/classes/T', { _method: 'gEt', where: { secret: 'alpha' } });
    for (const header of ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method']) {
        const answer = await w.server.request('POST', `/classes/T`, { headers: { [header]: 'DELETE' }, body: { name: 'made' } });
        assert.equal(answer.status, 201, `${header} means nothing`);
        await w.must('master', 'DELETE', `/classes/T/${answer.body.objectId}`);
    }
    // A method in the query string or in another request than a POST changes nothing.
    assert.equal((await w.ask('nobody', 'PUT', `/classes/T/${w.thing}`, { _method: 'DELETE', name: 'thing' })).status, 200);
    await w.refuses([102, 104, 105, 404], 'nobody', 'GET', `/classes/T/${w.thing}?_method=DELETE`);
    for (const method of ['put', 'pUT', 'delete']) {
        const answer = await w.ask('bob', 'POST', '/batch', { requests: [{ method, path: '/parse/schemas/T', body: {} }] });
        assert.ok(answer.body.code === 107 || answer.body[0].error.error === 'Permission denied', answer.text);
    }
    assert.equal((await w.stored('T', w.thing)).name, 'thing');
});

test('sec_J5_every_spelling_of_a_path_meets_the_same_guard', async () => {
    const spellings = ['/schemas', '/schemas/', '//schemas', '/SCHEMAS', '/Schemas/', '/%73chemas', '/schemas?x=1', '/schemas%2f', '/./schemas', '/x/../schemas', '/schemas;x=1', '/schemas%00', '/schemas#x', '/%2e/schemas', '/schemas//', '\\schemas'];
    for (const path of spellings) {
        const answer = await w.ask('ann', 'GET', path);
        assert.ok([400, 403, 404].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
        assert.doesNotMatch(answer.text, /classLevelPermissions/);
    }
    assert.equal((await w.ask('master', 'GET', '/SCHEMAS/')).status, 200);
    for (const path of ['/classes/_JobStatus', '/CLASSES/_JobStatus', '//classes/_JobStatus', '/classes/_JobStatus/', '/classes/%5FJobStatus', '/classes/_%4aobStatus']) {
        const answer = await w.ask('ann', 'GET', path);
        assert.ok(answer.status === 404 || answer.body.code === 119, `${path}: ${answer.text}`);
    }
    for (const path of ['/classes/_jobstatus', '/classes/_USER', '/classes/_session', '/classes/t', '/classes/USER']) await w.refuses(119, 'nobody', 'GET', path);
    for (const path of ['/login', '/login/', '/LOGIN', '//login']) {
        const answer = await w.ask('nobody', 'POST', path, { username: 'ann', password: 'wrong' });
        assert.equal(answer.status, 404, path);
    }
});

test('sec_J8_a_ceiling_on_the_parts_of_a_batch', async () => {
    const part = { method: 'POST', path: '/parse/classes/T', body: { name: 'part' } };
    for (const count of [101, 10_001])
        for (const transaction of [true, false])
            await w.refuses(107, 'nobody', 'POST', '/batch', { transaction, requests: Array.from({ length: count }, () => part) });
    const answer = await w.must('nobody', 'POST', '/batch', { requests: Array.from({ length: 100 }, () => ({ method: 'GET', path: '/parse/classes/T', body: {} })) });
    assert.equal(answer.length, 100);
    const small = await startServer({ config: { requestComplexity: { batchRequestLimit: 2 } } });
    try {
        const requests = (n) => ({ requests: Array.from({ length: n }, () => ({ method: 'GET', path: '/parse/config', body: {} })) });
        assert.equal((await small.request('POST', '/batch', { body: requests(3) })).body.code, 107);
        assert.equal((await small.request('POST', '/batch', { body: requests(2) })).status, 200);
    } finally {
        await small.stop();
    }
});

test('sec_J9_nothing_a_client_says_becomes_a_header', async () => {
    const evil = '%0d%0aSet-Cookie:%20x=1%0d%0a%0d%0a';
    for (const [method, path, body] of [
        ['POST', `/classes/T${evil}`, { a: 1 }], ['GET', `/classes/T/${evil}`], ['POST', `/functions/${evil}`, {}], ['POST', `/jobs/${evil}`, {}],
        ['GET', `/${evil}`], ['GET', `/classes/T?where=${evil}`], ['POST', `/schemas/A${evil}`, {}],
    ])
        for (const who of ['nobody', 'master']) {
            const answer = await w.refused([400, 101, 102, 103, 105, 107, 119, 141, 403, 404], () => w.ask(who, method, path, body), `${method} ${path}`);
            assert.equal(answer.headers['set-cookie'], undefined);
        }
    const odd = await startServer({ config: { allowCustomObjectId: true, allowClientClassCreation: true } });
    try {
        const answer = await odd.request('POST', '/classes/T', { body: { objectId: 'a\r\nSet-Cookie: x=1' } });
        assert.equal(answer.headers['set-cookie'], undefined);
        assert.doesNotMatch(answer.headers.location ?? '', /[\r\n]/);
        for (const objectId of ['a\r\nSet-Cookie: y=1', 'a/b', '../x?y=1#z', '\u00e4 %41']) {
            const { headers } = await odd.request('POST', '/classes/T', { body: { objectId } });
            const found = await odd.request('GET', new URL(headers.location).pathname.slice('/parse'.length));
            assert.equal(found.body.objectId, objectId, 'where Location says that it is');
        }
        for (const origin of ['https://a\tb', 'https://evil"><script>']) {
            const cors = await odd.request('GET', '/health', { headers: { Origin: origin } });
            assert.equal(cors.headers['access-control-allow-origin'], '*');
        }
        const page = await odd.request('GET', '/nothing/<script>alert(1)</script>');
        assert.doesNotMatch(page.text, /<script>/);
    } finally {
        await odd.stop();
    }
});

test('sec_I9_no_version_and_no_classes_for_nobody', async () => {
    await w.makeClass('VeryPrivateName', {}, Object.fromEntries(Object.keys(OPEN_CLP).map((op) => [op, {}])));
    for (const path of ['/serverInfo', '/schemas', '/schemas/T', '/schemas/Nowhere']) {
        const answer = await w.refuses([119, 403], 'ann', 'GET', path);
        assert.doesNotMatch(answer.text, /VeryPrivateName/);
    }
    for (const path of ['/health', '/config', '/', '/nothing']) {
        const answer = await w.ask('nobody', 'GET', path);
        assert.ok(!answer.text.includes(w.server.version) && !/VeryPrivateName|masterKey/.test(answer.text), answer.text);
        for (const name of ['server', 'x-powered-by', 'via']) assert.equal(answer.headers[name], undefined, `${path}: ${name}`);
    }
    await w.must('master', 'PUT', '/config', { params: { open: 1, shut: 2 }, masterKeyOnly: { shut: true } });
    assert.deepEqual((await w.must('nobody', 'GET', '/config')).params, { open: 1 });
    assert.deepEqual((await w.must('master', 'GET', '/config')).params, { open: 1, shut: 2 });
    assert.equal((await w.ask('master', 'GET', '/serverInfo')).status, 200);
});
