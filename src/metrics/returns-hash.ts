import type { ReturnsColumns } from './returns-columns.ts'

/** The largest of a trial's sums in whole units: as finely as a line of the trial ledger keeps them. */
export const LARGEST_SUM = 32_767

const DOUBLE = new Float64Array(1)
const HALVES = new Int32Array(DOUBLE.buffer)
const HASH = new Int32Array(2)
let whole = new Int32Array(64)

/** A trial's sums in units of the largest ÷ 32,767, rounded: the same of a trial and of its line in the ledger. The rest of `into` stays. */
export function wholeSums(
  { blocks, stride, sums, sumUnits }: ReturnsColumns,
  trial: number,
  into: Int32Array | Float64Array,
): void {
  const width = blocks[trial]!
  const at = stride * trial
  const own = sumUnits[trial]!
  if (isWhole(sums, at, width)) {
    for (let k = 0; k < width; k++) into[k] = sums[at + k]!
    return
  }
  let most = 0
  for (let k = 0; k < width; k++) most = Math.max(most, Math.abs(sums[at + k]!))
  const unit = (most * own) / LARGEST_SUM
  const scale = unit === 0 ? 0 : 1 / unit
  // rounded as Math.round does, at a fifth of its cost
  for (let k = 0; k < width; k++) into[k] = ((sums[at + k]! * own * scale + LARGEST_SUM + 1.5) | 0) - LARGEST_SUM - 1
}

/** Whether they are as a line of the ledger keeps them: the largest is that already, and rounding would change none. */
function isWhole(sums: ReturnsColumns['sums'], at: number, width: number): boolean {
  if (!(sums instanceof Int16Array)) return false
  for (let k = at; k < at + width; k++) if (Math.abs(sums[k]!) === LARGEST_SUM) return true
  return false
}

/**
 * 53 bits of what a trial did, as a whole number: trials that did exactly the same have the same, others in all likelihood
 * another (one pair in 10¹⁶). Ordered by it, trials are shuffled as if at random, however they came. It is of mean, deviation and
 * whole sums, which a line of the ledger keeps to the bit.
 */
function returnsHash(columns: ReturnsColumns, trial: number): number {
  HASH[0] = 0x9e3779b9
  HASH[1] = 0x85ebca6b
  const width = columns.blocks[trial]!
  if (whole.length < width + 3) whole = new Int32Array(width + 3)
  whole.fill(0, width, width + 3)
  wholeSums(columns, trial, whole)
  for (let k = 0; k < width; k += 4)
    stir((whole[k]! << 16) | (whole[k + 1]! & 0xffff), (whole[k + 2]! << 16) | (whole[k + 3]! & 0xffff))
  // of size, and of days inside the blocks, these tell; −0 is 0
  DOUBLE[0] = columns.mean[trial]! + 0
  stir(HALVES[0]!, HALVES[1]!)
  DOUBLE[0] = columns.deviation[trial]! + 0
  stir(HALVES[0]!, HALVES[1]!)
  return (mixed(HASH[0]!) >>> 0) * 2 ** 21 + (mixed(HASH[1]!) >>> 11)
}

/** Trials over the same days, each different one once, the first of its kind. */
export interface Stretch {
  readonly from: number
  readonly days: number
  /** By number. */
  readonly trials: Uint32Array
  readonly hashes: Float64Array
}

/** The different trials of each stretch; those without returns are in none. */
export function stretchesOf(columns: ReturnsColumns): readonly Stretch[] {
  const stretches = new Map<string, number[]>()
  let [last, from, days] = [null as number[] | null, 0, 0]
  for (let k = 0; k < columns.length; k++) {
    const own = columns.days[k]!
    if (own === 0) continue
    if (last === null || from !== columns.from[k]! || days !== own) {
      from = columns.from[k]!
      days = own
      const key = `${from} ${days}`
      last = stretches.get(key) ?? []
      stretches.set(key, last)
    }
    last.push(k)
  }
  return [...stretches.values()].map((trials) => {
    const first = trials[0]!
    return { from: columns.from[first]!, days: columns.days[first]!, ...different(columns, trials) }
  })
}

function different(columns: ReturnsColumns, among: readonly number[]): Pick<Stretch, 'trials' | 'hashes'> {
  // of open addresses: a Map makes an object of every such number
  const places = 2 ** Math.ceil(Math.log2(2 * among.length + 1))
  const taken = new Float64Array(places).fill(-1)
  const trials = new Uint32Array(among.length)
  const hashes = new Float64Array(among.length)
  let count = 0
  for (const trial of among) {
    const hash = returnsHash(columns, trial)
    let place = (hash >>> 0) & (places - 1)
    while (taken[place]! !== -1 && taken[place]! !== hash) place = (place + 1) & (places - 1)
    if (taken[place]! === hash) continue
    taken[place] = hash
    hashes[count] = hash
    trials[count++] = trial
  }
  return { trials: trials.subarray(0, count), hashes: hashes.subarray(0, count) }
}

function stir(one: number, other: number): void {
  let [high, low] = [HASH[0]!, HASH[1]!]
  high = Math.imul(high ^ one, 0x7feb352d)
  high ^= high >>> 15
  low = Math.imul(low ^ other, 0x846ca68b)
  low ^= low >>> 16
  HASH[0] = high + Math.imul(low, 0x297a2d39)
  HASH[1] = low + Math.imul(high, 0x1b873593)
}

function mixed(bits: number): number {
  let z = Math.imul(bits ^ (bits >>> 16), 0x7feb352d)
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b)
  return z ^ (z >>> 16)
}
