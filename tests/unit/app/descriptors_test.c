/* What clients may take of the descriptors of the process. */
#include "app/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void connections_fit_into_the_descriptors(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t files, connections, sockets, want_connections, want_sockets;
    } cases[] = {
        { "as configured", 1048576, 4096, 20000, 4096, 20000 },  { "fewer sockets", 20000, 4096, 20000, 4096, 13404 },
        { "both want too much", 4096, 4096, 20000, 1792, 1792 }, { "few sockets", 4096, 4096, 100, 3484, 100 },
        { "few connections", 4096, 100, 20000, 100, 3484 },      { "hardly any", 64, 4096, 20000, 1, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t connections = cases[i].connections, sockets = cases[i].sockets;
        const bool fits = hp_descriptors_fit(cases[i].files, &connections, &sockets);
        if (connections != cases[i].want_connections || sockets != cases[i].want_sockets ||
            fits != (connections == cases[i].connections && sockets == cases[i].sockets))
            fail_msg("case %s: %zu connections, %zu sockets, %d", cases[i].name, connections, sockets, fits);
    }
    size_t alone = 4096;
    assert_false(hp_descriptors_fit(4096, &alone, NULL));
    assert_int_equal(alone, 3584);
    assert_true(hp_descriptors_max() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(connections_fit_into_the_descriptors) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
