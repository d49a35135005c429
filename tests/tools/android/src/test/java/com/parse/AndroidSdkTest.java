// What an app on a phone does with the official Android SDK.
package com.parse;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.Test;

public class AndroidSdkTest extends App {
    public AndroidSdkTest() {
        super(false);
    }

    @Test
    public void aUserSignsUpLogsInAndOut() throws Exception {
        ParseUser user = new ParseUser();
        user.setUsername("ann" + own);
        user.setPassword("ann-password");
        user.setEmail("ann" + own + "@example.org");
        user.signUp();
        String first = user.getSessionToken();
        assertTrue(first, first.startsWith("r:"));
        assertEquals(user.getObjectId(), ParseUser.getCurrentUser().getObjectId());
        user.setEmail("new" + own + "@example.org");
        user.save();
        refuses(202, () -> signUp("ann"));
        ParseUser.logOut();
        assertNull(ParseUser.getCurrentUser());
        refuses(209, () -> ParseUser.become(first));
        refuses(101, () -> ParseUser.logIn("ann" + own, "wrong"));
        ParseUser again = ParseUser.logIn("ann" + own, "ann-password");
        assertEquals("new" + own + "@example.org", again.getEmail());
        ParseUser same = ParseUser.become(again.getSessionToken());
        assertEquals(again.getObjectId(), same.getObjectId());
        assertEquals(same.getSessionToken(), await(ParseSession.getCurrentSessionInBackground()).getSessionToken());
        ParseUser.logOut();
    }

    @Test
    public void anAnonymousUserBecomesARealOneAndStaysTheSame() throws Exception {
        ParseUser user = await(ParseAnonymousUtils.logInInBackground());
        assertTrue(ParseAnonymousUtils.isLinked(user));
        user.setUsername("real" + own);
        user.setPassword("real-password");
        user.signUp();
        ParseUser again = ParseUser.logIn("real" + own, "real-password");
        assertEquals(user.getObjectId(), again.getObjectId());
        assertFalse(ParseAnonymousUtils.isLinked(again));
        ParseUser.logOut();
    }

    @Test
    public void everyTypeOfFieldComesBackAsItWasSaved() throws Exception {
        ParseObject other = object("Other", "name", "there");
        byte[] bytes = { 0, 1, (byte) 255 };
        ParsePolygon area = new ParsePolygon(Arrays.asList(new ParseGeoPoint(0, 0), new ParseGeoPoint(0, 1), new ParseGeoPoint(1, 1), new ParseGeoPoint(1, 0)));
        ParseObject thing = object("Thing", "whole", 7, "part", 1.5, "text", "Grüße 🌍", "yes", true, "when", new Date(86400000), "bytes", bytes,
            "place", new ParseGeoPoint(47.5, -122), "area", area, "deep", new JSONObject("{\"x\":{\"y\":[1,null]}}"),
            "list", new JSONArray("[1,\"a\",{\"b\":true}]"), "nothing", JSONObject.NULL, "other", other);
        thing.save();
        assertNotNull(thing.getCreatedAt());
        ParseObject again = query("Thing").include("other").get(thing.getObjectId());
        assertEquals(7, again.getInt("whole"));
        assertEquals(1.5, again.getDouble("part"), 0);
        assertEquals("Grüße 🌍", again.getString("text"));
        assertTrue(again.getBoolean("yes"));
        assertEquals(new Date(86400000), again.getDate("when"));
        assertArrayEquals(bytes, again.getBytes("bytes"));
        assertEquals(47.5, again.getParseGeoPoint("place").getLatitude(), 0);
        assertTrue(again.getParsePolygon("area").containsPoint(new ParseGeoPoint(0.5, 0.5)));
        assertEquals(1, again.getJSONObject("deep").getJSONObject("x").getJSONArray("y").getInt(0));
        assertTrue(again.getJSONArray("list").getJSONObject(2).getBoolean("b"));
        assertEquals(JSONObject.NULL, again.get("nothing"));
        assertEquals("there", again.getParseObject("other").getString("name"));
    }

