// What the tests of both payment templates share: users with an SDK each, and refusals that change nothing.
import assert from 'node:assert/strict';

/** Signs up and logs in a user with an SDK of its own. */
export async function signUp(server, username, fields = {}) {
    const Parse = server.parse();
    const password = `${username}-password`;
    const user = new Parse.User({ username, password, email: `${username}@example.com`, ...fields });
    await user.signUp();
    return { Parse, id: user.id, user, username, password, session: user.getSessionToken() };
}

/** The JSON of one object as the master key sees it. */
export async function stored(server, className, id) {
    const { status, body } = await server.request('GET', `/classes/${className}/${id}`, { master: true });
    assert.equal(status, 200, `${className}/${id}: ${JSON.stringify(body)}`);
    return body;
}

export async function storedAll(server, className) {
    const { body } = await server.request('GET', `/classes/${className}?limit=100000&order=objectId`, { master: true });
    return body.results;
}

/** Everything in these classes, and what classes and fields there are, to compare before and after. */
export async function snapshot(server, classNames) {
    const rows = await Promise.all(classNames.map((name) => storedAll(server, name)));
    const { body } = await server.request('GET', '/schemas', { master: true });
    return JSON.stringify([rows, body.results]);
}

/** `attempt` (a promise of an answer) is refused with one of `codes`, nothing of `classNames` changes, and the server lives. */
export async function refused(server, classNames, codes, attempt) {
    const before = await snapshot(server, classNames);
    const answer = await attempt();
    assert.ok(answer.status >= 400, `was not refused: ${answer.status} ${answer.text}`);
    const allowed = [codes].flat();
    assert.ok(allowed.includes(answer.body?.code ?? answer.status), `refused, but with ${answer.status} ${answer.text}`);
    assert.equal(await snapshot(server, classNames), before, 'a refused request changed something');
    assert.equal((await server.request('GET', '/health')).status, 200);
    return answer;
}

export function pointer(className, objectId) {
    return { __type: 'Pointer', className, objectId };
}
