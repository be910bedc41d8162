/** Randomness of tests, which a seed repeats. */

/** FETTLE_TEST_SEED. CI sets one, so that two runs over the same code do the same. */
export function givenSeed(): number | undefined {
  const given = Number(process.env['FETTLE_TEST_SEED'] ?? '');
  return Number.isInteger(given) && given > 0 ? given : undefined;
}

/** The seed of a test's randomness: FETTLE_TEST_SEED, or a new one. Tests print it. */
export function testSeed(): number {
  return givenSeed() ?? 1 + Math.floor(Math.random() * 0x7fff_fffe);
}

/** Numbers from 0 to below 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
