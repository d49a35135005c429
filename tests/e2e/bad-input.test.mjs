// What no well-behaved client sends, at every route: each has its exact answer, changes nothing, and the server lives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { refused, signUp, snapshot, storedAll } from '../support/payments.mjs';

const CLASSES = ['_User', '_Role', '_Session', '_Installation', 'Thing'];
const MAX_UPLOAD = 64 * 1024;

let server, ann, thing;

before(async () => {
    server = await startServer({ config: { maxUploadSize: '64kb' } });
    ann = await signUp(server, 'ann');
    const schema = { className: 'Thing', fields: { n: { type: 'Number' }, s: { type: 'String' }, o: { type: 'Object' } } };
    assert.equal((await server.request('POST', '/schemas', { master: true, body: schema })).status, 200);
    const { body } = await server.request('POST', '/classes/Thing', { body: { n: 1, s: 'x' } });
    thing = body.objectId;
});
after(() => server.stop());

/** Every route behind the keys, as [method, path]. */
const routes = () => [
    ['GET', '/classes/Thing'],
    ['POST', '/classes/Thing'],
    ['GET', `/classes/Thing/${thing}`],
    ['PUT', `/classes/Thing/${thing}`],
    ['DELETE', `/classes/Thing/${thing}`],
    ['GET', '/users'],
    ['POST', '/users'],
    ['GET', '/users/me'],
    ['GET', `/users/${ann.id}`],
    ['PUT', `/users/${ann.id}`],
    ['DELETE', `/users/${ann.id}`],
    ['GET', '/login'],
    ['POST', '/login'],
    ['GET', '/verifyPassword'],
    ['POST', '/verifyPassword'],
    ['POST', '/loginAs'],
    ['POST', '/logout'],
    ['GET', '/sessions'],
    ['POST', '/sessions'],
    ['GET', '/sessions/me'],
    ['PUT', '/sessions/me'],
    ['DELETE', '/sessions/x'],
    ['GET', '/roles'],
    ['POST', '/roles'],
    ['PUT', '/roles/x'],
    ['DELETE', '/roles/x'],
    ['GET', '/installations'],
    ['POST', '/installations'],
    ['PUT', '/installations/x'],
    ['GET', '/schemas'],
    ['POST', '/schemas'],
    ['GET', '/schemas/Thing'],
    ['POST', '/schemas/New'],
    ['PUT', '/schemas/Thing'],
    ['DELETE', '/schemas/Thing'],
    ['DELETE', '/purge/Thing'],
    ['GET', '/config'],
    ['PUT', '/config'],
    ['GET', '/serverInfo'],
    ['POST', '/batch'],
    ['POST', '/functions/nothing'],
    ['POST', '/jobs'],
    ['POST', '/jobs/nothing'],
];

/** The same request to every route; `check` looks at each answer. Nothing changes, and the server lives. */
async function everywhere(optionsOf, check, which = routes()) {
    const before = await snapshot(server, CLASSES);
    for (const [method, path] of which) {
        const answer = await server.request(method, path, optionsOf(method));
        check(answer, `${method} ${path}: ${answer.text}`);
        assert.equal(await snapshot(server, CLASSES), before, `${method} ${path} changed something`);
        assert.equal((await server.request('GET', '/health')).status, 200);
    }
}

const deep = (open, close, levels) => open.repeat(levels) + close.repeat(levels);

