// The kinds of protection that the door matrix walks through, and what they hide from whom. One class per kind, with the same
// row in each; class Holder points to every row. KINDS is the only place that knows who may see what.
import assert from 'node:assert/strict';

import { pointer } from './payments.mjs';
import { makeWorld } from './security.mjs';

export const CALLERS = ['nobody', 'bob', 'ann', 'rita', 'master', 'readOnly', 'maintenance'];
const POWERS = ['master', 'readOnly', 'maintenance'];

const FIELDS = {
    name: { type: 'String' },
    secret: { type: 'String' },
    owner: { type: 'Pointer', targetClass: '_User' },
    rel: { type: 'Relation', targetClass: 'Target' },
};

// What each kind of class hides. `sees` lists the clients that see the rows (those with a power see all); `asks` those whose
// question is answered at all (others: refused); `secret` those that see the field `secret`, and may ask for it (`guesses`).
const EVERYBODY = ['nobody', 'bob', 'ann', 'rita'];
export const KINDS = {
    Public: { permissions: {}, sees: EVERYBODY, asks: EVERYBODY, secret: EVERYBODY },
    Hidden: { acl: true, permissions: {}, sees: ['ann', 'rita'], asks: EVERYBODY, secret: ['ann', 'rita'] },
    Denied: { permissions: { find: {}, get: {}, count: {} }, sees: [], asks: [], secret: [] },
    RoleOnly: {
        permissions: { find: { 'role:R': true }, get: { 'role:R': true }, count: { 'role:R': true } },
        sees: ['rita'],
        asks: ['rita'],
        secret: ['rita'],
    },
    UsersOnly: {
        permissions: Object.fromEntries(['find', 'get', 'count'].map((op) => [op, { requiresAuthentication: true }])),
        sees: ['bob', 'ann', 'rita'],
        asks: ['bob', 'ann', 'rita'],
        secret: ['bob', 'ann', 'rita'],
    },
    Owned: {
        permissions: Object.fromEntries(['find', 'get', 'count'].map((op) => [op, { pointerFields: ['owner'] }])),
        sees: ['ann'],
        asks: EVERYBODY,
        secret: ['ann'],
    },
    ReadUsers: {
        permissions: { find: {}, get: {}, count: {}, readUserFields: ['owner'] },
        sees: ['ann'],
        asks: EVERYBODY,
        secret: ['ann'],
    },
    Protected: { permissions: { protectedFields: { '*': ['secret'] } }, sees: EVERYBODY, asks: EVERYBODY, secret: [] },
    RoleProtected: {
        permissions: { protectedFields: { '*': ['secret'], 'role:R': [] } },
        sees: EVERYBODY,
        asks: EVERYBODY,
        secret: ['rita'],
    },
    UserProtected: {
        permissions: { protectedFields: { authenticated: ['secret'] } },
        sees: EVERYBODY,
        asks: EVERYBODY,
        secret: ['nobody'],
    },
    // Decided for each object: who it names sees the field, but a question is about all objects.
    OwnerUnprotected: {
        permissions: { protectedFields: { '*': ['secret'], 'userField:owner': [] } },
        sees: EVERYBODY,
        asks: EVERYBODY,
        secret: ['ann'],
        guesses: [],
    },
};

/** A world with a class of each kind. Yields { w, made }; made: kind -> ids of its row, of what that relates to, of the holder. */
export async function makeMatrix(options) {
    const w = await makeWorld(options);
    const made = {};
    await w.makeClass('Target', { name: { type: 'String' } });
    const holder = {};
    for (const [kind, { permissions, acl }] of Object.entries(KINDS)) {
        await w.makeClass(kind, FIELDS, permissions);
        const ACL = acl ? { [w.users.ann.id]: { read: true }, 'role:R': { read: true } } : undefined;
        const target = await w.make('Target', { name: kind });
        const id = await w.make(kind, {
            name: `name of ${kind}`,
            secret: `secret of ${kind}`,
            owner: pointer('_User', w.users.ann.id),
            rel: { __op: 'AddRelation', objects: [pointer('Target', target)] },
            ACL,
        });
        made[kind] = { id, target };
        holder[`to${kind}`] = { type: 'Pointer', targetClass: kind };
        holder[`rel${kind}`] = { type: 'Relation', targetClass: kind };
    }
    await w.makeClass('Holder', { name: { type: 'String' }, list: { type: 'Array' }, obj: { type: 'Object' }, ...holder });
    for (const [kind, { id }] of Object.entries(made)) {
        made[kind].holder = await w.make('Holder', {
            name: `name of ${kind}`,
            [`to${kind}`]: pointer(kind, id),
            [`rel${kind}`]: { __op: 'AddRelation', objects: [pointer(kind, id)] },
            list: [pointer(kind, id)],
            obj: { deep: { to: pointer(kind, id) } },
        });
    }
    return { w, made };
}

export const SHUT = Symbol('refused');
export const powerful = (who) => POWERS.includes(who);
export const seesRows = (who, kind) => powerful(who) || KINDS[kind].sees.includes(who);
export const seesSecret = (who, kind) => powerful(who) || KINDS[kind].secret.includes(who);
export const mayGuess = (who, kind) => powerful(who) || (KINDS[kind].guesses ?? KINDS[kind].secret).includes(who);

/** Refused because of permission, and for no other reason. */
export function shut(answer, label) {
    assert.ok([101, 119].includes(answer.body?.code), `${label}: ${answer.status} ${answer.text}`);
    return SHUT;
}

/** The objects of a find's answer, as what a door saw. */
export function rows(answer, label) {
    if (answer.status !== 200) return shut(answer, label);
    return answer.body.results;
}

/** A get and an include of what one may not see is as if it were not there; a closed class is either that or a refusal. */
export function assertSees(seen, id, who, kind, label) {
    const may = seesRows(who, kind);
    const ids = seen === SHUT ? [] : seen.map((row) => row.objectId);
    assert.deepEqual(ids, may ? [id] : [], `${label}: rows`);
    if (!may && KINDS[kind].asks.includes(who) && seen !== SHUT) assert.deepEqual(seen, []);
    for (const row of may ? seen : []) {
        assert.equal(row.name, `name of ${kind}`, label);
        assert.equal(row.secret, seesSecret(who, kind) ? `secret of ${kind}` : undefined, `${label}: secret`);
        assert.deepEqual(Object.keys(row).filter((key) => key.startsWith('_') && key !== '__type'), [], label);
    }
}
