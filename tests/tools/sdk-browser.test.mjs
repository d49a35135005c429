// The official JavaScript SDK in a browser, from a page of another origin: the cases of tests/support/sdk_cases.mjs.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { cases, startSdkServer } from '../support/sdk_cases.mjs';
import { openBrowser } from './browser.mjs';

const FILES = {
    '/': ['text/html', () => '<!DOCTYPE html><title>SDK</title><script src="/parse.min.js"></script>'],
    '/parse.min.js': ['text/javascript', () => readFileSync(new URL('../e2e/node_modules/parse/dist/parse.min.js', import.meta.url))],
    '/sdk_cases.mjs': ['text/javascript', () => readFileSync(new URL('../support/sdk_cases.mjs', import.meta.url))],
};
let server, pages, browser;

before(async () => {
    server = await startSdkServer(startServer);
    pages = http.createServer((request, response) => {
        const [type, content] = FILES[request.url] ?? [];
        response.writeHead(type ? 200 : 404, { 'Content-Type': type ?? 'text/plain' }).end(content?.());
    });
    await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
    browser = await openBrowser();
});
after(async () => {
    await browser?.close();
    pages?.close();
    await server?.stop();
});

for (const [n, name] of Object.keys(cases).entries())
    test(name, async () => {
        await browser.goto(`http://127.0.0.1:${pages.address().port}/`);
        const { appId, javascriptKey } = server.config;
        const problem = await browser.page.evaluate(async (url, appId, javascriptKey, name, own) => {
            const { Parse } = window;
            localStorage.clear();
            Parse.initialize(appId, javascriptKey);
            Parse.serverURL = url;
            const { cases } = await import('/sdk_cases.mjs');
            return cases[name](Parse, own).then(() => null, (error) => `${error.code ?? ''} ${error.stack ?? error}`);
        }, server.url, appId, javascriptKey, name, `Web${n}`);
        if (problem) throw new Error(problem);
    });
