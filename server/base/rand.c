#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static bool fill(hp_rand *self, void *out, size_t len)
{
    unsigned char *at = out;
    (void)self;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

hp_rand *hp_rand_system(void)
{
    static hp_rand system = { fill };
    return &system;
}

bool hp_rand_alnum(hp_rand *r, char *out, size_t len)
{
    static const char ALNUM[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { COUNT = sizeof ALNUM - 1, FAIR = 256 - 256 % COUNT }; /* bytes from FAIR on would favour the first letters */
    unsigned char bytes[64];
    size_t made = 0;
    bool ok = true;
    while (ok && made < len) {
        ok = r->fill(r, bytes, sizeof bytes);
        for (size_t i = 0; ok && i < sizeof bytes && made < len; i++)
            if (bytes[i] < FAIR) out[made++] = ALNUM[bytes[i] % COUNT];
    }
    out[ok ? len : 0] = '\0';
    hp_wipe(bytes, sizeof bytes); /* the text may become a secret */
    return ok;
}

void hp_wipe(void *ptr, size_t len) { explicit_bzero(ptr, len); }
