// Makes the answers of two servers comparable: what each server chooses itself (ids, times, tokens, its address) gets a name.
const ID = /^[A-Za-z0-9]{10}$/;
const TOKEN = /r:[0-9a-f]{32}/g;
const GIVEN_NAME = /^[A-Za-z0-9]{25}$/; // of a user who came without one
const RECOVERY = /^[A-Za-z0-9]{30}, [A-Za-z0-9]{30}$/;
const FILE_PREFIX = /\b[0-9a-f]{32}(?=_)/g; // of a stored file's name
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HOUR = 3600_000;
const NEAR = 2 * HOUR;
const SESSION_LENGTH = 365 * 24 * HOUR; // both servers' default

export const HEADERS = [
    'location',
    'content-type',
    'access-control-allow-origin',
    'access-control-allow-methods',
    'access-control-allow-headers',
    'access-control-expose-headers',
    'access-control-allow-credentials',
    'access-control-max-age',
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-parse-page-param-appid',
    'x-parse-page-param-appname',
    'x-parse-page-param-error',
    'x-parse-page-param-locale',
    'x-parse-page-param-publicserverurl',
];

/** One per server and sequence: remembers the ids that this server gave, by the step in which it gave them. */
export class Normaliser {
    #names = new Map();
    #pattern;
    #base;

    constructor(...urls) {
        this.#base = new RegExp(urls.filter(Boolean).flatMap((url) => [escape(url), escape(encodeURIComponent(url))]).join('|'), 'g');
    }

    /** Ids get their names from the answers to single creates and batches, before anything else shows them. */
    learn(answer, step) {
        const made = answer.body?.objectId ?? answer.headers.location?.split('/').at(-1); // a trigger may have taken the id out of the body
        if (typeof made === 'string') this.#name(made, `«id ${step}»`);
        if (!Array.isArray(answer.body)) return;
        for (const [i, item] of answer.body.entries()) {
            if (typeof item?.success?.objectId === 'string') this.#name(item.success.objectId, `«id ${step}.${i}»`);
        }
    }

    #name(id, name) {
        if (!ID.test(id) || this.#names.has(id)) return;
        this.#names.set(id, name);
        this.#pattern = new RegExp([...this.#names.keys()].join('|'), 'g');
    }

    answer({ status, headers, body, text }, { unordered } = {}) {
        const picked = Object.fromEntries(HEADERS.filter((name) => name in headers).map((name) => [name, this.#text(headers[name])]));
        let comparable = body === undefined ? this.#text(text) : this.value(body);
        if (unordered && Array.isArray(comparable?.results)) {
            comparable = { ...comparable, results: comparable.results.map((item) => [stable(item), item]).sort().map(([, item]) => item) };
        }
        return { status, headers: picked, body: comparable };
    }

    value(value, key) {
        if (Array.isArray(value)) return value.map((item) => this.value(item));
        if (value && typeof value === 'object') return this.#object(value);
        if (typeof value !== 'string') return value;
        if (key === 'recovery' && RECOVERY.test(value)) return '«recovery codes»';
        if (key === 'username' && GIVEN_NAME.test(value)) return '«username»';
        if (key === 'objectId' && ID.test(value) && !this.#names.has(value)) return '«id»';
        return this.#text(value);
    }

    #object(object) {
        const result = {};
        for (const key of Object.keys(object).sort()) result[this.#text(key)] = this.value(object[key], key);
        // Whether an object counts as changed is part of the answer, when it was changed is not.
        if (TIME.test(object.createdAt) && object.createdAt === object.updatedAt) result.updatedAt = '«createdAt»';
        return result;
    }

    #text(text) {
        if (TIME.test(text)) return time(text);
        let result = text.replace(TOKEN, '«token»').replace(FILE_PREFIX, '«random»').replace(this.#base, '«base»');
        if (this.#pattern) result = result.replace(this.#pattern, (id) => this.#names.get(id));
        return result;
    }
}

function time(text) {
    const distance = Date.parse(text) - Date.now();
    if (Math.abs(distance) < NEAR) return '«now»';
    if (Math.abs(distance - SESSION_LENGTH) < NEAR) return '«now + sessionLength»';
    return text;
}

function escape(text) {
    return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** JSON with sorted keys: equal values have equal texts. */
export function stable(value) {
    return JSON.stringify(value, (_, item) =>
        item && typeof item === 'object' && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
    );
}
