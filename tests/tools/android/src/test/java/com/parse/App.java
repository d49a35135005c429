// An app that has just been installed and speaks to a running Homeport: the official Android SDK on a plain JVM. In the
// package of the SDK because only there one can end it, so that each case starts anew.
// HOMEPORT_URL, HOMEPORT_APP: the server, whose template is p2p-payment and whose clients may create classes. What went over
// the wire is looked at by tests/tools/android.test.mjs.
package com.parse;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import android.app.Application;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.After;
import org.junit.Before;
import org.junit.function.ThrowingRunnable;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadow.api.Shadow;
import org.robolectric.shadows.ShadowApplication;
import org.robolectric.shadows.ShadowPackageManager;

@RunWith(RobolectricTestRunner.class)
@Config(sdk = Config.NEWEST_SDK, manifest = Config.NONE)
public abstract class App {
    private static int count;
    private final boolean datastore;
    protected String own;

    /** Whether it has a local datastore is decided once per process: the SDK still works in the background when it has ended. */
    protected App(boolean datastore) {
        this.datastore = datastore;
    }

    @Before
    public void install() {
        own = getClass().getSimpleName() + ++count;
        Application app = RuntimeEnvironment.getApplication();
        ShadowPackageManager packages = Shadow.extract(app.getPackageManager());
        packages.getInternalMutablePackageInfo(app.getPackageName()).versionName = "1.0"; // a header says it
        Shadow.<ShadowApplication>extract(app).grantPermissions("android.permission.INTERNET", "android.permission.ACCESS_NETWORK_STATE");
        Parse.Configuration.Builder options = new Parse.Configuration.Builder(app)
            .applicationId(System.getenv("HOMEPORT_APP")).server(System.getenv("HOMEPORT_URL"));
        Parse.initialize((datastore ? options.enableLocalDataStore() : options).build());
        Parse.getEventuallyQueue(); // before it is ended
    }

    @After
    public void uninstall() {
        Parse.destroy();
    }

    protected ParseObject object(String className, Object... fields) {
        ParseObject object = new ParseObject(className + own);
        for (int n = 0; n < fields.length; n += 2) object.put((String) fields[n], fields[n + 1]);
        return object;
    }

    protected ParseQuery<ParseObject> query(String className) {
        return ParseQuery.getQuery(className + own);
    }

    protected static List<Object> values(List<ParseObject> objects, String field) {
        return objects.stream().map(object -> object.get(field)).collect(Collectors.toList());
    }

    protected ParseUser signUp(String name) throws ParseException {
        ParseUser user = new ParseUser();
        user.setUsername(name + own);
        user.setPassword(name + "-password");
        user.signUp();
        return user;
    }

    protected static void refuses(int code, ThrowingRunnable attempt) {
        ParseException error = assertThrows(ParseException.class, attempt);
        assertEquals(error.getMessage(), code, error.getCode());
    }

    protected static <T> T await(bolts.Task<T> task) throws Exception {
        task.waitForCompletion();
        if (task.isFaulted()) throw task.getError();
        return task.getResult();
    }
}
