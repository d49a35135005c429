/* Memory that hashes are computed in goes from one to the next. */
#include "auth/hash_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void what_is_returned_is_lent_again(void **state)
{
    (void)state;
    uint8_t *one = hp_hash_memory_borrow(), *other = hp_hash_memory_borrow();

    assert_ptr_not_equal(one, other);
    one[0] = one[HP_HASH_MEMORY_BYTES - 1] = other[0] = other[HP_HASH_MEMORY_BYTES - 1] = 1; /* all of it is theirs */
    hp_hash_memory_return(one);
    hp_hash_memory_return(other);
    assert_ptr_equal(hp_hash_memory_borrow(), other);
    assert_ptr_equal(hp_hash_memory_borrow(), one);
    hp_hash_memory_return(other);
    hp_hash_memory_return(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_returned_is_lent_again) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
