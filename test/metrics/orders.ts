/** All orders of a few things. */
export function orders<T>(things: readonly T[]): T[][] {
  if (things.length === 0) return [[]]
  return things.flatMap((one, k) => orders(things.filter((_, other) => other !== k)).map((rest) => [one, ...rest]))
}
