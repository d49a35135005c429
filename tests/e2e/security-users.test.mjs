// Users, sessions and roles: what they show of themselves (B), what no client may write (F), what happens when many do the
// same at once (H), and what an answer betrays (I).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, signUp, storedAll } from '../support/payments.mjs';
import { makeWorld, OPEN_CLP } from '../support/security.mjs';

let w;

before(async () => {
    w = await makeWorld();
    w.watched.push('_Installation');
});
after(() => w.stop());

const FUTURE = { __type: 'Date', iso: '2099-01-01T00:00:00.000Z' };
const OPS = [null, false, 0, '', {}, [], 'x', { __op: 'Delete' }, { __op: 'Increment', amount: 1 }, { __op: 'Add', objects: ['x'] }];
const sessionOf = async (name) => (await w.ask(name, 'GET', '/sessions/me')).body;
const credentials = (name) => ({ username: name, password: w.users[name].password });
const anonymousId = () => `anon-${Math.random().toString(36).slice(2)}`;
const works = async (session) => (await w.server.request('GET', '/users/me', { session })).status === 200;

async function anonymous(world, id = anonymousId()) {
    const { body, status } = await world.ask('nobody', 'POST', '/users', { authData: { anonymous: { id } } });
    assert.ok(status < 300, JSON.stringify(body));
    return { ...body, providerId: id };
}

test('sec_B7_own_user_shows_no_secrets', async () => {
    const user = await anonymous(w);
    const as = (method, path, body) => w.server.request(method, path, { session: user.sessionToken, body });
    for (const answer of [await as('GET', '/users/me'), await as('GET', `/users/${user.objectId}`), await as('GET', `/classes/_User/${user.objectId}`)]) {
        const allowed = ['objectId', 'username', 'createdAt', 'updatedAt', 'ACL', 'authData', 'sessionToken'];
        assert.deepEqual(Object.keys(answer.body).filter((key) => !allowed.includes(key)), [], answer.text);
    }
    // authData is what logs the user in: others see nothing of it, even of a user they may read.
    await w.must('master', 'PUT', `/users/${user.objectId}`, { ACL: { '*': { read: true } } });
    for (const who of ['nobody', 'bob']) {
        const seen = await w.must(who, 'GET', `/users/${user.objectId}`);
        assert.equal(seen.authData, undefined);
        const found = await w.find(who, '_User', { where: { objectId: user.objectId }, keys: 'authData,username' });
        assert.equal(found.body.results[0].authData, undefined);
    }
});

test('sec_A1_provider_ids_cannot_be_guessed', async () => {
    const user = await anonymous(w, 'anon-guess-me');
    await w.must('master', 'PUT', `/users/${user.objectId}`, { ACL: { '*': { read: true } } });
    for (const who of ['nobody', 'bob'])
        for (const where of [
            { 'authData.anonymous.id': { $regex: '^anon-g' } }, { 'authData.anonymous.id': 'anon-guess-me' }, { 'authData.anonymous': { $exists: true } },
            { authData: { $exists: true } }, { 'authData.anonymous.id': { $gt: 'anon-' } }, { _auth_data_anonymous: { $exists: true } },
        ])
            await w.refusesQuestion([105, 119], who, '_User', where);
    for (const order of ['authData', 'authData.anonymous', 'authData.anonymous.id', '_auth_data_anonymous'])
        await w.refused([105, 119], () => w.find('nobody', '_User', { order }), order);
    const found = await w.find('master', '_User', { where: { 'authData.anonymous.id': 'anon-guess-me' } });
    assert.deepEqual(found.body.results.map((row) => row.objectId), [user.objectId]);
});

test('sec_B8_verify_password_returns_no_secrets', async () => {
    for (const [method, path, body] of [['POST', '/verifyPassword', credentials('ann')], ['GET', `/verifyPassword?username=ann&password=${w.users.ann.password}`]]) {
        const before = (await storedAll(w.server, '_Session')).length;
        const answer = await w.must('nobody', method, path, body);
        assert.deepEqual(Object.keys(answer).filter((key) => !['objectId', 'username', 'email', 'createdAt', 'updatedAt', 'ACL'].includes(key)), []);
        assert.equal((await storedAll(w.server, '_Session')).length, before, 'no session was opened');
    }
    await w.refuses(101, 'nobody', 'POST', '/verifyPassword', { username: 'ann', password: 'wrong' });
});

