// The door matrix: who may see an object or a field may see it through every door, and who may not, through none.
//
// For every kind of protection there is one class with the same rows. For each of them and each caller, the doors are
// tried one after the other; what they show is compared with what the rules say. A door reports the ids it saw, and for
// each object the names of the fields it showed (undefined: this door shows no fields). tests/support/door_matrix.mjs knows
// who may see what.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertSees, CALLERS, KINDS, makeMatrix, mayGuess, powerful, rows, seesRows, seesSecret, SHUT, shut } from '../support/door_matrix.mjs';
import { pointer } from '../support/payments.mjs';
import { OPEN_CLP } from '../support/security.mjs';

let w, made;

before(async () => {
    ({ w, made } = await makeMatrix());
});
after(() => w.stop());

// Doors that show objects of `kind`: each yields a list of objects, or SHUT.
const SHOWING = {
    find: async (who, kind) => rows(await w.find(who, kind, {}), 'find'),
    'find by POST': async (who, kind) => rows(await w.ask(who, 'POST', `/classes/${kind}`, { _method: 'GET' }), 'POST'),
    'find in a batch': async (who, kind) => rows(await w.inBatch(who, 'GET', `/classes/${kind}`, {}), 'batch'),
    'find with keys': async (who, kind) => rows(await w.find(who, kind, { keys: 'secret,owner,name' }), 'keys'),
    'find with excludeKeys': async (who, kind) => rows(await w.find(who, kind, { excludeKeys: 'createdAt,owner' }), 'excludeKeys'),
    'find by id': async (who, kind) => rows(await w.find(who, kind, { where: { objectId: made[kind].id } }), 'by id'),
    get: async (who, kind) => one(await w.ask(who, 'GET', `/classes/${kind}/${made[kind].id}`)),
    'get by POST': async (who, kind) => one(await w.ask(who, 'POST', `/classes/${kind}/${made[kind].id}`, { _method: 'GET' })),
    'get in a batch': async (who, kind) => one(await w.inBatch(who, 'GET', `/classes/${kind}/${made[kind].id}`, {})),
    'get with keys': async (who, kind) => one(await w.ask(who, 'GET', `/classes/${kind}/${made[kind].id}?keys=secret,name,owner`)),
    include: async (who, kind) => included(await held(who, kind, { include: `to${kind}` }), (row) => row[`to${kind}`]),
    'include *': async (who, kind) => included(await held(who, kind, { includeAll: true }), (row) => row[`to${kind}`]),
    'include by keys': async (who, kind) => included(await held(who, kind, { keys: `to${kind}.secret,to${kind}.name,to${kind}.owner` }), (row) => row[`to${kind}`]),
    'include in an array': async (who, kind) => included(await held(who, kind, { include: 'list' }), (row) => row.list[0]),
    'include in an object': async (who, kind) => included(await held(who, kind, { include: 'obj.deep.to' }), (row) => row.obj.deep.to),
    'include in a get': async (who, kind) =>
        included(await w.ask(who, 'GET', `/classes/Holder/${made[kind].holder}?include=to${kind}`), (row) => row[`to${kind}`]),
    $relatedTo: async (who, kind) => rows(await w.find(who, kind, { where: related(kind) }), '$relatedTo'),
    '$relatedTo in $or': async (who, kind) => rows(await w.find(who, kind, { where: { $or: [related(kind)] } }), '$relatedTo in $or'),
    redirect: async (who, kind) => rows(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}` }), 'redirect'),
    'redirect with a condition': async (who, kind) =>
        rows(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}`, where: related(kind) }), 'redirect'),
};

