// The objects of a relation come in the order that the query asks for, or in none, never in the order of their links.
import { create, find, op, put } from '../lib/data.mjs';

const pointer = (id) => ({ __type: 'Pointer', className: 'LinkedTo', objectId: `<${id}>` });
const link = (id) => put('LinkedFrom', 'from', { links: op('AddRelation', { objects: [pointer(id)] }) });
const linked = (more = {}) => find('LinkedTo', { $relatedTo: { object: { __type: 'Pointer', className: 'LinkedFrom', objectId: '<from>' }, key: 'links' } }, { keys: 'n', ...more });

export default [
    {
        name: 'in the order of the query',
        steps: [
            ...[1, 2, 3, 4].map((n) => create('LinkedTo', { n }, `to${n}`)), create('LinkedFrom', {}, 'from'), ...['to3', 'to1', 'to4', 'to2'].map(link),
            linked(), linked({ order: 'createdAt' }), linked({ order: '-createdAt,-n', limit: 2 }), linked({ order: 'n', limit: 2, skip: 1 }), put('LinkedTo', 'to1', { n: 11 }), linked({ order: '-n' }),
        ],
    },
];