test('sec_B9_a_user_who_may_not_read_himself', async () => {
    for (const permissions of [{ get: {} }, { get: { 'role:R': true } }, { get: { pointerFields: ['nobody'] } }]) {
        if (permissions.get.pointerFields) await w.must('master', 'PUT', '/schemas/_User', { fields: { nobody: { type: 'Pointer', targetClass: '_User' } } });
        await w.setPermissions('_User', permissions);
        try {
            const login = await w.must('nobody', 'POST', '/login', credentials('bob'));
            assert.deepEqual(Object.keys(login).sort(), ['objectId', 'sessionToken']);
            assert.deepEqual(Object.keys(await w.must('nobody', 'POST', '/verifyPassword', credentials('bob'))), ['objectId']);
            assert.deepEqual(Object.keys(await w.must('bob', 'GET', '/users/me')).sort(), ['objectId', 'sessionToken']);
            assert.deepEqual(Object.keys(await w.must('master', 'POST', '/loginAs', { userId: w.users.bob.id })).sort(), ['objectId', 'sessionToken']);
        } finally {
            await w.setPermissions('_User', {});
        }
    }
    assert.equal((await w.must('nobody', 'POST', '/login', credentials('bob'))).username, 'bob');
});

test('sec_B10_protected_fields_of_sessions', async () => {
    await w.setPermissions('_Session', { protectedFields: { '*': ['createdWith'] } });
    try {
        const me = await w.must('ann', 'GET', '/sessions/me');
        const answers = [
            me, await w.must('ann', 'POST', '/sessions/me', { _method: 'GET' }), (await w.inBatch('ann', 'GET', '/sessions/me', {})).body,
            (await w.must('ann', 'GET', '/sessions')).results[0], await w.must('ann', 'GET', `/sessions/${me.objectId}`), await w.must('ann', 'GET', `/classes/_Session/${me.objectId}`),
        ];
        for (const answer of answers) {
            assert.equal(answer.createdWith, undefined, JSON.stringify(answer));
            assert.ok(answer.sessionToken);
        }
        await w.refused(119, () => w.find('ann', '_Session', { where: { 'createdWith.action': 'login' } }));
    } finally {
        await w.setPermissions('_Session', {});
    }
    assert.ok((await sessionOf('ann')).createdWith);
});

test('sec_D2_a_provider_id_is_text', async () => {
    const user = await anonymous(w);
    for (const id of [{ $regex: '.' }, { $ne: null }, ['a'], [user.providerId], 1, true, null, '', { toString: 'x' }])
        for (const authData of [{ anonymous: { id } }, { anonymous: { id, extra: 1 } }]) {
            await w.refuses([107, 162, 252], 'nobody', 'POST', '/users', { authData });
            await w.refuses([107, 162, 252], 'bob', 'PUT', `/users/${w.users.bob.id}`, { authData });
        }
    for (const authData of [[], 'x', 1, null, { anonymous: 'x' }, { anonymous: [] }, { anonymous: 1 }, { __op: 'Delete' }])
        await w.refuses([111, 107, 162, 200, 252], 'nobody', 'POST', '/users', { authData });
    const again = await w.ask('nobody', 'POST', '/users', { authData: { anonymous: { id: user.providerId } } });
    assert.equal(again.status, 200, 'the right id is a login');
    assert.equal(again.body.objectId, user.objectId);
});

test('sec_D3_values_of_an_installation_are_no_conditions', async () => {
    const device = (n, fields) => w.must('master', 'POST', '/installations', { deviceType: 'ios', installationId: `device-${n}`, deviceToken: `token-${n}`, appIdentifier: 'app', ...fields });
    for (const n of [1, 2, 3]) await device(n);
    const operators = [{ $ne: null }, { $exists: true }, { $regex: '.' }, ['token-1'], 1, true, { $in: ['token-1'] }];
    for (const value of operators) {
        for (const name of ['deviceToken', 'installationId', 'appIdentifier']) {
            const body = { deviceType: 'ios', installationId: 'device-9', deviceToken: 'token-9', [name]: value };
            await w.refuses([105, 107, 111, 121], 'nobody', 'POST', '/installations', body);
            await w.refused([105, 107, 111, 121], () => w.inBatch('nobody', 'POST', '/installations', body));
        }
        const id = (await storedAll(w.server, '_Installation'))[0].objectId;
        await w.refuses([105, 107, 111, 121, 136], 'nobody', 'PUT', `/installations/${id}`, { deviceToken: value });
    }
    // A device that comes again replaces its own row, and no other.
    const before = (await storedAll(w.server, '_Installation')).length;
    for (const appIdentifier of [{ __op: 'Delete' }, 'app'])
        await w.ask('nobody', 'POST', '/installations', { deviceType: 'ios', installationId: 'device-4', deviceToken: 'token-1', appIdentifier });
    const rows = await storedAll(w.server, '_Installation');
    for (const n of [2, 3]) assert.ok(rows.some((row) => row.installationId === `device-${n}`));
    assert.ok(rows.length <= before + 1 && rows.length >= before);
});

