// Parse Dashboard as npm delivers it, in a browser, on a Homeport: what a person does there, and what the server then holds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';
import { openBrowser } from './browser.mjs';

const START_MS = 60_000;
const NAME = 'input[placeholder^="Give it a good name"], textarea[placeholder^="Give it a good name"]';
const folder = makeFolder();
let server, dashboard, browser;

const JOB = `#include <homeport/cloud.h>
static int tidy(hpc_request *rq, void *data) { (void)rq; (void)data; return HPC_OK; }
static int setup(hpc_registry *reg) { return hpc_job(reg, "tidyUp", tidy, NULL); }
HPC_PLUGIN("jobs", setup)
`;

before(async () => {
    writeFileSync(join(folder, 'jobs.c'), JOB);
    assert.equal((await runHomeport(['cloud', 'build', 'jobs.c'], { cwd: folder })).code, 0);
    server = await startServer({ config: { template: 'p2p-payment', demo: true, cloud: [join(folder, 'jobs.so')], security: { enableCheck: true } } });
    dashboard = await startDashboard();
    browser = await openBrowser();
});
afterEach(({ name }) => browser?.screenshot(name.replace(/\W+/g, '-')));
after(async () => {
    await browser?.close();
    dashboard?.child.kill();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

/** Its own command line, with a configuration that names our server. */
async function startDashboard() {
    const { appId, masterKey, javascriptKey, restAPIKey } = server.config;
    const config = join(server.folder, 'dashboard.json');
    writeFileSync(config, JSON.stringify({ apps: [{ serverURL: server.url, appId, masterKey, javascriptKey, restKey: restAPIKey, appName: 'Test', enableSecurityChecks: true }] }));
    const program = join(dirname(createRequire(import.meta.url).resolve('parse-dashboard/package.json')), 'bin/parse-dashboard');
    const child = spawn(process.execPath, [program, '--dev', '--config', config, '--host', '127.0.0.1', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    process.on('exit', () => child.kill('SIGKILL'));
    let said = '';
    const url = await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Parse Dashboard did not start:\n${said}`)), START_MS);
        for (const stream of [child.stdout, child.stderr])
            stream.on('data', (text) => {
                said += text;
                const [, port] = /available at http:\/\/[^:]+:(\d+)\//.exec(said) ?? [];
                if (port) resolve(`http://127.0.0.1:${port}/apps/Test/`);
            });
        child.on('exit', () => reject(new Error(`Parse Dashboard ended:\n${said}`))).on('exit', () => clearTimeout(timer));
    });
    return { child, url };
}

const open = (path) => browser.goto(dashboard.url + path);
const master = async (method, path) => (await server.request(method, path, { master: true })).body;
const memo = async () => (await master('GET', '/classes/Memo')).results?.[0];

