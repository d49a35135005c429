// Installations with their rules of which device is which.
import { find, op } from '../lib/data.mjs';

const post = (body, save, more) => ({ call: 'POST /installations', body, save: save && { [save]: 'objectId' }, ...more });
const put = (id, body, more) => ({ call: `PUT /installations/<${id}>`, body, ...more });
const all = (pattern) => find('_Installation', { $or: [{ installationId: { $regex: `^${pattern}` } }, { deviceToken: { $regex: `^${pattern}` } }] }, { order: 'createdAt' }, { as: 'master' });

/** Which rows there are, by installation id, token and app; and what a device says then. */
const ROWS = { none: [], id: [{ i: 1 }], token: [{ t: 1 }], both: [{ i: 1, t: 1 }], twoWithToken: [{ t: 1 }, { i: 2, t: 1, app: 'b' }], other: [{ i: 2, t: 1 }], idAndOther: [{ i: 1 }, { i: 2, t: 1 }], idAndToken: [{ i: 1 }, { t: 1 }], movedToken: [{ i: 1, t: 2 }, { i: 2, t: 1 }] };
const SAYS = { id: { i: 1 }, token: { t: 1 }, both: { i: 1, t: 1 }, withApp: { i: 1, t: 1, app: 'a' }, withoutType: { i: 1, t: 1, type: undefined }, otherType: { i: 1, t: 1, type: 'android' } };

/** All of them, as a POST, as a POST whose installation id is in a header, and as a PUT to each row. */
function combinations(prefix) {
    let count = 0;
    const steps = [];
    for (const rows of Object.values(ROWS))
        for (const said of Object.values(SAYS))
            for (const way of ['POST', ...(said.i ? ['header'] : []), ...rows.keys()]) {
                const p = `${prefix}${++count}`;
                const body = ({ i, t, app, type }) => ({ installationId: i && `${p}i${i}`, deviceToken: t && `${p}t${t}`, appIdentifier: app, deviceType: type });
                const sent = { ...body({ type: 'ios', ...said }), badge: 7 };
                rows.forEach((row, n) => steps.push(post(body({ type: 'ios', ...row }), `${p}r${n}`, { call: 'POST /classes/_Installation', as: 'master' })));
                if (way === 'POST') steps.push(post(sent));
                else if (way === 'header') steps.push(post({ ...sent, installationId: undefined }, undefined, { headers: { 'X-Parse-Installation-Id': sent.installationId } }));
                else steps.push(put(`${p}r${way}`, sent));
                steps.push(all(`${p}[it]`));
            }
    return steps;
}

export default [
    {
        name: 'ids and types',
        steps: [
            ...[{}, { deviceType: 'ios' }, { installationId: 'i1' }, { deviceToken: 't1' }, { installationId: 'I1-UPPER', deviceType: 'ios' }, { deviceToken: 't1', deviceType: 'android' }, { installationId: 5, deviceType: 'ios' }, { installationId: '', deviceType: 'ios' }, { deviceToken: 'A'.repeat(64), deviceType: 'ios' }, { installationId: 'i2', deviceType: 5 }, { installationId: 'i3', deviceType: 'ios', badge: 'x' }, { installationId: 'i3', deviceType: 'ios', channels: 'x' }].map((body) => post(body)),
            post({ deviceType: 'ios' }, 'byHeader', { headers: { 'X-Parse-Installation-Id': 'I4-Header' } }),
            { call: 'GET /installations/<byHeader>' },
            { call: 'GET /installations' },
            { call: 'GET /installations', as: 'master', query: { where: { installationId: 'i1-upper' } } },
            { call: 'DELETE /installations/<byHeader>' },
            { call: 'DELETE /installations/<byHeader>', as: 'master' },
            { call: 'GET /classes/_Installation' },
        ],
    },
    {
        name: 'changes that are refused',
        steps: [
            post({ installationId: 'c1', deviceToken: 'c1t', deviceType: 'ios', channels: ['a'] }, 'one'),
            post({ deviceToken: 'c2t', deviceType: 'ios' }, 'two'),
            put('one', { installationId: 'c9' }), put('one', { deviceType: 'android' }), put('one', { deviceToken: 'c9t' }), put('two', { deviceToken: 'c9t' }), put('two', { installationId: 'c2' }), put('one', { installationId: 'C1' }),
            put('one', { channels: op('AddUnique', { objects: ['b'] }) }), put('one', { channels: op('Remove', { objects: ['a'] }) }), put('one', { badge: op('Increment', { amount: 1 }) }), put('one', { badge: 3, appVersion: '2' }),
            { call: 'PUT /installations/missing', body: { badge: 1 } }, { call: 'PUT /installations/missing', body: { deviceToken: 'x', deviceType: 'ios' } },
            { call: 'GET /installations/<one>' }, { call: 'GET /installations/<two>' }, { call: 'GET /installations/missing' }, put('one', {}), put('one', { createdAt: 'x', objectId: 'y', badge: 4 }),
        ],
    },
    {
        name: 'the same device again',
        steps: [
            post({ installationId: 'd1', deviceType: 'ios' }, 'one'), post({ installationId: 'd1', deviceType: 'ios', badge: 2 }), post({ installationId: 'd1', deviceToken: 'd1t', deviceType: 'ios' }), all('d1'),
            post({ installationId: 'd2', deviceToken: 'd1t', deviceType: 'ios' }, 'two'), all('d[12]'),
            post({ deviceToken: 'd3t', deviceType: 'ios' }, 'three'), post({ installationId: 'd3', deviceToken: 'd3t', deviceType: 'ios' }), all('d3'),
            post({ installationId: 'd4', deviceType: 'ios' }, 'four'), post({ deviceToken: 'd4t', deviceType: 'ios' }, 'token'), put('four', { deviceToken: 'd4t' }), all('d4'),
            post({ deviceToken: 'd5t', deviceType: 'ios', appIdentifier: 'a' }), post({ installationId: 'd5', deviceToken: 'd5t', deviceType: 'ios', appIdentifier: 'b' }), all('d5'),
            post({ installationId: 'd6a', deviceToken: 'd6t', deviceType: 'ios', appIdentifier: 'a' }), post({ installationId: 'd6b', deviceToken: 'd6t', deviceType: 'ios', appIdentifier: 'b' }), post({ deviceToken: 'd6t', deviceType: 'ios' }), all('d6'),
            post({ deviceToken: 'd7t', deviceType: 'ios' }), post({ deviceToken: 'd7t', deviceType: 'ios', badge: 5 }), all('d7'),
        ],
    },
    { name: 'every combination of rows and of what a device says', steps: combinations('k') },
    { name: 'every combination where other rows are kept', profile: 'guarded', steps: combinations('k') },
];
