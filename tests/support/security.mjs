// What the security tests share: one server with every kind of caller, and refusals that leave no trace.
//
// Class T: name, secret, obj, n, owner, rel; open to all, `secret` and `obj` protected from everybody. Class Q points to T
// and to users, for the sub-query doors. Callers: nobody, ann (owner of things), bob (a stranger), rita (member of role R),
// master, readOnly, maintenance.
import assert from 'node:assert/strict';

import { startServer } from './homeport.mjs';
import { pointer, signUp, snapshot } from './payments.mjs';

const OPEN = { '*': true };
export const OPEN_CLP = { find: OPEN, get: OPEN, count: OPEN, create: OPEN, update: OPEN, delete: OPEN, addField: OPEN };

/** Words that only the inside of the server uses: no answer to a client may hold them. */
const INSIDE = /sqlite|\bSELECT\b.*\bFROM\b|\bjansson\b|libevent|homeport\.db|\$argon2|\.c:\d+/i;

export class World {
    constructor(server) {
        this.server = server;
        this.watched = ['_User', '_Role', '_Session'];
        this.users = {};
    }

    /** Rights of a caller by name, as options of server.request. */
    as(who) {
        const { config } = this.server;
        if (who === 'nobody') return {};
        if (who === 'master') return { master: true };
        if (who === 'readOnly') return { headers: { 'X-Parse-Master-Key': config.readOnlyMasterKey } };
        if (who === 'maintenance') return { headers: { 'X-Parse-Maintenance-Key': config.maintenanceKey } };
        assert.ok(this.users[who], `no caller called ${who}`);
        return { session: this.users[who].session };
    }

    ask(who, method, path, body) {
        return this.server.request(method, path, { ...this.as(who), body });
    }

    /** The same, and it works. Yields the body. */
    async must(who, method, path, body) {
        const answer = await this.ask(who, method, path, body);
        assert.ok(answer.status < 300, `${who} ${method} ${path}: ${answer.status} ${answer.text}`);
        return answer.body;
    }

    async alive() {
        assert.equal((await this.server.request('GET', '/health')).status, 200);
    }

    /** `attempt` is refused with one of `codes` (Parse codes or HTTP statuses), says nothing of the inside, changes nothing. */
    async refused(codes, attempt, label = '') {
        const before = await snapshot(this.server, this.watched);
        const answer = await attempt();
        assert.ok(answer.status >= 400, `${label}: was not refused: ${answer.status} ${answer.text}`);
        const allowed = [codes].flat();
        assert.ok(allowed.includes(answer.body?.code ?? answer.status), `${label}: ${answer.status} ${answer.text}`);
        assert.ok(answer.status < 500, `${label}: a client's mistake is no failure of the server: ${answer.text}`);
        assert.doesNotMatch(answer.text, INSIDE, label);
        assert.equal(await snapshot(this.server, this.watched), before, `${label}: a refused request changed something`);
        await this.alive();
        return answer;
    }

    refuses(codes, who, method, path, body) {
        return this.refused(codes, () => this.ask(who, method, path, body), `${who} ${method} ${path} ${JSON.stringify(body) ?? ''}`);
    }

    /** One part of a batch, as if it had been a request. */
    async inBatch(who, method, path, body) {
        const answer = await this.ask(who, 'POST', '/batch', { requests: [{ method, path: `/parse${path}`, body }] });
        if (answer.status !== 200) return answer;
        const [part] = answer.body;
        const status = part.error ? (part.error.code === 101 ? 404 : 400) : 200;
        return { status, body: part.success ?? part.error, text: JSON.stringify(part) };
    }

    find(who, className, params) {
        return this.ask(who, 'GET', `/classes/${className}?${query(params)}`);
    }

