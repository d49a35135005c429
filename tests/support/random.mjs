/** A small deterministic source of numbers (mulberry32), with what is needed of it. The same seed gives the same numbers. */
export function randomSource(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const below = (n) => Math.floor(next() * n);
    const pick = (list) => list[below(list.length)];
    const some = (list, most) => Array.from({ length: 1 + below(most) }, () => pick(list));
    const distinct = (list, most) => [...new Set(some(list, most))];
    return { below, pick, some, distinct, chance: (p) => next() < p };
}
