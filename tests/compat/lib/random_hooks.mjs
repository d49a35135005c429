// Sequences of random writes and reads of classes with triggers behind webhooks that change, refuse or let pass: what each
// of them was told, what was answered and what was stored. The same seed makes the same sequences.
//
// Without relations, which Homeport hands over whole, and deletions where a find has a trigger (tests/compat/differences.md,
// webhooks). Of arrays Parse Server on PostgreSQL changes the order.
import { randomSource } from '../../support/random.mjs';
import { UNKNOWN_RULE, obviousRule } from './differences.mjs';
import { stable } from './normalise.mjs';
import { create, date, file, find, geo, get, op, pointer, put, remove, schema } from './data.mjs';

const OBJECTS = 4;
const fields = { fresh: 'String', n: 'Number', m: 'Number', s: 'String', b: 'Boolean', d: 'Date', a: 'Array', o: 'Object', f: 'File', g: 'GeoPoint' };
const NAMES = [...Object.keys(fields), 'p', 'ACL'].slice(1);
const DROPPED = NAMES.slice(0, -1); // an ACL stays
/** As SDKs send it. Parse Server ends where a file has no address. */
const attached = (name) => ({ ...file(name), url: `<mount>/files/compat/${name}` });
const values = {
    n: (r) => r.pick([0, 1, -2.5, 7]), m: (r) => r.below(9), s: (r) => r.pick(['', 'text', 'ä', 'x y']), b: (r) => r.chance(0.5), d: (r) => date(r.pick(['2020-02-02T02:02:02.002Z', '1969-12-31T23:59:59.999Z'])),
    a: (r) => r.pick([[], [1, 'two', { three: 3 }], [[1], null, true], [date('2020-02-02T02:02:02.002Z')], [pointer('HookedTarget', '<t0>')]]), o: (r) => r.pick([{}, { k: 1 }, { deep: { er: [1] } }, { at: date('2020-02-02T02:02:02.002Z') }, { to: pointer('HookedTarget', '<t1>') }]),
    f: (r) => attached(r.pick(['a.txt', 'b.txt'])), g: (r) => geo(r.below(80), r.below(80)), p: (r) => pointer('HookedTarget', r.pick(['<t0>', '<t1>'])),
    ACL: (r) => r.pick([{ '*': { read: true, write: true } }, { '*': { read: true } }, { '<annId>': { read: true, write: true }, '*': { read: true } }]),
};
const operations = {
    n: (r) => op('Increment', { amount: r.pick([1, -2, 0.5]) }), m: (r) => op('Increment', { amount: 1 }),
};

function body(r, updating) {
    const result = {};
    for (const name of r.distinct(NAMES, 5)) {
        if (updating && operations[name] && r.chance(0.5)) result[name] = operations[name](r);
        else if (updating && r.chance(0.2) && name !== 'ACL') result[name] = op('Delete');
        else if (name !== 'ACL' || r.chance(0.3)) result[name] = values[name](r);
    }
    if (r.chance(0.1)) result[`new${r.below(1000)}`] = r.pick([1, 'x', true]);
    return result;
}

/** What a receiver does. */
function manner(r, trigger) {
    const refusal = () => r.pick([{ say: { error: 'no' } }, { say: { error: { code: 142, message: 'typed' } } }]);
    const set = () => Object.fromEntries(r.distinct(DROPPED, 3).map((name) => [name, values[name](r)]));
    const own = {
        beforeSave: () => r.pick([() => ({ set: set() }), () => ({ set: set() }), () => ({ set: {} }), () => ({ drop: r.distinct(DROPPED, 3) }), () => ({ set: set(), drop: r.distinct(DROPPED, 2) }), () => ({ set: { fresh: 'text' } }), () => ({ set: { n: operations.n(r) } }), refusal])(),
        afterSave: () => r.pick([() => ({ say: { success: { n: 5, own: true } } }), refusal])(),
        beforeDelete: refusal, afterDelete: refusal, beforeFind: refusal, afterFind: refusal,
    };
    return r.chance(0.5) ? {} : own[trigger]();
}

const query = (asked) => new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, JSON.stringify(value)])).toString().replace(/%3C(\w+)%3E/g, '<$1>');
const TRIGGERS = ['beforeSave', 'beforeSave', 'beforeSave', 'afterSave', 'afterSave', 'beforeDelete', 'afterDelete', 'beforeFind', 'afterFind'];

