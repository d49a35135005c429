// An auth adapter of a team's own: as a module for Parse Server, and behind HTTP for Homeport (lib/adapters.mjs).
const { Error: ParseError } = require('parse/node');

module.exports = {
    async validateAppId() {},
    async validateAuthData({ id, token, answer }) {
        if (answer) return answer;
        if (token === 'plain') throw 'plain words';
        if (token !== `token-of-${id}`) throw new ParseError(101, 'mycorp auth is invalid for this user.');
    },
};
