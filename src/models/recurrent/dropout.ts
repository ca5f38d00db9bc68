/** Dropout between layers (inverted: what is kept is scaled up), drawn by counter: the same whichever thread asks, there and back. */
export interface Draws {
  readonly rate: number
  /** Of this batch, by the layer whose output is dropped. */
  readonly seeds: readonly number[]
}

/** murmur3's finaliser (Austin Appleby, public domain): every bit of the result hangs on every bit given. */
function mixed(x: number): number {
  let z = x >>> 0
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return (z ^ (z >>> 16)) >>> 0
}

/** One seed out of several numbers, in their order. */
export function seedOf(...numbers: readonly number[]): number {
  return numbers.reduce((seed, number) => mixed(seed + Math.imul(number, 0x9e3779b9) + 1), 0)
}

export function drawsOf(rate: number, layers: number, ...numbers: readonly number[]): Draws | null {
  if (rate === 0) return null
  return { rate, seeds: Array.from({ length: layers - 1 }, (_, layer) => seedOf(...numbers, layer)) }
}

/** In 24 bits, as they are drawn. */
export function threshold({ rate }: Draws): number {
  return Math.round(rate * 2 ** 24)
}

export function scaleOf({ rate }: Draws): number {
  return 1 / (1 - rate)
}

/** Factor of one output, as the kernel draws it: `counter` is (row of the batch · steps + step) · units + unit. */
export function factorOf(draws: Draws, layer: number, counter: number): number {
  const drawn = mixed(Math.imul(counter, 0x9e3779b9) + draws.seeds[layer]!) >>> 8
  return drawn >= threshold(draws) ? scaleOf(draws) : 0
}
