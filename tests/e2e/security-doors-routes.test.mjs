// The door matrix beyond finds and gets: doors that only the master keys open, query plans, webhooks, writes, files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { assertSees, CALLERS, KINDS, makeMatrix, mayGuess, powerful, rows, seesRows, SHUT, shut } from '../support/door_matrix.mjs';
import { startServer } from '../support/homeport.mjs';
import { pointer } from '../support/payments.mjs';
import { startWebhook } from '../support/webhook.mjs';

let w, made;
before(async () => {
    ({ w, made } = await makeMatrix({ config: { databaseOptions: { allowPublicExplain: true } } }));
});
after(() => w?.stop());

const secretOf = (kind) => `secret of ${kind}`;
const aggregate = (who, className, body) => w.ask(who, 'POST', `/aggregate/${className}`, { _method: 'GET', ...body });

// What only the master keys see, whatever the class allows to others: each yields something that holds the secret.
const MASTER_DOORS = {
    $match: (who, kind) => aggregate(who, kind, { pipeline: [{ $match: {} }] }),
    '$match in the query string': (who, kind) => w.ask(who, 'GET', `/aggregate/${kind}?pipeline=${encodeURIComponent(JSON.stringify([{ $match: {} }]))}`),
    'a pipeline in a batch': (who, kind) => w.inBatch(who, 'GET', `/aggregate/${kind}`, { pipeline: [{ $match: {} }] }),
    $group: (who, kind) => aggregate(who, kind, { pipeline: [{ $group: { _id: '$secret' } }] }),
    $facet: (who, kind) => aggregate(who, kind, { pipeline: [{ $facet: { all: [{ $project: { secret: 1 } }] } }] }),
    '$lookup from an open class': (who, kind) =>
        aggregate(who, 'Holder', { pipeline: [{ $match: { name: `name of ${kind}` } }, { $lookup: { from: kind, localField: 'name', foreignField: 'name', as: 'found' } }] }),
    distinct: (who, kind) => aggregate(who, kind, { distinct: 'secret' }),
    'distinct in the query string': (who, kind) => w.ask(who, 'GET', `/aggregate/${kind}?distinct=secret`),
    'distinct with a condition': (who, kind) => aggregate(who, kind, { distinct: 'secret', where: { name: `name of ${kind}` } }),
};

describe('sec_matrix of aggregations', () => {
    for (const kind of Object.keys(KINDS))
        test(`sec_matrix ${kind}: pipelines and distinct show it to the master keys, and to nobody else`, async () => {
            for (const [door, open] of Object.entries(MASTER_DOORS))
                for (const who of CALLERS) {
                    const answer = await open(who, kind);
                    const label = `${who}, ${kind}, ${door}: ${answer.status} ${answer.text}`;
                    if (who === 'master' || who === 'readOnly') {
                        assert.equal(answer.status, 200, label);
                        assert.ok(answer.text.includes(secretOf(kind)), label);
                    } else {
                        assert.ok([403, 400].includes(answer.status), label);
                        assert.doesNotMatch(answer.text, /secret of|name of/, label);
                    }
                }
        });
});

describe('sec_matrix of joins', () => {
    for (const kind of Object.keys(KINDS))
        test(`sec_matrix ${kind}: the rows of a relation are found by the master keys, and by nobody else`, async () => {
            const doors = {
                'the relation of it': [`_Join:rel:${kind}`, { owningId: made[kind].id }],
                'the relation to it': [`_Join:rel${kind}:Holder`, { relatedId: made[kind].id }],
            };
            for (const [door, [join, row]] of Object.entries(doors))
                for (const who of CALLERS)
                    for (const answer of [await w.find(who, join, { where: row }), await w.inBatch(who, 'GET', `/classes/${join}`, { where: row })]) {
                        const label = `${who}, ${door}: ${answer.status} ${answer.text}`;
                        if (!powerful(who)) assert.equal(shut(answer, label), SHUT);
                        else assert.deepEqual([answer.body.results?.length, answer.body.results?.[0]?.owningId], [1, row.owningId ?? made[kind].holder], label);
                    }
        });
});

