// Pipelines and distinct, as far as PostgreSQL's adapter has them.
import { create, date, pointer } from '../lib/data.mjs';

const aggregate = (query, as = 'master', className = 'Deal') => ({ call: `GET /aggregate/${className}`, as, query });
const stages = (...pipeline) => aggregate({ pipeline });

export default [
    {
        name: 'aggregate',
        steps: [
            create('Deal', { item: 'tea', n: 2, tags: ['a', 'b'], at: date('2024-01-31T10:11:12.000Z'), to: pointer('Person', 'p1') }),
            create('Deal', { item: 'tea', n: 3, tags: ['b'], at: date('2024-02-01T10:11:12.000Z'), to: pointer('Person', 'p2') }),
            create('Deal', { item: 'jam', n: 7, tags: [], at: date('2024-02-03T10:11:12.000Z'), to: pointer('Person', 'p1') }),
            stages({ $group: { _id: '$item' } }, { $sort: { objectId: 1 } }),
            stages({ $group: { _id: null, total: { $sum: '$n' }, count: { $sum: 1 }, low: { $min: '$n' }, high: { $max: '$n' }, mean: { $avg: '$n' } } }),
            stages({ $match: { n: { $gt: 2 } } }, { $group: { _id: null, total: { $sum: '$n' } } }),
            stages({ $match: { item: 'jam' } }, { $project: { n: 1, item: 1, objectId: 0 } }),
            stages({ $match: { to: 'p2' } }),
            stages({ $sort: { n: -1 } }, { $skip: 1 }, { $limit: 1 }),
            aggregate({ distinct: 'item', where: { n: 7 } }), aggregate({ distinct: 'to', where: { n: 7 } }), aggregate({ distinct: 'n', where: { item: 'jam' } }), aggregate({ distinct: 'tags', where: { n: 3 } }),
            aggregate({ distinct: 'nothing' }), aggregate({ distinct: 'at', where: { n: 7 } }),
            stages({ match: {} }), stages({ $match: {}, $limit: 1 }), stages({ $group: { total: { $sum: 1 } } }), stages({ $group: { objectId: '$item' } }), aggregate({ $group: { objectId: '$item' } }),
            aggregate({ distinct: 'item', where: '{' }), aggregate({ limit: 5 }),
            ...['client', 'maintenance', 'none', 'readOnly'].map((as) => aggregate({ pipeline: [{ $match: { n: 7 } }] }, as)),
            aggregate({ distinct: 'x' }, 'master', 'NoSuchClass'), aggregate({ pipeline: [{ $match: { n: 1 } }] }, 'master', 'NoSuchClass'),
            { call: 'POST /aggregate/Deal', as: 'master', body: { _method: 'GET', pipeline: [{ $match: { item: 'jam' } }] } }, { call: 'POST /aggregate/Deal', as: 'master', body: {} },
        ],
    },
];
