// Turns a step of a sequence into an HTTP request. README.md describes what a step may hold.
import { sendRequest } from '../../support/http.mjs';
import { totp } from '../../support/totp.mjs';

const VARIABLE = /<(\w+)>/g;

/** Of the one-time passwords that every sequence has as variables; the period is long, so that no run meets its end. */
export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
export const TOTP_PERIOD = 3600;
export function givenVariables() {
    const code = (steps) => totp(SECRET, { steps, period: TOTP_PERIOD });
    return { code: code(0), earlier: code(-1), later: code(1), longGone: code(-3) };
}

/** Headers of those who ask, by the name in a step's `as`; any other name is the variable that holds a session token. */
const principals = {
    nobody: () => ({}),
    none: (config) => ({ 'X-Parse-Application-Id': config.appId }),
    client: (config) => withKey(config, 'X-Parse-REST-API-Key', config.restAPIKey),
    js: (config) => withKey(config, 'X-Parse-Javascript-Key', config.javascriptKey),
    mobile: (config) => withKey(config, 'X-Parse-Client-Key', config.clientKey),
    dotNet: (config) => withKey(config, 'X-Parse-Windows-Key', config.dotNetKey),
    master: (config) => withKey(config, 'X-Parse-Master-Key', config.masterKey),
    readOnly: (config) => withKey(config, 'X-Parse-Master-Key', config.readOnlyMasterKey),
    maintenance: (config) => withKey(config, 'X-Parse-Maintenance-Key', config.maintenanceKey),
};

function withKey(config, header, key) {
    return { 'X-Parse-Application-Id': config.appId, [header]: key };
}

/** Sends a step to one server. `variables` is what earlier steps saved from this server's answers. */
export function sendStep(step, server, variables) {
    const { method, url, headers, body } = requestOf(step, server, variables);
    return sendRequest(method, url, headers, body);
}

/** The request that a step means: { method, url, headers, body }, body as text or undefined. */
export function requestOf(step, server, variables) {
    const [method, path] = step.call.split(/ (.*)/s);
    const fill = (value) => fillIn(value, variables);
    const who = step.as ?? 'client';
    const headers = principals[who]
        ? principals[who](server.config)
        : { ...principals.client(server.config), 'X-Parse-Session-Token': fill(`<${who}>`) };
    const form = step.form && new URLSearchParams(fill(step.form)).toString();
    const body = form ?? step.raw ?? (step.body === undefined ? undefined : JSON.stringify(fill(step.body)));
    if (body !== undefined) {
        headers['Content-Type'] = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
        headers['Content-Length'] = String(Buffer.byteLength(body)); // node leaves it out of a GET
    }
    for (const [name, value] of Object.entries(fill(step.headers ?? {}))) {
        if (value === null) delete headers[name];
        else headers[name] = value;
    }
    const base = step.origin ? new URL(server.url).origin : server.url;
    return { method, url: base + fill(path) + queryString(fill(step.query)), headers, body };
}

/** Values that are no text are sent as JSON. */
function queryString(query) {
    if (query === undefined) return '';
    const text = (value) => encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
    return '?' + Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${text(value)}`).join('&');
}

/** `value` with the variables in the place of their names. */
export function fillIn(value, variables) {
    if (typeof value === 'string') return value.replace(VARIABLE, (whole, name) => variables[name] ?? whole);
    if (Array.isArray(value)) return value.map((item) => fillIn(item, variables));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [fillIn(key, variables), fillIn(item, variables)]));
}

/** Keeps what the step's `save` names ({ variable: 'path.in.body' }) of an answer. */
export function saveFrom(step, answer, variables) {
    for (const [name, path] of Object.entries(step.save ?? {})) {
        const value = path.split('.').reduce((inside, key) => inside?.[key], answer.body);
        variables[name] = value === undefined ? `no-${name}` : String(value);
    }
    for (const [name, path] of Object.entries(step.keep ?? {})) {
        const value = path.split('.').reduce((inside, key) => inside?.[key], answer.body);
        if (value !== undefined) variables[name] = String(value);
    }
}

/** Whether the order of the results is the server's own choice. */
export function isUnordered(step) {
    return step.call.startsWith('GET ') && !step.query?.order && !step.query?.where?.$relatedTo && !JSON.stringify(step.query?.where ?? {}).includes('$nearSphere');
}