test('sec_D7_falsy_values_do_not_pass_the_guard_of_sessions', async () => {
    const { objectId } = await sessionOf('bob');
    for (const name of ['expiresAt', 'user', 'createdWith', 'sessionToken', 'installationId', 'ACL'])
        for (const value of OPS) {
            for (const path of [`/sessions/${objectId}`, `/classes/_Session/${objectId}`]) await w.refuses([105, 123], 'bob', 'PUT', path, { [name]: value });
            await w.refused([105, 123], () => w.inBatch('bob', 'PUT', `/sessions/${objectId}`, { [name]: value }));
        }
    for (const name of ['createdWith.action', 'user.objectId', 'expiresAt.iso', 'sessionToken.x', 'ACL.*'])
        for (const value of [null, 'x', { __op: 'Delete' }]) await w.refuses(105, 'bob', 'PUT', `/sessions/${objectId}`, { [name]: value });
    assert.ok(await works(w.users.bob.session));
    await w.must('bob', 'PUT', `/sessions/${objectId}`, { note: 'mine' });
    assert.equal((await sessionOf('bob')).note, 'mine');
});

test('sec_D8_dotted_writes_into_authData', async () => {
    const user = await anonymous(w);
    const put = (body) => w.server.request('PUT', `/users/${user.objectId}`, { session: user.sessionToken, body });
    for (const name of ['authData.anonymous.id', 'authData.anonymous', 'authData.facebook.id', 'authData.facebook', '_auth_data_anonymous', '_auth_data_anonymous.id'])
        for (const value of ['other', { id: 'other' }, { __op: 'Delete' }, null])
            await w.refused([105, 252], () => put({ [name]: value }), name);
    assert.deepEqual((await w.stored('_User', user.objectId)).authData, { anonymous: { id: user.providerId } });
    assert.equal((await put({ note: 'x' })).status, 200);
});

test('sec_E9_look_alike_names_are_other_names', async () => {
    await signUp(w.server, 'mike');
    for (const username of ['mïke', 'MIKE', 'Mike', 'ｍike', 'mike ', ' mike', 'mike\u0000', 'mike\u200b', 'mıke'])
        await w.refuses(101, 'nobody', 'POST', '/login', { username, password: 'mike-password' });
    for (const email of ['mïke@example.com', 'MIKE@example.com', 'mike@example.com '])
        await w.refuses(101, 'nobody', 'POST', '/login', { email, password: 'mike-password' });
    assert.equal((await w.ask('nobody', 'POST', '/login', { username: 'mike', password: 'mike-password' })).status, 200);
    assert.equal((await w.ask('nobody', 'POST', '/login', { email: 'mike@example.com', password: 'mike-password' })).status, 200);
    for (const username of ['MIKE', 'mikE']) await w.refuses(202, 'nobody', 'POST', '/users', { username, password: 'x' });
});

test('sec_F1_a_new_session_is_made_by_the_server', async () => {
    const forged = { sessionToken: 'r:0123456789abcdef0123456789abcdef', expiresAt: FUTURE, createdWith: { action: 'login', authProvider: 'password' }, user: pointer('_User', w.users.ann.id) };
    for (const path of ['/sessions', '/classes/_Session']) {
        const answer = await w.ask('bob', 'POST', path, forged);
        assert.equal(answer.status, 201, answer.text);
        const made = await w.must('master', 'GET', `/sessions/${answer.body.objectId}`);
        assert.match(made.sessionToken, /^r:[0-9a-f]{32}$/);
        assert.notEqual(made.sessionToken, forged.sessionToken);
        assert.equal(made.user.objectId, w.users.bob.id);
        assert.deepEqual(made.createdWith, { action: 'create' });
        assert.ok(made.expiresAt.iso < '2098');
        for (const body of [{ ACL: {} }, { 'createdWith.action': 'x' }, { _session_token: 'x' }, { 'sessionToken.x': 1 }]) {
            const odd = await w.ask('bob', 'POST', path, body);
            assert.ok(odd.status === 201 || odd.body.code === 105, odd.text);
            if (odd.status === 201) assert.deepEqual((await w.must('master', 'GET', `/sessions/${odd.body.objectId}`)).createdWith, { action: 'create' });
        }
    }
    assert.equal(await works(forged.sessionToken), false);
    await w.refuses(209, 'nobody', 'POST', '/sessions', forged);
    await w.refuses(209, 'maintenance', 'GET', '/sessions');
});

