// Accounts as what becomes of them: sequences over a few users that remember names, passwords, session tokens, linked providers,
// one-time passwords and mailed links, good and outdated ones, and use them. After every attempt the users and sessions are
// compared. The same seed makes the same sequences.
import { randomSource } from '../../support/random.mjs';
import { op, pointer } from './data.mjs';
import { UNKNOWN_RULE, obviousRule } from './differences.mjs';
import { stable } from './normalise.mjs';
import { SECRET } from './steps.mjs';

const USERS = ['ann', 'bob', 'cyd', 'dan'];
const PROFILES = ['accounts', 'accountsMailed', 'accountsBound'];
const SCRIPT = { 'X-Requested-With': 'XMLHttpRequest' };
const person = (name) => pointer('_User', `<${name}Id>`);
const session = (name) => ({ [name]: 'sessionToken', [`${name}Id`]: 'objectId' });
const HOUR = 3600_000;

/** What is tried, and how often. `c` is what a sequence knows: its prefix, its profile and what it may have given so far. */
const username = (r, c, who = r.pick(USERS)) => `${c.prefix}-${r.pick([who, who, who, who, who.toUpperCase(), `${who} `, ` ${who}`, `${who}x`])}`;
const email = (r, c, who = r.pick(USERS)) => r.pick([`${c.prefix}-${who}@example.org`, `${c.prefix}-${who}@example.org`, `${c.prefix}-${who}@example.org`, `${c.prefix}-${who.toUpperCase()}@Example.org`, `${c.prefix}-${who}x@example.org`,...(c.mail ? [] : [` ${c.prefix}-${who}@example.org`]), 'bad']);
const password = (r, c, who = 'ann') => r.pick([...Array(5).fill('Secret1'), ...Array(3).fill('secret2'), 'secret3', 'secret4', 'x', `1${c.prefix}-${who}`, ...(r.chance(0.1) ? ['', ' ', 5, null] : [])]);
const token = (r, user = r.pick(USERS)) => r.pick([user, user, user, `${user}Old`, `${user}More`]);
const corp = (r) => r.pick([1, 1, 2, 3]);
const linked = (r, c) => {
    const id = `${c.prefix}-c${corp(r)}`;
    return r.pick([
        () => ({ anonymous: { id: `${c.prefix}-a${r.below(3)}` } }), () => ({ anonymous: null }), () => ({}), () => null, () => ({ nosuch: { id: '1' } }), ...(c.mail ? [] : [() => ({ nosuch: null })]),
        ...(c.providers ? Array(6).fill(() => ({ mycorp: { id, token: `token-of-${id}` } })) : []),
        ...(c.providers ? [() => ({ mycorp: { id, token: 'wrong' } }), () => ({ mycorp: null }), () => ({ mycorp: null }), () => ({ mycorp: { id, token: `token-of-${id}` }, anonymous: null }), () => ({ mycorp: { id, token: `token-of-${id}` }, anonymous: { id: `${c.prefix}-a${r.below(3)}` } })] : []),
    ])();
};
const secondFactor = (r) => r.pick([{ mfa: { secret: SECRET, token: '<code>' } }, { mfa: { token: '<code>' } }, { mfa: { token: '<earlier>' } }, { mfa: { token: '000000' } }, { mfa: null }, { mfa: { secret: SECRET, token: '<later>', old: '<code>' } }, { mfa: { token: '<recovery>' } }]);
const acl = (r) => r.pick([{ '*': { read: true } }, { '<annId>': { read: true, write: true } }, { '<bobId>': { read: true, write: true }, '*': { read: true } }, null]);

