// The local datastore of the official Android SDK.
package com.parse;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class LocalDatastoreTest extends App {
    public LocalDatastoreTest() {
        super(true);
    }

    @Test
    public void itHoldsWhatWasPinnedAndFollowsWhatIsSaved() throws Exception {
        ParseObject pinned = object("Pinned", "n", 1);
        pinned.save();
        pinned.pin();
        ParseObject local = query("Pinned").fromLocalDatastore().whereEqualTo("n", 1).getFirst();
        assertEquals(pinned.getObjectId(), local.getObjectId());
        pinned.put("n", 2);
        pinned.save();
        assertEquals(2, query("Pinned").fromLocalDatastore().getFirst().getInt("n"));
        pinned.unpin();
        assertEquals(0, query("Pinned").fromLocalDatastore().count());
    }

    @Test
    public void whatIsSavedEventuallyArrives() throws Exception {
        ParseObject later = object("Later", "n", 1);
        await(later.saveEventually());
        assertEquals(1, query("Later").get(later.getObjectId()).getInt("n"));
    }
}