test('sec_F2_what_the_server_owns_of_a_session', async () => {
    const { objectId } = await sessionOf('bob');
    const own = { sessionToken: 'r:0123456789abcdef0123456789abcdef', expiresAt: FUTURE, createdWith: { action: 'x' }, user: pointer('_User', w.users.ann.id), installationId: 'x', ACL: { '*': { read: true } } };
    for (const [name, value] of Object.entries(own)) {
        await w.refuses(105, 'bob', 'PUT', `/sessions/${objectId}`, { [name]: value });
        await w.refuses(105, 'bob', 'PUT', `/sessions/${objectId}`, { note: 'x', [name]: value });
        await w.refuses(105, 'bob', 'POST', '/batch', { transaction: true, requests: [{ method: 'PUT', path: `/parse/sessions/${objectId}`, body: { [name]: value } }] });
    }
});

test('sec_F3_sessions_of_others', async () => {
    const { objectId } = await sessionOf('ann');
    for (const path of [`/sessions/${objectId}`, `/classes/_Session/${objectId}`]) {
        await w.refuses(101, 'bob', 'PUT', path, { note: 'x' });
        await w.refuses(101, 'bob', 'DELETE', path);
        await w.refused(101, () => w.inBatch('bob', 'DELETE', path, {}));
        for (const method of ['PUT', 'DELETE', 'GET']) await w.refuses(209, 'nobody', method, path, method === 'PUT' ? { note: 'x' } : undefined);
    }
    assert.ok(await works(w.users.ann.session));
    const own = await w.must('bob', 'POST', '/sessions', {});
    assert.deepEqual(await w.must('bob', 'DELETE', `/sessions/${own.objectId}`), {});
});

test('sec_F4_a_new_session_ends_no_foreign_one', async () => {
    const login = (name) => w.server.request('POST', '/login', { body: credentials(name), headers: { 'X-Parse-Installation-Id': 'shared-device' } });
    const ann = (await login('ann')).body.sessionToken;
    const bob = (await login('bob')).body.sessionToken;
    for (const body of [{ user: pointer('_User', w.users.ann.id), installationId: 'shared-device' }, { installationId: { $ne: null } }, { installationId: { $regex: '.' } }])
        await w.ask('bob', 'POST', '/sessions', body);
    assert.ok(await works(ann), 'the other user on the same device keeps his session');
    assert.equal(await works(bob), false, 'one’s own older session there is replaced');
});

test('sec_F5_object_ids_that_are_principals', async () => {
    const custom = await makeWorld({ config: { allowCustomObjectId: true } });
    try {
        for (const objectId of ['role:R', 'role:Admin', '*', 'authenticated', 'role:'])
            for (const path of ['/users', '/classes/_User', '/classes/User']) await custom.refuses(119, 'nobody', 'POST', path, { objectId, username: 'evil', password: 'x' });
        const good = await custom.must('nobody', 'POST', '/users', { objectId: 'my-id', username: 'good', password: 'x' });
        assert.equal(good.objectId, 'my-id');
        // In an update the id is not looked at: SDKs send it back.
        for (const objectId of ['role:R', { __op: 'Delete' }, null]) {
            await custom.must('bob', 'PUT', `/users/${custom.users.bob.id}`, { objectId });
            assert.equal((await custom.must('bob', 'GET', '/users/me')).objectId, custom.users.bob.id);
        }
    } finally {
        await custom.stop();
    }
});

test('sec_F6_a_session_that_is_gone_or_over_opens_nothing', async () => {
    const login = async () => (await w.must('nobody', 'POST', '/login', credentials('rita'))).sessionToken;
    const use = (session) => w.server.request('GET', '/classes/T', { session });
    const ends = {
        logout: async (token) => w.server.request('POST', '/logout', { session: token }),
        'delete by master': async (token) => w.must('master', 'DELETE', `/sessions/${(await w.find('master', '_Session', { where: { sessionToken: token } })).body.results[0].objectId}`),
        'expiry by master': async (token) =>
            w.must('master', 'PUT', `/sessions/${(await w.find('master', '_Session', { where: { sessionToken: token } })).body.results[0].objectId}`, { expiresAt: { __type: 'Date', iso: '2000-01-01T00:00:00.000Z' } }),
        'a new password': async (token) => w.server.request('PUT', `/users/${w.users.rita.id}`, { session: token, body: { password: w.users.rita.password } }),
        purge: () => w.must('master', 'DELETE', '/purge/_Session'),
    };
    for (const [how, end] of Object.entries(ends)) {
        const token = await login();
        assert.equal((await use(token)).status, 200, how); // and is now in the cache
        await end(token);
        const answer = await use(token);
        assert.equal(answer.body.code, 209, `${how}: ${answer.text}`);
    }
    for (const name of ['ann', 'bob', 'rita']) w.users[name].session = (await w.must('nobody', 'POST', '/login', credentials(name))).sessionToken;
    const short = await startServer({ config: { sessionLength: 1 } });
    try {
        const user = await signUp(short, 'short');
        const until = Date.now() + 20_000;
        let answer;
        do answer = await short.request('GET', '/users/me', { session: user.session });
        while (answer.status === 200 && Date.now() < until);
        assert.equal(answer.body.code, 209, answer.text);
    } finally {
        await short.stop();
    }
});

