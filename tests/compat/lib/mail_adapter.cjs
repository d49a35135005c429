// A mail adapter for Parse Server that hands every mail to the test, as Homeport's webhook does.
module.exports = ({ url }) => {
    const call = (method) => async ({ appName, link, user }) => {
        const body = JSON.stringify({ appName, link, user: user.toJSON() });
        await fetch(`${url}/${method}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    };
    return {
        sendMail: async () => {},
        sendVerificationEmail: call('sendVerificationEmail'),
        sendPasswordResetEmail: call('sendPasswordResetEmail'),
    };
};