const actions = {
    signUp(r, c) {
        const who = r.pick(USERS);
        const body = { username: username(r, c, who), password: password(r, c, who), tag: c.prefix };
        if (r.chance(0.6)) body.email = email(r, c, who);
        if (r.chance(0.15)) delete body[r.pick(['username', 'password'])];
        if (r.chance(0.15)) body.authData = r.pick([{ anonymous: { id: `${c.prefix}-new${r.below(999)}` } }, { anonymous: null }, {}, null, { nosuch: { id: '1' } }]); // of somebody's who is there: Homeport takes that for a login, whatever else is said
        if (r.chance(0.1)) body.ACL = acl(r);
        if (r.chance(0.05)) body.emailVerified = r.pick([true, false]);
        return { call: r.pick(['POST /users', 'POST /users', 'POST /users', 'POST /classes/_User']), body, keep: session(who), as: r.pick(['client', 'client', 'client', 'client', 'master', token(r)]), headers: r.chance(0.2) ? { 'X-Parse-Installation-Id': `i${r.below(2)}` } : {} };
    },
    comeBy(r, c) {
        const who = r.pick(USERS);
        return { call: 'POST /users', body: { authData: linked(r, c), tag: c.prefix }, keep: session(who), as: r.pick(['client', 'client', 'client', token(r), 'master']) };
    },
    login(r, c) {
        const who = r.pick(USERS);
        const body = { password: password(r, c, who) };
        const by = r.pick(['username', 'username', 'email', 'both']);
        if (by !== 'email') body.username = username(r, c, who);
        if (by !== 'username') body.email = email(r, c, r.chance(0.8) ? who : undefined);
        if (!c.mail && r.chance(0.3)) body.authData = r.chance(0.6) ? secondFactor(r) : linked(r, c);
        const wantsSession = { keep: { [token(r, who)]: 'sessionToken' } };
        const as = r.pick(['client', 'client', 'client', 'client', 'master', token(r)]);
        const headers = r.chance(0.3) ? { 'X-Parse-Installation-Id': `i${r.below(2)}` } : {};
        if (r.chance(0.15)) return { call: r.pick(['GET /verifyPassword', 'POST /verifyPassword', 'GET /login']), query: { username: body.username, email: body.email, password: String(body.password), ...(r.chance(0.2) ? { ignoreEmailVerification: true } : {}) }, as, headers };
        return { call: 'POST /login', body, ...wantsSession, as, headers };
    },
    logout: (r) => ({ call: 'POST /logout', as: token(r), body: {} }),
    change(r, c) {
        const who = r.pick(USERS);
        const body = {};
        for (const one of r.distinct(['username', 'password', 'password', 'email', 'email', 'authData', 'authData', 'nick', c.mail ? 'email' : 'noEmail', 'ACL', 'odd'], 2)) {
            if (one === 'username') body.username = username(r, c, who);
            if (one === 'password') body.password = password(r, c, who) || 'x'; // an empty one locks out, on both sides
            if (one === 'email') body.email = email(r, c, who);
            if (one === 'noEmail') body.email = r.pick([op('Delete'), null]);
            if (one === 'authData') body.authData = !c.mail && r.chance(0.3) ? secondFactor(r) : linked(r, c);
            if (one === 'nick') body.nick = r.pick(['a', 'b']);
            if (one === 'ACL') body.ACL = acl(r);
            if (one === 'odd') Object.assign(body, r.pick([{ username: op('Delete') }, { password: op('Delete') }, { emailVerified: true }, { authData: op('Delete') }, { username: null }]));
        }
        return { call: `PUT /${r.pick(['users', 'users', 'classes/_User'])}/<${who}Id>`, body, as: r.pick([who, who, who, who, `${who}Old`, 'client', 'master', token(r)]), keep: { ...(r.chance(0.5) ? { [who]: 'sessionToken' } : {}), recovery: 'authDataResponse.mfa.recovery' } };
    },
    byMaster(r, c) {
        const who = r.pick(USERS);
        return { call: `PUT /users/<${who}Id>`, as: 'master', body: r.pick([{ emailVerified: true }, { emailVerified: true }, { emailVerified: true }, ...(c.mail ? [] : [{ emailVerified: op('Delete') }, { emailVerified: null }]), { emailVerified: false }, { ACL: { [`<${who}Id>`]: { read: true, write: true } } }, { password: 'Secret1' }, { authData: { anonymous: null } }, { authData: op('Delete') }, { nick: op('Delete') }]) };
    },
    loginAs: (r) => {
        const who = r.pick(USERS);
        return { call: 'POST /loginAs', as: r.pick(['master', 'master', 'master', 'client', 'readOnly', token(r)]), body: { userId: `<${who}Id>` }, keep: { [token(r, who)]: 'sessionToken' } };
    },
    sessions: (r, c) => r.pick([
        () => ({ call: 'GET /sessions', as: token(r), query: { keys: 'user,createdWith,restricted', order: 'createdAt' } }), () => ({ call: 'GET /sessions/me', as: token(r) }), () => ({ call: 'GET /users/me', as: token(r) }), () => ({ call: 'GET /users/me', as: token(r) }),
        () => ({ call: 'POST /sessions', as: token(r), body: r.pick([{}, { mark: 1 }]), keep: { [token(r)]: 'sessionToken', sessionId: 'objectId' } }),
        () => ({ call: 'POST /sessions', as: 'master', body: { user: person(r.pick(USERS)), mark: 2 }, keep: { [token(r)]: 'sessionToken', sessionId: 'objectId' } }),
        () => ({ call: 'PUT /sessions/<sessionId>', as: token(r), body: { mark: 3 } }),
        () => ({ call: 'PUT /sessions/<sessionId>', as: 'master', body: r.pick([{ mark: 4 }, { expiresAt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } }, { expiresAt: { __type: 'Date', iso: new Date(Date.now() + HOUR).toISOString() } }, { user: person(r.pick(USERS)) }]) }),
        () => ({ call: 'DELETE /sessions/<sessionId>', as: r.pick(['master', token(r)]) }), () => ({ call: 'GET /sessions/<sessionId>', as: token(r) }),
        ...(c.mail ? [] : [() => ({ call: 'POST /upgradeToRevocableSession', as: token(r), body: {} })]),
        () => ({ call: 'GET /users', as: r.pick(['client', token(r)]), query: { where: { tag: c.prefix }, order: 'createdAt' } }), () => ({ call: `GET /users/<${r.pick(USERS)}Id>`, as: r.pick(['client', token(r)]) }),
    ])(),
    remove: (r) => {
        const who = r.pick(USERS);
        return { call: `DELETE /users/<${who}Id>`, as: r.pick([who, 'master', 'client', token(r)]) };
    },
    letters(r, c) {
        const who = r.pick(USERS);
        const link = (kind) => `<${kind}${r.pick([who, who, who, `${who}Old`, r.pick(USERS)])}>`;
        const page = (call, more) => ({ call, as: 'none', page: !more?.headers, ...more });
        return r.pick([
            () => ({ call: 'POST /requestPasswordReset', body: { email: email(r, c, who) } }), () => ({ call: 'POST /requestPasswordReset', body: r.pick([{ email: email(r, c, who) }, { token: link('reset') }]) }),
            () => ({ call: 'POST /verificationEmailRequest', body: { email: email(r, c, who) }, as: r.pick(['client', 'client', 'master']) }),
            () => page(`GET /apps/compat/verify_email?token=${link('verify')}`), () => page(`GET /apps/compat/verify_email?token=${link('verify')}`), () => page(`GET /apps/compat/verify_email?token=${link('reset')}`),
            () => page(`GET /apps/compat/request_password_reset?token=${link('reset')}`), () => page('POST /apps/compat/resend_verification_email', { form: r.pick([{ username: username(r, c, who) }, { token: link('verify') }]) }),
            ...Array(4).fill(() => page('POST /apps/compat/request_password_reset', { form: { token: link('reset'), new_password: String(password(r, c, who) || 'x') }, ...(r.chance(0.7) ? { headers: SCRIPT } : {}) })),
        ])();
    },
};
const WEIGHTS = { signUp: 3, comeBy: 2, login: 6, logout: 1, change: 7, byMaster: 2, loginAs: 1, sessions: 4, remove: 1, letters: 5 };

