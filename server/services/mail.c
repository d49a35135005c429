#include "services/mail.h"

enum { ADDRESS_BYTES_MAX = 254 }; /* RFC 5321, with the brackets */

hp_code hp_mailer_send(hp_mailer *m, const hp_mail *mail, bool *again, hp_err *err)
{
    *again = false;
    if (!hp_mail_address_valid(mail->to)) return hp_fail_internal(err, "not an address that mail can be sent to");
    return m->ops->send(m, mail, again, err);
}

void hp_mailer_free(hp_mailer *m)
{
    if (m != NULL) m->ops->free(m);
}

bool hp_mail_address_valid(hp_str address)
{
    static const hp_str FORBIDDEN = HP_STR_INIT("<>()[]\\,;:\"");
    const size_t at = hp_str_find_char(address, '@', 0);

    if (address.len > ADDRESS_BYTES_MAX || at == SIZE_MAX || at == 0 || at + 1 == address.len) return false;
    if (hp_str_find_char(address, '@', at + 1) != SIZE_MAX || !hp_str_utf8_valid(address)) return false;
    for (size_t i = 0; i < address.len; i++) {
        const unsigned char c = (unsigned char)address.ptr[i];
        if (c <= ' ' || c == 0x7F || hp_str_find_char(FORBIDDEN, (char)c, 0) != SIZE_MAX) return false;
    }
    return true;
}
