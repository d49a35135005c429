// The rows of the security table that live queries touch: the same rights as REST, asked again for every event.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { liveClient, openSocket, subscribeMessage } from '../support/live.mjs';
import { pointer, signUp } from '../support/payments.mjs';
import { makeWorld, FIELDS_OF_T } from '../support/security.mjs';

const LIVE = {
    liveQuery: { classNames: ['T', 'P', 'Q', 'Only.*', 'Roled', 'Users', 'Locked', '_User', '_Session', '_Role'] },
    liveQueryServerOptions: { keyPairs: { masterKey: 'live-master', javascriptKey: 'js' } },
    liveSubscriptionsMax: 5,
    liveSocketsPerUserMax: 12,
};

let world, server;
before(async () => {
    world = await makeWorld({ config: LIVE });
    server = world.server;
    await world.makeClass('P', FIELDS_OF_T, {
        find: { pointerFields: ['owner'] },
        get: { pointerFields: ['owner'] },
        count: { pointerFields: ['owner'] },
    });
});
after(() => world?.stop());

/** A connected client of that caller; the token in connect, or in nothing. */
function client(who, { token = true } = {}) {
    if (who === 'master') return liveClient(server, { masterKey: 'live-master' });
    return liveClient(server, { javascriptKey: 'js', sessionToken: token ? world.users[who]?.session : undefined });
}
const save = (className, id, fields) => world.must('master', 'PUT', `/classes/${className}/${id}`, fields);
const acl = (...ids) => Object.fromEntries(ids.map((id) => [id, { read: true, write: true }]));

