// /cloud_code/jobs, /push_audiences, /push and /events: what the dashboard and SDKs find there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

let server;
before(async () => {
    server = await startServer({ config: { readOnlyMasterKey: 'reads-only' } });
});
after(() => server?.stop());
const master = (method, path, body) => server.request(method, path, { body, master: true });
const readOnly = (method, path, body) => server.request(method, path, { body, headers: { 'X-Parse-Master-Key': 'reads-only' } });

test('a schedule names a job that there is, is listed, changed and deleted', async () => {
    const refused = await master('POST', '/cloud_code/jobs', { job_schedule: { jobName: 'nothing' } });
    assert.equal(refused.status, 500);
    assert.equal(refused.body.code, 1);
    const made = await master('POST', '/cloud_code/jobs', { job_schedule: { description: 'nightly', repeatMinutes: 60, params: '{"a":1}' } });
    assert.equal(made.status, 201);
    assert.match(made.headers.location ?? made.headers.get?.('location'), /\/classes\/_JobSchedule\/\w+$/);
    const id = made.body.objectId;
    const [row] = (await master('GET', '/cloud_code/jobs')).body;
    assert.equal(row.description, 'nightly');
    assert.match(row.startAfter, /^\d{4}-.*Z$/, 'now, where none was sent');
    assert.deepEqual(Object.keys((await master('PUT', `/cloud_code/jobs/${id}`, { job_schedule: { description: 'later' } })).body.response), ['updatedAt']);
    assert.deepEqual((await master('GET', '/cloud_code/jobs/data')).body.jobs, []);
    assert.deepEqual((await master('DELETE', `/cloud_code/jobs/${id}`)).body, {});
    assert.deepEqual((await master('GET', '/cloud_code/jobs')).body, []);
});

test('schedules, audiences and pushes are the master key\'s, and the read-only key changes none', async () => {
    for (const [method, path, body] of [['GET', '/cloud_code/jobs'], ['POST', '/cloud_code/jobs', {}], ['GET', '/push_audiences'], ['POST', '/push', {}]])
        assert.equal((await server.request(method, path, { body })).status, 403, path);
    for (const path of ['/cloud_code/jobs', '/push_audiences', '/push'])
        assert.equal((await readOnly('POST', path, {})).body.code, 119, path);
    assert.equal((await readOnly('GET', '/push_audiences')).status, 200);
});

test('an audience keeps its query as text and answers with what it says', async () => {
    const made = await master('POST', '/push_audiences', { name: 'All', query: '{"deviceType":"ios"}' });
    assert.equal(made.status, 201);
    const { objectId } = made.body;
    assert.deepEqual((await master('GET', `/push_audiences/${objectId}`)).body.query, { deviceType: 'ios' });
    assert.deepEqual((await master('PUT', `/push_audiences/${objectId}`, { timesUsed: { __op: 'Increment', amount: 1 } })).status, 200);
    const { results } = (await master('GET', '/push_audiences')).body;
    assert.deepEqual([results[0].query, results[0].timesUsed], [{ deviceType: 'ios' }, 1]);
    assert.deepEqual((await master('DELETE', `/push_audiences/${objectId}`)).body, {});
});

test('events are taken from anybody with the app\'s keys; a push says that nothing is configured for it', async () => {
    assert.deepEqual((await server.request('POST', '/events/AppOpened', { body: { at: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } } })).body, {});
    assert.deepEqual((await master('POST', '/push', { where: {}, data: {} })).body, { code: 115, error: 'Missing push configuration' });
});
