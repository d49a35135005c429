// Global configuration, purging, and what else master keeps.
import { create, date, geo, op, pointer } from '../lib/data.mjs';

const set = (body, as = 'master') => ({ call: 'PUT /config', as, body });
const read = (as = 'client') => ({ call: 'GET /config', as });

export default [
    {
        name: 'values',
        steps: [
            read(), read('master'), read('readOnly'), read('none'),
            set({ params: { a: 1, text: 'x', when: date('2020-01-01T00:00:00.000Z'), place: geo(1, 2), list: [1, { b: 2 }], object: { c: { d: 1 } }, link: pointer('X', 'y'), nothing: null, file: { __type: 'File', name: 'a.txt' } } }),
            read(), read('master'),
            set({ params: { secret: 's' }, masterKeyOnly: { secret: true } }), read(), read('master'), read('readOnly'), read('maintenance'),
            set({ params: { secret: 't' } }), read(), set({ params: { a: op('Delete') } }), read(), set({ params: { n: op('Increment', { amount: 2 }) } }), read(),
            set({ params: { '1bad': 1 } }), set({ params: { d: 1 }, masterKeyOnly: { other: true } }),
            read(), read('master'),
            ...['client', 'readOnly', 'maintenance', 'none'].map((as) => set({ params: { a: 5 } }, as)),
            { call: 'POST /config', as: 'master', body: { _method: 'PUT', params: { a: 6 } } }, { call: 'DELETE /config', as: 'master' }, { call: 'GET /config', query: { x: 1 } }, { call: 'POST /config', body: { _method: 'GET' } },
        ],
    },
    {
        name: 'values that are refused',
        profile: 'strict', // a configuration of its own: the reference keeps what Homeport refuses
        steps: [
            { params: {} }, {}, { params: 5 }, { params: null }, { params: [] }, { params: { 'bad.key': 1 } }, { params: { $bad: 1 } }, { params: { b: 1 }, masterKeyOnly: 5 }, { params: { c: 1 }, masterKeyOnly: { c: 'yes' } },
        ].map((body) => set(body)),
    },
    {
        name: 'values stay as they were sent',
        steps: [
            set({ params: { when: { __type: 'Date', iso: '2020-01-02T03:04:05Z' }, area: { __type: 'Polygon', coordinates: [[0, 0], [0, 1], [1, 1]] }, list: [{ __type: 'Date', iso: '2020-01-02' }], none: null, 'two words': 1 } }),
            read(), set({ params: { when: { __op: 'Delete' }, area: { __op: 'Delete' }, list: { __op: 'Delete' }, none: { __op: 'Delete' }, 'two words': { __op: 'Delete' } } }), read(),
        ],
    },
    {
        name: 'purge',
        steps: [
            create('Dust', { n: 1 }), create('Dust', { n: 2, ACL: {} }), { call: 'DELETE /purge/Dust' }, { call: 'DELETE /purge/Dust', as: 'readOnly' }, { call: 'DELETE /purge/Dust', as: 'maintenance' }, { call: 'GET /classes/Dust', as: 'master', query: { where: { n: { $gt: 0 } }, count: 1, limit: 0 } },
            { call: 'DELETE /purge/Dust', as: 'master' }, { call: 'GET /classes/Dust', as: 'master', query: { count: 1 } }, { call: 'DELETE /purge/Dust', as: 'master' }, { call: 'DELETE /purge/NoSuchClass', as: 'master' }, { call: 'DELETE /purge/1bad', as: 'master' }, { call: 'DELETE /purge', as: 'master' }, { call: 'GET /schemas/Dust', as: 'master' },
        ],
    },
];
