// Homeport and Parse Server on one Redis, each with a store of its own: a save on either reaches those who are subscribed to
// the other, by the official SDK.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { busIs, startRedis, subscribedTo } from '../support/redis.mjs';
import { freshParse } from '../support/sdk.mjs';
import { startParseServer } from './lib/parse_server.mjs';
import { startPostgres } from './lib/postgres.mjs';

const CLASS_NAMES = ['Msg', '_User'];
const OPEN = { '*': true };
const CLP = { find: OPEN, get: OPEN, count: OPEN, create: OPEN, update: OPEN, delete: OPEN, protectedFields: { '*': ['secret'] } };
const FIELDS = {
    text: { type: 'String' }, n: { type: 'Number' }, yes: { type: 'Boolean' }, at: { type: 'Date' }, list: { type: 'Array' },
    map: { type: 'Object' }, place: { type: 'GeoPoint' }, who: { type: 'Pointer', targetClass: '_User' }, secret: { type: 'String' }, paper: { type: 'File' },
};
const keys = { appId: 'bus', masterKey: 'bus-master', restAPIKey: 'bus-rest', javascriptKey: 'bus-js' };

suite('one Redis, two kinds of servers', () => {
    let postgres, redis, parseServer, homeport;

    before(async () => {
        [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
        const bus = { redisURL: redis.url };
        const config = {
            ...keys,
            startLiveQueryServer: true,
            liveQuery: { classNames: CLASS_NAMES, ...bus },
            liveQueryServerOptions: bus,
            schema: { definitions: [{ className: 'Msg', fields: FIELDS, classLevelPermissions: CLP }] },
        };
        [parseServer, homeport] = await Promise.all([
            startParseServer({ ...config, databaseURI: postgres.createDatabase('bus') }),
            startServer({ config }),
        ]);
        await busIs(homeport, 'up');
        await subscribedTo(redis, `${keys.appId}afterSave`, 2); // Parse Server answers before it listens
    });
    after(async () => {
        await homeport?.stop();
        if (parseServer) process.kill(parseServer.pid, 'SIGKILL'); // it does not end by itself while it is connected to Redis
        await parseServer?.stop();
        await redis?.stop();
        await postgres?.stop();
    });

    const sdkOf = (server) => {
        const Parse = freshParse();
        Parse.initialize(keys.appId, keys.javascriptKey, keys.masterKey);
        Parse.serverURL = server.url;
        return Parse;
    };

    /** The SDK of a subscriber; its socket, which else comes back for ever, goes with the test. */
    const listenerOf = (t, server) => {
        const Parse = sdkOf(server);
        t.after(() => Parse.LiveQuery.close());
        return Parse;
    };

    /** What `to` hears of an object's life on `from`. */
    async function lifeHeard(t, from, to) {
        const speaking = sdkOf(from), listening = listenerOf(t, to);
        const owner = await speaking.User.signUp(`owner-${Math.random()}`, 'password', {});
        const subscription = await new listening.Query('Msg').equalTo('yes', true).subscribe();
        const heard = [];
        let steps = 0;
        let look = () => {};
        for (const event of ['create', 'update', 'leave', 'enter', 'delete'])
            subscription.on(event, (object, original) => {
                heard.push({ event, object, original });
                look();
            });
        const next = () =>
            new Promise((resolve, reject) => {
                const timer = setTimeout(() => reject(new Error(`nothing was heard after ${steps} events`)), 30_000);
                look = () => {
                    if (heard.length === 0) return;
                    clearTimeout(timer);
                    look = () => {}; // what comes before the next one is asked for waits for it
                    steps++;
                    resolve(heard.shift());
                };
                look();
            });

        const master = { useMasterKey: true };
        const msg = new speaking.Object('Msg');
        const at = new Date('2024-05-06T07:08:09.010Z');
        await msg.save({ text: 'tea', n: 1, yes: true, at, list: [1, 'two'], map: { a: { b: 1 } }, place: new speaking.GeoPoint(1, 2), who: owner, secret: 's' }, master);
        const created = await next();
        assert.equal(created.event, 'create');
        assert.equal(created.object.id, msg.id);
        for (const [name, value] of Object.entries({ text: 'tea', n: 1, list: [1, 'two'], map: { a: { b: 1 } } })) assert.deepEqual(created.object.get(name), value, name);
        assert.deepEqual(created.object.get('at'), at);
        assert.equal(created.object.get('place').longitude, 2);
        assert.equal(created.object.get('who').id, owner.id);
        assert.ok(created.object.createdAt instanceof Date);
        assert.ok(!created.object.has('secret'), 'the permissions of the class hold there too');

        await msg.save({ n: 2 }, master);
        const updated = await next();
        assert.deepEqual([updated.event, updated.object.get('n'), updated.original.get('n')], ['update', 2, 1]);
        await msg.save({ yes: false }, master);
        assert.equal((await next()).event, 'leave');
        await msg.save({ yes: true }, master);
        assert.equal((await next()).event, 'enter');
        await msg.destroy(master);
        assert.equal((await next()).event, 'delete');

        const hidden = new speaking.Object('Msg'), open = new speaking.Object('Msg');
        hidden.setACL(new speaking.ACL(owner));
        await hidden.save({ yes: true, text: 'hidden' }, master);
        await open.save({ yes: true, text: 'open' }, master);
        assert.equal((await next()).object.get('text'), 'open', 'an ACL holds there too');
    }

    test('what is saved on Homeport is told by Parse Server', (t) => lifeHeard(t, homeport, parseServer));
    test('what is saved on Parse Server is told by Homeport', (t) => lifeHeard(t, parseServer, homeport));

    for (const kind of ['Parse Server', 'Homeport'])
        test(`a file of ${kind} is told with the address that it has there`, async (t) => {
            const [from, to] = kind === 'Homeport' ? [homeport, parseServer] : [parseServer, homeport];
            const speaking = sdkOf(from), listening = listenerOf(t, to);
            const subscription = await new listening.Query('Msg').equalTo('n', 55).subscribe();
            const heard = new Promise((resolve) => subscription.on('create', resolve));
            const paper = await new speaking.File('paper.txt', { base64: 'aGk=' }).save({ useMasterKey: true });
            await new speaking.Object('Msg').save({ n: 55, paper }, { useMasterKey: true });
            assert.equal((await heard).get('paper').url(), paper.url());
        });

    test('a file without an address, in a list or an object, silences Parse Server no more', { timeout: 60_000 }, async (t) => {
        const listening = listenerOf(t, parseServer);
        const subscription = await new listening.Query('Msg').equalTo('n', 66).subscribe();
        const heard = [];
        const both = new Promise((resolve) => subscription.on('create', (object) => heard.push(object) === 2 && resolve()));
        const save = async (body) => assert.equal((await homeport.request('POST', '/classes/Msg', { master: true, body: { n: 66, ...body } })).status, 201);
        const file = { __type: 'File', name: 'a.txt' };
        await save({ list: [[file]], map: { file } });
        await save({ text: 'after it' });
        await both;
        assert.match(heard[0].get('map').file.url(), /a\.txt$/);
        assert.equal(heard[1].get('text'), 'after it');
    });

    test('files, unknown fields and other classes on the bus stop neither', async (t) => {
        const speaking = sdkOf(parseServer), listening = listenerOf(t, homeport);
        const subscription = await new listening.Query('Msg').equalTo('n', 77).subscribe();
        const heard = new Promise((resolve) => subscription.on('create', resolve));
        const file = await new speaking.File('a.txt', { base64: 'aGk=' }).save({ useMasterKey: true });
        await new speaking.Object('Msg').save({ n: 77, attached: file, strange: 1 }, { useMasterKey: true });
        assert.equal((await heard).get('n'), 77);
        assert.ok(!/bus_message_unreadable/.test(homeport.stderr), homeport.stderr);
    });

    test('a sign-up and its session on the bus tell no secrets to the other kind', async (t) => {
        const speaking = sdkOf(homeport), listening = listenerOf(t, parseServer);
        const subscription = await new listening.Query('_User').startsWith('username', 'told').subscribe();
        const heard = new Promise((resolve) => subscription.on('create', resolve));
        const acl = new speaking.ACL();
        acl.setPublicReadAccess(true);
        await speaking.User.signUp('told', 'password', { email: 'told@example.com', ACL: acl });
        const user = await heard;
        assert.equal(user.get('username'), 'told');
        assert.ok(!user.has('email') && !user.has('sessionToken') && !user.has('password'), JSON.stringify(user));
    });
});