describe('what may be asked', () => {
    const questions = [
        { secret: 'a' },
        { secret: { $regex: '^a' } },
        { 'obj.k': 1 },
        { $or: [{ name: 'x' }, { $and: [{ secret: 'a' }] }] },
        { $nor: [{ secret: 'a' }] },
    ];

    test('sec_A5_protected_fields_in_a_subscription', async () => {
        const nobody = await client('nobody'), master = await client('master');
        for (const where of questions) await nobody.refused(119, 'T', where);
        for (const where of [{ secret: 'told' }, { 'obj.k': 'told' }]) {
            const answer = await master.ask(subscribeMessage(1, 'T', where));
            assert.equal(answer.op, 'subscribed', JSON.stringify(answer));
        }
        await nobody.subscribe(1, 'T', { name: 'A5' });
        await world.make('T', { name: 'A5', secret: 'a', obj: { k: 1 } });
        assert.equal((await nobody.event()).requestId, 1, 'no refused subscription was kept');
        for (const where of [{ password: 'x' }, { sessionToken: 'x' }, { 'authData.x.id': 'y' }, { email: 'a@b.c' }])
            await nobody.refused(119, '_User', where);
        await nobody.refused(105, '_User', { _hashed_password: 'x' });
        await nobody.close();
        await master.close();
    });

    test('sec_A6_watching_a_protected_field', async () => {
        const ann = await client('ann');
        for (const watch of [['secret'], ['obj.k'], ['name', 'secret']]) await ann.refused(119, 'T', {}, { watch });
        await ann.subscribe(1, 'T', { name: 'A6' }, { watch: ['n'] });
        for (const watch of [['secret'], ['obj.k']]) {
            const refused = await ann.ask(subscribeMessage(1, 'T', { name: 'A6' }, { op: 'update', watch }));
            assert.deepEqual([refused.op, refused.code, refused.requestId], ['error', 119, 1]);
        }
        const id = await world.make('T', { name: 'A6', secret: 'x' });
        await save('T', id, { secret: 'y' });
        await save('T', id, { n: 5 });
        const event = await ann.event();
        assert.deepEqual([event.op, event.object.n], ['update', 5], 'the former subscription is what it was');
        await ann.close();
    });

    test('sec_A7 sec_L4 sec_L9 what REST refuses of a query is refused here', async () => {
        const nobody = await client('nobody');
        const deep = (n, key) => Array.from({ length: n }).reduce((inner) => ({ [key]: [inner] }), { name: 'x' });
        assert.equal((await nobody.refused(102, 'T', { $or: { 0: { secret: 'a' }, length: 1 } })).error, '$or must be an array');
        await nobody.refused(102, 'T', { name: { $regex: '[' } });
        await nobody.refused(102, 'T', { name: { $regex: 'a', $options: 'q' } });
        await nobody.refused(102, 'T', deep(20, '$or'));
        await world.alive();
        await nobody.close();
    });

    test('sec_L4_depth_of_subscriptions', async () => {
        const nobody = await client('nobody');
        const deep = (n, key) => `{"${key}":[`.repeat(n) + '{"name":"x"}' + ']}'.repeat(n);
        const query = (where, op) => `{"op":"${op}","requestId":1,"query":{"className":"T","where":${where}}}`;
        for (const op of ['subscribe', 'update'])
            for (const where of [
                deep(11, '$or'),
                deep(60, '$and'),
                `{"$nor":[${deep(60, '$or')}]}`,
                `{"a":{"$elemMatch":${deep(40, '$or')}}}`,
                `{"a":{"$inQuery":{"className":"T","where":${deep(40, '$and')}}}}`,
            ]) {
                const answers = [await nobody.ask(query(where, op))];
                if (op === 'update') answers.push(await nobody.message()); // error 2 comes first: it is no subscription yet
                assert.equal(answers.at(-1).code, 102, JSON.stringify(answers));
            }
        nobody.send(query(deep(10_000, '$or'), 'subscribe')); // deeper than any JSON that is read: no JSON, no answer
        await nobody.subscribe(2, 'T', JSON.parse(deep(10, '$or')));
        await nobody.close();
    });

    test('sec_C4_class_permissions_of_a_subscription', async () => {
        await world.makeClass('Locked', {}, { find: {}, get: {} });
        await world.makeClass('Roled', { name: { type: 'String' } }, { find: { 'role:R': true }, get: {} });
        await world.makeClass('Users', {}, { find: { requiresAuthentication: true } });
        const nobody = await client('nobody'), ann = await client('ann'), rita = await client('rita');
        await nobody.refused(119, 'Locked');
        await nobody.refused(119, 'Locked', { objectId: 'x' });
        await nobody.refused(119, 'Roled');
        await nobody.refused(101, 'Users');
        await ann.refused(119, 'Roled');
        for (const name of ['_GraphQLConfig', '_Audience', '_Hooks', '_PushStatus', '_JobStatus', '_SCHEMA', '_GlobalConfig', '_Join:users:_Role'])
            await ann.refused(119, name);
        await ann.refused(119, '_Installation');
        await ann.subscribe(1, 'Users');
        await rita.subscribe(1, 'Roled');
        const id = await world.make('Roled', { name: 'for R' });
        assert.equal((await rita.event()).object.objectId, id);
        for (const c of [nobody, ann, rita]) await c.close();
    });

    test('sec_C12_no_other_path_becomes_a_socket', async () => {
        for (const path of ['/graphql', '/subscriptions', '/parse/graphql', '/parse/classes/T'])
            await assert.rejects(openSocket(server, { path }), { status: 404 });
        await (await openSocket(server, { path: '/parse' })).close();
    });
});