// [what, body, status, code (undefined: the answer has none)]
const BODIES = [
    ['malformed JSON', '{"a":', 400, undefined],
    ['a stray word', 'hello', 400, undefined],
    ['text behind the object', '{}x', 400, undefined],
    ['NaN', '{"n":NaN}', 400, undefined],
    ['a number beyond double', '{"n":1e400}', 400, undefined],
    ['invalid UTF-8', Buffer.from('{"s":"\xff\xfe"}', 'latin1'), 400, undefined],
    ['an overlong NUL', Buffer.from('{"s":"\xc0\x80"}', 'latin1'), 400, undefined],
    ['minus infinity', '{"n":-Infinity}', 400, undefined],
    ['minus a number beyond double', '{"n":-1e400}', 400, undefined],
    ['500 digits', `{"n":${'9'.repeat(500)}}`, 400, undefined],
    ['a number in hexadecimal', '{"n":0x10}', 400, undefined],
    ['a number with a leading zero', '{"n":01}', 400, undefined],
    ['half a surrogate pair', '{"s":"\\ud800"}', 400, undefined],
    ['a NUL in a key', '{"a\\u0000b":1}', 400, undefined],
    ['a byte order mark', '\ufeff{}', 400, undefined],
    ['10,000 levels of arrays', `{"o":${deep('[', ']', 10000)}}`, 400, undefined],
    ['10,000 levels of objects', `${'{"a":'.repeat(10000)}1${'}'.repeat(10000)}`, 400, undefined],
    ['brackets without end', '['.repeat(60000), 400, undefined],
    ['a bare string', '"text"', 400, undefined],
    ['a bare number', '5', 400, undefined],
    ['a duplicate key', '{"n":1,"n":2}', 400, 107],
    ['a duplicate key below', '{"o":{"a":1,"a":2}}', 400, 107],
    ['a duplicate _method', '{"_method":"GET","_method":"PUT"}', 400, 107],
    ['an array', '[{"n":1}]', 400, 105],
    ['more than maxUploadSize', `{"s":"${'x'.repeat(MAX_UPLOAD)}"}`, 413, undefined],
];

describe('bodies that are no JSON object', () => {
    for (const [what, body, status, code] of BODIES)
        test(`${what}: ${status}${code ? `, code ${code}` : ''} at every route`, async () => {
            for (const rights of [{ session: ann.session }, { master: true }])
                await everywhere(
                    () => ({ ...rights, body }),
                    (answer, label) => {
                        assert.equal(answer.status, status, label);
                        assert.equal(answer.body.code, code, label);
                        assert.equal(typeof answer.body.error, 'string', label);
                        if (status === 413) assert.deepEqual(answer.body, { error: 'request entity too large' });
                    },
                );
        });
    test('are refused below a route that does not exist, too', () =>
        everywhere(
            () => ({ master: true, body: '{"a":' }),
            (answer, label) => assert.equal(answer.status, 400, label),
            [['POST', '/nothing'], ['PUT', '/nothing']],
        ));
    test('do not stop /health, which does not read them', async () => {
        for (const body of ['{"a":', '[1]', '"x"']) assert.equal((await server.request('POST', '/health', { body })).status, 200);
    });
});

