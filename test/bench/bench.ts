/** One measured line of RESULTS.md. Ratios only: both sides of a ratio are measured in the same run. */
export interface BenchRow {
  /** What was measured, in words. */
  readonly name: string
  readonly value: number
  /** Behind the figure: '×', ' s', ' MB', ' bytes/bar'. */
  readonly unit: string
  /** The bound that must hold and the one we aim at; `null` where none is set. */
  readonly must: number | null
  readonly aim: number | null
  readonly better: 'lower' | 'higher'
  /** Absolute figures behind the ratio, so that a reader can judge it. */
  readonly detail: string
}

/** Every `test/bench/*.bench.ts` exports one of these as its default. */
export type Bench = () => Promise<readonly BenchRow[]>

/** What a detail says of one side: median and fastest of its timed runs. */
export interface Timing {
  readonly median: number
  readonly fastest: number
}

/**
 * Times several runs in turn, round after round, so that a slow moment of the machine falls on all of them alike. A run
 * may return its own milliseconds, where only a part of it counts; else its whole call does. No collection is forced in
 * between: a forced one throws compiled code away, which no user's run suffers.
 */
export function interleaved(runs: readonly (() => number | unknown)[], rounds: number, warm = 3): Timing[] {
  const taken = runs.map((): number[] => [])
  for (let round = -warm; round < rounds; round++)
    for (const [k, run] of runs.entries()) {
      const start = performance.now()
      const own = run()
      const ms = typeof own === 'number' ? own : performance.now() - start
      if (round >= 0) taken[k]!.push(ms)
    }
  return taken.map((times) => {
    times.sort((a, b) => a - b)
    return { median: times[times.length >> 1]!, fastest: times[0]! }
  })
}
