import { Session } from 'node:inspector'

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[]
  }[]
}

/**
 * Counts how often the blocks of code under `src/indicators` run (V8's precise block coverage), so that "O(1) a bar" is a
 * count and not a stopwatch. A function that ran before the first call of this has no counters: use it in a file of its own.
 */
export class StepCounter {
  readonly #session = new Session()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  count(run: () => void): number {
    this.#take()
    run()
    let steps = 0
    for (const { url, functions } of this.#take().result)
      if (url.includes('/src/indicators/'))
        for (const { ranges } of functions) for (const { count } of ranges) steps += count
    return steps
  }

  /** Taking it sets every counter to zero. */
  #take(): Coverage {
    let taken: Coverage | undefined
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error
      taken = coverage
    })
    if (taken === undefined) throw new Error('the profiler of this thread did not answer at once')
    return taken
  }

  close(): void {
    this.#session.disconnect()
  }
}