    @Test
    public void everyOperationArrives() throws Exception {
        ParseObject thing = object("Thing", "n", 1, "list", Arrays.asList("a", "b"), "gone", true);
        thing.save();
        thing.increment("n", 41);
        thing.add("list", "c");
        thing.remove("gone");
        thing.save();
        thing.addUnique("list", "a");
        thing.save();
        thing.removeAll("list", Collections.singleton("b"));
        thing.save();
        ParseObject again = ParseObject.createWithoutData("Thing" + own, thing.getObjectId()).fetch();
        assertEquals(42, again.getInt("n"));
        assertEquals(Arrays.asList("a", "c"), again.getList("list"));
        assertFalse(again.has("gone"));
        again.delete();
        refuses(101, () -> query("Thing").get(thing.getObjectId()));
    }

    @Test
    public void queriesFindWhatTheyAskFor() throws Exception {
        List<ParseObject> fruits = new ArrayList<>();
        for (String name : new String[] { "apple", "apricot", "banana", "cherry" })
            fruits.add(object("Fruit", "name", name, "n", fruits.size(), "at", new ParseGeoPoint(fruits.size(), 0)));
        ParseObject.saveAll(fruits);
        ParseObject.saveAll(Arrays.asList(object("Cake", "n", 1, "of", fruits.get(0)), object("Cake", "n", 2, "of", fruits.get(3))));

        assertEquals(List.of("apricot", "banana"), values(query("Fruit").whereGreaterThan("n", 0).whereLessThanOrEqualTo("n", 2).orderByAscending("name").find(), "name"));
        assertEquals(List.of("apple", "apricot"), values(query("Fruit").whereStartsWith("name", "ap").orderByAscending("n").find(), "name"));
        assertEquals(List.of("apricot"), values(query("Fruit").whereMatches("name", "^A.*T$", "i").find(), "name"));
        assertEquals(List.of("banana"), values(query("Fruit").whereContainedIn("name", List.of("banana", "nothing")).find(), "name"));
        assertEquals(List.of(), query("Fruit").whereDoesNotExist("name").find());
        assertEquals(List.of("banana", "apricot"), values(query("Fruit").orderByDescending("n").setSkip(1).setLimit(2).find(), "name"));
        assertEquals(List.of("apple", "cherry"), values(ParseQuery.or(List.of(query("Fruit").whereEqualTo("n", 0), query("Fruit").whereContains("name", "err"))).orderByAscending("n").find(), "name"));
        assertEquals(List.of(1), values(query("Cake").whereMatchesQuery("of", query("Fruit").whereEqualTo("name", "apple")).find(), "n"));
        assertEquals(List.of(2), values(query("Cake").whereMatchesKeyInQuery("n", "n", query("Fruit").whereEqualTo("name", "banana")).find(), "n"));
        assertEquals("cherry", query("Cake").include("of").whereEqualTo("n", 2).getFirst().getParseObject("of").getString("name"));
        assertEquals("banana", query("Fruit").whereWithinKilometers("at", new ParseGeoPoint(2.1, 0), 50).getFirst().get("name"));
        assertFalse(query("Fruit").selectKeys(List.of("name")).getFirst().has("n"));
        assertEquals(4, query("Fruit").count());
        refuses(101, () -> query("Fruit").whereEqualTo("n", 9).getFirst());
        refuses(102, () -> query("Fruit").whereMatches("name", "(").find());
    }

    @Test
    public void manyAreSavedFoundAndDeletedAtOnce() throws Exception {
        List<ParseObject> items = IntStream.range(0, 120).mapToObj(n -> object("Item", "n", n, "text", "the same words again")).collect(Collectors.toList());
        ParseObject.saveAll(items);
        assertEquals(120, query("Item").setLimit(1000).find().size());
        ParseObject.deleteAll(items);
        assertEquals(0, query("Item").count());
    }

