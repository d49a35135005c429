// Sequences of random functions behind webhooks, which come, go and answer things of all types, of users whose triggers change
// and refuse them, and of values of the configuration. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { UNKNOWN_RULE, obviousRule } from './differences.mjs';
import { bytes, date, geo, op, pointer, polygon } from './data.mjs';
import { stable } from './normalise.mjs';

const AT = '2020-01-02T03:04:05.678Z';
const PLAIN = [0, -1.5, 1e21, '', 'text', 'ä𝄞', 'line\nbreak', true, false, null, [], {}, [null], [[1], [[2]]], { a: { b: { c: null } } }, { '': 1 }, { 'a.b': 1 }, { length: 0 }];
/** Without pointers among the parameters, which Homeport hands over whole (tests/compat/differences.md, webhooks). */
const TYPED = [date(AT), [date(AT), { at: date(AT) }], geo(1, 2), bytes('eA=='), polygon([0, 0], [0, 1], [1, 1], [0, 0]), { __type: 'Money', amount: 1 }, op('Increment', { amount: 1 })];
const LINKS = [pointer('X', 'y'), [pointer('X', 'y')], { __type: 'Object', className: 'X', objectId: 'y', n: 1 }, { __type: 'Relation', className: 'X' }, { className: 'X', objectId: 'y' }];

const query = (asked) => new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, JSON.stringify(value)])).toString().replace(/%3C(\w+)%3E/g, '<$1>');
const refusal = (r) => ({ say: { error: r.pick(['no', { message: 'untyped' }, { code: 142, message: 'typed' }]) } });

/* ---- functions ---- */

const FUNCTIONS = 4;
const params = (r) => Object.fromEntries(r.distinct(['a', 'b', 'c', 'master', 'user', 'params', 'functionName', 'x y'], 4).map((name) => [name, r.pick([...PLAIN, ...TYPED])]));
function functions(r, c) {
    const name = `${c.name}fun${r.below(FUNCTIONS)}`;
    const asked = () => r.pick([() => ({}), () => refusal(r), () => ({ say: { success: r.pick([...PLAIN, ...TYPED, ...LINKS]) } }), () => ({ say: { success: r.pick([...PLAIN, ...TYPED, ...LINKS]) } })])();
    const body = { functionName: name, url: `<hooks>/${name}?${query(asked())}` };
    return r.pick([
        () => ({ call: 'POST /hooks/functions', as: 'master', body }), () => ({ call: 'POST /hooks/functions', as: 'master', body }),
        () => ({ call: `PUT /hooks/functions/${name}`, as: 'master', body: { url: body.url } }),
        () => ({ call: `PUT /hooks/functions/${name}`, as: 'master', body: op('Delete') }),
        ...Array(6).fill(() => ({ call: `POST /functions/${name}`, body: params(r), heard: true, ...(r.chance(0.2) ? { headers: { 'X-Parse-Cloud-Context': '{"key":[1]}', 'X-Parse-Installation-Id': 'installed' } } : {}) })),
    ])();
}

/* ---- users ---- */

