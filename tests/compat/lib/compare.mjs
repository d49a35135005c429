// Runs one sequence against both servers and says where they differ.
import { differing, stepName } from './differences.mjs';
import { Sockets, comparable } from './live.mjs';
import { Normaliser, stable } from './normalise.mjs';
import { fillIn, givenVariables, isUnordered, saveFrom, sendStep } from './steps.mjs';

/**
 * Yields one entry per step whose answers differ: { step, index, reference, homeport }. `noteRule` is called with the rules
 * that hold for every step and were needed.
 */
export async function runSequence(sequence, reference, homeport, noteRule = () => {}) {
    const sides = [reference, homeport].map((server) => ({ server, variables: { ...givenVariables(), hooks: server.receiver?.url, mount: server.url }, names: new Normaliser(server.url, server.receiver?.url), sockets: new Sockets(server) }));
    const differences = [];
    for (const [index, step] of sequence.steps.entries()) {
        const [expected, own] = await Promise.all(sides.map((side) => answerOf(step, index + 1, side)));
        if (step.letters) await addLetters(step, sides, [expected, own]);
        const actual = takeBack(own, expected, noteRule);
        if (stable(expected) !== stable(actual)) differences.push({ step, index, reference: expected, homeport: actual });
    }
    for (const { sockets } of sides) sockets.close();
    return differences;
}

/** What a step says on a socket rather than asks by HTTP; the name is the socket's. */
export const LIVE = /^LIVE (\w+)$/;

/** As if the messages were the body of an answer. */
async function heardOn({ name, step, variables, names, sockets }) {
    const messages = await sockets.talk(name, step.raw ?? fillIn(step.body, variables), { count: step.hear, until: step.until });
    return names.answer({ status: 0, headers: {}, body: comparable(messages) });
}

async function answerOf(step, number, { server, variables, names, sockets }) {
    const [, name] = LIVE.exec(step.call) ?? [];
    if (name) return heardOn({ name, step, variables, names, sockets });
    const answer = await sendStep(step, server, variables).catch((error) => {
        throw new Error(`step ${number} at ${server.url}, ${JSON.stringify(step).slice(0, 500)}: no answer`, { cause: error });
    });
    if (step.page) Object.assign(answer, { body: undefined, text: '' }); // every server has pages of its own
    if (step.mailed) variables[step.mailed] = new URL((await server.mailbox.next(`step ${number} at ${server.url}`)).link).searchParams.get('token');
    names.learn(answer, number);
    saveFrom(step, answer, variables);
    if (step.heard) answer.body = { answer: answer.body ?? null, heard: server.receiver.heard() };
    const comparable = names.answer(answer, { unordered: isUnordered(step) });
    if (step.heard === 'anyhow') inOneOrder(comparable.body.heard);
    return comparable;
}

/** The calls, and the objects that they were about. */
function inOneOrder(calls) {
    const sort = (list) => list?.sort((a, b) => (stable(a) < stable(b) ? -1 : 1));
    for (const { body } of calls) sort(body.objects);
    sort(calls);
}

/**
 * Lays the mails that came of a step beside both servers' answers. A server sends them when it gets to it: the one that has
 * sent fewer is asked again, so that one mail that is late is no difference.
 */
async function addLetters(step, sides, answers) {
    const came = await Promise.all(sides.map((side) => lettersBefore(step.letters, side)));
    for (let asked = 0; asked < 5 && came[0].length !== came[1].length; asked++) {
        const late = came[0].length < came[1].length ? 0 : 1;
        came[late].push(...(await lettersBefore(step.letters, sides[late])));
    }
    for (const [i, { names }] of sides.entries()) answers[i].body = { answer: answers[i].body ?? null, letters: names.value(came[i]) };
}

/**
 * The mails that came before the one that `sentinel`, an address of nobody else's, asks for now. The token in a link is from
 * then on <verify…> or <reset…> with the name of whom it is for, and the one before it …Old.
 */