describe('sec_matrix of plans', () => {
    for (const kind of Object.keys(KINDS))
        test(`sec_matrix ${kind}: a plan is shown to who may ask, and holds nothing of the rows`, async () => {
            for (const who of CALLERS) {
                const asks = powerful(who) || KINDS[kind].asks.includes(who);
                const hides = KINDS[kind].permissions.protectedFields && !mayGuess(who, kind);
                for (const [allowed, params] of [
                    [asks, { explain: true }],
                    [asks && !hides, { explain: true, where: { secret: secretOf(kind) } }],
                    [asks && !hides, { explain: true, order: 'secret' }],
                ]) {
                    const answer = await w.find(who, kind, params);
                    const label = `${who}, ${kind}, ${JSON.stringify(params)}: ${answer.status} ${answer.text}`;
                    if (allowed) assert.equal(answer.status, 200, label);
                    else shut(answer, label);
                    assert.doesNotMatch(answer.text, new RegExp(`secret of|name of|${made[kind].id}`), label);
                }
            }
        });
});

describe('sec_matrix behind webhooks', () => {
    let receiver;
    before(async () => {
        receiver = await startWebhook((trigger, args, { body }) => {
            if (body.triggerName === 'afterFind') return { success: body.objects };
            if (body.triggerName === 'beforeSave' || body.triggerName === 'afterSave') return { success: body.object };
            return {};
        });
        for (const kind of Object.keys(KINDS))
            for (const triggerName of ['beforeFind', 'afterFind', 'beforeSave', 'afterSave', 'beforeDelete', 'afterDelete'])
                await w.must('master', 'POST', '/hooks/triggers', { className: kind, triggerName, url: `${receiver.url}/${triggerName}` });
    });
    after(async () => {
        for (const kind of Object.keys(KINDS))
            for (const triggerName of ['beforeFind', 'afterFind', 'beforeSave', 'afterSave', 'beforeDelete', 'afterDelete'])
                await w.must('master', 'PUT', `/hooks/triggers/${kind}/${triggerName}`, { __op: 'Delete' });
        await receiver?.stop();
    });

    const held = (kind) => ({ $relatedTo: { object: pointer('Holder', made[kind].holder), key: `rel${kind}` } });
    const one = (answer) => (answer.status === 200 ? [answer.body] : shut(answer, 'get'));
    const DOORS = {
        find: async (who, kind) => rows(await w.find(who, kind, {}), 'find'),
        'find in a batch': async (who, kind) => rows(await w.inBatch(who, 'GET', `/classes/${kind}`, {}), 'batch'),
        get: async (who, kind) => one(await w.ask(who, 'GET', `/classes/${kind}/${made[kind].id}`)),
        $relatedTo: async (who, kind) => rows(await w.find(who, kind, { where: held(kind) }), '$relatedTo'),
        redirect: async (who, kind) => rows(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}` }), 'redirect'),
    };

    for (const kind of Object.keys(KINDS))
        test(`sec_matrix ${kind}: a hook that answers what it was given opens nothing`, async () => {
            for (const who of CALLERS) {
                for (const [door, open] of Object.entries(DOORS)) {
                    const label = `${who}, ${kind}, ${door} with hooks`;
                    const seen = await open(who, kind);
                    assertSees(seen, made[kind].id, who, kind, label);
                }
                const count = await w.find(who, kind, { count: 1, limit: 0 });
                if (count.status === 200) assert.equal(count.body.count, seesRows(who, kind) ? 1 : 0, who);
                else shut(count, who);
            }
        });

    test('sec_matrix: a hook is told who asks, and only asked about what the caller may do', async () => {
        for (const [who, user] of [['nobody', undefined], ['bob', 'bob'], ['master', undefined]]) {
            receiver.calls.length = 0;
            await w.must(who, 'GET', '/classes/Public');
            const [call] = receiver.calls;
            assert.deepEqual([call.body.triggerName, call.body.master, call.body.user?.username], ['beforeFind', who === 'master', user]);
        }
        for (const [kind, method, path, body] of [['Hidden', 'PUT', made.Hidden.id, { name: 'x' }], ['Hidden', 'DELETE', made.Hidden.id], ['Denied', 'GET', '']]) {
            receiver.calls.length = 0;
            await w.refuses([101, 119], 'bob', method, `/classes/${kind}/${path}`.replace(/\/$/, ''), body);
            assert.deepEqual(receiver.calls.filter((call) => !call.body.triggerName.endsWith('Find')).map((call) => call.body.triggerName), [], `${kind} ${method}`);
        }
    });
});

describe('sec_matrix of writes', () => {
    // class -> who may create, update, delete by it
    const WRITES = {
        WritePublic: { permissions: {}, create: ['nobody', 'bob', 'ann', 'rita'], change: ['nobody', 'bob', 'ann', 'rita'] },
        WriteAcl: { acl: true, permissions: {}, create: ['nobody', 'bob', 'ann', 'rita'], change: ['ann', 'rita'] },
        WriteDenied: { permissions: { create: {}, update: {}, delete: {} }, create: [], change: [] },
        WriteRole: { permissions: Object.fromEntries(['create', 'update', 'delete'].map((op) => [op, { 'role:R': true }])), create: ['rita'], change: ['rita'] },
        WriteUsers: {
            permissions: Object.fromEntries(['create', 'update', 'delete'].map((op) => [op, { requiresAuthentication: true }])),
            create: ['bob', 'ann', 'rita'],
            change: ['bob', 'ann', 'rita'],
        },
        WriteOwned: {
            permissions: { create: {}, update: { pointerFields: ['owner'] }, delete: { pointerFields: ['owner'] } },
            create: [],
            change: ['ann'],
        },
        WriteUserFields: { permissions: { create: {}, update: {}, delete: {}, writeUserFields: ['owner'] }, create: [], change: ['ann'] },
    };
    const writers = (who, list) => who === 'master' || who === 'maintenance' || list.includes(who);
    before(async () => {
        for (const [kind, { permissions }] of Object.entries(WRITES))
            await w.makeClass(kind, { name: { type: 'String' }, owner: { type: 'Pointer', targetClass: '_User' } }, permissions);
    });

    for (const [kind, { acl, create, change }] of Object.entries(WRITES))
        test(`sec_matrix ${kind}: created, changed and deleted by those who may, through every door`, async () => {
            const ACL = acl ? { [w.users.ann.id]: { read: true, write: true }, 'role:R': { write: true } } : undefined;
            const fresh = () => w.make(kind, { name: 'fresh', owner: pointer('_User', w.users.ann.id), ACL });
            const path = (id) => `/classes/${kind}${id ? `/${id}` : ''}`;
            const transaction = async (who, method, at, body) => {
                const answer = await w.ask(who, 'POST', '/batch', { transaction: true, requests: [{ method, path: `/parse${at}`, body }] });
                return answer;
            };
            const ways = {
                request: (who, method, at, body) => w.ask(who, method, at, body),
                override: (who, method, at, body) => w.ask(who, 'POST', at, { ...body, _method: method }),
                batch: (who, method, at, body) => w.inBatch(who, method, at, body ?? {}),
                transaction,
            };
            for (const who of CALLERS)
                for (const [way, send] of Object.entries(ways)) {
                    const label = `${who} ${kind} by ${way}`;
                    const created = await send(who, 'POST', path(), { name: 'new' });
                    assert.equal(created.status < 300, writers(who, create), `create ${label}: ${created.text}`);
                    const id = await fresh();
                    const changed = await send(who, 'PUT', path(id), { name: 'changed' });
                    assert.equal(changed.status < 300, writers(who, change), `change ${label}: ${changed.text}`);
                    assert.equal((await w.stored(kind, id)).name, writers(who, change) ? 'changed' : 'fresh', label);
                    const deleted = await send(who, 'DELETE', path(id));
                    assert.equal(deleted.status < 300, writers(who, change), `delete ${label}: ${deleted.text}`);
                    assert.equal((await w.ask('master', 'GET', path(id))).status, writers(who, change) ? 404 : 200, label);
                    for (const answer of [created, changed, deleted]) if (answer.status >= 300) shut(answer, label);
                }
            await w.alive();
        });
});

describe('sec_matrix of files', () => {
    const SEND = {
        'raw bytes': (server, who) => server.request('POST', '/files/a.txt', { ...who, body: 'x', headers: { 'Content-Type': 'text/plain', ...who.headers } }),
        'the JSON form': (server, who) => {
            const { masterKey, appId, javascriptKey } = server.config;
            const keys = { _ApplicationId: appId, ...(who.master ? { _MasterKey: masterKey } : { _JavaScriptKey: javascriptKey }), ...(who.session ? { _SessionToken: who.session } : {}) };
            const headers = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined, 'X-Parse-Master-Key': undefined, 'X-Parse-Session-Token': undefined, 'Content-Type': 'text/plain', ...who.headers };
            return server.request('POST', '/files/a.txt', { body: JSON.stringify({ base64: 'eA==', _ContentType: 'text/plain', ...keys }), headers });
        },
        'a stream': (server, who) => server.request('POST', '/files/a.txt', { ...who, body: 'x', headers: { 'Content-Type': 'text/plain', 'X-Parse-Upload-Mode': 'stream', ...who.headers } }),
    };
    for (let bits = 0; bits < 8; bits++) {
        const allows = { nobody: !!(bits & 1), anonymous: !!(bits & 2), user: !!(bits & 4), master: true };
        test(`sec_matrix files for ${Object.keys(allows).filter((who) => allows[who]).join(', ')}`, async () => {
            const options = { enableForPublic: allows.nobody, enableForAnonymousUser: allows.anonymous, enableForAuthenticatedUser: allows.user };
            const server = await startServer({ config: { fileUpload: options, fileDownload: options } });
            try {
                const signUp = async (body) => ({ session: (await server.request('POST', '/users', { body })).body.sessionToken });
                const callers = { nobody: {}, anonymous: await signUp({ authData: { anonymous: { id: 'a1' } } }), user: await signUp({ username: 'bob', password: 'secret-1' }), master: { master: true } };
                const { name } = (await SEND['raw bytes'](server, callers.master)).body;
                for (const [who, rights] of Object.entries(callers)) {
                    for (const [form, send] of Object.entries(SEND)) {
                        const answer = await send(server, rights);
                        assert.equal(answer.status === 201, allows[who], `${who} by ${form}: ${answer.status} ${answer.text}`);
                        if (answer.status !== 201) assert.equal(answer.body.code, 130, answer.text);
                    }
                    const answer = await server.request('GET', `/files/test-app/${name}`, rights);
                    assert.equal(answer.status === 200, allows[who], `${who} reads: ${answer.status} ${answer.text}`);
                    if (answer.status !== 200) assert.equal(answer.body.code, 119, answer.text);
                    if (who !== 'master') assert.equal((await server.request('DELETE', `/files/${name}`, rights)).status, 403, who);
                }
                assert.equal((await server.request('GET', `/files/test-app/${name}`, { master: true })).text, 'x');
            } finally {
                await server.stop();
            }
        });
    }
});

// Every route that there is, as docs/compatibility.md lists it (and unit/rest/route_test proves that it does).
describe('sec_matrix of routes', () => {
    const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
    const ROUTES = [...page.matchAll(/^\| `(\/\S+)` \| ([A-Z ]+) \| (application|master key) \|$/gm)].flatMap(([, path, methods, needs]) =>
        methods.split(' ').map((method) => ({ method, path, needs })),
    );
    ROUTES.sort((a, b) => (a.path === '/logout') - (b.path === '/logout')); // the sessions end there
    const at = (path) => path.replace(':className', 'Scrap').replace(':trigger', 'beforeSave').replace(':name', 'nothing').replace(':objectId', 'nothing');
    const notThere = (answer) => answer.status === 404 && answer.body?.code === undefined;
    const unauthorised = (answer) => answer.status === 403 || answer.body?.code === 119 || answer.body?.error === 'Permission denied'; // a batch has no statuses

    test('the list is read', () => assert.ok(ROUTES.length > 70 && ROUTES.some((route) => route.needs === 'master key'), String(ROUTES.length)));

    for (const { method, path, needs } of ROUTES) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const ways = {
            request: (who) => w.ask(who, method, at(path), body),
            override: (who) => w.ask(who, 'POST', at(path), { ...body, _method: method }),
            'with capitals and slashes': (who) => w.ask(who, method, `${at(path).replace(/^\/[a-z]+/, (word) => word.toUpperCase())}/`, body),
            batch: (who) => w.inBatch(who, method, at(path), body ?? {}),
        };
        if (path === '/batch') delete ways.batch;
        test(`sec_matrix ${method} ${path} needs the ${needs}`, async () => {
            for (const [way, send] of Object.entries(ways)) {
                const strangers = way === 'batch' ? [] : [{}, { 'X-Parse-Application-Id': 'other' }, { 'X-Parse-REST-API-Key': 'wrong' }];
                for (const wrong of strangers) {
                    const id = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined, ...(Object.keys(wrong).length ? { 'X-Parse-Application-Id': 'test-app', ...wrong } : {}) };
                    const answer = await w.server.request(method, at(path), { body, headers: id });
                    assert.deepEqual([answer.status, answer.body], [403, { error: 'unauthorized' }], `${way} ${JSON.stringify(wrong)}`);
                }
                for (const who of ['nobody', 'bob', 'rita', 'maintenance', 'readOnly', 'master']) {
                    const answer = await send(who);
                    const label = `${who} by ${way}: ${answer.status} ${answer.text}`;
                    assert.ok(!notThere(answer), label);
                    assert.ok(answer.status < 500 || /emailAdapter/.test(answer.text), label); // no mail here
                    if (who === 'master') assert.ok(!unauthorised(answer) || answer.body?.code === 209, label); // who has no session
                    else if (needs === 'master key' && who !== 'readOnly') assert.ok(unauthorised(answer), label);
                    else if (needs === 'master key') assert.equal(unauthorised(answer), method !== 'GET', label);
                }
            }
        });
    }
});
