// The door matrix: through every door, every principal sees the same objects and the same fields. What may be seen is said
// once, in VISIBLE, by the rules of the documentation; the doors are asked one after the other and must agree.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, signUp } from '../support/payments.mjs';

const OPEN = { find: { '*': true }, get: { '*': true }, count: { '*': true }, create: {}, update: {}, delete: {}, addField: {} };
const BY_OWNER = { pointerFields: ['owner'] };

// Each class holds one object: {name, secret, owner}.
const KINDS = {
    Public: { clp: OPEN },
    AclHidden: { clp: OPEN, hidden: true },
    ClpDenied: { clp: { ...OPEN, find: {}, get: {}, count: {} } },
    UsersOnly: { clp: { ...OPEN, find: { requiresAuthentication: true }, get: { requiresAuthentication: true }, count: { requiresAuthentication: true } } },
    PointerOnly: { clp: { ...OPEN, find: BY_OWNER, get: BY_OWNER, count: BY_OWNER } },
    FieldProtected: { clp: { ...OPEN, protectedFields: { '*': ['secret'] } } },
    RoleProtected: { clp: { ...OPEN, protectedFields: { '*': ['secret'], 'role:Insiders': [] } } },
    OwnerProtected: { clp: { ...OPEN, protectedFields: { '*': ['secret'], 'userField:owner': [] } } },
};
const PRINCIPALS = ['nobody', 'stranger', 'owner', 'insider', 'master', 'readOnly', 'maintenance'];
const ABOVE = ['master', 'readOnly', 'maintenance'];

// Who sees the object, and who sees its field `secret`.
const everyone = () => true;
const only = (...names) => (who) => [...names, ...ABOVE].includes(who);
const VISIBLE = {
    Public: { object: everyone, secret: everyone },
    AclHidden: { object: only('owner'), secret: only('owner') },
    ClpDenied: { object: only(), secret: only() },
    UsersOnly: { object: (who) => who !== 'nobody', secret: (who) => who !== 'nobody' },
    PointerOnly: { object: only('owner'), secret: only('owner') },
    FieldProtected: { object: everyone, secret: only() },
    RoleProtected: { object: everyone, secret: only('insider') },
    OwnerProtected: { object: everyone, secret: only('owner') },
};

let server, people;
const ids = {};

const q = (params) => Object.entries(params).map(([k, v]) => `${k}=${encodeURIComponent(typeof v === 'string' ? v : JSON.stringify(v))}`).join('&');

function ask(who, method, path, body) {
    const keys = { readOnly: 'readOnlyMasterKey', maintenance: 'maintenanceKey' };
    if (who === 'master') return server.request(method, path, { master: true, body });
    if (keys[who]) {
        const header = who === 'readOnly' ? 'X-Parse-Master-Key' : 'X-Parse-Maintenance-Key';
        return server.request(method, path, { headers: { [header]: server.config[keys[who]] }, body });
    }
    return server.request(method, path, { session: people[who]?.session, body });
}

