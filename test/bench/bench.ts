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

/** Median of `times` timed runs in milliseconds after `warm` untimed ones. */
export function medianMs(run: () => unknown, times = 7, warm = 2): number {
  for (let k = 0; k < warm; k++) run()
  const taken: number[] = []
  for (let k = 0; k < times; k++) {
    const start = performance.now()
    run()
    taken.push(performance.now() - start)
  }
  return taken.sort((a, b) => a - b)[times >> 1]!
}