test('sec_F7_a_deleted_user_is_out_and_so_is_a_removed_member', async () => {
    const gone = await signUp(w.server, 'gone');
    assert.ok(await works(gone.session));
    await w.must('master', 'DELETE', `/users/${gone.id}`);
    for (const path of ['/users/me', '/classes/T']) assert.equal((await w.server.request('GET', path, { session: gone.session })).body.code, 209);
    await w.refuses(101, 'nobody', 'POST', '/login', { username: 'gone', password: gone.password });

    await w.makeClass('ForR', {}, { find: { 'role:R': true } });
    const role = (await w.find('master', '_Role', { where: { name: 'R' } })).body.results[0].objectId;
    const change = (op) => w.must('master', 'PUT', `/roles/${role}`, { users: { __op: op, objects: [pointer('_User', w.users.bob.id)] } });
    await w.refused(119, () => w.find('bob', 'ForR', {}));
    await change('AddRelation');
    assert.equal((await w.find('bob', 'ForR', {})).status, 200);
    await change('RemoveRelation');
    await w.refused(119, () => w.find('bob', 'ForR', {}));
});

test('sec_F8_a_bad_token_is_refused_with_any_method', async () => {
    for (const session of ['r:00000000000000000000000000000000', 'nonsense', `${w.users.ann.session}x`, w.users.ann.session.toUpperCase(), w.users.ann.session.slice(0, -1), `r:${'a'.repeat(5000)}`])
        for (const [method, path, body] of [
            ['GET', '/sessions/me'], ['PUT', '/sessions/me', { note: 'x' }], ['DELETE', '/sessions/me'], ['POST', '/sessions/me', { _method: 'GET' }], ['POST', '/sessions/me', { _method: 'PUT' }],
            ['GET', '/users/me'], ['PUT', '/users/me', { note: 'x' }], ['DELETE', '/users/me'], ['POST', '/users/me', { _method: 'GET' }], ['POST', '/users/me', { _method: 'DELETE' }],
            ['POST', '/logout', {}], ['POST', '/batch', { requests: [] }], ['GET', '/classes/T?limit=1'], ['POST', '/sessions', {}], ['POST', '/users', { username: 'u', password: 'p' }],
        ]) {
            await w.refused(209, () => w.server.request(method, path, { session, body }), `${method} ${path} ${session.slice(0, 40)}`);
        }
    assert.ok(await works(w.users.ann.session));
});

test('sec_F9_no_sign_up_without_credentials', async () => {
    const bodies = [
        {}, { authData: {} }, { authData: { x: null } }, { authData: { anonymous: {} } }, { authData: { anonymous: null } }, { authData: { x: {} } }, { authData: null }, { authData: [] },
        { username: 'u', authData: {} }, { password: 'p', authData: {} }, { username: null, password: null }, { username: 'u', password: '' }, { username: '', password: 'p' },
        { username: {}, password: 'p' }, { username: 'u', password: {} }, { username: 'u', password: ['p'] }, { username: 'u', password: 1 }, { username: { __op: 'Delete' }, password: 'p' },
        { username: 'u', password: { __op: 'Delete' } }, { username: 'u', _hashed_password: 'x' }, { username: 'u', password: null, authData: { anonymous: null } },
    ];
    for (const body of bodies)
        for (const path of ['/users', '/classes/_User', '/classes/User']) await w.refuses([105, 107, 111, 200, 201, 252], 'nobody', 'POST', path, body);
    await w.refuses([105, 107, 111, 200, 201, 252], 'nobody', 'POST', '/batch', { transaction: true, requests: [{ method: 'POST', path: '/parse/users', body: { authData: {} } }] });
});