describe('fields and values', () => {
    // [what, body, code, error]
    const writes = [
        ['a number for a String', { s: 5 }, 111, 'schema mismatch for Thing.s; expected String but got Number'],
        ['a string for a Number', { n: 'x' }, 111, 'schema mismatch for Thing.n; expected Number but got String'],
        ['an array for an Object', { o: [] }, 111, 'schema mismatch for Thing.o; expected Object but got Array'],
        ['an unknown type', { s: { __type: 'Nonsense' } }, 111, 'This is not a valid Nonsense'],
        ['a pointer without class', { s: { __type: 'Pointer', objectId: 'x' } }, 111, 'This is not a valid Pointer'],
        ['a date that is none', { s: { __type: 'Date', iso: 'soon' } }, 111, 'This is not a valid Date'],
        ['a field name with a blank', { 'a b': 1 }, 105, 'Invalid field name: a b.'],
        ['a field name with a quote', { "a'b": 1 }, 105, "Invalid field name: a'b."],
        ['an empty field name', { '': 1 }, 105, 'Invalid field name: .'],
        ['an internal column', { _rperm: ['*'] }, 105, undefined],
        ['a dollar in a nested key', { o: { $where: 1 } }, 121, "Nested keys should not contain the '$' or '.' characters"],
        ['a dot in a nested key', { o: { 'a.b': 1 } }, 121, "Nested keys should not contain the '$' or '.' characters"],
        ['an increment by text', { n: { __op: 'Increment', amount: '1' } }, 107, undefined],
        ['an add of no array', { o: { __op: 'Add', objects: 1 } }, 107, 'objects to add must be an array'],
        ['an unknown operation', { n: { __op: 'Explode' } }, 108, 'The Explode operator is not supported yet.'],
        ['a denied keyword', { o: { deeper: [{ constructor: 1 }] } }, 105, undefined],
        ['an ACL with an unresolved user', { ACL: { '*unresolved': { read: true } } }, 123, 'Invalid ACL.'],
    ];
    for (const [what, body, code, error] of writes)
        test(`${what}: code ${code}, on create and update`, async () => {
            for (const [method, path] of [['POST', '/classes/Thing'], ['PUT', `/classes/Thing/${thing}`]]) {
                const answer = await refused(server, CLASSES, code, () => server.request(method, path, { master: true, body }));
                if (error !== undefined) assert.equal(answer.body.error, error);
            }
        });
    test('numbers at the edges of double are kept as a JavaScript client reads them', async () => {
        for (const text of ['123456789012345678901234567890', '9007199254740993', '-9223372036854775809', '1.7976931348623157e308', '5e-324', '1e-400', '1E5']) {
            const { body } = await server.request('POST', '/classes/Thing', { body: `{"n":${text}}` });
            const path = `/classes/Thing/${body.objectId}`;
            assert.equal((await server.request('GET', path)).body.n, Number(text), text);
            await server.request('DELETE', path);
        }
    });
    test('an objectId of the client’s choice: code 105', async () => {
        const answer = await refused(server, CLASSES, 105, () => server.request('POST', '/classes/Thing', { body: { objectId: 'mine' } }));
        assert.equal(answer.body.error, 'objectId is an invalid field name.');
    });
    test('a class name that is none: code 107 for a write, nothing for a query', async () => {
        for (const name of ['_Nonsense', '9lives', 'a-b', 'a%20b', 'a%00b', 'x'.repeat(500), '..%2f..'])
            for (const rights of [{ master: true }, { session: ann.session }]) {
                const [answer, code] = [() => server.request('POST', `/classes/${name}`, { ...rights, body: { a: 1 } }), rights.master ? 107 : 119];
                await refused(server, CLASSES, code, answer);
                const query = await server.request('GET', `/classes/${name}`, rights);
                if (rights.master) assert.deepEqual(query.body, { results: [] });
                else assert.equal(query.body.code, 119, `${name}: ${query.text}`);
            }
    });
    test('a path that is no UTF-8: no route', async () => {
        for (const path of ['/classes/%ff', '/classes/%zz', '/classes/Thing/%c0%80']) await refused(server, CLASSES, 404, () => server.request('GET', path));
    });
    test('clients cannot reach a class that does not exist', async () => {
        for (const [method, path, body] of [['POST', '/classes/Nowhere', { a: 1 }], ['GET', '/classes/Nowhere'], ['GET', '/classes/Nowhere/x'], ['PUT', '/classes/Nowhere/x', {}]])
            await refused(server, CLASSES, 119, () => server.request(method, path, { body }));
        assert.deepEqual((await server.request('GET', '/classes/Nowhere', { master: true })).body, { results: [] });
    });
});

