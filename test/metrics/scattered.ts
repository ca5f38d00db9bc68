/** Seeds far apart: the first numbers of neighbouring ones are not quite independent (Knuth’s multiplicative hash). */
export function scattered(seed: number): number {
  return Math.imul(seed, 2_654_435_761) >>> 0
}