    /** Every way to ask a class a question, as [door, () => answer]. */
    questions(who, className, where) {
        const nested = { t: { $inQuery: { className, where } } };
        const select = { className, where };
        return [
            ['find', () => this.find(who, className, { where })],
            ['count', () => this.find(who, className, { where, count: 1, limit: 0 })],
            ['POST as GET', () => this.ask(who, 'POST', `/classes/${className}`, { _method: 'GET', where })],
            ['POST as GET, text', () => this.ask(who, 'POST', `/classes/${className}`, { _method: 'GET', where: JSON.stringify(where) })],
            ['batch', () => this.inBatch(who, 'GET', `/classes/${className}`, { where })],
            ['$or', () => this.find(who, className, { where: { $or: [{ objectId: 'x' }, where] } })],
            ['$and in $nor', () => this.find(who, className, { where: { $nor: [{ $and: [where] }] } })],
            ['$inQuery', () => this.find(who, 'Q', { where: nested })],
            ['$inQuery, counted', () => this.find(who, 'Q', { where: nested, count: 1, limit: 0 })],
            ['$notInQuery', () => this.find(who, 'Q', { where: { t: { $notInQuery: { className, where } } } })],
            ['$select', () => this.find(who, 'Q', { where: { name: { $select: { query: select, key: 'name' } } } })],
            ['$dontSelect', () => this.find(who, 'Q', { where: { name: { $dontSelect: { query: select, key: 'name' } } } })],
        ];
    }

    /** The question is refused at every door. */
    async refusesQuestion(codes, who, className, where) {
        for (const [door, attempt] of this.questions(who, className, where))
            await this.refused(codes, attempt, `${who} asks ${className} ${JSON.stringify(where)} by ${door}`);
    }

    async makeClass(className, fields = {}, permissions = {}) {
        await this.must('master', 'POST', `/schemas/${className}`, {
            className,
            fields,
            classLevelPermissions: { ...OPEN_CLP, ...permissions },
        });
        this.watched.push(className);
    }

    setPermissions(className, permissions) {
        return this.must('master', 'PUT', `/schemas/${className}`, { classLevelPermissions: { ...OPEN_CLP, ...permissions } });
    }

    /** The id of a new object, made by the master key. */
    async make(className, fields) {
        return (await this.must('master', 'POST', `/classes/${className}`, fields)).objectId;
    }

    stored(className, id) {
        return this.must('maintenance', 'GET', `/classes/${className}/${id}`);
    }

    stop() {
        return this.server.stop();
    }
}

/** Parameters as a query string; what is no text is written as JSON. */
export function query(params) {
    return Object.entries(params)
        .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`)
        .join('&');
}

export const FIELDS_OF_T = {
    name: { type: 'String' },
    secret: { type: 'String' },
    obj: { type: 'Object' },
    n: { type: 'Number' },
    list: { type: 'Array' },
    owner: { type: 'Pointer', targetClass: '_User' },
    rel: { type: 'Relation', targetClass: 'T' },
};

export async function makeWorld({ config = {}, args = [] } = {}) {
    const keys = { readOnlyMasterKey: 'the-read-only-key-of-a-test', maintenanceKey: 'the-maintenance-key-of-a-test' };
    const world = new World(await startServer({ config: { ...keys, ...config }, args }));
    try {
        for (const name of ['ann', 'bob', 'rita']) world.users[name] = await signUp(world.server, name);
        await world.must('master', 'POST', '/roles', {
            name: 'R',
            ACL: { '*': { read: true } },
            users: { __op: 'AddRelation', objects: [pointer('_User', world.users.rita.id)] },
        });
        await world.makeClass('T', FIELDS_OF_T, { protectedFields: { '*': ['secret', 'obj'] } });
        await world.makeClass('Q', {
            name: { type: 'String' },
            t: { type: 'Pointer', targetClass: 'T' },
            u: { type: 'Pointer', targetClass: '_User' },
        });
        world.thing = await world.make('T', {
            name: 'thing',
            secret: 'alpha',
            obj: { k: 'v' },
            n: 1,
            owner: pointer('_User', world.users.ann.id),
        });
        world.pointing = await world.make('Q', { name: 'thing', t: pointer('T', world.thing), u: pointer('_User', world.users.ann.id) });
    } catch (error) {
        await world.stop().catch(() => {});
        throw error;
    }
    return world;
}
