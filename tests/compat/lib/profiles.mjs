// The configurations that the sequences are run under. Both servers get the same options; only the addresses differ.
import { fileURLToPath } from 'node:url';

import { TOTP_PERIOD } from './steps.mjs';

const PAGES = fileURLToPath(new URL('../pages', import.meta.url));
const HOUR = 3600_000;
const keys = {
    appId: 'compat',
    masterKey: 'compat-master',
    readOnlyMasterKey: 'compat-read-only',
    maintenanceKey: 'compat-maintenance',
    restAPIKey: 'compat-rest',
    javascriptKey: 'compat-js',
    clientKey: 'compat-client',
    dotNetKey: 'compat-dotnet',
};
const common = { ...keys, masterKeyIps: ['127.0.0.1', '::1'], readOnlyMasterKeyIps: ['127.0.0.1', '::1'] };
const accounts = { allowClientClassCreation: true, enableSanitizedErrorResponse: false, cacheTTL: 1 };
const mailed = { mail: true, appName: 'Compat', verifyUserEmails: true, emailVerifyTokenValidityDuration: 3600 };

export const profiles = {
    /** What an app in development has: clients create classes; a refusal says why. */
    open: { ...common, allowClientClassCreation: true, enableSanitizedErrorResponse: false },
    /** Parse Server's defaults: clients may not create classes, refusals say "Permission denied". */
    strict: { ...common, allowClientClassCreation: false },
    /** Other providers (lib/adapters.mjs adds one) and second factors. */
    providers: { ...common, allowClientClassCreation: true, enableSanitizedErrorResponse: false, auth: { mfa: { options: ['TOTP'], period: TOTP_PERIOD } } },
    /** Options that close something, and those of stored values. */
    guarded: {
        ...common,
        allowClientClassCreation: true,
        enableSanitizedErrorResponse: false,
        requestComplexity: { allowRegex: false, subqueryLimit: 2 },
        allowAggregationForReadOnlyMasterKey: false,
        protectedFields: { _User: { '*': ['phone'] }, Shielded: { '*': ['n'], authenticated: ['n', 'm'] } },
        protectedFieldsOwnerExempt: false,
        protectedFieldsSaveResponseExempt: false,
        convertEmailToLowercase: true,
        convertUsernameToLowercase: true,
        routeAllowList: ['classes/(Shielded|Many|_User)(/.*)?', 'users(/.*)?', 'login', 'batch', 'health', 'installations(/.*)?'],
        installation: { duplicateDeviceTokenAction: 'update', duplicateDeviceTokenMergePriority: 'installationId' },
    },
    /** Pages of the app's own, from tests/compat/pages. */
    pages: {
        ...common,
        appName: 'Kompass',
        publicServerURL: 'https://api.example.org/parse',
        pages: {
            pagesPath: PAGES,
            enableLocalization: true,
            localizationJsonPath: `${PAGES}/texts.json`,
            placeholders: { html: '<i>x</i>', deep: { er: 'deeper' }, list: [{ name: 'one' }, { name: 'two', last: true }], words: ['a', 'b'], yes: 1, heading: 'hidden by a translation' },
        },
    },
    /** Limits on requests, each of them for a path of its own; retry-after is an hour, give or take a second. */
    limited: {
        ...common,
        allowClientClassCreation: true,
        enableSanitizedErrorResponse: false,
        rateLimit: [
            { requestPath: '/login', requestTimeWindow: HOUR, requestCount: 2, includeInternalRequests: true },
            { requestPath: '/classes/Slow', requestTimeWindow: HOUR, requestCount: 2, requestMethods: ['POST'], errorResponseMessage: 'slowly, please', includeInternalRequests: true },
            { requestPath: '/functions/:name', requestTimeWindow: HOUR, requestCount: 1, includeInternalRequests: true, includeMasterKey: true },
            { requestPath: '/classes/Mine{/:id}', requestTimeWindow: HOUR, requestCount: 2, zone: 'user', includeInternalRequests: true },
            { requestPath: '/classes/Session', requestTimeWindow: HOUR, requestCount: 1, zone: 'session', includeInternalRequests: true },
            { requestPath: '/classes/All/*rest', requestTimeWindow: HOUR, requestCount: 2, zone: 'global', includeInternalRequests: true, requestMethods: 'G|PUT' },
            { requestPath: '/classes/Local', requestTimeWindow: HOUR, requestCount: 0 },
            { requestPath: '/classes/Parts', requestTimeWindow: HOUR, requestCount: 3, includeInternalRequests: true },
            { requestPath: '/files/*name', requestTimeWindow: HOUR, requestCount: 1, includeInternalRequests: true },
        ],
        fileUpload: { enableForPublic: true },
    },
    /** Verified addresses and forgotten passwords (lib/adapters.mjs receives the mails). */
    mail: {
        ...common,
        allowClientClassCreation: true,
        enableSanitizedErrorResponse: false,
        mail: true,
        appName: 'Compat',
        verifyUserEmails: true,
        preventLoginWithUnverifiedEmail: true,
        emailVerifyTokenValidityDuration: 3600,
        passwordPolicy: { resetTokenValidityDuration: 3600, validatorPattern: '.{6,}', resetPasswordSuccessOnInvalidEmail: false },
        accountLockout: { threshold: 2, duration: 5, unlockOnPasswordReset: true },
    },
    /** Accounts, for lib/random_accounts.mjs. Parse Server remembers sessions that are gone: not for long here. */
    accounts: { ...common, ...accounts, convertEmailToLowercase: true, convertUsernameToLowercase: true, auth: { mfa: { options: ['TOTP'], period: TOTP_PERIOD } } },
    accountsMailed: {
        ...common,
        ...accounts,
        ...mailed,
        preventLoginWithUnverifiedEmail: true,
        passwordPolicy: { resetTokenValidityDuration: 3600, validatorPattern: '.{6,}', resetPasswordSuccessOnInvalidEmail: false },
        accountLockout: { threshold: 2, duration: 5, unlockOnPasswordReset: true },
        auth: { mfa: { options: ['TOTP'], period: TOTP_PERIOD } },
    },
    accountsBound: {
        ...common,
        ...accounts,
        ...mailed,
        preventSignupWithUnverifiedEmail: true,
        emailVerifyTokenReuseIfValid: true,
        revokeSessionOnPasswordReset: false,
        passwordPolicy: { resetTokenValidityDuration: 3600, resetTokenReuseIfValid: true, doNotAllowUsername: true, maxPasswordHistory: 2, maxPasswordAge: 30, validatorPattern: '(?=.*[0-9]).{6,}' },
        accountLockout: { threshold: 3, duration: 5 },
        expireInactiveSessions: false,
        enforcePrivateUsers: false,
    },
    /** Cloud code behind webhooks (lib/adapters.mjs receives them). */
    hooked: { ...common, allowClientClassCreation: true, enableSanitizedErrorResponse: false, webhookKey: 'compat-webhooks' },
    /** Everything is there to be asked wrongly. */
    odd: { ...common, allowClientClassCreation: true, enableSanitizedErrorResponse: false, webhookKey: 'compat-webhooks', fileUpload: { enableForPublic: true } },
    /** Live queries. */
    live: {
        ...common,
        allowClientClassCreation: true,
        protectedFieldsTriggerExempt: true, // events show what their receivers may see, not what the writer may
        startLiveQueryServer: true,
        liveQuery: { classNames: ['Live.*', '_User', '_Session'] },
        liveQueryServerOptions: { keyPairs: { javascriptKey: keys.javascriptKey, masterKey: 'compat-live-master' }, cacheTimeout: HOUR },
    },
    /** Options that change what a request means. */
    custom: {
        ...common,
        allowClientClassCreation: true,
        allowCustomObjectId: true,
        enforcePrivateUsers: false,
        enableAnonymousUsers: false,
        revokeSessionOnPasswordReset: false,
        defaultLimit: 3,
        maxLimit: 5,
        publicServerURL: 'https://api.example.org/parse',
        allowHeaders: ['X-Own-Header'],
        allowOrigin: ['https://a.example.org', 'https://b.example.org'],
        passwordPolicy: {
            validatorPattern: '^(?=.*[a-z])(?=.*[0-9]).{6,}',
            validationError: 'letters and digits, please',
            doNotAllowUsername: true,
            maxPasswordHistory: 2,
        },
        accountLockout: { threshold: 3, duration: 5 },
        protectedFields: { _User: { '*': ['email', 'phone'] }, Shielded: { '*': ['secret'], authenticated: [] } },
        requestComplexity: { queryDepth: 3, subqueryDepth: 2, includeDepth: 2, includeCount: 3, batchRequestLimit: 4, allowRegex: true },
    },
};
