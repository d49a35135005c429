// One-time passwords as an authenticator app makes them (RFC 6238).
import { createHmac } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code of `secret` now, or `steps` steps later. */
export function totp(secret, { steps = 0, period = 30, digits = 6, algorithm = 'sha1' } = {}) {
    const bits = [...secret.toUpperCase().replace(/=+$/, '')].map((c) => BASE32.indexOf(c).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / period) + steps));
    const mac = createHmac(algorithm, key).update(counter).digest();
    const at = mac[mac.length - 1] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}
