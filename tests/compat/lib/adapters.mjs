// The same adapter for both servers: options that differ because Homeport asks it over HTTP.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { startWebhook } from '../../support/webhook.mjs';

const FILE = new URL('adapter.cjs', import.meta.url);

/** Yields { reference, homeport, stop }: what is laid over the profile's options, by server. */
export async function startAdapters({ auth }) {
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
