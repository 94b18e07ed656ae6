/** A seeded source of random numbers, so that a population is the same wherever it is generated. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normally distributed around `mean`. */
  normal(mean: number, deviation: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
}

/** The mulberry32 generator (public domain, Tommy Ettinger): 32 bits of state are plenty for synthetic patients. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    normal: (mean, deviation) => {
      // Box and Muller's transform; 1 - u keeps the logarithm away from zero.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return mean + deviation * radius * Math.cos(2 * Math.PI * uniform());
    },
    chance: (p) => uniform() < p,
  };
}
