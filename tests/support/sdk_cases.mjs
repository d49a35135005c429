// What apps do with the JavaScript SDK. One list, run in Node (tests/e2e/sdk.test.mjs), in a browser
// (tests/tools/sdk-browser.test.mjs) and with older SDKs (tests/tools/sdk-majors.test.mjs), so nothing here knows where it runs.
//
// A case is called with a Parse that is initialised for a server of startSdkServer, and with `own`, a text that makes its names
// its own.

/** The server that the cases are for; `startServer` is the one of homeport.mjs. */
export async function startSdkServer(startServer) {
    const live = { liveQuery: { classNames: ['Live.*'] }, startLiveQueryServer: true };
    const server = await startServer({ config: { template: 'p2p-payment', allowClientClassCreation: true, ...live } });
    const body = { params: { greeting: 'hello', secret: 1 }, masterKeyOnly: { secret: true } };
    await server.request('PUT', '/config', { body, master: true });
    return server;
}

function equal(actual, wanted, what = '') {
    const [a, w] = [JSON.stringify(actual), JSON.stringify(wanted)];
    if (a !== w) throw new Error(`${what} is ${a}, not ${w}`);
}
async function refuses(code, attempt) {
    const error = await attempt.then(() => null, (thrown) => thrown);
    equal(error?.code, code, `the error (${error?.message})`);
    return error;
}
const texts = (objects, field) => objects.map((object) => object.get(field));

async function signUp(Parse, name, fields = {}) {
    const user = new Parse.User({ username: name, password: `${name}-password`, ...fields });
    await user.signUp();
    return user;
}

