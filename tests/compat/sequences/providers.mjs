// Other providers and second factors. The adapter is lib/adapter.cjs; <code> and its kin are one-time passwords of SECRET.
import { pointer, signUp } from '../lib/data.mjs';
import { SECRET } from '../lib/steps.mjs';

const profile = 'providers';
const corp = (id, more) => ({ mycorp: { id, token: `token-of-${id}`, ...more } });
const come = (authData, more) => ({ call: 'POST /users', body: { authData }, ...more });
const link = (user, authData, more) => ({ call: `PUT /users/<${user}Id>`, as: user, body: { authData }, ...more });
const read = (user, more) => ({ call: `GET /users/<${user}Id>`, as: user, ...more });
const login = (name, authData, more) => ({ call: 'POST /login', body: { username: name, password: `${name}-secret1`, ...(authData === undefined ? {} : { authData }) }, ...more });
const challenge = (body) => ({ call: 'POST /challenge', body });

export default [
    {
        name: 'sign up and in by a provider',
        profile,
        steps: [
            come(corp('a1'), { save: { cora: 'sessionToken', coraId: 'objectId' } }),
            { call: 'GET /users/me', as: 'cora' },
            { call: 'GET /sessions/me', as: 'cora' },
            come(corp('a1')), come(corp('a1', { nick: 'n' })), read('cora'), come(corp('a1'), { as: 'cora' }),
            come({ mycorp: { id: 'a1' } }), come({ mycorp: { id: 'a1', token: 'wrong' } }), come({ mycorp: { id: 'a1', token: 'plain' } }), come({ mycorp: { id: 'new', token: 'wrong' } }),
            come({ mycorp: { id: 5, token: 'x' } }), come({ mycorp: { id: { $ne: 1 }, token: 'x' } }), come({ mycorp: {} }), come({ mycorp: null }), come({ mycorp: 'x' }), come({ nosuch: { id: '1' } }),
            come({ ...corp('a2'), anonymous: { id: 'anon-a2' } }), come({ anonymous: { id: 'anon-a2' } }), come({ ...corp('a1'), anonymous: { id: 'anon-a2' } }),
            { call: 'POST /users', body: { username: 'corpname', password: 'p', authData: corp('a3') } },
            { call: 'POST /users', body: { username: 'corpname', password: 'p', authData: corp('a3') } },
            login('nobody', corp('a1')),
            come({ mycorp: { id: 'a4', answer: { response: { hello: 1 } } } }), come({ mycorp: { id: 'a5', answer: { save: { id: 'a5', kept: true }, response: { hello: 2 } } } }),
            come(corp('a6'), { as: 'master' }), come(corp('a6'), { as: 'master' }), { call: 'POST /users', as: 'master', body: { username: 'bymaster', password: 'p' } },
        ],
    },
    {
        name: 'link and unlink',
        profile,
        steps: [
            signUp('lilo'), signUp('mick'),
            link('lilo', corp('l1')), read('lilo'), read('lilo', { as: 'master' }), read('lilo', { as: 'mick' }), come(corp('l1')),
            link('mick', corp('l1')), link('mick', { mycorp: { id: 'l1', token: 'wrong' } }), link('lilo', { mycorp: { id: 'l2', token: 'wrong' } }), link('lilo', corp('l2'), { as: 'mick' }), link('lilo', corp('l2'), { as: 'client' }),
            link('lilo', corp('l1')), link('lilo', { mycorp: { id: 'l1' } }), link('lilo', corp('l1', { nick: 'n' })), read('lilo'),
            link('lilo', corp('l2')), read('lilo'), come(corp('l1'), { save: { late: 'sessionToken' } }),
            link('lilo', { anonymous: { id: 'anon-l' } }), read('lilo'),
            link('lilo', { mycorp: null }), read('lilo'), link('lilo', { mycorp: null }), link('lilo', { nosuch: null }), link('lilo', {}), link('lilo', null), link('lilo', { nosuch: { id: '1' } }),
            link('mick', corp('m1'), { as: 'master' }), login('mick', corp('m1')), login('mick', corp('l1')), login('mick', { mycorp: { id: 'm1', token: 'wrong' } }), login('mick', {}), login('mick'),
            { call: 'PUT /users/<mickId>', as: 'mick', body: { 'authData.mycorp.id': 'x' } },
        ],
    },
    {
        name: 'challenge',
        profile,
        steps: [
            signUp('nina'), come(corp('c1')),
            challenge({}), challenge({ challengeData: 'x' }), challenge({ challengeData: {} }), challenge({ challengeData: { mycorp: {}, mfa: {}, anonymous: {} } }),
            challenge({ username: 'nina', challengeData: {} }), challenge({ username: 'nina', password: 'wrong', challengeData: {} }), challenge({ username: 'nina', password: 'nina-secret1', challengeData: { mycorp: {} } }),
            challenge({ username: 'nina', password: 'nina-secret1', challengeData: {}, authData: corp('c1') }),
            challenge({ challengeData: {}, authData: corp('c1') }), challenge({ challengeData: {}, authData: { mycorp: { id: 'c1', token: 'wrong' } } }), challenge({ challengeData: {}, authData: corp('c9') }),
            challenge({ challengeData: {}, authData: 'x' }), challenge({ challengeData: {}, authData: { mycorp: 'x' } }), challenge({ challengeData: {}, authData: { ...corp('c1'), anonymous: { id: 'x' } } }), challenge({ challengeData: {}, authData: {} }), challenge({ challengeData: {}, authData: { mfa: null } }),
        ],
    },
    {
        name: 'one-time passwords',
        profile,
        steps: [
            signUp('olga'),
            link('olga', { mfa: {} }), link('olga', { mfa: { token: '<code>' } }), link('olga', { mfa: { secret: SECRET } }), link('olga', { mfa: { secret: 'short', token: '1' } }), link('olga', { mfa: { secret: SECRET, token: '000000' } }), link('olga', { mfa: { secret: SECRET, token: '<longGone>' } }),
            login('olga'),
            link('olga', { mfa: { secret: SECRET, token: '<code>' } }, { save: { recovery: 'authDataResponse.mfa.recovery' } }),
            read('olga'), { call: 'GET /users/me', as: 'olga' }, read('olga', { as: 'master' }),
            login('olga'), login('olga', { mfa: {} }), login('olga', { mfa: { token: 5 } }), login('olga', { mfa: { token: '000000' } }), login('olga', { mfa: { token: '<longGone>' } }), login('olga', { mycorp: { id: 'x', token: 'wrong' } }),
            { call: 'POST /login', body: { username: 'olga', password: 'wrong', authData: { mfa: { token: '<code>' } } } },
            { call: 'POST /verifyPassword', body: { username: 'olga', password: 'olga-secret1' } },
            { call: 'POST /loginAs', as: 'master', body: { userId: '<olgaId>' } },
            login('olga', { mfa: { token: '<earlier>' } }), login('olga', { mfa: { token: '<code>' } }), login('olga', { mfa: { token: '<code>' } }), login('olga', { mfa: { token: '<later>' } }),
            link('olga', { mfa: { secret: SECRET, token: '<code>' } }), link('olga', { mfa: { secret: SECRET, token: '<code>', old: '000000' } }),
            link('olga', { mfa: { status: 'enabled' } }),
            link('olga', { mfa: null }), read('olga'), login('olga'),
            signUp('pia', { authData: { mfa: { secret: SECRET, token: '<code>' } } }), login('pia'), login('pia', { mfa: { token: '<code>' } }),
            link('pia', { mfa: null }, { as: 'master' }), login('pia'),
        ],
    },
    {
        name: 'authData that says nothing',
        profile: 'accounts',
        steps: [
            signUp('quin'),
            ...[{ anonymous: null }, { nosuch: null }, {}, null].flatMap((authData, i) => ['client', 'quin', 'master'].flatMap((as) => [
                { call: 'POST /users', as, body: { username: `nothing${i}${as}`, password: 'p', authData }, save: { made: 'objectId' } },
                { call: 'GET /sessions', as: 'master', query: { where: { user: pointer('_User', '<made>') }, keys: 'createdWith', order: 'createdAt' } },
            ])),
        ],
    },
    {
        name: 'sessions after a new password',
        profile: 'accounts',
        steps: [
            signUp('rolf'),
            ...[{ password: 'new1' }, { password: 'new2', authData: corp('r1') }, { password: 'new3', authData: { mycorp: null } }, { password: 'new4', authData: { anonymous: null } }, { password: 'new5', authData: {} }].flatMap((body) => [
                { call: 'PUT /users/<rolfId>', as: 'rolf', body, save: { rolf: 'sessionToken' } },
                { call: 'GET /sessions', as: 'rolf', query: { keys: 'createdWith', order: 'createdAt' } },
            ]),
            { call: 'PUT /users/<rolfId>', as: 'master', body: { password: 'new6' } },
            { call: 'GET /users/me', as: 'rolf' },
        ],
    },
    {
        name: 'an id of somebody who has a second factor',
        profile: 'accounts',
        steps: [
            signUp('sina'), signUp('theo'),
            link('sina', corp('s1')), link('sina', { mfa: { secret: SECRET, token: '<code>' } }),
            come(corp('s1')), come(corp('s1'), { as: 'theo' }), come({ mycorp: { id: 's1', token: 'wrong' } }, { as: 'theo' }), come({ ...corp('s1'), mfa: { token: '000000' } }, { as: 'theo' }),
        ],
    },
];
