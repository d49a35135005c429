// Runs one sequence against both servers and says where they differ.
import { Normaliser, stable } from './normalise.mjs';
import { isUnordered, saveFrom, sendStep } from './steps.mjs';

/**
 * Yields one entry per step that is not as it should be: { step, index, problem, reference, homeport }.
 * A step with `differs` must differ, and Homeport's answer must be the one that stands in the step.
 */
export async function compareSequence(sequence, reference, homeport, onDifference = () => {}) {
    const sides = [reference, homeport].map((server) => ({ server, variables: {}, names: new Normaliser(server.url) }));
    const problems = [];
    for (const [index, step] of sequence.steps.entries()) {
        const [expected, own] = await Promise.all(sides.map((side) => answerOf(step, index + 1, side)));
        const actual = withoutMoreHeaders(own);
        if (stable(actual.headers) !== stable(own.headers)) onDifference('more-cors-headers');
        const problem = judge(step, expected, actual);
        if (step.differs) onDifference(step.differs);
        if (problem) problems.push({ step, index, problem, reference: expected, homeport: actual });
    }
    return problems;
}

async function answerOf(step, number, { server, variables, names }) {
    const answer = await sendStep(step, server, variables);
    names.learn(answer, number);
    saveFrom(step, answer, variables);
    return names.answer(answer, { unordered: isUnordered(step) });
}

/** The rule more-cors-headers: takes away what only Homeport lets browsers send. */
const MORE_HEADERS = ', X-Parse-Installation-Id, X-Parse-Client-Key, X-Parse-Cloud-Context';
function withoutMoreHeaders(answer) {
    const name = 'access-control-allow-headers';
    return { ...answer, headers: { ...answer.headers, [name]: answer.headers[name]?.replace(MORE_HEADERS, '') } };
}

function judge(step, expected, actual) {
    const same = stable(expected) === stable(actual);
    if (!step.differs) return same ? undefined : 'the answers differ';
    if (same) return `the answers are the same: "differs: '${step.differs}'" is out of date`;
    const { status, body } = step.homeport ?? {};
    if (status !== actual.status) return `Homeport's status is ${actual.status}, the step says ${status}`;
    if (body !== undefined && stable(body) !== stable(actual.body)) return "Homeport's body is not the one in the step";
    return undefined;
}

/** For people. Headers only where they differ. */
export function describe({ step, index, problem, reference, homeport }) {
    const side = (name, own, other) => {
        const headers = Object.fromEntries(Object.entries(own.headers).filter(([key, value]) => other.headers[key] !== value));
        const shown = Object.keys(headers).length ? ` ${JSON.stringify(headers)}` : '';
        return `    ${name} ${own.status}${shown} ${stable(own.body)?.slice(0, 1500)}`;
    };
    const { call, as, query, body, raw } = step;
    return [
        `  step ${index + 1}: ${JSON.stringify({ call, as, query, body, raw })}: ${problem}`,
        side('Parse Server', reference, homeport),
        side('Homeport    ', homeport, reference),
    ].join('\n');
}
