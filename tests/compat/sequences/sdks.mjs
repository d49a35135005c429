// What the SDKs put on the wire.
import { pointer } from '../lib/data.mjs';

const js = { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _ClientVersion: 'js8.6.0', _InstallationId: '0a1b2c3d-0000-4000-8000-000000000000' };
const plain = { 'Content-Type': 'text/plain' };
const fromJs = (call, body = {}, save) => ({ call, as: 'nobody', headers: plain, body: { ...js, ...body }, save });

const android = { 'X-Parse-Client-Version': 'a1.17.3', 'X-Parse-App-Build-Version': '1', 'X-Parse-App-Display-Version': '1.0', 'X-Parse-OS-Version': '13', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000001', 'X-Parse-Revocable-Session': '1' };
const fromAndroid = (call, body, save, more = {}) => ({ call, as: 'mobile', headers: { ...android, ...more }, body, save });

const swift = { 'X-Parse-Client-Version': 'swift5.0.0', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000002', 'X-Parse-Request-Id': '0a1b2c3d-0000-4000-8000-000000000003' };

const ios = { 'X-Parse-Client-Version': 'i6.0.0', 'X-Parse-OS-Version': '17.0', 'X-Parse-App-Build-Version': '1', 'X-Parse-App-Display-Version': '1.0', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000004', 'X-Parse-Revocable-Session': '1' };
const fromIos = (call, body, save, more = {}) => ({ call, as: 'mobile', headers: { ...ios, ...more }, body, save });

const dart = { 'user-agent': 'Flutter Parse SDK 8.0.0', 'Content-Type': 'text/plain; charset=utf-8' };
const fromDart = (call, body, save, more = {}) => ({ call, as: 'mobile', headers: { ...dart, ...more }, body, save });

const dotNet = { 'X-Parse-Client-Version': 'net4.0.0', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000005', 'X-Parse-OS-Version': 'Unity', 'X-Parse-App-Build-Version': '1', 'X-Parse-Revocable-Session': '1' };
const fromDotNet = (call, body, save, more = {}) => ({ call, as: 'dotNet', headers: { ...dotNet, ...more }, body, save });

const fromPhp = (call, more = {}) => ({ call, ...more, headers: { 'X-Parse-Client-Version': 'php2.2.0', ...more.headers } });

export default [
    {
        name: 'JavaScript',
        steps: [
            fromJs('POST /users', { username: 'jsuser', password: 'x', _RevocableSession: '1' }, { token: 'sessionToken', id: 'objectId' }),
            fromJs('POST /login', { _method: 'GET', username: 'jsuser', password: 'x', _RevocableSession: '1' }, { token: 'sessionToken' }),
            fromJs('POST /users/me', { _method: 'GET', _SessionToken: '<token>' }),
            fromJs('POST /classes/JsThing', { a: 1, _SessionToken: '<token>' }, { thing: 'objectId' }),
            fromJs('POST /classes/JsThing/<thing>', { _method: 'PUT', a: { __op: 'Increment', amount: 1 }, _SessionToken: '<token>' }),
            fromJs('POST /classes/JsThing', { _method: 'GET', where: { a: 2 }, limit: 1, keys: 'a', include: 'x', _SessionToken: '<token>' }),
            fromJs('POST /classes/JsThing', { _method: 'GET', where: { objectId: '<thing>' }, count: 1, limit: 0 }),
            fromJs('POST /batch', { requests: [{ method: 'POST', path: '/parse/classes/JsThing', body: { a: 5 } }, { method: 'PUT', path: '/parse/classes/JsThing/<thing>', body: { b: 1 } }] }),
            fromJs('POST /classes/JsThing/<thing>', { _method: 'DELETE' }),
            fromJs('POST /users/<id>', { _method: 'PUT', nick: 'n', _SessionToken: '<token>' }),
            fromJs('POST /sessions/me', { _method: 'GET', _SessionToken: '<token>' }),
            fromJs('POST /config', { _method: 'GET' }),
            fromJs('POST /health', { _method: 'GET' }),
            fromJs('POST /functions/nope', { x: 1 }),
            fromJs('POST /schemas', { _method: 'GET' }),
            fromJs('POST /schemas/JsThing', { _method: 'GET', _MasterKey: 'compat-master' }),
            fromJs('POST /logout', { _SessionToken: '<token>' }),
            fromJs('POST /users/me', { _method: 'GET', _SessionToken: '<token>' }),
        ],
    },
    {
        name: 'Android',
        steps: [
            fromAndroid('POST /users', { username: 'android', password: 'x' }, { token: 'sessionToken', id: 'objectId' }),
            fromAndroid('POST /login', { _method: 'GET', username: 'android', password: 'x' }, { token: 'sessionToken' }),
            fromAndroid('POST /classes/AndroidThing', { a: 1, who: pointer('_User', '<id>') }, { thing: 'objectId' }, { 'X-Parse-Session-Token': '<token>' }),
            fromAndroid('POST /classes/AndroidThing', { _method: 'GET', where: '{"a":1}', limit: '100', skip: '0', order: '-createdAt', include: 'who' }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromAndroid('POST /classes/AndroidThing', { _method: 'GET', where: '{}', count: '1', limit: '0' }),
            fromAndroid('POST /classes/AndroidThing', { _method: 'GET', where: '{"a":', limit: '1' }),
            fromAndroid('POST /classes/AndroidThing', { _method: 'GET', where: '{}', keys: '', limit: '1' }),
            fromAndroid('POST /classes/AndroidThing/<thing>', { _method: 'DELETE' }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromAndroid('POST /installations', { deviceType: 'android', installationId: '0a1b2c3d-0000-4000-8000-000000000001', appVersion: '1' }),
            fromAndroid('POST /logout', {}, undefined, { 'X-Parse-Session-Token': '<token>' }),
        ],
    },
    {
        name: 'Swift, .NET and PHP',
        steps: [
            { call: 'POST /users', as: 'mobile', headers: swift, body: { username: 'swift', password: 'x' }, save: { token: 'sessionToken', id: 'objectId' } },
            { call: 'POST /login', as: 'mobile', headers: swift, body: { username: 'swift', password: 'x' }, save: { token: 'sessionToken' } },
            { call: 'POST /batch', as: 'mobile', headers: { ...swift, 'X-Parse-Session-Token': '<token>', 'X-Parse-Cloud-Context': '{"a":1}' }, body: { requests: [{ method: 'POST', path: '/parse/classes/SwiftThing', body: { when: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } } }], transaction: false } },
            { call: 'GET /classes/SwiftThing', as: 'mobile', headers: swift, query: { where: '{}', limit: 100, include: '[]' } },
            { call: 'PUT /users/<id>', as: 'mobile', headers: { ...swift, 'X-Parse-Session-Token': '<token>' }, body: { nick: 'n' } },
            { call: 'GET /login?username=swift&password=x', as: 'dotNet' },
            { call: 'GET /users/me', as: 'dotNet', headers: { 'X-Parse-Session-Token': '<token>' } },
            { call: 'GET /classes/SwiftThing?where=%7B%22when%22%3A%7B%22%24exists%22%3Atrue%7D%7D&limit=1&order=-when&count=1', as: 'dotNet' },
            { call: 'GET /users/me', headers: { 'X-Parse-Client-Version': 'php2.2.0', 'X-Parse-Session-Token': '<token>' } },
            { call: 'GET /roles', query: { where: '{}' } },
        ],
    },
    {
        name: 'iOS',
        steps: [
            fromIos('POST /users', { username: 'ios', password: 'x' }, { token: 'sessionToken', id: 'objectId' }),
            fromIos('POST /login', { username: 'ios', password: 'x', _method: 'GET' }, { token: 'sessionToken' }),
            fromIos('GET /users/me', undefined, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromIos('POST /classes/IosThing', { s: 2, p: pointer('_User', '<id>') }, { thing: 'objectId' }, { 'X-Parse-Session-Token': '<token>', 'X-Parse-Request-Id': '0a1b2c3d-0000-4000-8000-000000000006' }),
            fromIos('POST /classes/IosThing', { where: { s: { $gt: 1 } }, limit: '5', order: 's', include: 'p', _method: 'GET' }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromIos('POST /classes/IosThing', { where: { s: { $gt: 1 } }, count: '1', limit: '0', _method: 'GET' }),
            fromIos('POST /classes/IosThing', { where: {}, limit: '5', skip: '0', trace: '0', _method: 'GET' }),
            fromIos('PUT /classes/IosThing/<thing>', { a: 2 }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromIos('POST /classes/_Installation', { deviceType: 'ios', installationId: '0a1b2c3d-0000-4000-8000-000000000004', timeZone: 'Europe/Bern', badge: 0 }, { installation: 'objectId' }),
            fromIos('PUT /classes/_Installation/<installation>', { badge: 1, channels: ['a'] }),
            fromIos('PUT /classes/_Installation/missing123', { badge: 1 }),
            fromIos('POST /batch', { requests: [{ method: 'PUT', path: '/parse/classes/IosThing/<thing>', body: { a: 3 } }] }),
            fromIos('DELETE /classes/IosThing/<thing>', undefined, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromIos('POST /logout', {}, undefined, { 'X-Parse-Session-Token': '<token>' }),
        ],
    },
    {
        name: 'Dart',
        steps: [
            fromDart('POST /users', { username: 'dart', password: 'x', email: 'dart@example.org' }, { token: 'sessionToken', id: 'objectId' }, { 'X-Parse-Revocable-Session': '1' }),
            fromDart('POST /login', { username: 'dart', password: 'x' }, { token: 'sessionToken' }, { 'X-Parse-Revocable-Session': '1' }),
            { call: 'GET /login?username=dart&password=x', as: 'mobile', headers: { ...dart, 'X-Parse-Revocable-Session': '1' }, save: { token: 'sessionToken' } },
            fromDart('POST /classes/DartThing', { s: 2, text: 'a+b c' }, { thing: 'objectId' }, { 'X-Parse-Session-Token': '<token>' }),
            { call: 'GET /classes/DartThing?where=%7B%22s%22:%7B%22$gt%22:1%7D%7D&limit=5&order=s', as: 'mobile', headers: dart },
            { call: 'GET /classes/DartThing?where=%7B%22text%22:%22a%2Bb+c%22%7D', as: 'mobile', headers: dart },
            { call: 'GET /classes/DartThing?where={}&count=1', as: 'mobile', headers: dart },
            { call: 'GET /classes/DartThing?where={}&count=1&limit=0', as: 'mobile', headers: dart },
            { call: 'GET /classes/DartNothing?where={}', as: 'mobile', headers: dart },
            fromDart('PUT /classes/DartThing/<thing>', { s: { __op: 'Increment', amount: 1 } }),
            fromDart('POST /installations', { deviceType: 'android', installationId: '0a1b2c3d-0000-4000-8000-000000000007', timeZone: 'UTC', localeIdentifier: 'de-CH', appName: 'a', appVersion: '1', appIdentifier: 'org.example', parseVersion: '8.0.0' }, { installation: 'objectId' }),
            fromDart('PUT /installations/<installation>', { channels: ['a'] }),
            fromDart('DELETE /classes/DartThing/<thing>'),
            fromDart('GET /config'),
            fromDart('GET /health'),
            { call: 'POST /logout', as: 'mobile', headers: { ...dart, 'X-Parse-Session-Token': '<token>' } },
        ],
    },
    {
        name: '.NET',
        steps: [
            fromDotNet('POST /classes/_User', { username: 'dotnet', password: 'x' }, { token: 'sessionToken', id: 'objectId' }),
            fromDotNet('POST /login', { username: 'dotnet', password: 'x', _noBody: true }, { token: 'sessionToken' }),
            fromDotNet('GET /users/me', undefined, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromDotNet('GET /sessions/me', undefined, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromDotNet('POST /classes/NetThing', { a: 1 }, { thing: 'objectId' }, { 'X-Parse-Session-Token': '<token>' }),
            fromDotNet('PUT /classes/NetThing/<thing>', { a: { __op: 'Increment', amount: 1 } }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromDotNet('POST /batch', { requests: [{ method: 'DELETE', path: '/parse/classes/NetThing/<thing>' }] }),
            fromDotNet('GET /classes/NetThing/<thing>'),
            fromDotNet('PUT /classes/_User/<id>', { nick: 'n' }, undefined, { 'X-Parse-Session-Token': '<token>' }),
            fromDotNet('POST /logout', {}, undefined, { 'X-Parse-Session-Token': '<token>' }),
        ],
    },
    {
        name: 'PHP',
        steps: [
            fromPhp('POST /users', { body: { username: 'php', password: 'x' }, headers: { 'X-Parse-Revocable-Session': '1' }, save: { token: 'sessionToken', id: 'objectId' } }),
            fromPhp('GET /login', { query: { username: 'php', password: 'x' }, headers: { 'X-Parse-Revocable-Session': '1' }, save: { token: 'sessionToken' } }),
            fromPhp('POST /classes/PhpThing', { body: { s: 2, list: [] }, save: { thing: 'objectId' } }),
            fromPhp('GET /classes/PhpThing?where=%7B%22s%22%3A%7B%22%24gt%22%3A1%7D%7D&limit=5&order=s'),
            fromPhp('POST /batch', { body: { requests: [{ method: 'POST', path: '/parse/classes/PhpThing', body: { a: 1 } }] } }),
            fromPhp('GET /schemas/', { as: 'nobody', headers: { 'X-Parse-Application-Id': 'compat', 'X-Parse-REST-API-Key': 'compat-rest' } }),
            fromPhp('GET /classes/PhpThing/', {}),
            fromPhp('GET /health', {}),
            fromPhp('POST /loginAs', { as: 'master', body: { userId: '<id>' } }),
            fromPhp('POST /functions/nope', { body: {} }),
            fromPhp('DELETE /classes/PhpThing/<thing>'),
            fromPhp('DELETE /sessions/me', { headers: { 'X-Parse-Session-Token': '<token>' } }),
            fromPhp('POST /logout', { body: {}, headers: { 'X-Parse-Session-Token': '<token>' } }),
        ],
    },
];
