// Files: upload forms, names, types, permission, deletion. What is not compared, because the reference's disk adapter lacks it:
// ranges, metadata, and directories that are accepted (it makes none, and the process ends).
import { create } from '../lib/data.mjs';

const upload = (name, raw, { as = 'master', type = 'text/plain', headers = {}, save } = {}) => ({ call: `POST /files/${name}`, as, raw, headers: { 'Content-Type': type, ...headers }, save });
const stream = (headers) => ({ headers: { 'X-Parse-Upload-Mode': 'stream', ...headers } });
const json = (changes, name = 'hello') => ({
    call: `POST /files/${name}`, as: 'nobody', headers: { 'Content-Type': 'text/plain' },
    body: { base64: 'aGk=', _ContentType: 'text/plain', _ApplicationId: 'compat', _JavaScriptKey: 'compat-js', _ClientVersion: 'js8', _InstallationId: 'i', ...changes },
});
const turned = (step) => ({ ...step, body: Object.fromEntries(Object.entries(step.body).reverse()) });
const asMaster = { _JavaScriptKey: undefined, _MasterKey: 'compat-master' };
const get = (name, extra = {}) => ({ call: `GET /files/compat/${name}`, as: 'nobody', ...extra });

export default [
    {
        name: 'raw uploads',
        steps: [
            upload('a.txt', 'hello', { save: { a: 'name' } }), get('<a>'), { call: 'HEAD /files/compat/<a>', as: 'nobody' }, get('<a>', { query: { x: 1 } }),
            upload('noextension', 'x', { type: 'image/png' }), upload('noextension', 'x', { type: 'text/plain; charset=utf-8' }), upload('noextension', 'x', { type: 'application/x-unheard-of' }), upload('ends.', 'x', { type: 'image/png' }),
            upload('a.png', 'x', { type: 'text/plain' }), upload('a.json', '{"base64":"aGk="}', { type: 'application/json' }), upload('a b@c~d-e_f.g.txt', 'x'),
            upload('a.txt', ''), upload('', 'x'), { call: 'POST /files', as: 'master', raw: 'x' }, { call: 'POST /files', as: 'nobody' },
            { call: 'PUT /files/a.txt', as: 'master', body: {} }, { call: 'GET /files/a.txt', as: 'master' },
        ],
    },
    {
        name: 'names',
        steps: [
            ...['.hidden', '-a', '%20a', 'a%2fb', '..%2fx', 'a%5cb', 'a%00.png', 'a%0ab', '%C3%A4.txt', 'x'.repeat(128), 'x'.repeat(129), '_', '9', 'a..b', 'a,b', 'a+b', 'a%25b', 'a(1).txt', "a'b"].map((name) => upload(name, 'x')),
            upload('a/b.txt', '{}'), upload('a.txt/', 'x'),
        ],
    },
    {
        name: 'the JSON form',
        steps: [
            json({ ...asMaster }), json({ ...asMaster, _ContentType: undefined }), json({ ...asMaster, _ContentType: 'image/png' }), json({ ...asMaster, fileData: { metadata: { a: 1 }, tags: { t: 'x' } } }),
            { ...turned(json(asMaster)), save: { turned: 'name' } }, get('<turned>'), turned(json({ ...asMaster, base64: '' })),
            json({}), json({ ...asMaster, base64: '' }), json({ ...asMaster, base64: 7 }), json({ ...asMaster, base64: ['aGk='] }), json({ ...asMaster, _ContentType: 7 }), json({ ...asMaster, _SessionToken: {} }),
            json({ ...asMaster, _InstallationId: 7 }), json({ _ApplicationId: 'other' }), json({ _ApplicationId: undefined }), json({ ...asMaster, _MasterKey: 'wrong' }), json({ _SessionToken: 'r:00000000000000000000000000000000' }),
            json({ ...asMaster, fileData: { directory: 7 } }), json({ ...asMaster, fileData: { directory: '' } }), json({ fileData: { directory: 'some' } }),
            json({ ...asMaster, fileData: { metadata: { __proto: 1 } } }), json({ ...asMaster, fileData: { metadata: { constructor: 1 } } }), json({ ...asMaster, fileData: { tags: { a: { constructor: 1 } } } }), json({ ...asMaster }, '.hidden'),
            { call: 'POST /files/a.txt', as: 'nobody', raw: 'no JSON' }, { call: 'POST /files/a.txt', as: 'nobody', raw: '[]' }, { call: 'POST /files/a.txt', as: 'nobody', raw: '7' }, { call: 'POST /files/a.txt', as: 'nobody' },
        ],
    },
    {
        name: 'the stream form and directories',
        steps: [
            upload('a.txt', 'x', stream({})), upload('noextension', 'x', { ...stream({}), type: 'image/png' }), upload('a.txt', 'x', { ...stream({}), as: 'client' }),
            upload('a.txt', 'x', stream({ 'X-Parse-File-Metadata': '{"a":1}', 'X-Parse-File-Tags': '{"t":"x"}' })),
            ...['[]', '7', '{', 'null', '"x"'].flatMap((text) => ['Metadata', 'Tags'].map((where) => upload('a.txt', 'x', stream({ [`X-Parse-File-${where}`]: text })))),
            ...['..', 'a/../b', '/a', 'a/', 'a//b', 'metadata', 'metadata/x', '.a', '_a', 'a b', 'a.b', 'x'.repeat(257)].map((directory) => upload('a.txt', 'x', stream({ 'X-Parse-File-Directory': directory }))),
        ],
    },
    {
        name: 'who may upload and delete',
        steps: [
            { call: 'POST /users', body: { username: 'files-ann', password: 'secret-1' }, save: { ann: 'sessionToken' } }, { call: 'POST /users', body: { authData: { anonymous: { id: 'files-1' } } }, save: { anonymous: 'sessionToken' } },
            ...['client', 'js', 'none', 'nobody', 'ann', 'anonymous', 'master', 'readOnly', 'maintenance'].map((as) => upload('a.txt', 'x', { as })),
            upload('keep.txt', 'x', { save: { keep: 'name' } }), ...['client', 'nobody', 'none', 'ann', 'readOnly', 'maintenance'].map((as) => ({ call: 'DELETE /files/<keep>', as })), get('<keep>'),
            { call: 'DELETE /files/<keep>', as: 'master' }, get('<keep>'), get('metadata/<keep>'), { call: 'DELETE /files/', as: 'master' }, { call: 'DELETE /files', as: 'master' },
            get('nothing.txt'), get('a/b/nothing.txt'), { call: 'GET /files/other/nothing.txt', as: 'nobody' }, { call: 'GET /files/other/metadata/nothing.txt', as: 'nobody' }, get('', { as: 'master' }), { call: 'GET /files/compat', as: 'master' }, { call: 'GET /files', as: 'master' },
        ],
    },
    {
        name: 'extensions and types',
        profile: 'strict',
        steps: [
            { call: 'POST /users', body: { username: 'files-types', password: 'secret-1' }, save: { ann: 'sessionToken' } },
            ...['html', 'HTML', 'htm', 'shtml', 'xhtml', 'xht', 'svg', 'svgz', 'xml', 'xsl', 'xslt', 'xsd', 'rng', 'rdf', 'owl', 'mathml', 'txt', 'png', 'js', 'foo', 'html.', 'html.txt', 'txt.html', 'h tml'].map((extension) => upload(`a.${extension.replace(' ', '%20')}`, 'x', { as: 'ann' })),
            ...['text/html', 'TEXT/HTML', 'text/html;x=y', 'image/svg+xml', 'application/xhtml+xml', 'application/rdf+xml', 'text/html,', 'image//svg+xml', 'image/', 'image', 'svg', 'text/plain,text/html', '/', ';', 'application/vnd.api+json', 'text/ html'].flatMap((type) => ['a', 'a.foo', 'a.txt'].map((name) => upload(name, 'x', { as: 'ann', type }))),
            upload('a.html', 'x', { as: 'maintenance' }),
        ],
    },
    {
        name: 'files in objects',
        steps: [
            create('Holders', { file: { __type: 'File', name: 'x.png' } }, 'h'), { call: 'GET /classes/Holders/<h>' }, { call: 'PUT /classes/Holders/<h>', body: { file: { __type: 'File', name: 'a b@c.png', url: 'https://elsewhere.example/x' } } }, { call: 'GET /classes/Holders/<h>' },
            { call: 'PUT /classes/Holders/<h>', body: { file: { __op: 'Delete' } } }, { call: 'GET /classes/Holders/<h>' }, { call: 'PUT /classes/Holders/<h>', body: { file: null } },
            { call: 'PUT /classes/Holders/<h>', body: { file: { __type: 'File' } } }, { call: 'PUT /classes/Holders/<h>', body: { file: 'text' } }, { call: 'PUT /classes/Holders/<h>', body: { file: { __type: 'File', name: '01234567-89ab-cdef-0123-456789abcdef-x.png' } } }, { call: 'GET /classes/Holders/<h>' },
        ],
    },
];