// Each door yields what it showed of the object: its JSON, or null. A refusal shows nothing.
const results = ({ status, body }) => (status === 200 ? body.results : []);
const first = (answer) => results(answer)[0] ?? null;
const holder = (params) => `/classes/Holder?${q(params)}`;
const DOORS = {
    find: async (who, kind) => first(await ask(who, 'GET', `/classes/${kind}`)),
    'find with order': async (who, kind) => first(await ask(who, 'GET', `/classes/${kind}?order=-name`)),
    'find with where': async (who, kind) => first(await ask(who, 'GET', `/classes/${kind}?${q({ where: { name: kind } })}`)),
    get: async (who, kind) => {
        const { status, body } = await ask(who, 'GET', `/classes/${kind}/${ids[kind]}`);
        return status === 200 ? body : null;
    },
    'get with keys': async (who, kind) => {
        const { status, body } = await ask(who, 'GET', `/classes/${kind}/${ids[kind]}?keys=name,secret`);
        return status === 200 ? body : null;
    },
    'POST with _method': async (who, kind) => first(await ask(who, 'POST', `/classes/${kind}`, { _method: 'GET', where: {} })),
    batch: async (who, kind) => {
        const requests = [{ method: 'GET', path: `/parse/classes/${kind}`, body: {} }];
        const { body } = await ask(who, 'POST', '/batch', { requests });
        return body?.[0]?.success?.results?.[0] ?? null;
    },
    include: async (who, kind) => {
        const shown = first(await ask(who, 'GET', holder({ include: `to${kind}` })))?.[`to${kind}`];
        return shown?.__type === 'Object' ? shown : null;
    },
    'include in an array': async (who, kind) => {
        const shown = first(await ask(who, 'GET', holder({ include: `list${kind}` })))?.[`list${kind}`]?.[0];
        return shown?.__type === 'Object' ? shown : null;
    },
    'keys through a pointer': async (who, kind) => {
        const shown = first(await ask(who, 'GET', holder({ keys: `to${kind}.secret,to${kind}.name` })))?.[`to${kind}`];
        return shown?.__type === 'Object' ? shown : null;
    },
    $relatedTo: async (who, kind) =>
        first(await ask(who, 'GET', `/classes/${kind}?${q({ where: { $relatedTo: { object: pointer('Holder', ids.Holder), key: `rel${kind}` } } })}`)),
    redirectClassNameForKey: async (who, kind) => first(await ask(who, 'GET', holder({ redirectClassNameForKey: `rel${kind}` }))),
};

// These doors tell only whether the object is there.
const QUESTIONS = {
    count: async (who, kind) => (await ask(who, 'GET', `/classes/${kind}?count=1&limit=0`)).body.count === 1,
    $inQuery: async (who, kind) =>
        results(await ask(who, 'GET', holder({ where: { [`to${kind}`]: { $inQuery: { className: kind, where: {} } } } }))).length === 1,
    $notInQuery: async (who, kind) => {
        const answer = await ask(who, 'GET', holder({ where: { [`to${kind}`]: { $notInQuery: { className: kind, where: {} } } } }));
        return answer.status === 200 && answer.body.results.length === 0;
    },
    $select: async (who, kind) =>
        results(await ask(who, 'GET', holder({ where: { [`name${kind}`]: { $select: { query: { className: kind, where: {} }, key: 'name' } } } }))).length === 1,
    $dontSelect: async (who, kind) => {
        const answer = await ask(who, 'GET', holder({ where: { [`name${kind}`]: { $dontSelect: { query: { className: kind, where: {} }, key: 'name' } } } }));
        return answer.status === 200 && answer.body.results.length === 0;
    },
};

// Asking by the protected field: refused for those who may not see it, however it is wrapped.
const ASKING = {
    where: (kind) => `/classes/${kind}?${q({ where: { secret: 'hidden' } })}`,
    $or: (kind) => `/classes/${kind}?${q({ where: { $or: [{ name: 'x' }, { $and: [{ secret: 'hidden' }] }] } })}`,
    regex: (kind) => `/classes/${kind}?${q({ where: { secret: { $regex: '^h' } } })}`,
    count: (kind) => `/classes/${kind}?${q({ where: { secret: 'hidden' }, count: 1, limit: 0 })}`,
    order: (kind) => `/classes/${kind}?order=-secret`,
    $inQuery: (kind) => holder({ where: { [`to${kind}`]: { $inQuery: { className: kind, where: { secret: 'hidden' } } } } }),
    $select: (kind) => holder({ where: { [`name${kind}`]: { $select: { query: { className: kind, where: {} }, key: 'secret' } } } }),
};