// Doors that only answer yes or no about the row: each yields a number of rows seen, or SHUT.
const counted = (answer, label) => (answer.status === 200 ? answer.body.count : shut(answer, label));
const holders = (answer, label) => (answer.status === 200 ? answer.body.results.length : shut(answer, label));
const ASKING = {
    count: async (who, kind) => counted(await w.find(who, kind, { count: 1, limit: 0 }), 'count'),
    'count with rows': async (who, kind) => counted(await w.find(who, kind, { count: 1 }), 'count'),
    'count by POST': async (who, kind) => counted(await w.ask(who, 'POST', `/classes/${kind}`, { _method: 'GET', count: true, limit: 0 }), 'count'),
    'count of a redirect': async (who, kind) => counted(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}`, count: 1, limit: 0 }), 'redirect'),
    $inQuery: async (who, kind) => holders(await heldWhere(who, { [`to${kind}`]: { $inQuery: { className: kind, where: {} } } }), '$inQuery'),
    $notInQuery: async (who, kind) => invert(holders(await heldWhere(who, { objectId: made[kind].holder, [`to${kind}`]: { $notInQuery: { className: kind, where: {} } } }), '$notInQuery')),
    $select: async (who, kind) => holders(await heldWhere(who, { name: { $select: { query: { className: kind, where: {} }, key: 'name' } } }), '$select'),
    $dontSelect: async (who, kind) => invert(holders(await heldWhere(who, { objectId: made[kind].holder, name: { $dontSelect: { query: { className: kind, where: {} }, key: 'name' } } }), '$dontSelect')),
    '$relatedTo from it': async (who, kind) =>
        holders(await w.find(who, 'Target', { where: { $relatedTo: { object: pointer(kind, made[kind].id), key: 'rel' } } }), '$relatedTo from it'),
    '$relatedTo from it, counted': async (who, kind) =>
        counted(await w.find(who, 'Target', { where: { $relatedTo: { object: pointer(kind, made[kind].id), key: 'rel' } }, count: 1, limit: 0 }), '$relatedTo'),
};

// Doors through which `secret` would be guessed: each yields true if the question was answered as if the field were seen.
const right = (kind) => ({ secret: `secret of ${kind}` });
const guess = (answer) => (answer.status !== 200 ? shut(answer, 'guess') : (answer.body.count ?? answer.body.results.length) > 0);
const GUESSING = {
    where: async (who, kind) => guess(await w.find(who, kind, { where: right(kind) })),
    'where, counted': async (who, kind) => guess(await w.find(who, kind, { where: right(kind), count: 1, limit: 0 })),
    $regex: async (who, kind) => guess(await w.find(who, kind, { where: { secret: { $regex: '^secret' } } })),
    $or: async (who, kind) => guess(await w.find(who, kind, { where: { $or: [right(kind)] } })),
    'where in a batch': async (who, kind) => guess(await w.inBatch(who, 'GET', `/classes/${kind}`, { where: right(kind) })),
    'where of $inQuery': async (who, kind) => guess(await heldWhere(who, { [`to${kind}`]: { $inQuery: { className: kind, where: right(kind) } } })),
    'where of a redirect': async (who, kind) => guess(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}`, where: right(kind) })),
    'order': async (who, kind) => guess(await w.find(who, kind, { order: '-secret' })),
    'order of a redirect': async (who, kind) => guess(await w.find(who, 'Holder', { redirectClassNameForKey: `rel${kind}`, order: 'secret' })),
};
const related = (kind) => ({ $relatedTo: { object: pointer('Holder', made[kind].holder), key: `rel${kind}` } });
const held = (who, kind, params) => w.find(who, 'Holder', { where: { objectId: made[kind].holder }, ...params });
const heldWhere = (who, where) => w.find(who, 'Holder', { where });
const invert = (seen) => (seen === SHUT ? SHUT : 1 - seen);

function one(answer) {
    return answer.status === 200 ? [answer.body] : shut(answer, 'get');
}

/** What stands where the pointer was: an object that was included, or nothing of it. */
function included(answer, at) {
    if (answer.status !== 200) return shut(answer, 'include');
    const found = at(answer.body.results?.[0] ?? answer.body);
    return found === undefined || found.__type === 'Pointer' ? [] : [found];
}

describe('sec_matrix', () => {
    for (const kind of Object.keys(KINDS))
        for (const who of CALLERS)
            test(`sec_matrix ${kind} as ${who}: the same through every door`, async () => {
                for (const [door, open] of Object.entries(SHOWING)) assertSees(await open(who, kind), made[kind].id, who, kind, `${who}, ${kind}, ${door}`);
                const asked = powerful(who) || KINDS[kind].asks.includes(who);
                for (const [door, open] of Object.entries(ASKING)) {
                    const seen = await open(who, kind);
                    const label = `${who}, ${kind}, ${door}`;
                    if (seesRows(who, kind)) assert.equal(seen, 1, label);
                    else if (asked) assert.equal(seen, 0, label);
                    else assert.ok(seen === SHUT || seen === 0, `${label}: ${String(seen)}`);
                }
                for (const [door, open] of Object.entries(GUESSING)) {
                    const answered = await open(who, kind);
                    const label = `${who}, ${kind}, guess by ${door}`;
                    if (!seesRows(who, kind)) assert.ok(answered === SHUT || answered === false, label);
                    else assert.equal(answered, mayGuess(who, kind) ? true : SHUT, label);
                }
                await w.alive();
            });
});