test('sec_F10_a_session_says_how_it_was_opened', async () => {
    const forged = { createdWith: { action: 'login', authProvider: 'password' } };
    const answer = await w.ask('nobody', 'POST', '/users', { authData: { anonymous: { id: anonymousId() } } });
    const session = await w.server.request('GET', '/sessions/me', { session: answer.body.sessionToken });
    assert.deepEqual(session.body.createdWith, { action: 'signup', authProvider: 'anonymous' });
    const login = await w.must('nobody', 'POST', '/login', { ...credentials('ann'), ...forged });
    assert.deepEqual((await w.server.request('GET', '/sessions/me', { session: login.sessionToken })).body.createdWith, { action: 'login', authProvider: 'password' });
    const as = await w.must('master', 'POST', '/loginAs', { userId: w.users.ann.id });
    assert.equal((await w.server.request('GET', '/sessions/me', { session: as.sessionToken })).body.createdWith.authProvider, 'masterkey');
});

test('sec_F13_what_the_server_owns_of_a_user', async () => {
    const internal = ['_failed_login_count', '_account_lockout_expires_at', '_hashed_password', '_wperm', '_rperm', '_perishable_token', '_email_verify_token', '_password_history', '_password_changed_at', '_tombstone', '_session_token', '_auth_data_anonymous'];
    for (const name of [...internal, 'emailVerified', `${internal[2]}.x`, '_rperm.0'])
        for (const value of [...OPS, true, ['*'], FUTURE]) {
            await w.refuses([105, 119], 'bob', 'PUT', `/users/${w.users.bob.id}`, { [name]: value });
            await w.refuses([105, 119], 'nobody', 'POST', '/users', { username: 'new', password: 'x', [name]: value });
        }
    for (const name of ['sessionToken', 'createdAt', 'updatedAt']) {
        const answer = await w.ask('bob', 'PUT', `/users/${w.users.bob.id}`, { [name]: 'x' });
        const stored = await w.stored('_User', w.users.bob.id);
        assert.notEqual(stored[name], 'x', answer.text);
    }
    for (const name of internal) await w.refuses(105, 'nobody', 'POST', '/classes/T', { [name]: 'x' });
    await w.must('bob', 'PUT', `/users/${w.users.bob.id}`, { nick: 'b' });
});

test('sec_F14_roles', async () => {
    const roles = {};
    for (const name of ['A', 'B', 'C']) roles[name] = await w.make('_Role', { name, ACL: { '*': { read: true } } });
    const link = (from, to) => w.must('master', 'PUT', `/roles/${roles[from]}`, { roles: { __op: 'AddRelation', objects: [pointer('_Role', roles[to])] } });
    await link('A', 'B');
    await link('B', 'C');
    await link('C', 'A');
    await link('A', 'A');
    await w.must('master', 'PUT', `/roles/${roles.A}`, { users: { __op: 'AddRelation', objects: [pointer('_User', w.users.rita.id)] } });
    await w.makeClass('ForB', {}, { find: { 'role:B': true } });
    assert.equal((await w.find('rita', 'ForB', {})).status, 200, 'through a cycle');
    await w.refused(119, () => w.find('bob', 'ForB', {}));

    const me = { __op: 'AddRelation', objects: [pointer('_User', w.users.bob.id)] };
    for (const path of [`/roles/${roles.B}`, `/classes/_Role/${roles.B}`])
        for (const body of [{ users: me }, { roles: { __op: 'AddRelation', objects: [pointer('_Role', roles.B)] } }, { name: 'Mine' }, { ACL: { '*': { read: true, write: true } } }, { users: { __op: 'Batch', ops: [me] } }])
            await w.refuses(101, 'bob', 'PUT', path, body);
    await w.refuses([119, 137], 'bob', 'POST', '/roles', { name: 'B', ACL: { '*': { read: true, write: true } }, users: me });
    await w.refuses(101, 'bob', 'DELETE', `/roles/${roles.B}`);
    const own = await w.ask('bob', 'POST', '/roles', { name: 'Own', ACL: { [w.users.bob.id]: { read: true, write: true } } });
    if (own.status === 201) await w.refuses(137, 'bob', 'PUT', `/roles/${own.body.objectId}`, { name: 'B' });
    await w.refused(119, () => w.find('bob', 'ForB', {}));
    // A role that only looks like another is another.
    for (const name of ['b', 'B ', ' B', 'role:B']) await w.ask('bob', 'POST', '/roles', { name, ACL: { [w.users.bob.id]: { read: true, write: true } }, users: me });
    await w.refused(119, () => w.find('bob', 'ForB', {}));
});

