// Sequences of devices that come and come again under ids and tokens of a few. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { put, remove } from './data.mjs';

function device(r, c) {
    const result = { deviceType: r.pick(['ios', 'android', 'ios']) };
    if (r.chance(0.7)) result.installationId = `${c.prefix}-id${r.below(4)}`;
    if (r.chance(0.7)) result.deviceToken = `${c.prefix}-token${r.below(3)}`;
    if (r.chance(0.3)) result.appIdentifier = r.pick(['app1', 'app2']);
    if (r.chance(0.2)) result.channels = r.distinct(['news', 'sport'], 2);
    if (r.chance(0.1)) delete result.deviceType;
    return result;
}

function change(r, c) {
    const result = device(r, c);
    if (r.chance(0.6)) delete result.deviceType;
    if (r.chance(0.3)) result.badge = r.pick([1, { __op: 'Increment', amount: 1 }]);
    return result;
}

/** What is left, as master sees it; the sequences share a database. */
const look = (c) => ({ call: 'GET /installations', as: 'master', query: { where: { $or: [{ installationId: { $regex: `^${c.prefix}` } }, { deviceToken: { $regex: `^${c.prefix}` } }] }, order: 'createdAt' } });

function sequence(name, seed, { attempts = 60 } = {}) {
    const r = randomSource(seed);
    const c = { prefix: `${name.toLowerCase()}-${seed}` };
    const steps = [];
    for (let i = 0; i < attempts; i++) {
        const id = `i${r.below(4)}`;
        const as = r.pick(['client', 'client', 'master']);
        const added = device(r, c);
        if (!added.deviceToken) added.installationId ??= `${c.prefix}-id0`; // a row without both takes the place of others in the reference
        const headers = r.chance(0.3) ? { 'X-Parse-Installation-Id': `${c.prefix}-id${r.below(4)}` } : {};
        const known = steps.some(({ save }) => save?.[id]);
        steps.push(r.pick([
            () => ({ call: 'POST /installations', as, headers, body: added, save: { [id]: 'objectId' } }), () => ({ call: 'POST /installations', as, headers, body: added, save: { [id]: 'objectId' } }),
            ...(known ? [() => ({ ...put('_Installation', id, change(r, c)), as, headers }), () => ({ ...put('_Installation', id, change(r, c)), as, headers }), () => (r.chance(0.2) ? remove('_Installation', id, { as: 'master' }) : put('_Installation', id, change(r, c), { as }))] : []),
        ])(), look(c));
    }
    return { name: `random: ${name} (seed ${seed})`, random: true, steps };
}

export function randomInstallationSequences(seed = 1) {
    return Array.from({ length: 6 }, (_, i) => sequence(`RandomDevices${i}`, seed * 1000 + 900 + i));
}