describe('what is told', () => {
    test('sec_B1_events_of_users', async () => {
        const ann = await client('ann'), bob = await client('bob');
        const cat = await signUp(server, 'cat');
        await world.must('master', 'PUT', `/users/${cat.id}`, { ACL: { '*': { read: true }, [cat.id]: { write: true } } });
        const linked = await server.request('PUT', `/users/${cat.id}`, { session: cat.session, body: { authData: { anonymous: { id: 'device-of-cat' } } } });
        assert.equal(linked.status, 200, linked.text);
        await bob.subscribe(1, '_User', { objectId: cat.id });
        const own = await liveClient(server, { javascriptKey: 'js', sessionToken: cat.session });
        await own.subscribe(1, '_User', { objectId: cat.id });
        await server.request('PUT', `/users/${cat.id}`, { session: cat.session, body: { nick: 'b' } });
        assert.deepEqual((await own.event()).object.authData, { anonymous: { id: 'device-of-cat' } }, 'his own he sees');
        await server.request('GET', `/login?username=cat&password=cat-password`);
        const changed = await server.request('PUT', `/users/${cat.id}`, { session: cat.session, body: { nick: 'c', password: 'new-cat-password' } });
        assert.equal(changed.status, 200, changed.text);
        let told;
        do told = await bob.event(); // what was changed a moment before he asked may come first
        while (told.object.nick !== 'c');
        for (const state of [told.object, told.original])
            for (const key of Object.keys(state)) assert.ok(!/^_|sessionToken|authData|password|^email$/.test(key), `${key} in ${JSON.stringify(told)}`);
        for (const c of [ann, bob, own]) await c.close();
    });

    test('sec_B2_protected_fields_in_events', async () => {
        const nobody = await client('nobody'), master = await client('master');
        for (const c of [nobody, master]) await c.subscribe(1, 'T', { name: { $in: ['B2', 'B2 again'] } });
        const secrets = { secret: 's', obj: { k: 'v' } };
        const id = await world.make('T', { name: 'B2', ...secrets });
        await save('T', id, { n: 1 });
        await save('T', id, { name: 'else' });
        await save('T', id, { name: 'B2 again' });
        await world.must('master', 'DELETE', `/classes/T/${id}`);
        for (const op of ['create', 'update', 'leave', 'enter', 'delete']) {
            const told = await nobody.event(), whole = await master.event();
            assert.deepEqual([told.op, whole.op], [op, op]);
            for (const state of ['object', 'original'])
                if (whole[state]) {
                    assert.equal(whole[state].secret, 's');
                    assert.ok(!('secret' in told[state]) && !('obj' in told[state]), JSON.stringify(told));
                }
        }
        await nobody.close();
        await master.close();
    });

    test('sec_B4_many_receivers_of_one_change', async () => {
        await world.makeClass('OnlyMany', { ...FIELDS_OF_T, extra: { type: 'String' } }, {
            protectedFields: { '*': ['secret', 'obj', 'extra'], authenticated: ['secret', 'obj'], 'role:R': ['obj'], 'userField:owner': [] },
        });
        const callers = ['nobody', 'ann', 'bob', 'rita', 'master'];
        const clients = [];
        for (let i = 0; i < 50; i++) {
            const who = callers[i % callers.length];
            const token = i % 2 === 0 || !world.users[who]; // in connect, or in subscribe
            const c = await client(who, { token: token && i < 10 });
            await c.subscribe(1, 'OnlyMany', {}, {
                ...(i % 3 === 0 ? { keys: ['secret', 'obj', 'name'] } : {}),
                sessionToken: who === 'master' ? undefined : world.users[who]?.session,
            });
            clients.push([who, c, i % 3 === 0]);
        }
        const id = await world.make('OnlyMany', { name: 'n', secret: 's', obj: { k: 1 }, extra: 'e', owner: pointer('_User', world.users.ann.id) });
        for (const [who, c, keys] of clients) {
            const { object } = await c.event();
            const seen = await world.must(who, 'GET', `/classes/OnlyMany/${id}${keys ? '?keys=secret,obj,name' : ''}`);
            if (keys) delete seen.rel; // REST has relations in every answer, an event those that were asked for
            assert.deepEqual(object, { className: 'OnlyMany', ...seen }, who);
        }
        for (const [, c] of clients) await c.close();
    });

    test('sec_B5_roles_and_groups_of_the_subscriber', async () => {
        await world.makeClass('OnlyRole', FIELDS_OF_T, { protectedFields: { 'role:R': ['name'] } });
        await world.makeClass('OnlyUsers', FIELDS_OF_T, { protectedFields: { authenticated: ['name'] } });
        for (const className of ['OnlyRole', 'OnlyUsers'])
            for (const inConnect of [true, false]) {
                const rita = await client('rita', { token: inConnect });
                const beside = inConnect ? {} : { sessionToken: world.users.rita.session };
                const refused = [await rita.ask({ ...subscribeMessage(9, className, { name: 'x' }), ...beside }),
                                 await rita.ask({ ...subscribeMessage(9, className, {}, { watch: ['name'] }), ...beside })];
                assert.deepEqual(refused.map(({ code }) => code), [119, 119]);
                await rita.subscribe(1, className, { n: 5 }, beside);
                const nobody = await client('nobody');
                await nobody.subscribe(1, className, { name: 'seen' });
                await world.make(className, { name: 'seen', n: 5 });
                assert.ok(!('name' in (await rita.event()).object));
                assert.equal((await nobody.event()).object.name, 'seen');
                await rita.close();
                await nobody.close();
            }
    });

    test('sec_B6_the_other_side_of_an_ACL_change', async () => {
        const { ann, bob } = world.users;
        const watcher = await client('bob');
        await watcher.subscribe(1, 'T', { n: 66 });
        const id = await world.make('T', { name: 'old', n: 66, ACL: acl(ann.id, bob.id) });
        assert.equal((await watcher.event()).op, 'create');
        await save('T', id, { name: 'new', ACL: acl(ann.id) });
        const left = await watcher.event();
        assert.equal(left.op, 'leave');
        assert.ok(!JSON.stringify(left).includes('new'), JSON.stringify(left));
        await save('T', id, { name: 'hidden' });
        await save('T', id, { name: 'shown', ACL: acl(ann.id, bob.id) });
        const entered = await watcher.event();
        assert.deepEqual([entered.op, entered.object.name, 'original' in entered], ['enter', 'shown', false]);
        await watcher.close();
    });

    test('sec_C5_pointer_permissions_of_events', async () => {
        const { ann, bob } = world.users;
        const other = await client('bob'), owner = await client('ann'), nobody = await client('nobody');
        for (const c of [other, owner, nobody]) await c.subscribe(1, 'P');
        const id = await world.make('P', { name: 'ann’s', owner: pointer('_User', ann.id) });
        await save('P', id, { n: 2 });
        await world.must('master', 'DELETE', `/classes/P/${id}`);
        const mine = await world.make('P', { name: 'bob’s', owner: pointer('_User', bob.id) });
        assert.equal((await other.event()).object.objectId, mine);
        assert.deepEqual([(await owner.event()).op, (await owner.event()).op, (await owner.event()).op], ['create', 'update', 'delete']);
        await save('P', mine, { owner: pointer('_User', ann.id) });
        assert.deepEqual([(await other.event()).op, (await owner.event()).op], ['leave', 'enter']);
        await world.setPermissions('P', {});
        await world.make('P', { name: 'for all' });
        assert.equal((await nobody.event()).object.name, 'for all', 'and nothing before');
        await world.setPermissions('P', { find: { pointerFields: ['owner'] }, get: { pointerFields: ['owner'] }, count: { pointerFields: ['owner'] } });
        for (const c of [other, owner, nobody]) await c.close();
    });

    test('sessions are told to their own user alone', async () => {
        const nobody = await client('nobody'), master = await client('master');
        await nobody.refused(209, '_Session');
        await master.refused(209, '_Session');
        const cy = await signUp(server, 'cy'), di = await signUp(server, 'di');
        const own = await liveClient(server, { javascriptKey: 'js', sessionToken: cy.session });
        await own.subscribe(1, '_Session');
        await own.subscribe(2, '_Session', { user: pointer('_User', di.id) });
        await server.request('GET', '/login?username=di&password=di-password');
        await server.request('GET', '/login?username=cy&password=cy-password');
        const told = await own.event();
        assert.deepEqual([told.requestId, told.object.user.objectId], [1, cy.id]);
        for (const c of [nobody, master, own]) await c.close();
    });
});