async function asMaster(method, path, body) {
    const answer = await server.request(method, path, { master: true, body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
}

before(async () => {
    server = await startServer({ config: { readOnlyMasterKey: 'read-only-key', maintenanceKey: 'maintenance-key' } });
    people = { stranger: await signUp(server, 'stranger'), owner: await signUp(server, 'owner'), insider: await signUp(server, 'insider') };
    await asMaster('POST', '/roles', {
        name: 'Insiders', ACL: { '*': { read: true } }, users: { __op: 'AddRelation', objects: [pointer('_User', people.insider.id)] },
    });
    const holderFields = {}, link = {};
    for (const [kind, { clp, hidden }] of Object.entries(KINDS)) {
        const fields = { name: { type: 'String' }, secret: { type: 'String' }, owner: { type: 'Pointer', targetClass: '_User' } };
        await asMaster('POST', '/schemas', { className: kind, fields, classLevelPermissions: clp });
        const owner = pointer('_User', people.owner.id);
        const ACL = hidden ? { [people.owner.id]: { read: true } } : { '*': { read: true } };
        ids[kind] = (await asMaster('POST', `/classes/${kind}`, { name: kind, secret: 'hidden', owner, ACL })).objectId;
        const to = pointer(kind, ids[kind]);
        Object.assign(holderFields, {
            [`to${kind}`]: { type: 'Pointer', targetClass: kind }, [`rel${kind}`]: { type: 'Relation', targetClass: kind },
            [`list${kind}`]: { type: 'Array' }, [`name${kind}`]: { type: 'String' },
        });
        Object.assign(link, { [`to${kind}`]: to, [`rel${kind}`]: { __op: 'AddRelation', objects: [to] }, [`list${kind}`]: [to], [`name${kind}`]: kind });
    }
    await asMaster('POST', '/schemas', { className: 'Holder', fields: holderFields, classLevelPermissions: OPEN });
    ids.Holder = (await asMaster('POST', '/classes/Holder', { ...link, ACL: { '*': { read: true } } })).objectId;
});
after(() => server.stop());

for (const kind of Object.keys(KINDS))
    describe(kind, () => {
        for (const who of PRINCIPALS) {
            test(`${who} sees the same through every door`, async () => {
                const sees = VISIBLE[kind].object(who);
                const seesSecret = VISIBLE[kind].secret(who);
                for (const [door, open] of Object.entries(DOORS)) {
                    const shown = await open(who, kind);
                    assert.equal(shown !== null, sees, `${door}: ${JSON.stringify(shown)}`);
                    if (shown === null) continue;
                    assert.equal(shown.objectId, ids[kind], door);
                    assert.equal(shown.secret, seesSecret ? 'hidden' : undefined, `${door}: secret`);
                }
                for (const [door, isThere] of Object.entries(QUESTIONS)) assert.equal(await isThere(who, kind), sees, door);
            });
        }
        if (KINDS[kind].clp.protectedFields && kind !== 'OwnerProtected')
            test('the protected field is no question for those who may not see it', async () => {
                for (const who of PRINCIPALS)
                    for (const [form, path] of Object.entries(ASKING)) {
                        const answer = await ask(who, 'GET', path(kind));
                        if (VISIBLE[kind].secret(who)) assert.equal(answer.status, 200, `${who}, ${form}: ${answer.text}`);
                        else if (form === '$select') assert.deepEqual(results(answer), [], `${who}, ${form}: ${answer.text}`);
                        else assert.equal(answer.body.code, 119, `${who}, ${form}: ${answer.text}`);
                    }
            });
    });

test('nobody’s writes come through any door, and the read-only key’s neither', async () => {
    for (const kind of Object.keys(KINDS))
        for (const who of ['nobody', 'stranger', 'owner', 'insider', 'readOnly'])
            for (const [method, path, body] of [['POST', `/classes/${kind}`, { name: 'x' }], ['PUT', `/classes/${kind}/${ids[kind]}`, { name: 'x' }], ['DELETE', `/classes/${kind}/${ids[kind]}`]]) {
                const answer = await ask(who, method, path, body);
                assert.ok([101, 119].includes(answer.body.code), `${who} ${method} ${path}: ${answer.text}`);
                const part = { method, path: `/parse${path}`, body: body ?? {} };
                const batch = await ask(who, 'POST', '/batch', { requests: [part] });
                assert.ok([101, 119].includes(batch.body[0].error?.code), `${who} batch ${method} ${path}: ${batch.text}`);
            }
    for (const kind of Object.keys(KINDS)) {
        const { results: rows } = await asMaster('GET', `/classes/${kind}`);
        assert.deepEqual(rows.map((row) => row.name), [kind]);
    }
});
