// Cloud functions and triggers at an address: declared, looked up, changed, taken back. Nothing here calls one, and what
// was changed is not looked at again: on PostgreSQL Parse Server then has it twice.
import { op } from '../lib/data.mjs';

const at = (name) => `http://127.0.0.1:9/${name}`;
const make = (body, as = 'master') => ({ call: `POST /hooks/${body.className ? 'triggers' : 'functions'}`, as, body });
const change = (path, body, as = 'master') => ({ call: `PUT /hooks/${path}`, as, body });
const look = (path, as = 'master') => ({ call: `GET /hooks/${path}`, as });
const KINDS = ['beforeSave', 'afterSave', 'beforeDelete', 'afterDelete', 'beforeFind', 'afterFind', 'beforeNothing'];

export default [
    {
        name: 'functions',
        steps: [
            look('functions'), look('functions/compute'), make({ functionName: 'compute', url: at('a') }), look('functions/compute'), look('functions', 'readOnly'), look('functions'),
            make({ functionName: 'compute', url: at('b') }), make({ functionName: 'compute' }), change('functions/compute', { functionName: 'other', url: at('b') }), look('functions/other'),
            change('functions/compute', {}), change('functions/compute', { url: null }),
            ...[{ functionName: 'bare' }, { url: at('x') }, {}, { functionName: '', url: at('x') }, { functionName: 'none', url: '' }].map((body) => make(body)),
            change('functions/never', { url: at('x') }), change('functions/never', {}), change('functions/never', op('Delete')), { call: 'DELETE /hooks/functions/compute', as: 'master' },
            ...['readOnly', 'client', 'js', 'maintenance', 'none'].flatMap((as) => [make({ functionName: 'mine', url: at('x') }, as), change('functions/compute', op('Delete'), as)]),
            { ...make({ functionName: 'slashed', url: at('x') }), call: 'POST /hooks/functions/' }, look('functions/slashed'), change('functions/slashed', op('Delete')),
            change('functions/compute', op('Delete')), look('functions/compute'), change('functions/compute', op('Delete')), { call: 'POST /functions/compute', body: {} }, look('functions'),
        ],
    },
    {
        name: 'triggers',
        steps: [
            look('triggers'), look('triggers/Watched/beforeSave'), ...KINDS.map((triggerName) => make({ className: 'Watched', triggerName, url: at('a') })), make({ className: 'Watched', triggerName: 'beforeSave', url: at('b') }),
            look('triggers/Watched/beforeSave'), look('triggers/Watched/beforeNothing'), look('triggers/Watched'), look('functions'), look('triggers', 'readOnly'), look('triggers', 'client'),
            change('triggers/Watched/beforeSave', { url: at('b') }), change('triggers/Watched/beforeSave', {}), change('triggers/Never/beforeSave', { url: at('b') }), change('triggers/Never/beforeSave', op('Delete')),
            ...[{ className: 'Watched', url: at('x') }, { className: 'Watched', triggerName: 'beforeSave' }, { className: 'Watched', triggerName: 'afterSave', functionName: 'both', url: at('x') }].map((body) => make(body)), look('functions/both'), change('functions/both', op('Delete')),
            ...KINDS.map((kind) => change(`triggers/Watched/${kind}`, op('Delete'))), look('triggers'),
        ],
    },
];