/** Some triggers of the class come, go or behave in another way. */
function rearrange(r, c) {
    const trigger = r.pick(TRIGGERS);
    const there = c.there.has(trigger);
    if (there && r.chance(0.4)) {
        c.there.delete(trigger);
        return { call: `PUT /hooks/triggers/${c.className}/${trigger}`, as: 'master', body: op('Delete') };
    }
    c.there.add(trigger);
    const url = `<hooks>/${trigger}?${query(manner(r, trigger))}`;
    return there ? { call: `PUT /hooks/triggers/${c.className}/${trigger}`, as: 'master', body: { url } } : { call: 'POST /hooks/triggers', as: 'master', body: { className: c.className, triggerName: trigger, url } };
}

/** None is a transaction: where one fails, Parse Server does not wait for the triggers of the others. */
function batch(r, c) {
    const path = (i) => `/parse/classes/${c.className}${i === undefined ? '' : `/<o${i}>`}`;
    const ids = r.distinct([...Array(OBJECTS).keys()], 3);
    const requests = [...ids.map((i) => ({ method: 'PUT', path: path(i), body: body(r, true) })), ...(r.chance(0.5) ? [{ method: 'POST', path: path(), body: body(r, false) }] : [])];
    return { call: 'POST /batch', body: { requests }, heard: 'anyhow' };
}

function attempt(r, c) {
    const id = `o${r.below(OBJECTS)}`;
    const step = r.pick([
        () => create(c.className, body(r, false), r.chance(0.3) ? id : undefined),
        () => put(c.className, id, body(r, true)), () => put(c.className, id, body(r, true)), () => put(c.className, id, body(r, true)), () => put(c.className, id, body(r, true)),
        () => batch(r, c), () => batch(r, c),
        () => get(c.className, id, r.pick([undefined, { include: 'p' }, { keys: 'n,s' }])),
        () => find(c.className, r.pick([undefined, { n: { $gte: 1 } }, { s: 'text' }]), { order: 'createdAt', ...r.pick([{}, { include: 'p', limit: 3 }, { keys: 'n' }]) }),
        () => find(`${c.className}Link`, undefined, { include: 'to' }),
        () => find(`${c.className}Link`, { to: { $inQuery: { className: c.className, where: { n: { $gte: 0 } } } } }, undefined, { heard: 'anyhow' }),
        () => (r.chance(0.4) && !c.there.has('beforeFind') && !c.there.has('afterFind') ? remove(c.className, id) : get(c.className, id)),
    ])();
    const headers = r.chance(0.2) ? { 'X-Parse-Cloud-Context': '{"key":"value"}', 'X-Parse-Installation-Id': 'installed' } : undefined;
    return { heard: true, ...step, as: r.pick(['client', 'ann', 'master', 'master']), ...(headers ? { headers } : {}) };
}

function sequence(name, seed, { attempts = 60 } = {}) {
    const r = randomSource(seed);
    const c = { className: name, there: new Set() };
    const types = Object.fromEntries(Object.entries(fields).map(([key, type]) => [key, { type }]));
    const steps = [
        { call: 'POST /users', body: { username: `${name}-ann`, password: 'x' }, save: { ann: 'sessionToken', annId: 'objectId' } },
        create('HookedTarget', { k: 0 }, 't0'), create('HookedTarget', { k: 1 }, 't1'),
        schema(c.className, { className: c.className, fields: { ...types, p: { type: 'Pointer', targetClass: 'HookedTarget' } } }),
        ...Array.from({ length: OBJECTS }, (_, i) => create(c.className, body(r, false), `o${i}`, { as: 'master' })),
        create(`${c.className}Link`, { to: pointer(c.className, '<o0>'), list: [pointer(c.className, '<o1>')] }),
    ];
    for (let i = 0; i < attempts; i++) {
        if (r.chance(0.4)) steps.push(rearrange(r, c));
        const step = attempt(r, c);
        steps.push(step);
        if (!step.call.startsWith('GET')) steps.push(find(c.className, undefined, { order: 'createdAt' }, { as: 'master', heard: true }));
    }
    for (const trigger of c.there) steps.push({ call: `PUT /hooks/triggers/${c.className}/${trigger}`, as: 'master', body: op('Delete') });
    return { name: `random: ${name} (seed ${seed})`, random: true, profile: 'hooked', ruleOf, steps };
}

const answered = (answer) => (answer.body?.heard ? { ...answer, body: answer.body.answer } : answer);
const ruleOf = (reference, homeport) => (stable(answered(reference)) === stable(answered(homeport)) ? UNKNOWN_RULE : obviousRule(answered(reference), answered(homeport)));

export function randomHookSequences(seed = 1, options) {
    return Array.from({ length: 4 }, (_, i) => sequence(`RandomHooks${i}`, seed * 1000 + 600 + i, options));
}