test('sec_G12_an_unknown_provider_is_refused_at_once', async () => {
    for (const authData of [{ nosuch: { id: '1' } }, { nosuch: { id: '1' }, anonymous: { id: 'x' } }, { constructor: { id: '1' } }, { 'a.b': { id: '1' } }, { 'a b': { id: '1' } }]) {
        await w.refuses([105, 252], 'nobody', 'POST', '/users', { authData });
        await w.refuses([105, 252], 'bob', 'PUT', `/users/${w.users.bob.id}`, { authData });
    }
    const closed = await startServer({ config: { enableAnonymousUsers: false } });
    try {
        const answer = await closed.request('POST', '/users', { body: { authData: { anonymous: { id: 'x' } } } });
        assert.equal(answer.body.code, 252);
    } finally {
        await closed.stop();
    }
});

test('sec_G8_a_password_login_links_nothing', async () => {
    const other = await anonymous(w);
    const before = await w.stored('_User', w.users.ann.id);
    const answer = await w.ask('nobody', 'POST', '/login', { ...credentials('ann'), authData: { anonymous: { id: other.providerId } } });
    if (answer.status === 200) assert.equal(answer.body.objectId, w.users.ann.id);
    assert.deepEqual((await w.stored('_User', w.users.ann.id)).authData, before.authData);
    await w.refuses([101, 200, 201], 'nobody', 'POST', '/login', { authData: { anonymous: { id: other.providerId } } });
    await w.refuses(208, 'ann', 'PUT', `/users/${w.users.ann.id}`, { authData: { anonymous: { id: other.providerId } } });
});

test('sec_H4_a_lock_counts_every_attempt', async () => {
    const server = await startServer({ config: { accountLockout: { threshold: 3, duration: 5 }, passwordHashesMax: 4 } });
    try {
        await signUp(server, 'lock');
        const hashes = async () => Number(/^homeport_password_hashes_total (\d+)/m.exec((await server.request('GET', '/metrics', { origin: true })).text)[1]);
        const before = await hashes();
        const login = (password) => server.request('POST', '/login', { body: { username: 'lock', password } });
        const answers = await Promise.all(Array.from({ length: 40 }, () => login('wrong')));
        for (const answer of answers) assert.equal(answer.body.code, 101);
        assert.ok(answers.filter((answer) => /locked/.test(answer.body.error)).length >= 37);
        assert.ok((await hashes()) - before <= 3, 'attempts beyond the threshold are not judged');
        const right = await login('lock-password');
        assert.match(right.body.error, /locked/);
    } finally {
        await server.stop();
    }
});

test('sec_H5_one_account_for_one_name_or_id', async () => {
    const id = anonymousId();
    const anonymousOnes = await Promise.all(Array.from({ length: 20 }, () => w.ask('nobody', 'POST', '/users', { authData: { anonymous: { id } } })));
    const owners = new Set();
    for (const answer of anonymousOnes) {
        assert.ok([200, 201].includes(answer.status) || answer.body.code === 208, answer.text);
        if (answer.body.objectId) owners.add(answer.body.objectId);
    }
    assert.equal(owners.size, 1);
    const named = await Promise.all(Array.from({ length: 20 }, (_, i) => w.ask('nobody', 'POST', '/users', { username: i % 2 ? 'twin' : 'TWIN', password: 'x', email: 'twin@example.com' })));
    assert.equal(named.filter((answer) => answer.status === 201).length, 1);
    for (const answer of named) assert.ok(answer.status === 201 || [202, 203].includes(answer.body.code), answer.text);
    const all = await storedAll(w.server, '_User');
    assert.equal(all.filter((user) => user.username.toLowerCase() === 'twin').length, 1);
    const roles = await Promise.all(Array.from({ length: 10 }, () => w.ask('master', 'POST', '/roles', { name: 'Twin', ACL: {} })));
    assert.equal(roles.filter((answer) => answer.status === 201).length, 1);
    for (const answer of roles) assert.ok(answer.status === 201 || answer.body.code === 137, answer.text);
});

test('sec_I1_hidden_and_missing_users_answer_alike', async () => {
    const missing = 'aaaaaaaaaa';
    const alike = async (method, path, body, who = 'bob') => {
        const hidden = await w.ask(who, method, path(w.users.ann.id), body);
        const absent = await w.ask(who, method, path(missing), body);
        assert.deepEqual([hidden.status, hidden.body], [absent.status, absent.body], `${method} ${path(':id')}`);
    };
    for (const root of ['/users', '/classes/_User']) {
        await alike('GET', (id) => `${root}/${id}`);
        await alike('PUT', (id) => `${root}/${id}`, { nick: 'x' });
        await alike('DELETE', (id) => `${root}/${id}`);
        await alike('GET', (id) => `${root}/${id}`, undefined, 'nobody');
    }
    await alike('GET', (id) => `/classes/T?where=${encodeURIComponent(JSON.stringify({ owner: { $inQuery: { className: '_User', where: { objectId: id } } } }))}`);
});