test('sec_matrix: a field that is hidden is no key of a sub-query', async () => {
    for (const kind of Object.keys(KINDS)) {
        const id = await w.make('Holder', { name: `secret of ${kind}` });
        for (const who of CALLERS) {
            const where = { objectId: id, name: { $select: { query: { className: kind, where: {} }, key: 'secret' } } };
            const answer = await heldWhere(who, where);
            const seen = answer.status === 200 ? answer.body.results.length > 0 : shut(answer, kind) !== SHUT;
            assert.equal(seen, seesRows(who, kind) && seesSecret(who, kind), `${who}, ${kind}: $select`);
            const not = await heldWhere(who, { objectId: id, name: { $dontSelect: { query: { className: kind, where: {} }, key: 'secret' } } });
            if (not.status === 200) assert.equal(not.body.results.length === 0, seen, `${who}, ${kind}: $dontSelect`);
        }
    }
});

test('sec_matrix: the answer to a save and a delete tells nothing that was not sent', async () => {
    for (const [kind, { permissions }] of Object.entries(KINDS))
        for (const who of ['nobody', 'bob', 'ann', 'rita']) {
            const id = made[kind].id;
            const before = await w.stored(kind, id);
            const body = { _method: 'PUT', name: before.name };
            const answers = [await w.ask(who, 'POST', `/classes/${kind}/${id}`, body), await w.inBatch(who, 'PUT', `/classes/${kind}/${id}`, { name: before.name })];
            for (const answer of answers) {
                const label = `${who} saves ${kind}: ${answer.status} ${answer.text}`;
                assert.doesNotMatch(answer.text, /secret of/, label);
                if (answer.status === 200) assert.deepEqual(Object.keys(answer.body), ['updatedAt'], label);
                else assert.ok([101, 119].includes(answer.body.code), label);
                if (permissions.update === undefined && !KINDS[kind].acl) assert.equal(answer.status, 200, label);
            }
            const doomed = await w.make(kind, { name: 'doomed', secret: `secret of ${kind}`, ACL: KINDS[kind].acl ? {} : undefined });
            const gone = await w.ask(who, 'DELETE', `/classes/${kind}/${doomed}`);
            if (gone.status === 200) assert.deepEqual(gone.body, {});
            else assert.doesNotMatch(gone.text, /secret of/);
            await w.ask('master', 'DELETE', `/classes/${kind}/${doomed}`);
        }
});

