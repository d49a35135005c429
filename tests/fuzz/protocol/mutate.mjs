// Turns a request that means something into one that nearly does. A request is { method, url, headers, body }.

const NUMBERS = [0, -0, -1, 1, 0.1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e21, 100000];
const TEXTS = ['', ' ', 'a', '.', '..', '../../etc/passwd', '%', '%00', '\u0000', '\ud800', '\u202e', '💰', '$', '$ne', '_', '__type', '__proto__', 'constructor', 'a.b', 'a.0.b', 'a..b', '*', 'role:', 'null', 'true', '-1', 'r:00000000000000000000000000000000', '(a+)+$', '[', '\\Q', '{"a":1}', "' OR 1=1 --", '"; DROP TABLE "_User', '2026-02-30T00:00:00.000Z', '1e400', 'x'.repeat(300), 'ﬀ', 'İ'];
const OPERATORS = ['$eq', '$ne', '$lt', '$lte', '$gt', '$gte', '$in', '$nin', '$all', '$exists', '$regex', '$options', '$or', '$and', '$nor', '$not', '$inQuery', '$notInQuery', '$select', '$dontSelect', '$relatedTo', '$nearSphere', '$maxDistance', '$within', '$geoWithin', '$geoIntersects', '$text', '$containedBy', '$relativeTime', '$comment', '$expr', '$where', '$elemMatch', '$size', '$group', '$match', '$project', '$unwind', '$lookup', '$facet'];
const KEYS = ['objectId', 'createdAt', 'updatedAt', 'ACL', 'className', 'password', 'username', 'email', 'sessionToken', 'authData', 'emailVerified', '_rperm', '_wperm', '_hashed_password', '_acl', '_id', '__type', '__op', '__proto__', 'where', 'limit', 'skip', 'order', 'keys', 'include', 'count', 'requests', 'method', 'path', 'body', 'fields', 'classLevelPermissions', 'indexes', 'user', 'users', 'roles', 'name', 'a', 'a.b', '', '*', '_method', '_ApplicationId', '_MasterKey', '_SessionToken', '_context', '_noBody', 'installationId', 'deviceToken', 'deviceType'];
const TYPED = [
    { __type: 'Date', iso: 'yesterday' }, { __type: 'Date', iso: '2026-11-21T00:00:00.000Z' }, { __type: 'Pointer', className: '_User', objectId: 'x' }, { __type: 'Pointer', className: 5, objectId: {} },
    { __type: 'GeoPoint', latitude: 91, longitude: 0 }, { __type: 'GeoPoint', latitude: 1, longitude: 2 }, { __type: 'Polygon', coordinates: [[0, 0], [0, 1], [1, 1]] }, { __type: 'Polygon', coordinates: [[0]] },
    { __type: 'Bytes', base64: '====' }, { __type: 'File', name: '../x', url: 'javascript:1' }, { __type: 'Relation', className: '_User' }, { __type: 'Object', className: '_User' }, { __type: 'Nonsense' },
    { __op: 'Increment', amount: 1 }, { __op: 'Increment', amount: 'x' }, { __op: 'Delete' }, { __op: 'Add', objects: [1] }, { __op: 'AddUnique', objects: 'x' }, { __op: 'Remove', objects: [null] }, { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: 'x' }] }, { __op: 'Batch', ops: [] }, { __op: 'SetOnInsert', amount: 1 },
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'get', 'TRACE', 'CONNECT'];
const HEADERS = ['X-Parse-Session-Token', 'X-Parse-Installation-Id', 'X-Parse-Request-Id', 'X-Parse-Cloud-Context', 'X-HTTP-Method-Override', 'X-Forwarded-For', 'Content-Type', 'Accept-Encoding', 'Content-Encoding', 'Range', 'Origin', 'Authorization', 'X-Parse-Revocable-Session', 'X-Parse-Client-Version', 'If-None-Match', 'Expect', 'Upgrade', 'Connection'];
const HEADER_VALUES = ['', '0', 'gzip', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', '{"a":1}', '[]', 'bytes=0-', 'bytes=-1', 'bytes=9-1', 'Basic eDp5', '127.0.0.1, 1.1.1.1', 'websocket', 'Upgrade', '100-continue', 'r:00000000000000000000000000000000', '"x"', 'DELETE'];

const nested = (depth, wrap) => {
    let value = 1;
    while (depth-- > 0) value = wrap(value);
    return value;
};

function anyValue(r) {
    const value = r.pick([
        () => r.pick(NUMBERS), () => r.pick(TEXTS), () => r.pick(TYPED), () => r.pick([null, true, false, [], {}]), () => ({ [r.pick(OPERATORS)]: r.pick([1, 'a', [], {}, null, r.pick(TYPED)]) }),
        () => ({ [r.pick(KEYS)]: r.pick(TEXTS) }), () => [r.pick(TYPED), r.pick(TEXTS), r.pick(NUMBERS)], () => nested(1 + r.below(300), r.pick([(v) => [v], (v) => ({ a: v }), (v) => ({ $and: [v] }), (v) => ({ $not: v })])), () => Array.from({ length: r.below(2000) }, (_, i) => i),
    ])();
    return structuredClone(value); // it will be changed in its turn
}

/** All places in a JSON value: [container, key]. */
function places(value, found = []) {
    if (value !== null && typeof value === 'object')
        for (const key of Object.keys(value)) {
            found.push([value, key]);
            places(value[key], found);
        }
    return found;
}

/** A changed copy. `other` is JSON of another request, to cross the two. */
function changeValue(r, value, other) {
    const whole = structuredClone({ value });
    for (let n = 1 + r.below(3); n > 0; n--) {
        const [container, key] = r.pick(places(whole));
        const rename = (name) => {
            const kept = container[key];
            if (Array.isArray(container)) return container.push(kept);
            delete container[key];
            Object.defineProperty(container, name, { value: kept, enumerable: true, configurable: true, writable: true });
        };
        r.pick([
            () => (container[key] = anyValue(r)), () => (container[key] = anyValue(r)), () => key !== 'value' && delete container[key], () => container !== whole && rename(r.pick(KEYS)), () => container !== whole && rename(r.pick(OPERATORS)),
            () => (container[key] = [container[key]]), () => (container[key] = { [r.pick(OPERATORS)]: container[key] }), () => {
                const [theirs, name] = r.pick(places({ other }));
                container[key] = structuredClone(theirs[name]);
            },
            () => typeof container[key] === 'string' && (container[key] = changeText(r, container[key])), () => Array.isArray(container[key]) && container[key].push(...container[key].slice(0, 500)),
        ])();
    }
    return whole.value;
}

function changeText(r, text) {
    const at = r.below(text.length + 1);
    return r.pick([() => text.slice(0, at) + r.pick(TEXTS) + text.slice(at), () => text.slice(0, at), () => text + text, () => text.slice(0, at) + String.fromCharCode(r.below(0x300)) + text.slice(at + 1), () => r.pick(TEXTS), () => text.toUpperCase()])();
}

function changeUrl(r, url, other) {
    const { origin, pathname, search } = new URL(url);
    const segments = pathname.split('/');
    const at = 2 + r.below(Math.max(1, segments.length - 2));
    const path = r.pick([
        () => pathname, () => segments.with(Math.min(at, segments.length - 1), encodeURIComponent(r.pick([...TEXTS, ...KEYS]).toWellFormed())).join('/'), () => segments.toSpliced(at, 1).join('/'), () => segments.toSpliced(at, 0, r.pick(['', '.', '..', '%2e%2e', '%2F', '%00', 'classes', '_User'])).join('/'), () => pathname + '/', () => new URL(other).pathname,
    ])();
    const parameters = [...new URLSearchParams(search)];
    if (r.chance(0.6)) {
        const name = r.pick(['where', 'order', 'keys', 'include', 'limit', 'skip', 'count', 'distinct', 'pipeline', 'excludeKeys', 'includeAll', 'explain', 'hint', 'redirectClassNameForKey', 'username', 'password', 'token', 'a[b]', '__proto__']);
        const value = anyValue(r);
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        const index = parameters.findIndex(([own]) => own === name);
        if (index >= 0 && r.chance(0.8)) parameters[index] = [name, text];
        else parameters.push([name, text]);
    }
    const query = parameters.map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`).join('&');
    return origin + path + (query && `?${query.slice(0, 6000)}`);
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** A request changed where it keeps its shape: method, URL, headers, the JSON of the body. `other`: one to cross it with. */
export function mutateRequest(r, request, other) {
    const changed = { ...request, headers: { ...request.headers } };
    for (let n = 1 + r.below(2); n > 0; n--)
        r.pick([
            () => (changed.method = r.pick(METHODS)),
            () => (changed.url = changeUrl(r, changed.url, other.url)),
            () => (changed.url = changeUrl(r, changed.url, other.url)),
            () => (changed.headers[r.pick(HEADERS)] = r.pick(HEADER_VALUES)),
            () => delete changed.headers[r.pick(Object.keys(changed.headers))],
            ...Array(5).fill(() => {
                const json = changed.body === undefined ? {} : parse(changed.body);
                changed.body = json === undefined ? changeText(r, changed.body) : JSON.stringify(changeValue(r, json, parse(other.body ?? '{}') ?? {}));
            }),
        ])();
    return changed;
}

/** The bytes of a request, its length told truly. */
export function bytesOf({ method, url, headers, body }) {
    const { host, pathname, search } = new URL(url);
    const lines = Object.entries({ Host: host, ...headers }).filter(([name]) => name.toLowerCase() !== 'content-length');
    if (body !== undefined) lines.push(['Content-Length', Buffer.byteLength(body)]);
    return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`);
}

/** Bytes changed without regard to what they mean. */
export function mutateBytes(r, bytes) {
    let changed = Buffer.from(bytes);
    for (let n = 1 + r.below(4); n > 0; n--) {
        const at = r.below(changed.length);
        const insert = (what) => Buffer.concat([changed.subarray(0, at), Buffer.from(what), changed.subarray(at)]);
        r.pick([
            () => (changed[at] = r.below(256)), () => (changed[at] ^= 1 << r.below(8)), () => (changed = changed.subarray(0, Math.max(1, at))),
            () => (changed = insert(r.pick(['\r\n', '\n', '\0', ' ', ':', '\r\n\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', '"', '\\u0000', '{', '[', '\xff', '%', '\r\n0\r\n\r\n']))), () => (changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + r.below(20))])), () => (changed = insert(changed.subarray(at, at + r.below(200)))),
        ])();
        if (changed.length === 0) changed = Buffer.from('\n');
    }
    return changed;
}
