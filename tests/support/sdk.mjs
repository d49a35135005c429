// The official Parse JavaScript SDK. It keeps its configuration and the signed-in user in module state, so that one copy is
// one client; a test with several users loads several copies.
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));

/** A copy of the SDK that shares nothing with earlier ones, with Parse.User.current() as in a browser. Not initialised. */
export function freshParse() {
    let entry;
    try {
        entry = require.resolve('parse/node');
    } catch {
        throw new Error('The Parse SDK is not installed: run scripts/node-modules (scripts/test does).');
    }
    const root = dirname(entry) + sep;
    for (const path of Object.keys(require.cache)) if (path.startsWith(root)) delete require.cache[path];
    const Parse = require('parse/node');
    Parse.User.enableUnsafeCurrentUser();
    return Parse;
}
