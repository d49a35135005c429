// What the SDKs put on the wire.
import { pointer } from '../lib/data.mjs';

const js = { _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _ClientVersion: 'js8.6.0', _InstallationId: '0a1b2c3d-0000-4000-8000-000000000000' };
const plain = { 'Content-Type': 'text/plain' };
const fromJs = (call, body = {}, save) => ({ call, as: 'nobody', headers: plain, body: { ...js, ...body }, save });

const android = { 'X-Parse-Client-Version': 'a1.17.3', 'X-Parse-App-Build-Version': '1', 'X-Parse-App-Display-Version': '1.0', 'X-Parse-OS-Version': '13', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000001', 'X-Parse-Revocable-Session': '1' };
const fromAndroid = (call, body, save, more = {}) => ({ call, as: 'mobile', headers: { ...android, ...more }, body, save });

const swift = { 'X-Parse-Client-Version': 'swift5.0.0', 'X-Parse-Installation-Id': '0a1b2c3d-0000-4000-8000-000000000002', 'X-Parse-Request-Id': '0a1b2c3d-0000-4000-8000-000000000003' };

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
];
