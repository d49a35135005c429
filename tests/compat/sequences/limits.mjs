// How often somebody may ask: one path per rule of the profile `limited`. A counter is not given back, so that every
// sequence has paths of its own.
import { create, get, signUp } from '../lib/data.mjs';

const profile = 'limited';
const login = (more) => ({ call: 'POST /login', body: { username: 'nobody', password: 'x' }, ...more });
const call = (name, more) => ({ call: `POST /functions/${name}`, body: {}, ...more });
const batch = (...parts) => ({ call: 'POST /batch', body: { requests: parts.map(([method, path]) => ({ method, path: `/parse${path}`, body: {} })) } });

export default [
    { name: 'a path in every spelling', profile, steps: [login({ as: 'master' }), login(), login({ call: 'POST /Login/' }), { call: 'GET /login', query: { username: 'nobody', password: 'x' } }, login(), login({ as: 'master' }), login({ as: 'maintenance' }), { call: 'GET /classes/Other' }] },
    { name: 'some methods', profile, steps: [create('Slow', {}), { call: 'GET /classes/Slow', query: { count: 1, limit: 0 } }, create('Slow', {}), { call: 'POST /classes/Slow', body: { _method: 'GET' } }, create('Slow', {}), create('Slow', {}, undefined, { as: 'master' }), { call: 'GET /classes/Slow', query: { count: 1, limit: 0 } }] },
    { name: 'the master key too', profile, steps: [call('a', { as: 'master' }), call('a'), call('b', { as: 'master' }), call('a/b')] },
    {
        name: 'a user, wherever he is',
        profile,
        steps: [
            signUp('lia'), create('Mine', {}, 'm'), get('Mine', 'm'), get('Mine', 'm'), create('Mine', {}, 'n', { as: 'lia' }), get('Mine', 'm', undefined, { as: 'lia' }), get('Mine', 'm', undefined, { as: 'lia' }),
            { call: 'GET /classes/Mine', headers: { 'X-Parse-Session-Token': 'r:00000000000000000000000000000000' } },
        ],
    },
    { name: 'a session', profile, steps: [signUp('leo'), { call: 'GET /classes/Session', as: 'leo' }, { call: 'GET /classes/Session', as: 'leo' }, { call: 'GET /classes/Session' }, { call: 'GET /classes/Session' }] },
    { name: 'everyone together', profile, steps: [signUp('lou'), { call: 'GET /classes/All/x' }, { call: 'POST /classes/All/x', body: { _method: 'PUT', a: 1 } }, { call: 'POST /classes/All', body: {} }, { call: 'GET /classes/All/y', as: 'lou' }, { call: 'PUT /classes/All/y', body: {} }, { call: 'GET /classes/All' }] },
    { name: 'requests of the machine itself', profile, steps: [{ call: 'GET /classes/Local' }, { call: 'GET /classes/Local', headers: { 'X-Forwarded-For': '10.0.0.1' } }] },
    { name: 'parts of a batch', profile, steps: [batch(['POST', '/classes/Parts'], ['POST', '/classes/Parts']), batch(['GET', '/classes/Parts'], ['GET', '/classes/Parts']), { call: 'GET /classes/Parts' }, batch(['POST', '/classes/Slower'])] },
    { name: 'files', profile, steps: [{ call: 'POST /files/a.txt', raw: 'x', headers: { 'Content-Type': 'text/plain' } }, { call: 'POST /files/b.txt', raw: 'x', headers: { 'Content-Type': 'text/plain' } }, { call: 'DELETE /files/a.txt' }, { call: 'GET /files/compat/none.txt' }] },
];