describe('sec_matrix of users: their own doors show what a get shows', () => {
    const secrets = /\$argon2|_hashed_password|_rperm|_wperm|_perishable|_email_verify|_failed_login|_tombstone/;
    const PROTECTED = { '*': ['email', 'phone'], 'role:R': ['email'] };

    before(async () => {
        await w.must('master', 'PUT', '/schemas/_User', {
            fields: { phone: { type: 'String' } },
            classLevelPermissions: { ...OPEN_CLP, protectedFields: PROTECTED },
        });
        for (const name of ['ann', 'bob', 'rita'])
            await w.must('master', 'PUT', `/users/${w.users[name].id}`, {
                phone: `phone of ${name}`,
                ACL: { '*': { read: true }, [w.users[name].id]: { read: true, write: true } },
            });
        w.pointing = await w.make('Q', { name: 'to ann', u: pointer('_User', w.users.ann.id) });
    });
    after(() => w.setPermissions('_User', { protectedFields: {} }));

    const annBy = {
        get: (who) => w.ask(who, 'GET', `/users/${w.users.ann.id}`),
        'get through /classes': (who) => w.ask(who, 'GET', `/classes/_User/${w.users.ann.id}`),
        'get through /classes/User': (who) => w.ask(who, 'GET', `/classes/User/${w.users.ann.id}`),
        'get in a batch': (who) => w.inBatch(who, 'GET', `/users/${w.users.ann.id}`, {}),
        find: async (who) => first(await w.find(who, '_User', { where: { username: 'ann' } })),
        'find with keys': async (who) => first(await w.find(who, '_User', { where: { username: 'ann' }, keys: 'username,email,phone,password,sessionToken,_hashed_password' })),
        include: async (who) => {
            const answer = await w.find(who, 'Q', { where: { objectId: w.pointing }, include: 'u' });
            return { ...answer, body: answer.body.results[0].u };
        },
    };
    const first = (answer) => ({ ...answer, body: answer.body.results[0] });

    // who -> the fields of ann beyond the open ones that he sees
    const SEES = { nobody: [], bob: [], rita: ['phone'], ann: ['email', 'phone'], master: ['email', 'phone'], readOnly: ['email', 'phone'] };
    for (const [who, fields] of Object.entries(SEES))
        test(`sec_matrix users as ${who}`, async () => {
            for (const [door, open] of Object.entries(annBy)) {
                const answer = await open(who);
                const label = `${who} by ${door}: ${answer.text}`;
                assert.equal(answer.status, 200, label);
                assert.equal(answer.body.username, 'ann', label);
                for (const name of ['email', 'phone']) assert.equal(name in answer.body, fields.includes(name), `${label}: ${name}`);
                assert.doesNotMatch(answer.text, secrets, label);
                assert.ok(!('password' in answer.body), label);
                if ('sessionToken' in answer.body) {
                    assert.equal(who, 'ann', label);
                    assert.equal(answer.body.sessionToken, w.users.ann.session, label);
                }
            }
        });
    test('sec_matrix users: /users/me, /login, /verifyPassword, /loginAs, /sessions/me', async () => {
        const own = ['createdAt', 'email', 'objectId', 'phone', 'updatedAt', 'username'];
        const shown = (body) => Object.keys(body).filter((key) => !['ACL', 'sessionToken', '__type', 'className'].includes(key)).sort();
        const ann = { username: 'ann', password: w.users.ann.password };
        const doors = {
            '/users/me': await w.must('ann', 'GET', '/users/me'),
            'POST /users/me': await w.must('ann', 'POST', '/users/me', { _method: 'GET' }),
            'POST /login': await w.must('nobody', 'POST', '/login', ann),
            'GET /login': await w.must('nobody', 'GET', `/login?username=ann&password=${ann.password}`),
            '/login in a batch': (await w.inBatch('nobody', 'POST', '/login', ann)).body,
            'POST /verifyPassword': await w.must('nobody', 'POST', '/verifyPassword', ann),
            'GET /verifyPassword': await w.must('nobody', 'GET', `/verifyPassword?username=ann&password=${ann.password}`),
            '/loginAs': await w.must('master', 'POST', '/loginAs', { userId: w.users.ann.id }),
        };
        for (const [door, body] of Object.entries(doors)) {
            assert.deepEqual(shown(body), own, door);
            assert.equal('sessionToken' in body, !door.includes('verifyPassword'), door);
            assert.doesNotMatch(JSON.stringify(body), secrets, door);
        }
        for (const who of ['nobody', 'bob', 'ann', 'rita', 'readOnly', 'maintenance'])
            await w.refuses([119, 403], who, 'POST', '/loginAs', { userId: w.users.ann.id });
        await w.refuses(209, 'nobody', 'GET', '/users/me');
        await w.refuses(209, 'nobody', 'GET', '/sessions/me');
        const session = await w.must('ann', 'GET', '/sessions/me');
        assert.equal(session.user.objectId, w.users.ann.id);
        assert.deepEqual(Object.keys(session.user).sort(), ['__type', 'className', 'objectId']);
    });
    test('sec_matrix sessions: one’s own through every door, others’ through none', async () => {
        const all = (await w.must('master', 'GET', '/classes/_Session')).results;
        const ofAnn = all.find((s) => s.sessionToken === w.users.ann.session).objectId;
        const pointing = await w.make('Holder', { name: 'session', list: [pointer('_Session', ofAnn)], obj: { s: pointer('_Session', ofAnn) } });
        for (const who of ['nobody', 'bob', 'rita', 'ann']) {
            for (const path of [`/sessions/${ofAnn}`, `/classes/_Session/${ofAnn}`]) {
                const answer = await w.ask(who, 'GET', path);
                if (who === 'ann') assert.equal(answer.body.sessionToken, w.users.ann.session);
                else assert.equal(answer.body.code, who === 'nobody' ? 209 : 101, answer.text);
            }
            for (const params of [{}, { where: { user: pointer('_User', w.users.ann.id) } }, { where: { objectId: ofAnn } }]) {
                const answer = await w.find(who, '_Session', params);
                if (who === 'nobody') assert.equal(answer.body.code, 209);
                else if (who !== 'ann') assert.ok(answer.body.results.every((s) => s.user.objectId === w.users[who].id), answer.text);
            }
            const held = await w.ask(who, 'GET', `/classes/Holder/${pointing}?include=list,obj.s`);
            assert.equal(held.text.includes(w.users.ann.session), who === 'ann', `${who}: ${held.text}`);
            const sub = await w.find(who, 'Holder', { where: { list: { $inQuery: { className: '_Session', where: {} } } } });
            if (sub.status === 200) assert.equal(sub.body.results.length, who === 'ann' ? 1 : 0, who);
            else assert.ok([209, 119].includes(sub.body.code) && who === 'nobody', `${who} ${sub.text}`);
        }
    });
});