    @Test
    public void aRelationIsFilledAskedAndEmptied() throws Exception {
        List<ParseObject> songs = List.of(object("Song", "n", 1), object("Song", "n", 2), object("Song", "n", 3));
        ParseObject.saveAll(songs);
        ParseObject list = object("List");
        songs.forEach(song -> list.getRelation("songs").add(song));
        list.save();
        ParseRelation<ParseObject> relation = query("List").get(list.getObjectId()).getRelation("songs");
        assertEquals(List.of(1, 2, 3), values(relation.getQuery().orderByAscending("n").find(), "n"));
        list.getRelation("songs").remove(songs.get(1));
        list.save();
        assertEquals(List.of(1, 3), values(relation.getQuery().orderByAscending("n").find(), "n"));
    }

    @Test
    public void aFileIsStoredNamedByAnObjectAndReadBack() throws Exception {
        signUp("uploader");
        byte[] text = "file of a phone".getBytes(StandardCharsets.UTF_8);
        ParseFile file = new ParseFile("note.txt", text, "text/plain");
        file.save();
        assertTrue(file.getName(), file.getName().endsWith("_note.txt"));
        ParseObject note = object("Note", "file", file);
        note.save();
        ParseFile again = query("Note").get(note.getObjectId()).getParseFile("file");
        assertEquals(file.getUrl(), again.getUrl());
        await(bolts.Task.callInBackground(() -> { ParseFileUtils.deleteDirectory(Parse.getParseCacheDir("files")); return null; }));
        assertArrayEquals(text, again.getData());
        ParseUser.logOut();
    }

    @Test
    public void whatIsPrivateStaysSoUntilARoleOpensIt() throws Exception {
        ParseUser ann = signUp("ann");
        ParseObject note = object("Note", "text", "secret");
        note.setACL(new ParseACL(ann));
        note.save();
        ParseUser bob = signUp("bob");
        refuses(101, () -> query("Note").get(note.getObjectId()));
        ParseUser.logIn("ann" + own, "ann-password");
        ParseACL everyoneReads = new ParseACL();
        everyoneReads.setPublicReadAccess(true);
        ParseRole role = new ParseRole("Readers" + own, everyoneReads);
        role.getUsers().add(bob);
        role.save();
        ParseACL acl = new ParseACL(ann);
        acl.setRoleReadAccess(role, true);
        note.setACL(acl);
        note.save();
        ParseUser.logIn("bob" + own, "bob-password");
        ParseObject seen = query("Note").get(note.getObjectId());
        assertEquals("secret", seen.getString("text"));
        seen.put("text", "changed");
        refuses(101, seen::save);
        ParseUser.logOut();
    }

    @Test
    public void cloudFunctionsAnswerOrFailWithTheirCode() throws Exception {
        ParseUser caller = signUp("caller");
        List<ParseUser> found = ParseCloud.callFunction("listUsers", Map.of("prefix", "caller" + own));
        assertEquals(1, found.size());
        refuses(141, () -> ParseCloud.callFunction("nothing" + own, Map.of()));
        ParseUser.logOut();
    }

    @Test
    public void theConfigurationShowsWhatIsPublic() throws Exception {
        ParseConfig config = ParseConfig.get();
        assertEquals("hello", config.getString("greeting"));
        assertNull(config.get("secret"));
    }

    @Test
    public void theInstallationIsSavedAndSavedAgain() throws Exception {
        ParseInstallation installation = ParseInstallation.getCurrentInstallation();
        installation.put("channel", "one");
        installation.save();
        String id = installation.getObjectId();
        installation.put("channel", "two");
        installation.save();
        assertEquals(id, installation.getObjectId());
        assertEquals("android", installation.getString("deviceType"));
    }

    @Test
    public void refusalsArriveWithCodeAndMessage() throws Exception {
        object("Typed", "n", 1).save();
        refuses(111, () -> object("Typed", "n", "x").save());
        refuses(105, () -> object("Typed", "no-name", 1).save());
        refuses(119, () -> ParseQuery.getQuery("_Installation").find());
    }
}