export const cases = {
    async 'an object: created, changed by every kind of operation, fetched, destroyed'(Parse, own) {
        const Thing = Parse.Object.extend(`Thing${own}`);
        const thing = new Thing({ n: 1, list: ['a', 'b'], when: new Date(86400000), deep: { x: { y: 1 } }, gone: true });
        thing.set('place', new Parse.GeoPoint(47.5, -122));
        thing.set('area', new Parse.Polygon([[0, 0], [0, 1], [1, 1], [1, 0]]));
        await thing.save();
        equal(typeof thing.id, 'string');
        equal(thing.createdAt instanceof Date, true);
        thing.increment('n', 41);
        thing.add('list', 'c');
        await thing.save();
        thing.addUnique('list', 'a');
        await thing.save();
        thing.remove('list', 'b');
        thing.unset('gone');
        thing.set('deep.x.y', 2);
        await thing.save();
        const again = await new Parse.Query(Thing).get(thing.id);
        equal([again.get('n'), again.get('list'), again.get('deep'), again.has('gone')], [42, ['a', 'c'], { x: { y: 2 } }, false]);
        equal(again.get('when').getTime(), 86400000);
        equal([again.get('place').latitude, again.get('place').longitude], [47.5, -122]);
        equal(again.get('area').containsPoint(new Parse.GeoPoint(0.5, 0.5)), true);
        await again.destroy();
        await refuses(101, new Parse.Query(Thing).get(thing.id));
    },

    async 'objects that name each other are saved in their order, and included'(Parse, own) {
        const author = new Parse.Object(`Author${own}`, { name: 'Ann' });
        const book = new Parse.Object(`Book${own}`, { title: 'One', author, editions: [new Parse.Object(`Edition${own}`, { year: 1999 })] });
        await book.save();
        equal([typeof author.id, typeof book.get('editions')[0].id], ['string', 'string']);
        const found = await new Parse.Query(`Book${own}`).include('author', 'editions').first();
        equal([found.get('author').get('name'), found.get('editions')[0].get('year')], ['Ann', 1999]);
        const bare = await new Parse.Query(`Book${own}`).select('title').first();
        equal(bare.get('title'), 'One');
    },

    async 'many at once: saveAll, a transaction, fetchAll, destroyAll'(Parse, own) {
        const Item = Parse.Object.extend(`Item${own}`);
        const items = Array.from({ length: 25 }, (_, n) => new Item({ n }));
        await Parse.Object.saveAll(items, { batchSize: 10 });
        equal(await new Parse.Query(Item).count(), 25);
        items.slice(0, 3).forEach((item) => item.increment('n', 100));
        await Parse.Object.saveAll(items.slice(0, 3), { transaction: true });
        const fetched = await Parse.Object.fetchAll(items.slice(0, 3).map((item) => Item.createWithoutData(item.id)));
        equal(texts(fetched, 'n'), [100, 101, 102]);
        await Parse.Object.destroyAll(items);
        equal(await new Parse.Query(Item).count(), 0);
    },

    async 'queries: comparisons, text, lists, sorting, paging'(Parse, own) {
        const Fruit = Parse.Object.extend(`Fruit${own}`);
        await Parse.Object.saveAll(['apple', 'apricot', 'banana', 'cherry'].map((name, n) => new Fruit({ name, n, tags: [name[0], n % 2 ? 'odd' : 'even'] })));
        const names = async (build) => texts(await build(new Parse.Query(Fruit)).ascending('name').find(), 'name');
        equal(await names((q) => q.greaterThan('n', 0).lessThanOrEqualTo('n', 2)), ['apricot', 'banana']);
        equal(await names((q) => q.startsWith('name', 'ap')), ['apple', 'apricot']);
        equal(await names((q) => q.contains('name', 'an')), ['banana']);
        equal(await names((q) => q.matches('name', /^A.*T$/i)), ['apricot']);
        equal(await names((q) => q.containedIn('name', ['banana', 'nothing'])), ['banana']);
        equal(await names((q) => q.containsAll('tags', ['a', 'even'])), ['apple']);
        equal(await names((q) => q.doesNotExist('name')), []);
        equal(await names(() => Parse.Query.or(new Parse.Query(Fruit).equalTo('n', 0), new Parse.Query(Fruit).equalTo('tags', 'c'))), ['apple', 'cherry']);
        equal(texts(await new Parse.Query(Fruit).descending('n').skip(1).limit(2).find(), 'n'), [2, 1]);
        const { results, count } = await new Parse.Query(Fruit).limit(1).withCount().find();
        equal([results.length, count], [1, 4]);
        let seen = 0;
        await new Parse.Query(Fruit).each(() => { seen++; }, { batchSize: 3 });
        equal(seen, 4);
    },

    async 'queries over other queries, and near a place'(Parse, own) {
        const city = new Parse.Object(`City${own}`, { name: 'Bern', at: new Parse.GeoPoint(46.95, 7.45) });
        const far = new Parse.Object(`City${own}`, { name: 'Oslo', at: new Parse.GeoPoint(59.91, 10.75) });
        await Parse.Object.saveAll([city, far]);
        await Parse.Object.saveAll([new Parse.Object(`Shop${own}`, { n: 1, city }), new Parse.Object(`Shop${own}`, { n: 2, city: far })]);
        const inBern = new Parse.Query(`City${own}`).equalTo('name', 'Bern');
        equal(texts(await new Parse.Query(`Shop${own}`).matchesQuery('city', inBern).find(), 'n'), [1]);
        equal(texts(await new Parse.Query(`Shop${own}`).doesNotMatchQuery('city', inBern).find(), 'n'), [2]);
        const zurich = new Parse.GeoPoint(47.37, 8.54);
        equal(texts(await new Parse.Query(`City${own}`).near('at', zurich).find(), 'name'), ['Bern', 'Oslo']);
        equal(texts(await new Parse.Query(`City${own}`).withinKilometers('at', zurich, 200).find(), 'name'), ['Bern']);
    },

    async 'a relation: added to, asked, taken from'(Parse, own) {
        const likes = [1, 2, 3].map((n) => new Parse.Object(`Song${own}`, { n }));
        await Parse.Object.saveAll(likes);
        const list = new Parse.Object(`List${own}`);
        list.relation('songs').add(likes);
        await list.save();
        equal(texts(await list.relation('songs').query().ascending('n').find(), 'n'), [1, 2, 3]);
        list.relation('songs').remove(likes[1]);
        await list.save();
        equal(texts(await list.relation('songs').query().ascending('n').find(), 'n'), [1, 3]);
    },

    async 'users: sign-up, login, the current one, its session, logout'(Parse, own) {
        const user = await signUp(Parse, `user${own}`, { email: `user${own}@example.org` });
        equal(Parse.User.current().id, user.id);
        equal((await Parse.Session.current()).get('user').id, user.id);
        user.set('email', `new${own}@example.org`);
        await user.save();
        await refuses(202, signUp(Parse, `user${own}`));
        await Parse.User.logIn(`user${own}`, `user${own}-password`);
        equal(Parse.User.current().get('email'), `new${own}@example.org`);
        const token = Parse.User.current().getSessionToken();
        await refuses(101, Parse.User.logIn(`user${own}`, 'wrong'));
        await Parse.User.become(token);
        equal(Parse.User.current().getSessionToken(), token);
        await Parse.User.logOut();
        equal(Parse.User.current(), null);
        await refuses(209, Parse.User.become(token));
    },

    async 'an anonymous user becomes a real one and stays the same'(Parse, own) {
        const user = await Parse.AnonymousUtils.logIn();
        equal(Parse.AnonymousUtils.isLinked(user), true);
        user.setUsername(`real${own}`);
        user.setPassword('a-password');
        await user.save();
        const again = await Parse.User.logIn(`real${own}`, 'a-password');
        equal([again.id === user.id, Parse.AnonymousUtils.isLinked(again)], [true, false]);
        await Parse.User.logOut();
    },

    async 'access control: what one user keeps private another does not see; a role opens it'(Parse, own) {
        const ann = await signUp(Parse, `ann${own}`);
        const note = new Parse.Object(`Note${own}`, { text: 'secret' });
        note.setACL(new Parse.ACL(ann));
        await note.save();
        const bob = await signUp(Parse, `bob${own}`);
        await refuses(101, new Parse.Query(`Note${own}`).get(note.id));
        const roleRights = new Parse.ACL();
        roleRights.setPublicReadAccess(true);
        await Parse.User.logIn(`ann${own}`, `ann${own}-password`);
        const role = new Parse.Role(`Readers${own}`, roleRights);
        role.getUsers().add(bob);
        await role.save();
        note.getACL().setRoleReadAccess(role, true);
        note.setACL(note.getACL());
        await note.save();
        await Parse.User.logIn(`bob${own}`, `bob${own}-password`);
        equal((await new Parse.Query(`Note${own}`).get(note.id)).get('text'), 'secret');
        await refuses(101, note.save({ text: 'changed' }));
        await Parse.User.logOut();
    },

    async 'a cloud function, with its error'(Parse, own) {
        await refuses(141, Parse.Cloud.run(`nothing${own}`));
        await signUp(Parse, `caller${own}`);
        const users = await Parse.Cloud.run('listUsers', { prefix: `caller${own}` });
        equal(users.map((user) => user.username), [`caller${own}`]);
        await Parse.User.logOut();
    },

    async 'the configuration'(Parse) {
        const config = await Parse.Config.get();
        equal(config.get('greeting'), 'hello');
        equal(config.get('secret'), undefined);
    },

    async 'a file: saved, in an object, fetched by its address'(Parse, own) {
        await signUp(Parse, `filer${own}`);
        const file = new Parse.File('greeting.txt', { base64: 'aGVsbG8=' }, 'text/plain', { by: own });
        await file.save();
        const { id } = await new Parse.Object(`Kept${own}`, { file }).save();
        const kept = (await new Parse.Query(`Kept${own}`).get(id)).get('file');
        equal(kept.name(), file.name());
        const answer = await fetch(kept.url());
        equal([answer.status, await answer.text()], [200, 'hello']);
        await refuses(130, new Parse.File('page.html', [1], 'text/html').save());
        await Parse.User.logOut();
    },

    async 'a live query: each kind of event, in order'(Parse, own) {
        const Live = Parse.Object.extend(`Live${own}`);
        const subscription = await new Parse.Query(Live).equalTo('open', true).subscribe();
        await (subscription.subscribePromise ?? new Promise((resolve) => subscription.on('open', resolve))); // before 2.2 an event alone
        Parse.Object.disableSingleInstance(); // in a browser what an event holds would mix with what is being saved
        const after = (kind, change) => new Promise((resolve, reject) => (subscription.on(kind, resolve), change().catch(reject)));
        const object = new Live({ open: true, n: 1 });
        equal((await after('create', () => object.save())).get('n'), 1);
        equal((await after('update', () => object.save({ n: 2 }))).get('n'), 2);
        equal((await after('leave', () => object.save({ open: false }))).id, object.id);
        equal((await after('enter', () => object.save({ open: true, n: 3 }))).get('n'), 3);
        equal((await after('delete', () => object.destroy())).id, object.id);
        await subscription.unsubscribe();
        await Parse.LiveQuery.close();
    },

    async 'the local datastore: pinned, found without the server, brought up to date'(Parse, own) {
        Parse.enableLocalDatastore(false); // without looking for waiting saves every two seconds
        const Pinned = Parse.Object.extend(`Pinned${own}`);
        const object = new Pinned({ n: 1 });
        await object.save();
        await object.pin();
        const local = () => new Parse.Query(Pinned).fromPin().equalTo('objectId', object.id).first();
        equal((await local()).get('n'), 1);
        await object.save({ n: 2 });
        equal((await local()).get('n'), 2);
        await Parse.LocalDatastore.updateFromServer();
        equal((await local()).get('n'), 2);
        await object.unPin();
        equal(await local(), undefined);
    },

    async 'what the server refuses arrives with its code and message'(Parse, own) {
        await refuses(105, new Parse.Object(`Refused${own}`, {}).save({ 'no-name': 1 }));
        await new Parse.Object(`Typed${own}`, { n: 1 }).save();
        const error = await refuses(111, new Parse.Object(`Typed${own}`, { n: 'x' }).save());
        equal(error.message, `schema mismatch for Typed${own}.n; expected Number but got String`);
        await refuses(119, new Parse.Query('_Installation').find());
    },
};
