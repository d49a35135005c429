// Pages from a folder, in the visitor's language, filled: profile `pages`, folder tests/compat/pages.
const profile = 'pages';
const get = (path, headers) => ({ call: `GET /apps/${path}`, as: 'nobody', headers });
const post = (path, form) => ({ call: `POST /apps/compat/${path}`, as: 'nobody', form, page: true });
const locales = ['', 'de', 'de-AT', 'pt-BR', 'pt', 'fr', 'en-US', '..', 'de/..', 'DE', 'd', 'zh-Hans-CN', 'abcd'];

export default [
    { name: 'in the language that is asked for', profile, steps: locales.flatMap((locale) => [get(`compat/request_password_reset?token=x&locale=${encodeURIComponent(locale)}`), get('compat/verify_email?token=x', { 'x-parse-page-param-locale': locale })]) },
    {
        name: 'filled with what the request says',
        profile,
        steps: [
            get('choose_password?appId=compat&token=abc'), get('choose_password?appId=compat&token=abc&locale=de'), get(`choose_password?appId=compat&token=${encodeURIComponent('<b>"\'`=/&')}`), get('password_reset_link_invalid.html'),
            get('password_reset_link_invalid.html?appId=compat'), get('password_reset_link_invalid.html?appId=compat&locale=de'), get('none.html'), get('none.css'),
        ],
    },
    { name: 'after a form', profile, steps: [post('resend_verification_email', { username: 'nobody' }), post('resend_verification_email', { username: 'nobody', locale: 'de' }), post('resend_verification_email', { username: 'nobody', locale: 'fr' }), { ...post('request_password_reset', { token: 'x', new_password: 'y', locale: 'de' }), page: false }] },
];
