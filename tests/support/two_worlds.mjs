// Two servers that one caller cannot tell apart: the same classes, rules, users and roles, and the same of all he may read. What
// he may not read differs: objects are there or not, or hold other values; so do protected fields, other people's sessions,
// installations and mail addresses, members of relations, rows of closed classes, parameters for the master key.
import assert from 'node:assert/strict';

import { startServer } from './homeport.mjs';
import { pointer } from './payments.mjs';
import { randomSource } from './random.mjs';
import { OPEN_CLP } from './security.mjs';
import { startRelay } from './smtp_receiver.mjs';

export const SECRETS = ['secret', 'sn', 'sobj', 'slist', 'srel', 'sto'];
export const PASSWORD = 'the right password of a test';

export const FIELDS = {
    name: 'String',
    n: 'Number',
    flag: 'Boolean',
    day: 'Date',
    list: 'Array',
    obj: 'Object',
    at: 'GeoPoint',
    owner: ['Pointer', '_User'],
    owners: 'Array',
    to: ['Pointer', 'Open'],
    any: 'Array',
    rel: ['Relation', 'Open'],
    secret: 'String',
    sn: 'Number',
    sobj: 'Object',
    slist: 'Array',
    srel: ['Relation', 'Open'],
    sto: ['Pointer', 'Open'],
};
const fieldsOfSchema = Object.fromEntries(
    Object.entries(FIELDS).map(([name, type]) => [name, Array.isArray(type) ? { type: type[0], targetClass: type[1] } : { type }]),
);

const NAMING = ['owner', 'owners']; // decide who sees the row: the same in both worlds
const isRelation = (name) => FIELDS[name][0] === 'Relation';
const ALL = ['find', 'get', 'count', 'create', 'update', 'delete'];
const each = (operations, rule) => Object.fromEntries(operations.map((op) => [op, rule]));
const names = (caller, row) => Boolean(caller.id) && (row.owner === caller.id || row.owners.includes(caller.id));
const isOwner = (caller, row) => Boolean(caller.id) && row.owner === caller.id;
const everybody = () => true;
const nobody = () => false;

// Of each class: its permissions; who reads and writes a row as far as the class goes; which of SECRETS are hidden in a row.
export const KINDS = {
    Open: { permissions: {} },
    Protected: { permissions: { protectedFields: { '*': SECRETS } }, hides: () => SECRETS },
    RoleProtected: {
        permissions: { protectedFields: { '*': SECRETS, 'role:R': [] } },
        hides: (caller) => (caller.groups.includes('role:R') ? [] : SECRETS),
    },
    UserProtected: {
        permissions: { protectedFields: { authenticated: SECRETS } },
        hides: (caller) => (caller.id ? SECRETS : []),
    },
    OwnerProtected: {
        permissions: { protectedFields: { '*': SECRETS, 'userField:owner': [], 'userField:owners': ['secret', 'sobj', 'srel'] } },
        hides: (caller, row) => {
            if (isOwner(caller, row)) return [];
            return caller.id && row.owners.includes(caller.id) ? ['secret', 'sobj', 'srel'] : SECRETS;
        },
    },
    Owned: { permissions: each(ALL.filter((op) => op !== 'create'), { pointerFields: ['owner', 'owners'] }), reads: names, writes: names },
    ReadUsers: {
        permissions: { find: {}, get: {}, count: {}, update: {}, delete: {}, readUserFields: ['owner'], writeUserFields: ['owner'] },
        reads: isOwner,
        writes: isOwner,
    },
    RoleOnly: {
        permissions: each(ALL, { 'role:R': true }),
        reads: (caller) => caller.groups.includes('role:R'),
        writes: (caller) => caller.groups.includes('role:R'),
    },
    UsersOnly: {
        permissions: each(ALL, { requiresAuthentication: true }),
        reads: (caller) => Boolean(caller.id),
        writes: (caller) => Boolean(caller.id),
    },
    Denied: { permissions: each(['find', 'get', 'count', 'update', 'delete'], {}), reads: nobody, writes: nobody },
    GetOnly: { permissions: { find: {}, count: {} } },
    FindOnly: { permissions: { get: {}, count: {} } },
};

