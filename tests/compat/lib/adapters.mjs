// The same adapter for both servers: options that differ because Homeport asks it over HTTP.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { startWebhook } from '../../support/webhook.mjs';

const FILE = new URL('adapter.cjs', import.meta.url);
const MAIL_MS = 20_000;
const MAIL_FILE = new URL('mail_adapter.cjs', import.meta.url);

/** Yields { reference, homeport, mailboxes, stop }: what is laid over the profile's options, and the mails, by server. */
export async function startAdapters({ auth, mail }) {
    const started = [await startAuth(auth), await startMail(mail)];
    return {
        reference: Object.assign({}, ...started.map(({ reference }) => reference)),
        homeport: Object.assign({}, ...started.map(({ homeport }) => homeport)),
        mailboxes: started[1].mailboxes,
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
