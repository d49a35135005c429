// An adapter behind HTTP, as a team would run its own: answers what the test says, remembers what it was asked.
import { createHmac } from 'node:crypto';
import http from 'node:http';

/** answer(method, args, request) yields the JSON answer, or { status, text } for anything else. */
export async function startWebhook(answer) {
    const calls = [];
    const server = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', async () => {
            const text = Buffer.concat(parts).toString('utf8');
            const call = { path: request.url, method: request.url.split('/').at(-1), headers: request.headers, text, body: JSON.parse(text) };
            calls.push(call);
            const said = await answer(call.method, call.body.args, call);
            if (said === null) return request.socket.destroy();
            const { status = 200, text: raw, location } = said.status ? said : {};
            response.writeHead(status, { 'Content-Type': 'application/json', ...(location ? { Location: location } : {}) });
            response.end(raw ?? JSON.stringify(said));
        });
    });
    server.keepAliveTimeout = 0; // none: a caller that is just about to ask again on an idle connection would be cut off
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        calls,
        stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
    };
}

/** What the signature header of a call has to be. */
export function signatureOf(call, secret) {
    return `sha256=${createHmac('sha256', secret).update(`${call.headers['x-homeport-timestamp']}.${call.text}`).digest('hex')}`;
}