// Whom a row's ACL lets read and write it, by words that stand for ids: '*', 'ann', 'rita', 'eve', 'role:…'.
const ACLS = [
    undefined,
    undefined,
    { '*': { read: true, write: true } },
    { '*': { read: true } },
    { ann: { read: true, write: true } },
    { rita: { read: true, write: true }, ann: { read: true } },
    { eve: { read: true, write: true } },
    { eve: { read: true, write: true } },
    { 'role:R': { read: true, write: true } },
    { 'role:Above': { read: true } },
    { 'role:Secret': { read: true, write: true } },
    { eve: { read: true }, '*': { write: true } },
    {},
];
export const USERS = { ann: 'userAnn', rita: 'userRita', eve: 'userEve', pub: 'userPub' };
export const CALLERS = {
    nobody: { groups: ['*'] },
    ann: { id: USERS.ann, groups: ['*', USERS.ann] },
    rita: { id: USERS.rita, groups: ['*', USERS.rita, 'role:R', 'role:Above'] },
};
export const ROWS = 2 * ACLS.length;

const aclOf = (words) => words && Object.fromEntries(Object.entries(words).map(([who, rights]) => [USERS[who] ?? who, rights]));
const allows = (acl, caller, right) => !acl || caller.groups.some((group) => acl[group]?.[right]);

/** All rows of a class with what the rules say of them for this caller. */
export function rowsOf(kind, caller) {
    const { reads = everybody, writes = everybody, hides = () => [] } = KINDS[kind];
    return Array.from({ length: ROWS }, (_, i) => {
        const acl = aclOf(ACLS[i % ACLS.length]);
        const row = { id: `${kind}${i}`, acl, owner: Object.values(USERS)[(i + (i >> 2)) % 4], owners: i % 3 === 0 ? [USERS.ann] : [USERS.eve, USERS.rita] };
        row.visible = allows(acl, caller, 'read') && reads(caller, row);
        row.writable = allows(acl, caller, 'write') && writes(caller, row);
        // What may come into sight one day (change) has the same relations in both worlds: a save cannot make them the same.
        const differs = (name) => hides(caller, row).includes(name) || (!row.visible && !NAMING.includes(name) && (!row.writable || !isRelation(name)));
        row.hidden = Object.keys(FIELDS).filter(differs);
        return row;
    });
}