function sequence(profile, seed, { attempts = 45 } = {}) {
    const r = randomSource(seed);
    const mail = profile !== 'accounts';
    const c = { prefix: `acc${seed}`, mail, providers: profile !== 'accountsBound' };
    const wanted = Object.keys(WEIGHTS).filter((name) => mail || name !== 'letters').flatMap((name) => Array(WEIGHTS[name]).fill(name));
    const letters = mail ? `${c.prefix}-sentinel@example.org` : undefined;
    const steps = [];
    if (mail) steps.push({ call: 'POST /users', as: 'master', body: { username: `${c.prefix}-sentinel`, password: 'Sentinel1', email: letters }, letters });
    // The columns that later steps take something out of: without the one Parse Server fails on PostgreSQL.
    steps.push({ call: 'POST /users', body: { username: `${c.prefix}-column`, password: 'Column12', sessionToken: 'r:x', nick: 'n' } }, { call: 'POST /users', as: 'master', body: { username: `${c.prefix}-columns`, password: 'Column12', nick: 'n' } });
    for (const who of USERS) steps.push({ call: 'POST /users', body: { username: `${c.prefix}-${who}`, password: 'Secret1', tag: c.prefix, ...(mail || r.chance(0.7) ? { email: `${c.prefix}-${who}@example.org` } : {}) }, keep: session(who), save: { [`${who}Old`]: 'sessionToken', [`${who}More`]: 'sessionToken' }, letters });
    if (mail) for (const who of ['ann', 'bob']) steps.push({ call: `PUT /users/<${who}Id>`, as: 'master', body: { emailVerified: true }, letters }, { call: 'POST /login', body: { username: `${c.prefix}-${who}`, password: 'Secret1' }, save: { [who]: 'sessionToken', [`${who}Old`]: 'sessionToken', [`${who}More`]: 'sessionToken' }, letters });
    steps.push({ call: 'POST /sessions', as: 'ann', body: {}, keep: { annMore: 'sessionToken' }, save: { sessionId: 'objectId' } });
    for (let i = 0; i < attempts; i++) {
        const step = { ...actions[r.pick(wanted)](r, c), letters };
        steps.push(step);
        if (step.call.startsWith('GET ') && !/\/apps\/|\/login|verifyPassword/.test(step.call)) continue;
        steps.push({ call: 'GET /users', as: 'master', query: { where: { tag: c.prefix }, order: 'createdAt' } });
        steps.push({ call: 'GET /sessions', as: 'master', query: { where: { user: { $inQuery: { className: '_User', where: { tag: c.prefix } } } }, order: 'createdAt' } });
    }
    return { name: `random: accounts, ${profile} (seed ${seed})`, random: true, profile, ruleOf, steps };
}