describe('queries', () => {
    // [what, query string, code]
    const queries = [
        ['an unknown parameter', 'foo=1', 102],
        ['a parameter in brackets', 'limit[]=1', 102],
        ['a parameter twice', 'limit=1&limit=2', 102],
        ['where that is no JSON', 'where={', 107],
        ['a negative limit', 'limit=-1', 102],
        ['an unknown operator', `where=${encodeURIComponent('{"n":{"$foo":1}}')}`, 107],
        ['server-side code', `where=${encodeURIComponent('{"$where":"1"}')}`, 105],
        ['$or that is no array', `where=${encodeURIComponent('{"$or":{"n":1}}')}`, 102],
        ['$in that is no array', `where=${encodeURIComponent('{"n":{"$in":{}}}')}`, 107],
        ['a pattern that does not compile', `where=${encodeURIComponent('{"s":{"$regex":"("}}')}`, 102],
        ['pattern options of another language', `where=${encodeURIComponent('{"s":{"$regex":"a","$options":"q"}}')}`, 102],
        ['an ACL as a condition', `where=${encodeURIComponent('{"ACL":1}')}`, 102],
        ['a name made to break out', `where=${encodeURIComponent(`{"o.a' OR '1'='1":1}`)}`, 105],
        ['order by an expression', `order=${encodeURIComponent('n,(select 1)')}`, 105],
        ['90 nested $or', `where=${encodeURIComponent('{"$or":['.repeat(90) + '{"n":1}' + ']}'.repeat(90))}`, 102],
    ];
    for (const [what, query, code] of queries)
        test(`${what}: code ${code}`, () => refused(server, CLASSES, code, () => server.request('GET', `/classes/Thing?${query}`)));

    test('the same deep nesting as a body', async () => {
        const where = `{"_method":"GET","where":${'{"$and":['.repeat(5000)}{}${']}'.repeat(5000)}}`;
        await refused(server, CLASSES, [400, 102], () => server.request('POST', '/classes/Thing', { body: where }));
    });
    test('a percent sign that encodes nothing: 400', () => refused(server, CLASSES, 400, () => server.request('GET', '/classes/Thing?where=%zz')));
    test('a hostile pattern costs bounded time', async () => {
        await server.request('POST', '/classes/Thing', { master: true, body: { s: 'a'.repeat(50_000) } });
        const started = process.hrtime.bigint();
        const where = encodeURIComponent(JSON.stringify({ s: { $regex: '(a+)+$x' } }));
        const { status } = await server.request('GET', `/classes/Thing?where=${where}`);
        assert.equal(status, 200);
        assert.ok(process.hrtime.bigint() - started < 20_000_000_000n);
        for (const row of await storedAll(server, 'Thing'))
            if (row.s?.length > 1000) await server.request('DELETE', `/classes/Thing/${row.objectId}`, { master: true });
    });
});

