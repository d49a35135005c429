// The same adapter for both servers: options that differ because Homeport asks it over HTTP.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { startWebhook } from '../../support/webhook.mjs';

const FILE = new URL('adapter.cjs', import.meta.url);
const MAIL_MS = 20_000;
const MAIL_FILE = new URL('mail_adapter.cjs', import.meta.url);

/** Yields { reference, homeport, mailboxes, receivers, stop }: what is laid over the profile's options; mails and webhooks, by server. */
export async function startAdapters({ auth, mail, webhookKey }) {
    const started = [await startAuth(auth), await startMail(mail), await startReceivers(webhookKey)];
    return {
        reference: Object.assign({}, ...started.map(({ reference }) => reference)),
        homeport: Object.assign({}, ...started.map(({ homeport }) => homeport)),
        mailboxes: started[1].mailboxes,
        receivers: started[2].receivers,
        stop: () => Promise.all(started.map(({ stop }) => stop())),
    };
}

/** One mailbox per server. */
async function startMail(wanted) {
    if (!wanted) return { reference: {}, homeport: {}, stop() {} };
    const boxes = await Promise.all([startMailbox(), startMailbox()]);
    const methods = ['sendVerificationEmail', 'sendPasswordResetEmail'];
    return {
        reference: { mail: undefined, emailAdapter: { module: fileURLToPath(MAIL_FILE), options: { url: boxes[0].url } } },
        homeport: { mail: undefined, emailAdapter: { module: 'webhook', options: { url: boxes[1].url, methods } } },
        mailboxes: boxes,
        stop: () => Promise.all(boxes.map((box) => box.stop())),
    };
}

async function startMailbox() {
    const mails = [];
    const waiting = [];
    const hook = await startWebhook((method, _, { body }) => {
        const mail = { method, ...body };
        if (waiting.length) waiting.shift()(mail);
        else mails.push(mail);
        return { success: {} };
    });
    const next = (step) =>
        new Promise((resolve, reject) => {
            if (mails.length) return resolve(mails.shift());
            const timer = setTimeout(() => reject(new Error(`no mail came after ${step}`)), MAIL_MS);
            waiting.push((mail) => (clearTimeout(timer), resolve(mail)));
        });
    return { url: hook.url, stop: hook.stop, next };
}

/** Receivers of webhooks, one per server, that do what the address asks for: `say` is the answer, `set` is laid over the object, and `drop` leaves members of it out. */
async function startReceivers(wanted) {
    if (!wanted) return { reference: {}, homeport: {}, stop() {} };
    const receivers = await Promise.all([startReceiver(), startReceiver()]);
    return { reference: {}, homeport: {}, receivers, stop: () => Promise.all(receivers.map((one) => one.stop())) };
}

/** Without what is the server's own, its log, a note to itself and the address at which it was asked, and the keys, which Homeport keeps back. */
function told({ log, context: { _subqueryDepth: note, ...context } = {}, headers: { host, connection, 'x-parse-master-key': key, 'x-parse-maintenance-key': other, 'x-parse-session-token': token, ...headers } = {}, ...body }) {
    return { ...body, context, headers };
}

function edited(object, set, drop) {
    return Object.fromEntries(Object.entries({ ...object, ...set }).filter(([name]) => !drop.includes(name)));
}

async function startReceiver() {
    const hook = await startWebhook((_, __, { path, body }) => {
        const asked = new URL(path, 'http://receiver').searchParams;
        if (asked.has('text')) return { status: Number(asked.get('status') ?? 200), text: asked.get('text') };
        if (asked.has('set') || asked.has('drop')) return { success: edited(body.object, JSON.parse(asked.get('set') ?? '{}'), JSON.parse(asked.get('drop') ?? '[]')) };
        return JSON.parse(asked.get('say') ?? '{}');
    });
    /** What it was asked since the last time. */
    const heard = () => hook.calls.splice(0).map(({ path, headers, body }) => ({ path: new URL(path, hook.url).pathname, key: headers['x-parse-webhook-key'], type: headers['content-type'], body: told(body) }));
    return { url: hook.url, heard, stop: hook.stop };
}

async function startAuth(auth) {
    if (!auth) return { reference: {}, homeport: {}, stop() {} };
    const adapter = createRequire(import.meta.url)(fileURLToPath(FILE));
    const hook = await startWebhook(async (method, args) => {
        try {
            return { success: (await adapter[method](...args)) ?? {} };
        } catch (error) {
            return { error: typeof error === 'string' ? error : { parse: true, code: error.code, message: error.message } };
        }
    });
    return {
        reference: { auth: { ...auth, mycorp: { module: fileURLToPath(FILE) } } },
        homeport: { auth: { ...auth, mycorp: { module: 'webhook', options: { url: hook.url, methods: ['validateAppId', 'validateAuthData'] } } } },
        stop: hook.stop,
    };
}