export function randomAccountSequences(seed = 1, options) {
    return PROFILES.map((profile, i) => sequence(profile, seed * 1000 + 800 + i, options));
}

/** What is said of what a request holds. */
const CONTENTS = [125, 141, 142, 202, 203, 208, 252];

/** The rule by which Homeport's answer may be another one; mails are no matter of rules. */
function ruleOf(reference, homeport) {
    if (reference.body?.letters) {
        const alone = ({ body, ...answer }) => ({ ...answer, body: body.answer });
        return stable(reference.body.letters) === stable(homeport.body.letters) || reference.status >= 400 ? ruleOf(alone(reference), alone(homeport)) : UNKNOWN_RULE;
    }
    const rule = obviousRule(reference, homeport);
    if (rule !== UNKNOWN_RULE) return rule;
    const { code, error } = homeport.body ?? {};
    if (reference.status >= 400 && CONTENTS.includes(reference.body?.code) && [119, 206].includes(code)) return 'rights-first';
    if ((reference.body?.code === 206 && / auth is invalid /.test(error)) || (code === 208 && [137, 206].includes(reference.body?.code))) return 'provider-words';
    if (reference.status < 300 && stable(own(reference.body)) === stable(own(homeport.body))) return 'second-factors';
    const sessions = reference.body?.createdWith || reference.body?.results?.[0]?.createdWith;
    if (sessions && stable(bare(reference.body)) === stable(bare(homeport.body))) return 'sign-up-origin';
    if (stable({ ...reference.body, authDataResponse: {} }) === stable(homeport.body)) return 'master-sign-in';
    if (error === 'Invalid field name: sessionToken.') return 'internal-names';
    if (code === 125 || error === 'bad or missing username' || error === 'password is required') return reference.status >= 400 ? 'forms-first' : 'strict-values';
    if (error === 'This authentication method is unsupported.') return 'strict-values';
    return UNKNOWN_RULE;
}

/** Secrets are read by nobody. */
function own(body) {
    if (body?.results) return body.results.map(own);
    const { authData: { mfa, ...authData } = {}, ...rest } = body ?? {};
    return { ...rest, authData };
}

/** Where a session came with a new account is another matter. */
const bare = ({ createdWith, ...body }) => (body.results ? body.results.map(bare) : body);
