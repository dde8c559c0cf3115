/** Seeded random numbers: the same seed and purpose give the same stream on every machine. */

export interface RandomStream {
  /** In [0, 1), with 32 random bits. */
  uniform(): number;
  /** A draw of the normal distribution with mean 0 and variance 1. */
  normal(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
}

/** One step of splitmix32: turns any 32 bits into well mixed ones. */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * A stream of its own for each purpose, so that drawing one more number for one part of the state
 * does not move every other part of it.
 */
export function randomStream(seed: number, purpose: string): RandomStream {
  let state = seed >>> 0;
  for (let at = 0; at < purpose.length; at += 1) state = mix(state ^ purpose.charCodeAt(at));
  let a = mix(state);
  let b = mix(a);
  let c = mix(b);
  let d = mix(c);
  // xoshiro128**: 128 bits of state, because N² draws of a small generator would begin to repeat.
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  let spare: number | undefined;
  const uniform = (): number => next() / 2 ** 32;
  return {
    uniform,
    normal() {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      // Box and Muller; the first draw is kept off zero because its logarithm is taken.
      const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    below: (below) => Math.floor(uniform() * below),
  };
}