export const WORDS = ['alpha', 'beta', 'gamma', 'alphabet', 'the quick brown fox', '', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaab'];
const KIND_NAMES = Object.keys(KINDS);
const anyId = (random) => `${random.pick(KIND_NAMES)}${random.below(ROWS + 2)}`;
const anyOpenId = (random) => `Open${random.below(ROWS + 2)}`;
const geo = (random) => ({ __type: 'GeoPoint', latitude: random.below(80), longitude: random.below(80) });

/** A value that a field of this type can have. */
export function valueOf(name, random) {
    const type = FIELDS[name];
    const word = () => random.pick(WORDS);
    if (name === 'any') return [pointer(...anyPointer(random)), word(), { deep: pointer(...anyPointer(random)) }];
    if (name === 'owner') return pointer('_User', random.pick(Object.values(USERS)));
    if (name === 'owners') return [pointer('_User', random.pick(Object.values(USERS)))];
    if (type === 'String') return word();
    if (type === 'Number') return random.pick([0, 1, 2, 5, 1e300, -7, 0.5]);
    if (type === 'Boolean') return random.chance(0.5);
    if (type === 'Date') return { __type: 'Date', iso: `20${10 + random.below(20)}-01-01T00:00:00.000Z` };
    if (type === 'Array') return random.some([...WORDS, 1, 2, 5], 3);
    if (type === 'Object') return { k: random.pick([word(), 1, 2, { x: word() }, [1, 2], pointer('Open', anyOpenId(random))]), z: random.below(3) };
    if (type === 'GeoPoint') return geo(random);
    return pointer('Open', anyOpenId(random));
}

function anyPointer(random) {
    const id = anyId(random);
    return random.chance(0.1) ? ['_User', random.pick(Object.values(USERS))] : [id.replace(/\d+$/, ''), id];
}

/** What a row holds in one world. `common` gives the same to both worlds, `own` differs. */
export function contents(row, common, own) {
    const body = { owner: pointer('_User', row.owner), owners: row.owners.map((id) => pointer('_User', id)) };
    for (const name of Object.keys(FIELDS)) {
        const hidden = row.hidden.includes(name);
        const value = contentOf(name, hidden, common, own);
        if (name in body || (hidden && own.chance(0.1))) continue;
        body[name] = value;
    }
    return body;
}

export class OneWorld {
    constructor(server, caller, name) {
        this.server = server;
        this.caller = caller;
        this.name = name;
        this.own = randomSource(name === 'a' ? 1001 : 2002);
        this.sessions = {};
    }

    async master(method, path, body) {
        const answer = await this.server.request(method, path, { master: true, body });
        assert.ok(answer.status < 300, `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
        return answer.body;
    }

    /** With the key that may set the times of new objects. */
    async maintain(requests) {
        const headers = { 'X-Parse-Maintenance-Key': this.server.config.maintenanceKey };
        for (let i = 0; i < requests.length; i += 50) {
            const part = requests.slice(i, i + 50).map((request) => ({ ...request, path: `/parse${request.path}` }));
            const answer = await this.server.request('POST', '/batch', { headers, body: { requests: part } });
            assert.equal(answer.status, 200, answer.text);
            for (const { success, error } of answer.body) assert.ok(success, JSON.stringify(error));
        }
    }

    async fill(common) {
        const { own } = this;
        const isCaller = (id) => id === this.caller.id;
        for (const [word, objectId] of Object.entries(USERS)) {
            const open = word === 'pub';
            const body = {
                objectId,
                username: word,
                password: PASSWORD,
                nick: isCaller(objectId) || open ? word : own.pick(WORDS),
                email: isCaller(objectId) ? `${word}@example.org` : `${word}${this.name}@example.org`,
                phone: isCaller(objectId) || !open ? '123' : this.name,
            };
            await this.master('POST', '/users', body);
            const { body: signedIn } = await this.server.request('POST', '/login', { body: { username: word, password: PASSWORD } });
            this.sessions[objectId] = signedIn.sessionToken;
            assert.ok(signedIn.sessionToken, JSON.stringify(signedIn));
            await this.master('PUT', `/users/${objectId}`, { ACL: open ? { '*': { read: true } } : { [objectId]: { read: true, write: true } } });
        }
        await this.master('POST', '/users', { objectId: `only${this.name}`, username: `only${this.name}`, password: PASSWORD, email: `only${this.name}@example.org` });
        await this.master('PUT', '/schemas/_User', { classLevelPermissions: { ...OPEN_CLP, protectedFields: { '*': ['email', 'phone'] } } });
        await this.#fillRoles();
        await this.#fillRest();
        for (const kind of KIND_NAMES)
            await this.master('POST', `/schemas/${kind}`, {
                className: kind,
                fields: fieldsOfSchema,
                classLevelPermissions: { ...OPEN_CLP, ...KINDS[kind].permissions },
            });
        const creates = [];
        for (const kind of KIND_NAMES)
            for (const [i, row] of rowsOf(kind, this.caller).entries()) {
                const body = contents(row, common, own);
                const time = { __type: 'Date', iso: new Date(Date.UTC(2024, 0, 1, KIND_NAMES.indexOf(kind), 0, i)).toISOString() };
                const absent = !row.visible && !row.writable && own.chance(0.4);
                if (!absent) creates.push({ method: 'POST', path: `/classes/${kind}`, body: { objectId: row.id, createdAt: time, updatedAt: time, ...body, ...(row.acl && { ACL: row.acl }) } });
            }
        await this.maintain(creates);
    }

    async #fillRoles() {
        const users = (...ids) => ({ __op: 'AddRelation', objects: ids.map((id) => pointer('_User', id)) });
        const seen = { '*': { read: true } };
        const extra = this.caller.id === USERS.eve ? [] : this.name === 'a' ? [USERS.eve] : [];
        const make = (objectId, ACL, more) => this.master('POST', '/roles', { objectId, name: objectId, ACL, ...more });
        await make('R', seen, { users: users(USERS.rita, ...extra) });
        await make('Above', {}, { roles: { __op: 'AddRelation', objects: [pointer('_Role', 'R')] }, users: users(USERS.pub, ...extra) });
        await make('Secret', {}, { users: users(...(this.name === 'a' ? [USERS.eve] : [USERS.pub])) });
        await make(`Only${this.name}`, {}, {});
    }

    async #fillRest() {
        const { name } = this;
        await this.master('PUT', '/config', { params: { shown: 1, kept: name, keptToo: { a: name } }, masterKeyOnly: { kept: true, keptToo: true } });
        for (let i = 0; i < (name === 'a' ? 3 : 1); i++) {
            await this.server.request('POST', '/login', { body: { username: 'eve', password: PASSWORD }, headers: { 'X-Parse-Installation-Id': `eve-${name}-${i}` } });
            await this.master('POST', '/installations', {
                objectId: i === 0 ? 'install0' : `install${name}${i}`,
                deviceType: name === 'a' ? 'ios' : 'android',
                installationId: `installation-${name}-${i}`,
                channels: [name],
                ACL: { [USERS.eve]: { read: true, write: true } },
            });
            await this.master('POST', '/classes/_Audience', { name: `${name}${i}`, query: '{}' });
        }
    }

    /** A change by the master key: the same one, as the caller sees it. `shared` gives the same to both worlds. */
    async change(shared) {
        const kind = shared.pick(KIND_NAMES);
        const row = shared.pick(rowsOf(kind, this.caller));
        const { reads = everybody, hides = () => [] } = KINDS[kind];
        const [dice, fields] = [shared.below(10), shared.distinct(Object.keys(FIELDS).filter((name) => !NAMING.includes(name)), 4)];
        const fill = (hidden, some = fields) => Object.fromEntries(some.map((name) => [name, contentOf(name, hidden.includes(name), shared, this.own)]));
        const at = `/classes/${kind}/${row.id}`;
        const hiddenOfShown = hides(this.caller, row);
        if (row.visible) return this.attempt('PUT', at, fill(row.hidden));
        if (!row.writable) { // there or not: what becomes of it is the world's own matter
            const body = fill(row.hidden);
            if (this.own.chance(0.2)) return void (await this.attempt('DELETE', at));
            if (this.own.chance(0.7)) await this.attempt('PUT', at, body);
            return;
        }
        // It comes into the caller's sight, with what it may see of it the same in both worlds, or goes out of it.
        if (dice < 5 && reads(this.caller, row)) {
            const shown = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, contentOf(name, hiddenOfShown.includes(name), shared, this.own)]));
            const { owner, owners, ...body } = shown;
            for (const name of Object.keys(body).filter(isRelation)) delete body[name];
            return this.attempt('PUT', at, { ...body, ACL: { '*': { read: true, write: true } } });
        }
        return this.attempt('PUT', at, { ...fill(row.hidden, row.hidden), ACL: row.acl });
    }

    /** With the master key, whatever comes of it. */
    async attempt(method, path, body) {
        return (await this.server.request(method, path, { master: true, body })).status;
    }

    async stop() {
        await this.server.stop();
        await this.relay?.stop();
    }
}

function contentOf(name, hidden, shared, own) {
    const [one, other] = [shared, own].map((random) => makeOne(name, random)); // of both in any case: each world takes as much
    return hidden ? other : one;
}

function makeOne(name, random) {
    if (!isRelation(name)) return valueOf(name, random);
    return { __op: 'AddRelation', objects: Array.from({ length: 1 + random.below(4) }, () => pointer('Open', anyOpenId(random))) };
}

const CONFIG = {
    allowCustomObjectId: true,
    maintenanceKey: 'the-maintenance-key-of-a-test',
    appName: 'Harbour',
    publicServerURL: 'https://api.example.org/parse',
    verifyUserEmails: true,
    protectedFieldsSaveResponseExempt: false,
    idempotencyOptions: { paths: ['classes/.*', 'functions/.*'] },
    startLiveQueryServer: true,
    liveQuery: { classNames: [...KIND_NAMES, '_User', '_Role', '_Session'] },
};

/** Both worlds of a caller, filled. `seed` decides what is in them. */
export async function makeWorlds(who, seed) {
    const worlds = [];
    try {
        for (const name of ['a', 'b']) worlds.push(await startWorld(CALLERS[who], name));
        await Promise.all(worlds.map((world) => world.fill(randomSource(seed))));
    } catch (error) {
        await Promise.all(worlds.map((world) => world.stop().catch(() => {})));
        throw error;
    }
    return worlds;
}

async function startWorld(caller, name) {
    const relay = await startRelay();
    const mail = { host: '127.0.0.1', port: relay.port, security: 'none', from: 'Harbour <app@example.org>' };
    const server = await startServer({ config: { ...CONFIG, emailAdapter: { module: 'smtp', options: mail } } });
    const world = new OneWorld(server, caller, name);
    world.relay = relay;
    return world;
}