describe('rights that change while subscribed', () => {
    test('sec_F6_a_session_that_ends_tells_nothing_more', async () => {
        const eve = await signUp(server, 'eve');
        const watcher = await liveClient(server, { javascriptKey: 'js', sessionToken: eve.session });
        const witness = await client('master');
        for (const c of [watcher, witness]) await c.subscribe(1, 'T', { n: 77 });
        await world.make('T', { name: 'eve’s', n: 77, ACL: acl(eve.id) });
        assert.equal((await watcher.event()).object.name, 'eve’s');
        await witness.event();

        const gone = await server.request('POST', '/logout', { session: eve.session, body: {} });
        assert.equal(gone.status, 200, gone.text);
        await world.make('T', { name: 'hidden', n: 77, ACL: acl(eve.id) });
        await world.make('T', { name: 'public', n: 77 });
        assert.equal((await watcher.event()).object.name, 'public', 'the socket stays, as nobody’s');
        assert.deepEqual([(await witness.event()).object.name, (await witness.event()).object.name], ['hidden', 'public']);

        const again = await server.request('GET', '/login?username=eve&password=eve-password');
        await watcher.subscribe(2, 'T', { n: 77 }, { sessionToken: again.body.sessionToken });
        const { results } = await world.must('master', 'GET', `/sessions?where=${encodeURIComponent(JSON.stringify({ sessionToken: again.body.sessionToken }))}`);
        await world.must('master', 'PUT', `/sessions/${results[0].objectId}`, { expiresAt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } });
        await world.make('T', { name: 'expired', n: 77, ACL: acl(eve.id) });
        await world.make('T', { name: 'later', n: 77 });
        assert.equal((await watcher.event()).object.name, 'later');
        await watcher.close();
        await witness.close();
    });

    test('a role that is given and taken away counts from the next event on', async () => {
        const fay = await signUp(server, 'fay');
        const watcher = await liveClient(server, { javascriptKey: 'js', sessionToken: fay.session });
        const witness = await client('master');
        await watcher.subscribe(1, 'T', { n: 88 });
        await witness.subscribe(1, 'T', { n: 99 });
        const { objectId: role } = await world.must('master', 'POST', '/roles', { name: 'Changing', ACL: { '*': { read: true } } });
        const member = (op) => world.must('master', 'PUT', `/roles/${role}`, { users: { __op: op, objects: [pointer('_User', fay.id)] } });
        const tell = async (name) => {
            await world.make('T', { name, n: 88, ACL: acl('role:Changing') });
            await world.make('T', { n: 99 });
            await witness.event(); // events are told one by one: the first is done with before anything else changes
        };
        await tell('before');
        await member('AddRelation');
        await tell('while');
        assert.equal((await watcher.event()).object.name, 'while');
        await member('RemoveRelation');
        await tell('after');
        await world.make('T', { name: 'public', n: 88 });
        assert.equal((await watcher.event()).object.name, 'public');
        await watcher.close();
        await witness.close();
    });

    test('a class that is closed while subscribed says so once, and nothing else', async () => {
        await world.makeClass('OnlyOpen', { n: { type: 'Number' } });
        const nobody = await client('nobody'), witness = await client('master');
        await nobody.subscribe(1, 'OnlyOpen');
        await witness.subscribe(1, 'T', { n: 99 });
        await world.setPermissions('OnlyOpen', { find: { requiresAuthentication: true } });
        await world.make('OnlyOpen', { n: 1 });
        await world.make('OnlyOpen', { n: 2 });
        await world.make('T', { n: 99 });
        await witness.event(); // the two are done with before the class is opened again
        const told = await nobody.message();
        assert.deepEqual([told.op, told.code, told.requestId, told.reconnect], ['error', 101, 1, false]);
        await world.setPermissions('OnlyOpen', {});
        await world.make('OnlyOpen', { n: 3 });
        assert.equal((await nobody.event()).object.n, 3);
        await nobody.close();
        await witness.close();
    });

    test('a field that is protected while it is asked for ends the answers', async () => {
        await world.makeClass('OnlyLater', { s: { type: 'String' }, n: { type: 'Number' } });
        const nobody = await client('nobody');
        await nobody.subscribe(1, 'OnlyLater', { s: 'a' });
        await nobody.subscribe(2, 'OnlyLater', { n: 1 });
        await world.setPermissions('OnlyLater', { protectedFields: { '*': ['s'] } });
        await world.make('OnlyLater', { s: 'a', n: 1 });
        const told = [await nobody.message(), await nobody.message()].sort((a, b) => a.requestId - b.requestId);
        assert.deepEqual([told[0].op, told[0].code], ['error', 119]);
        assert.ok(!('s' in told[1].object));
        await nobody.close();
    });
});