/** Waits until what the server holds is what was done in the browser. */
async function until(what, look) {
    const deadline = Date.now() + START_MS;
    for (;;) {
        const found = await look();
        if (found) return found;
        assert.ok(Date.now() < deadline, `the server never saw it: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

test('browse: classes with their counts, objects with their values', async () => {
    await open('browser/_User');
    for (const text of ['alice', 'bob', 'carol', 'Balance']) await browser.sees(text);
});

test('create a class', async () => {
    await browser.text('Create a class').click();
    await browser.page.locator(NAME).fill('Memo');
    await browser.text('Create').click();
    await until('the class', async () => (await server.request('GET', '/schemas/Memo', { master: true })).status === 200);
});

test('add a column', async () => {
    await browser.text('Add a new column').click();
    await browser.page.locator(NAME).fill('text');
    await browser.text('Add').click();
    const { type } = await until('the field', async () => (await master('GET', '/schemas/Memo')).fields.text);
    assert.equal(type, 'String');
});

test('add a row and edit its cell', async () => {
    await browser.text('Add Row').click();
    await browser.text('(undefined)').click({ count: 2 });
    await browser.type('from the dashboard');
    await browser.page.keyboard.press('Enter');
    await browser.text('Add').click();
    await until('the row', async () => (await memo())?.text === 'from the dashboard');
    await browser.text('from the dashboard').click({ count: 2 });
    await browser.type('edited', { over: true });
    await browser.page.keyboard.press('Enter');
    await until('the new text', async () => (await memo()).text === 'edited');
});

test('the ACL dialog finds a user by name and takes a right from the public', async () => {
    await browser.text('Public Read + Write').click({ count: 2 });
    await browser.page.locator('input[placeholder^="Role or User"]').click();
    await browser.type('alice');
    await browser.text('Save ACL').wait();
    await browser.page.waitForNetworkIdle(); // it looks for users while one types
    await browser.page.keyboard.press('Enter');
    await browser.page.waitForNetworkIdle();
    await browser.box('Write').click();
    await browser.text('Save ACL').click();
    const alice = (await master('GET', `/users?where=${encodeURIComponent('{"username":"alice"}')}`)).results[0].objectId;
    const { ACL } = await until('the ACL', async () => ((await memo()).ACL?.[alice] ? memo() : null));
    assert.deepEqual(ACL, { '*': { read: true }, [alice]: { read: true, write: true } });
});

test('the dialog of class-level permissions takes one from the public', async () => {
    await browser.text('Security').click();
    await browser.text('Class Level Permissions').click();
    await browser.box('Add field').click();
    await browser.text('Save CLP').click();
    const permissions = await until('the permissions', async () => {
        const { classLevelPermissions } = await master('GET', '/schemas/Memo');
        return Object.keys(classLevelPermissions.addField).length === 0 && classLevelPermissions;
    });
    assert.deepEqual(permissions.find, { '*': true });
});

test('rename a user', async () => {
    await open('browser/_User');
    await browser.sees('carol');
    await browser.text('carol').click({ count: 2 });
    await browser.type('caroline', { over: true });
    await browser.page.keyboard.press('Enter');
    await until('the name', async () => (await master('GET', '/users')).results.some((user) => user.username === 'caroline'));
});

test('end a session by deleting its row', async () => {
    const before = (await master('GET', '/sessions')).results.length;
    await open('browser/_Session');
    for (const text of ['expiresAt', '(hidden)']) await browser.sees(text); // the head, and a row's token
    const [, firstRow] = await browser.page.$$('input[type=checkbox]');
    await firstRow.click();
    await browser.page.waitForSelector('input[type=checkbox]:checked');
    await browser.text('Edit').click();
    await browser.text('Delete this row').click();
    await browser.text('Delete').click();
    await until('one session less', async () => (await master('GET', '/sessions')).results.length === before - 1);
});

test('create a parameter of the configuration for the master key alone', async () => {
    await open('config');
    await browser.text('Create a parameter').click();
    await browser.text('Parameter Name').wait();
    await browser.type('greeting');
    await browser.page.locator('textarea').click();
    await browser.type('hello');
    await browser.text('Yes').click();
    await browser.text('Create').click();
    const config = await until('the parameter', async () => {
        const body = await master('GET', '/config');
        return body.params.greeting && body;
    });
    assert.deepEqual([config.params.greeting, config.masterKeyOnly.greeting], ['hello', true]);
    assert.deepEqual((await server.request('GET', '/config')).body.params, {});
});

test('the API console sends a query and shows its answer', async () => {
    await open('api_console/rest');
    await browser.page.locator('input[placeholder="classes/_User"]').fill('classes/Memo');
    await browser.text('Send Query').click();
    await browser.sees((await memo()).objectId);
});

test('the log of the server', async () => {
    await open('logs/info');
    await browser.sees('demo_user_added username=alice');
});

test('run a job and see how it went', async () => {
    await open('jobs/all');
    await browser.sees('tidyUp');
    await browser.text('Run...').click();
    await browser.sees('Run tidyUp');
    await browser.text('Run').click();
    await until('the job', async () => (await master('GET', '/classes/_JobStatus')).results.some(({ jobName, status }) => jobName === 'tidyUp' && status === 'succeeded'));
    await open('jobs/status');
    await browser.sees('SUCCEEDED');
});

test('webhooks', async () => {
    const url = 'https://hooks.example.org/hello';
    assert.equal((await server.request('POST', '/hooks/functions', { master: true, body: { functionName: 'hello', url } })).status, 200);
    await open('webhooks');
    await browser.sees(url);
});

test('the security report', async () => {
    await open('settings/security');
    await browser.sees('accountLockout.threshold');
});