test('sec_I3_every_failed_login_is_one_hash_and_one_answer', async () => {
    const locked = await signUp(w.server, 'lockedout');
    await w.must('master', 'PUT', `/users/${locked.id}`, { ACL: {} });
    await anonymous(w).then((user) => w.must('master', 'PUT', `/users/${user.objectId}`, { username: 'nopassword' }));
    const hashes = async () => Number(/^homeport_password_hashes_total (\d+)/m.exec((await w.server.request('GET', '/metrics', { origin: true })).text)[1]);
    for (const path of ['/login', '/verifyPassword'])
        for (const body of [{ username: 'ann', password: 'wrong' }, { username: 'nosuchuser', password: 'wrong' }, { username: 'nopassword', password: 'wrong' }, { username: 'lockedout', password: locked.password }, { email: 'nobody@example.com', password: 'x' }, { username: 'ann', email: 'bob@example.com', password: w.users.ann.password }]) {
            const before = await hashes();
            const answer = await w.ask('nobody', 'POST', path, body);
            assert.equal(answer.status, 404);
            assert.deepEqual(answer.body, { code: 101, error: 'Invalid username/password.' });
            assert.equal((await hashes()) - before, 1, JSON.stringify(body));
        }
});

test('sec_I7_no_secret_in_the_log', async () => {
    const server = await startServer({ config: { logLevel: 'debug', readOnlyMasterKey: 'canary-read-only-key', maintenanceKey: 'canary-maintenance-key', masterKey: 'canary-master-key', restAPIKey: 'canary-rest-key', javascriptKey: 'canary-js-key' } });
    try {
        const body = { username: 'canary', password: 'canary-password', email: 'canary@example.com', secretField: 'canary-value' };
        const { body: user } = await server.request('POST', '/users', { body });
        const session = user.sessionToken;
        await server.request('GET', `/login?username=canary&password=canary-password`);
        await server.request('GET', `/login?username=canary&password=canary-password-wrong`);
        await server.request('POST', '/login', { body: { username: 'canary-password', password: 'canary-password' } });
        await server.request('GET', `/classes/T?where=${encodeURIComponent('{"sessionToken":"' + session + '"}')}`, { session });
        await server.request('GET', '/users/me', { session: `${session}x` });
        await server.request('GET', `/sessions/${session}`, { session });
        await server.request('PUT', `/users/${user.objectId}`, { session, body: { password: { a: 'canary-password' } } });
        await server.request('POST', '/login', { body: '{"username":"canary","password":"canary-password"' });
        await server.request('POST', '/classes/T', { headers: { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined }, body: { _ApplicationId: 'test-app', _MasterKey: 'canary-master-key', _SessionToken: session, a: 1 } });
        for (const key of ['canary-master-key', 'canary-read-only-key', 'canary-maintenance-key']) await server.request('GET', '/schemas', { headers: { 'X-Parse-Master-Key': key } });
        await server.request('POST', '/functions/x', { session, body: { password: 'canary-password' } });
        await server.restart();
        for (const line of server.stderr.split('\n')) assert.doesNotMatch(line, /canary-(password|master|read|maint|rest|js|value)/);
        const token = session.slice(2);
        const leaks = server.stderr.split('\n').filter((line) => line.includes(token) && !line.includes(`/sessions/r:${token}`));
        assert.deepEqual(leaks, []);
    } finally {
        await server.stop();
    }
});

test('sec_I8_answers_are_not_for_caches', async () => {
    for (const [who, method, path, body] of [
        ['ann', 'GET', '/users/me'], ['nobody', 'POST', '/login', credentials('ann')], ['nobody', 'GET', `/login?username=ann&password=${w.users.ann.password}`], ['master', 'GET', '/classes/_User'],
        ['ann', 'GET', '/sessions/me'], ['nobody', 'POST', '/login', { username: 'x', password: 'x' }], ['ann', 'GET', '/classes/T'], ['ann', 'POST', '/batch', { requests: [] }],
    ]) {
        const answer = await w.ask(who, method, path, body);
        assert.equal(answer.headers['cache-control'], 'no-store', `${method} ${path}`);
    }
});

test('sec_C2_roles_by_way_of_permissions_of_their_class', async () => {
    // A class that anybody may write stays subject to the ACL of its objects.
    await w.must('master', 'PUT', '/schemas/_Role', { classLevelPermissions: OPEN_CLP });
    const role = (await w.find('master', '_Role', { where: { name: 'R' } })).body.results[0].objectId;
    await w.refuses(101, 'bob', 'PUT', `/roles/${role}`, { users: { __op: 'AddRelation', objects: [pointer('_User', w.users.bob.id)] } });
});