async function lettersBefore(sentinel, { server, variables }) {
    const came = [];
    await sendStep({ call: 'POST /requestPasswordReset', body: { email: sentinel } }, server, variables);
    for (;;) {
        const { method, link, user } = await server.mailbox.next(`a question of ${sentinel} at ${server.url}`);
        if (user.email === sentinel && method === 'sendPasswordResetEmail') return came;
        const token = new URL(link).searchParams.get('token');
        const whose = Object.keys(variables).find((name) => name.endsWith('Id') && variables[name] === user.objectId)?.slice(0, -'Id'.length);
        const name = `${method === 'sendPasswordResetEmail' ? 'reset' : 'verify'}${whose}`;
        Object.assign(variables, { [`${name}Old`]: variables[name] ?? 'none', [name]: token });
        came.push({ method, to: user.email, username: user.username, link: link.replace(token, '«token»') });
    }
}

/** The rules that hold everywhere: how an answer of Homeport looks once what they allow is taken back. */
const EVERYWHERE = {
    'more-cors-headers'(answer) {
        const name = 'access-control-allow-headers';
        const more = /, X-Parse-(Installation-Id|Client-Key|Cloud-Context|Upload-Mode|File-[\w-]+)/g;
        return answer.headers[name] ? withHeader(answer, name, answer.headers[name].replace(more, '')) : answer;
    },
    'typed-refusals'(answer, reference) {
        const bare = reference.status === 403 && !('content-type' in reference.headers);
        return bare ? withHeader(answer, 'content-type', undefined) : answer;
    },
    'json-error-texts'(answer, reference) {
        const bothRefuse = [answer, reference].every(({ status, body }) => status === 400 && body?.error && body.code === undefined);
        return bothRefuse ? { ...answer, body: reference.body } : answer;
    },
};

function withHeader(answer, name, value) {
    const headers = { ...answer.headers, [name]: value };
    if (value === undefined) delete headers[name];
    return { ...answer, headers };
}

function takeBack(own, reference, noteRule) {
    let answer = own;
    for (const [rule, apply] of Object.entries(EVERYWHERE)) {
        const before = answer;
        answer = apply(before, reference);
        if (stable(answer) !== stable(before)) noteRule(rule);
    }
    return answer;
}

/** What is wrong with a run, as texts: `known` holds the steps that may differ, with Homeport's answers. */
export function judge(differences, known, rules, noteRule) {
    const problems = [];
    const left = new Set(Object.keys(known));
    for (const difference of differences) {
        const name = stepName(difference.index, difference.step);
        const entry = known[name];
        left.delete(name);
        if (!entry) problems.push(describe(difference, 'the answers differ'));
        else if (!rules.has(entry.rule)) problems.push(describe(difference, `differences.md has no rule "${entry.rule}"`));
        else if (!matches(difference, entry)) problems.push(describe(difference, 'Homeport answers something else than known_differences.json says'));
        else noteRule(entry.rule);
    }
    for (const name of left) problems.push(`  step ${name}: the answers are the same, known_differences.json is out of date`);
    return problems;
}

function matches({ reference, homeport }, { status, headers, body }) {
    const own = { status: homeport.status, headers: differing(homeport.headers, reference.headers), body: homeport.body };
    return stable(own) === stable({ status, headers, body });
}

/** For people. Headers only where they differ. */
export function describe({ step, index, reference, homeport }, problem) {
    const side = (name, own, other) => {
        const headers = differing(own.headers, other.headers);
        return `    ${name} ${own.status}${headers ? ` ${JSON.stringify(headers)}` : ''} ${stable(own.body)?.slice(0, 1500)}`;
    };
    const { call, as, query, headers, body, raw } = step;
    return [
        `  step ${index + 1}: ${JSON.stringify({ call, as, query, headers, body, raw })}: ${problem}`,
        side('Parse Server', reference, homeport),
        side('Homeport    ', homeport, reference),
    ].join('\n');
}