describe('who is asking', () => {
    const empty = (method) => (method === 'POST' || method === 'PUT' ? {} : undefined);
    const WRONG_KEYS = [
        ['a wrong application id', { 'X-Parse-Application-Id': 'other' }],
        ['no application id', { 'X-Parse-Application-Id': undefined }],
        ['a wrong client key', { 'X-Parse-REST-API-Key': 'wrong' }],
        ['no client key', { 'X-Parse-REST-API-Key': undefined }],
        ['another client’s key', { 'X-Parse-REST-API-Key': undefined, 'X-Parse-Client-Key': 'wrong' }],
        ['a wrong master key', { 'X-Parse-REST-API-Key': undefined, 'X-Parse-Master-Key': 'wrong' }],
        ['a wrong basic authorisation', { 'X-Parse-Application-Id': undefined, Authorization: `Basic ${btoa('other:key')}` }],
    ];
    for (const [what, headers] of WRONG_KEYS)
        test(`${what}: 403 at every route`, () =>
            everywhere(
                (method) => ({ headers, session: ann.session, body: empty(method) }),
                (answer, label) => {
                    assert.equal(answer.status, 403, label);
                    assert.deepEqual(answer.body, { error: 'unauthorized' }, label);
                },
            ));
    test('a session token that opens nothing: 400, code 209, at every route but /login', async () => {
        const looked = routes().filter(([, path]) => path !== '/login');
        for (const session of ['r:00000000000000000000000000000000', 'nonsense', 'r:', "r:' OR 1=1", `r:${'0'.repeat(4000)}`])
            await everywhere(
                (method) => ({ session, body: empty(method) }),
                (answer, label) => {
                    assert.equal(answer.status, 400, label);
                    assert.equal(answer.body.code, 209, label);
                },
                looked,
            );
        const login = await server.request('POST', '/login', { session: 'nonsense', body: { username: 'ann', password: ann.password } });
        assert.equal(login.status, 200, 'a login does not look at the old token');
    });
    test('a session that has ended opens nothing either', async () => {
        const { body } = await server.request('POST', '/login', { body: { username: 'ann', password: ann.password } });
        const session = body.sessionToken;
        assert.equal((await server.request('GET', '/users/me', { session })).status, 200);
        assert.equal((await server.request('POST', '/logout', { session, body: {} })).status, 200);
        await refused(server, CLASSES, 209, () => server.request('GET', '/users/me', { session }));
        await refused(server, CLASSES, 209, () => server.request('POST', '/classes/Thing', { session, body: { n: 1 } }));
    });
    test('routes of the master key are closed to everybody else', () =>
        everywhere(
            (method) => ({ session: ann.session, body: empty(method) }),
            (answer, label) => {
                assert.equal(answer.status, 403, label);
                assert.deepEqual(answer.body, { error: 'Permission denied' }, label);
            },
            routes().filter(([method, path]) => /^\/(schemas|purge|jobs|serverInfo)/.test(path) || (method === 'PUT' && path === '/config')),
        ));
    test('credentials in the body that are no text: 403', async () => {
        const headers = { 'X-Parse-Application-Id': undefined, 'X-Parse-REST-API-Key': undefined };
        const good = { _ApplicationId: server.config.appId, _JavaScriptKey: server.config.javascriptKey, _method: 'GET' };
        assert.equal((await server.request('POST', '/classes/Thing', { headers, body: good })).status, 200);
        for (const name of ['_ApplicationId', '_SessionToken', '_MasterKey', '_InstallationId'])
            for (const value of [{}, [], 1, true])
                await refused(server, CLASSES, 403, () => server.request('POST', '/classes/Thing', { headers, body: { ...good, [name]: value } }));
        for (const _method of [{}, [], 1, true]) // names no method: the request's own holds
            assert.equal((await server.request('POST', '/classes/Thing', { headers, body: { ...good, _method } })).status, 201);
    });
    test('an unknown user, a wrong password and odd types: the same answer, at login and verifyPassword', async () => {
        const bodies = [
            { username: 'nobody', password: 'x' }, { username: 'ann', password: 'x' }, { email: 'nobody@example.com', password: 'x' },
            { username: { $ne: null }, password: 'x' }, { username: ['ann'], password: ann.password }, { username: 'ann', password: { $regex: '.' } },
            { username: 5, password: 5 }, { email: { $exists: true }, password: 'x' }, { username: 'ann', email: 'eve@example.com', password: ann.password },
        ];
        for (const body of bodies)
            for (const path of ['/login', '/verifyPassword']) {
                const answer = await refused(server, CLASSES, 101, () => server.request('POST', path, { body }));
                assert.equal(answer.status, 404);
                assert.deepEqual(answer.body, { code: 101, error: 'Invalid username/password.' });
            }
        assert.deepEqual((await server.request('POST', '/login', { body: { password: 'x' } })).body, { code: 200, error: 'username/email is required.' });
        assert.deepEqual((await server.request('POST', '/login', { body: { username: 'x' } })).body, { code: 201, error: 'password is required.' });
    });
});

test('an unknown route is a 404 page, with any method', async () => {
    for (const [method, path] of [['GET', '/nothing'], ['POST', '/classes'], ['DELETE', '/classes/Thing'], ['PATCH', '/classes/Thing'], ['GET', '/functions/x'], ['GET', '/classes/Thing/%']]) {
        const answer = await server.request(method, path, { master: true });
        assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`);
        assert.match(answer.headers['content-type'], /^text\/html/);
    }
});