describe('keys, bounds and bad messages', () => {
    test('a key is asked for where keys are configured, and only master’s own key opens everything', async () => {
        const c = await openSocket(server);
        for (const keys of [{}, { javascriptKey: 'wrong' }, { masterKey: server.config.masterKey }, { restAPIKey: 'js' }])
            assert.deepEqual(await c.ask({ op: 'connect', applicationId: 'x', ...keys }), {
                op: 'error', requestId: null, code: 4, error: 'Key in request is not valid', reconnect: true,
            });
        c.connected = await c.ask({ op: 'connect', applicationId: 'x', javascriptKey: 'js', masterKey: 'wrong' });
        await c.refused(119, 'T', { secret: 'x' });
        await c.close();
    });

    test('master’s key opens nothing from elsewhere, and a proxy that is trusted says where from', async () => {
        for (const trustProxy of [['loopback'], undefined]) {
            const proxied = await startServer({ config: { ...LIVE, startLiveQueryServer: true, trustProxy, masterKeyIps: ['127.0.0.1'] } });
            try {
                const told = async (forwarded) => {
                    const c = await liveClient(proxied, { masterKey: 'live-master' }, forwarded ? { headers: { 'X-Forwarded-For': forwarded } } : {});
                    const answer = await c.ask(subscribeMessage(1, '_Installation'));
                    await c.close();
                    return answer.op;
                };
                assert.equal(await told(undefined), 'subscribed');
                assert.equal(await told('203.0.113.5'), trustProxy ? 'error' : 'subscribed');
                assert.equal(await told('203.0.113.5, 127.0.0.1'), trustProxy ? 'error' : 'subscribed');
                assert.equal(await told('127.0.0.1, 203.0.113.5'), trustProxy ? 'error' : 'subscribed');
            } finally {
                await proxied.stop();
            }
        }
    });

    test('keys that a reload has changed open nothing any more, also not for who is there already', async () => {
        const own = await startServer({ config: { ...LIVE, startLiveQueryServer: true, allowClientClassCreation: true } });
        try {
            const keys = { javascriptKey: 'js', masterKey: 'live-master' };
            const make = (n) => own.request('POST', '/classes/T', { master: true, body: { n, ACL: {} } });
            const insider = await liveClient(own, keys);
            await insider.subscribe(1, 'T');
            await make(1);
            assert.equal((await insider.event()).object.n, 1);
            own.config.liveQueryServerOptions = { keyPairs: { ...LIVE.liveQueryServerOptions.keyPairs, masterKey: 'another' } };
            own.writeConfig();
            own.signal('SIGHUP');
            assert.deepEqual(await insider.closed, { code: 1013, reason: 'The keys have changed.' });
            const again = await liveClient(own, keys), master = await liveClient(own, { masterKey: 'another' });
            for (const client of [again, master]) await client.subscribe(1, 'T');
            await make(2);
            assert.equal((await master.event()).object.n, 2);
            await own.request('POST', '/classes/T', { master: true, body: { n: 3 } });
            assert.equal((await again.event()).object.n, 3);
            for (const client of [again, master]) await client.close();
        } finally {
            await own.stop();
        }
    });

    test('one connection’s subscriptions and one user’s connections are counted', async () => {
        const { session: sessionToken } = await signUp(server, 'many');
        const hello = { javascriptKey: 'js', sessionToken };
        const first = await liveClient(server, hello);
        for (let i = 1; i <= 5; i++) await first.subscribe(i, 'T');
        await first.refused(155, 'T');
        await first.subscribe(5, 'T', { n: 1 }); // takes the place of the fifth
        const all = [first];
        while (all.length < 12) all.push(await liveClient(server, hello));
        const beyond = await openSocket(server);
        const refused = await beyond.ask({ op: 'connect', applicationId: 'x', ...hello });
        assert.deepEqual([refused.code, refused.reconnect], [155, false]);
        assert.equal((await beyond.closed).code, 1008);
        for (const c of all) await c.close();
        for (let tries = 0; ; tries++) {
            const next = await openSocket(server);
            const answer = await next.ask({ op: 'connect', applicationId: 'x', ...hello });
            await next.close();
            if (answer.op === 'connected') break;
            assert.ok(tries < 1000, 'connections that ended still count');
        }
    });

    test('the queries of one connection together are bounded', async () => {
        const greedy = await client('nobody');
        const large = (n) => ({ name: { $in: [`${n}`.repeat(100_000)] } });
        for (let i = 1; i <= 4; i++) await greedy.subscribe(i, 'T', large(i));
        await greedy.close();
        const small = await makeWorld({ config: { ...LIVE, liveMessageMax: 4096, liveSubscriptionsMax: 100 } });
        try {
            const c = await liveClient(small.server, { javascriptKey: 'js' });
            const where = (n) => ({ name: `${n}`.repeat(3000) });
            for (let i = 1; i <= 9; i++) await c.subscribe(i, 'T', where(i));
            await c.subscribe(10, 'T', where(1));
            assert.equal((await c.refused(155, 'T', where(0))).error, 'The subscriptions of a connection may have at most 32768 bytes.');
            await c.subscribe(9, 'T', where(9));
            await c.ask({ op: 'unsubscribe', requestId: 9 });
            await c.subscribe(11, 'T', where(0));
            await c.close();
        } finally {
            await small.stop();
        }
    });

    test('sec_L8_subscriptions_that_take_too_long_hold_up_nobody', async () => {
        const hostile = await Promise.all(Array.from({ length: 4 }, () => client('nobody'))), witness = await client('nobody');
        const patterns = Array.from({ length: 400 }, (_, i) => ({ list: { $regex: `(a+)+!${i}` } }));
        for (const [k, c] of hostile.entries())
            for (let i = 1; i <= 5; i++) await c.subscribe(i, 'T', { $or: patterns, n: { $lt: 100 * k + 10 * i + 20 } });
        await witness.subscribe(1, 'T', { list: { $regex: 'a7$' } }, { keys: ['n'] }); // small events: none is lost for being read late
        const list = Array.from({ length: 2000 }, (_, i) => `${'a'.repeat(30)}${i}`).concat('a7');
        for (let n = 1; n <= 20; n++) await world.make('T', { list, n });
        for (let n = 1; n <= 20; n++) assert.equal((await witness.event()).object.n, n);
        for (const c of hostile) {
            const told = [];
            for (let i = 1; i <= 5; i++) {
                const { op, code, requestId } = await c.message();
                assert.deepEqual([op, code], ['error', 102]);
                told.push(requestId);
            }
            assert.deepEqual(told.sort(), [1, 2, 3, 4, 5], 'each is told once');
            await c.subscribe(1, 'T', { list: 'a8' });
        }
        await world.make('T', { list: ['a8'], n: 21 });
        for (const c of hostile) assert.equal((await c.event()).object.n, 21);
        for (const c of [...hostile, witness]) await c.close();
    });

    /** Two hundred subscriptions of one connection to `where(i)`, and writes of `text`, of which it hears until it is closed. */
    async function closesTheCostly({ where, witnessed, text, writesMax }) {
        const own = await startServer({ config: { ...LIVE, liveSubscriptionsMax: 200, startLiveQueryServer: true, allowClientClassCreation: true } });
        try {
            const keys = { javascriptKey: 'js' };
            const hostile = await liveClient(own, keys), witness = await liveClient(own, keys);
            for (let i = 1; i <= 200; i++) await hostile.subscribe(i, 'T', where(i));
            await witness.subscribe(1, 'T', witnessed);
            const make = async () => {
                const { body } = await own.request('POST', '/classes/T', { master: true, body: { text } });
                assert.equal((await witness.event()).object.objectId, body.objectId);
            };
            for (let n = 0; n < writesMax && hostile.ws.readyState === 1; n++) await make();
            assert.deepEqual(await hostile.closed, { code: 1008, reason: 'subscriptions that take too long' });
            await make();
            await witness.close();
        } finally {
            await own.stop();
        }
    }

    test('sec_L8_many_subscriptions_that_take_almost_too_long_close_their_connection', async () => {
        const patterns = (i) => Array.from({ length: 15 }, (_, k) => ({ text: { $regex: `^(a|b)+${i}x${k}$` } })); // a part of what one may take
        await closesTheCostly({ where: (i) => ({ $or: patterns(i) }), witnessed: {}, text: 'ab'.repeat(10_000), writesMax: 200 });
    });

    test('sec_L8_many_subscriptions_that_take_a_little_each_add_up', async () => {
        const where = (i) => ({ text: { $regex: `(a|b|ab)*c${i}x$` } });
        await closesTheCostly({ where, witnessed: { text: { $regex: 'x$' } }, text: `${'ab'.repeat(400)}x`, writesMax: 300 });
    });

    test('sec_L8_includes_that_take_too_long_close_their_connection', async () => {
        // What waits for the hostile client is not what it is closed for.
        const own = await startServer({ config: { ...LIVE, liveSubscriptionsMax: 200, liveBacklogMax: '512mb', startLiveQueryServer: true, allowClientClassCreation: true } });
        try {
            const keys = { javascriptKey: 'js' };
            const must = async (path, body) => {
                const answer = await own.request('POST', path, { master: true, body });
                assert.ok(answer.status < 300, answer.text);
                return answer.body;
            };
            const made = await must('/batch', { requests: Array.from({ length: 50 }, (_, n) => ({ method: 'POST', path: '/parse/classes/Part', body: { n } })) });
            const parts = Array.from({ length: 20 }, () => made.map(({ success }) => pointer('Part', success.objectId))).flat();
            const make = async () => {
                const { objectId } = await must('/classes/T', { parts });
                assert.equal((await witness.event()).object.objectId, objectId);
            };
            const hostile = await liveClient(own, keys), witness = await liveClient(own, keys);
            await witness.subscribe(1, 'T', {}, { keys: ['n'] });
            await make();
            for (let i = 1; i <= 200; i++) await hostile.subscribe(i, 'T', {}, { include: ['parts'], keys: [`k${i}`, 'parts'] });
            for (let n = 0; n < 100 && hostile.ws.readyState === 1; n++) await make();
            assert.deepEqual(await hostile.closed, { code: 1008, reason: 'subscriptions that take too long' });
            await make();
            await witness.close();
        } finally {
            await own.stop();
        }
    });

    test('sec_L14_few_who_ask_a_lot_do_not_shut_out_the_others', async () => {
        const large = (i, k) => ({ name: { $in: ['x', `${i} ${k} ${'y'.repeat(120_000)}`] } });
        const greedy = [];
        let refused = 0;
        while (refused === 0) {
            assert.ok(greedy.length < 300, 'there is an end');
            const c = await client('nobody');
            greedy.push(c);
            for (let k = 1; k <= 5; k++) {
                const answer = await c.ask(subscribeMessage(k, 'T', large(greedy.length, k)));
                if (answer.op !== 'subscribed') refused = answer.code;
            }
        }
        assert.equal(refused, 155);
        const modest = await client('nobody');
        for (let k = 1; k <= 5; k++) await modest.subscribe(k, 'T', { n: 1000 + k });
        await world.make('T', { n: 1005 });
        assert.equal((await modest.event()).object.n, 1005);
        for (const c of [...greedy, modest]) await c.close();
    });

    test('sec_L13_messages_that_make_no_sense_disturb_nobody', async () => {
        const witness = await client('nobody');
        await witness.subscribe(1, 'T', { n: 99 });
        const bad = await client('nobody');
        for (const text of ['', '{', '[]', 'null', '"x"', '{"op":{}}', '{"op":"subscribe","requestId":1,"query":[]}', '{"op":"connect","op":"connect"}'])
            bad.send(text);
        for (const query of [{ className: '', where: {} }, { className: 'T\u0000', where: {} }, { className: 'a'.repeat(10_000), where: {} }])
            bad.send({ op: 'subscribe', requestId: 1e308, query });
        bad.send(subscribeMessage(2, 'T', { n: 99 }));
        bad.ws.terminate(); // gone while it is being subscribed
        for (let i = 0; i < 20; i++) {
            const c = await client('nobody');
            c.send(subscribeMessage(1, 'T', { n: 99 }));
            c.ws.terminate();
        }
        await world.make('T', { n: 99 });
        assert.equal((await witness.event()).object.n, 99);
        const big = await client('nobody');
        big.send('x'.repeat(200_000));
        assert.equal((await big.closed).code, 1009);
        await world.alive();
        await witness.close();
    });

    test('pages of other origins are turned away where origins are configured', async () => {
        const { startServer } = await import('../support/homeport.mjs');
        const strict = await startServer({ config: { startLiveQueryServer: true, allowOrigin: ['https://app.example'] } });
        try {
            await (await openSocket(strict, { headers: { Origin: 'https://app.example' } })).close();
            await (await openSocket(strict)).close();
            await assert.rejects(openSocket(strict, { headers: { Origin: 'https://evil.example' } }), { status: 403 });
        } finally {
            await strict.stop();
        }
    });
});