const TRIGGERS = [['_User', 'beforeSave'], ['_User', 'beforeSave'], ['_User', 'afterSave'], ['_User', 'beforeLogin'], ['_User', 'afterLogin'], ['_User', 'beforeDelete'], ['_User', 'afterDelete'], ['_Session', 'afterLogout']];
const PEOPLE = 3;
function manner(r, c, trigger) {
    if (trigger === 'beforeSave' && r.chance(0.7)) return r.pick([() => ({ set: { nick: 'hooked' } }), () => ({ set: { score: r.below(9), nick: 'x' } }), () => ({ drop: ['nick'] }), () => ({ set: { email: `${c.name}${c.mails++}@example.org` } }), () => ({ set: {} })])();
    return r.chance(0.4) && trigger !== 'afterSave' ? refusal(r) : {};
}
function rearrange(r, c) {
    const [className, triggerName] = r.pick(TRIGGERS);
    const url = `<hooks>/${triggerName}?${query(manner(r, c, triggerName))}`;
    if (!c.there.has(triggerName)) {
        c.there.add(triggerName);
        return { call: 'POST /hooks/triggers', as: 'master', body: { className, triggerName, url } };
    }
    if (r.chance(0.5)) return { call: `PUT /hooks/triggers/${className}/${triggerName}`, as: 'master', body: { url } };
    c.there.delete(triggerName);
    return { call: `PUT /hooks/triggers/${className}/${triggerName}`, as: 'master', body: op('Delete') };
}
function users(r, c) {
    const who = `u${r.below(PEOPLE)}`;
    const name = `${c.name}-${who}`;
    const more = () => ({ ...(r.chance(0.6) ? { nick: r.pick(['a', 'b']) } : {}), ...(r.chance(0.4) ? { score: r.below(9) } : {}) });
    const step = r.pick([
        () => rearrange(r, c), () => rearrange(r, c),
        () => ({ call: 'POST /users', body: { username: name, password: 'secret-7', ...more() }, save: { [who]: 'answer.sessionToken', [`${who}Id`]: 'answer.objectId' } }),
        () => ({ call: 'POST /login', body: { username: name, password: r.pick(['secret-7', 'secret-7', 'wrong']) } }),
        () => ({ call: `PUT /users/<${who}Id>`, as: r.pick([who, who, 'master', 'client']), body: r.pick([() => more(), () => ({ score: op('Increment', { amount: 1 }) }), () => ({ nick: op('Delete') }), () => ({ email: `${c.name}${c.mails++}@example.org` })])() }),
        () => ({ call: `GET /users/<${who}Id>`, as: 'master' }), () => ({ call: 'GET /users/me', as: who }),
        () => ({ call: 'POST /loginAs', as: 'master', body: { userId: `<${who}Id>` } }), () => ({ call: 'POST /verifyPassword', body: { username: name, password: 'secret-7' } }),
        () => (r.chance(0.3) ? { call: `DELETE /users/<${who}Id>`, as: r.pick([who, 'master']) } : { call: `GET /users/<${who}Id>` }),
        () => ({ call: 'POST /users', body: { authData: { anonymous: { id: `${c.name}-guest${c.guests++}` } }, ...more() }, save: { guest: 'answer.sessionToken' } }),
        () => (r.chance(0.5) ? { call: 'POST /logout', as: 'guest', body: {} } : { call: 'GET /users/me', as: 'guest' }),
    ])();
    return { ...step, heard: true };
}

/* ---- the configuration ---- */

function config(r, c) {
    const names = r.distinct(['p', 'q', 'n', 'list', 'object'].map((name) => `${c.name}${name}`), 3);
    const values = Object.fromEntries(names.map((name) => [name, r.pick([...PLAIN.filter((one) => one !== null), ...TYPED.slice(0, 5), op('Delete'), op('Delete')])]));
    const kept = names.filter((name) => values[name].__op !== 'Delete');
    return r.pick([
        () => ({ call: 'PUT /config', as: 'master', body: { params: values, ...(r.chance(0.4) ? { masterKeyOnly: Object.fromEntries(kept.map((name) => [name, r.chance(0.5)])) } : {}) } }),
        () => ({ call: 'GET /config', as: r.pick(['client', 'master', 'readOnly', 'js']) }),
    ])();
}

function sequence(name, seed, make, { attempts = 110 } = {}) {
    const r = randomSource(seed);
    const c = { name: `${name}s${seed}`, there: new Set(), mails: 0, guests: 0 };
    const steps = [];
    for (let i = 0; i < attempts; i++) steps.push(make(r, c));
    for (const [className, trigger] of new Map(TRIGGERS.map((pair) => [pair[1], pair])).values()) if (c.there.has(trigger)) steps.push({ call: `PUT /hooks/triggers/${className}/${trigger}`, as: 'master', body: op('Delete') });
    return { name: `random: ${name} (seed ${seed})`, random: true, profile: 'hooked', ruleOf, steps };
}

const answered = (answer) => (answer.body?.heard ? { ...answer, body: answer.body.answer } : answer);
/** What is answered to a user beside what he sent: not his own name, which Parse Server tells where a trigger ran. */
const nameless = ({ body, ...answer }) => ({ ...answer, body: body?.answer ? { ...body, answer: { ...body.answer, username: undefined } } : body });
function ruleOf(reference, homeport) {
    const [there, here] = [answered(reference), answered(homeport)];
    if (stable(nameless(reference)) === stable(nameless(homeport))) return 'webhooks';
    if (there.body?.code === 206 && here.body?.code === 206) return 'clearer-texts';
    return stable(there) === stable(here) ? UNKNOWN_RULE : obviousRule(there, here);
}

export function randomCloudSequences(seed = 1) {
    return [sequence('CloudFunctions', seed * 1000 + 500, functions), sequence('CloudUsers', seed * 1000 + 510, users, { attempts: 80 }), sequence('CloudUsersMore', seed * 1000 + 511, users, { attempts: 80 }), sequence('CloudConfig', seed * 1000 + 520, config)];
}
