import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Trial, TrialOutcome } from '../../src/core/search.ts'
import { runTrials } from '../../src/runs/run-trials.ts'
import type { SearchAt } from '../../src/runs/search-asked.ts'
import { SearchJournal } from '../../src/runs/search-journal.ts'
import { heapBytes } from '../../src/runs/search-memory.ts'
import type { TrialBackend } from '../../src/search/backend.ts'
import { scratch } from '../cli/klinelab.ts'

const outcomeOf = (number: number): TrialOutcome => ({
  ...{ number, status: 'done', objective: number, reason: null, metrics: { sharpe: number + 0.5 } },
  returns: {
    ...{ from: 0, days: 64, mean: 0.1, deviation: 0.2, skew: 0.3, kurtosis: 0.4 },
    sums: Array.from({ length: 64 }, () => 0.5),
    squares: Array.from({ length: 64 }, () => 0.25),
  },
})

/** A search of so many trials, of which (of the first thousand) the backend tells as the test wants it. */
function searching(total: number, run: TrialBackend['run'], more: Partial<TrialBackend> = {}, out = scratch()) {
  const trials = Array.from({ length: Math.min(total, 1000) }, (_, k) => ({ k: k + 1 }))
  const at: SearchAt[] = []
  const notices: string[] = []
  let isAsked = false
  const sampler = {
    ...{ total, excluded: 0 },
    next: () => {
      const all = isAsked ? [] : trials
      isAsked = true
      return all
    },
  }
  const done = runTrials([{ sampler }], {
    ...{ goal: 'max', prune: null, batch: 100, isRepeated: false, journal: new SearchJournal(out, 'x') },
    backend: { run, close: async () => {}, ...more },
    host: { onTrials: (one) => at.push(one), onNotice: (text) => notices.push(text) },
  })
  return { done, at, notices, file: join(out, '.search-x', 'outcomes.jsonl') }
}

describe('a trial that does not end', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  /** All trials but the last few take so long each; then nothing comes until `end`. */
  async function stuck(ms: number, total = 40, done = total - 1) {
    const end = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let running: { trial: Trial; since: number }[] = []
    const search = searching(
      total,
      async (trials, tell) => {
        for (const trial of trials.slice(0, done)) {
          vi.advanceTimersByTime(ms)
          tell(outcomeOf(trial.number))
        }
        running = [{ trial: trials[done]!, since: performance.now() }]
        begun.resolve()
        await end.promise
        for (const trial of trials.slice(done)) tell(outcomeOf(trial.number))
      },
      { running: () => running },
    )
    await begun.promise
    return { ...search, end: end.resolve }
  }

  test('is named, once in a notice and as long as it runs in what is told of the search; what is done is kept', async () => {
    const { at, notices, file, done, end } = await stuck(2)
    vi.advanceTimersByTime(10_000)
    expect(notices).toEqual([])
    vi.advanceTimersByTime(20_000)
    expect(notices).toEqual([expect.stringMatching(/^trial 40 \(k=40\) has run for 11 s; .*second Ctrl-C/)])
    expect(at.at(-1)).toMatchObject({ done: 39, slow: { trial: 40, params: { k: 40 } } })
    expect(Math.round(at.at(-1)!.slow!.seconds)).toBe(30)
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(39)
    end()
    await done
    const told = at.length
    vi.advanceTimersByTime(60_000)
    expect(at).toHaveLength(told)
  })

  test('is not one that takes as long as twenty others', async () => {
    const { notices, done, end } = await stuck(1000)
    vi.advanceTimersByTime(20_000)
    expect(notices).toEqual([])
    vi.advanceTimersByTime(2000)
    expect(notices).toHaveLength(1)
    end()
    await done
  })

  test('is not one that is only left over of many that ran at once', async () => {
    const end = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let running: { trial: Trial; since: number }[] = []
    const { notices, done } = searching(
      64,
      async (trials, tell) => {
        running = trials.map((trial) => ({ trial, since: performance.now() }))
        vi.advanceTimersByTime(60_000)
        for (const trial of trials.slice(0, 63)) tell(outcomeOf(trial.number))
        running = running.slice(63)
        begun.resolve()
        await end.promise
        tell(outcomeOf(64))
      },
      { running: () => running },
    )
    await begun.promise
    vi.advanceTimersByTime(60_000)
    expect(notices).toEqual([])
    end.resolve()
    await done
  })

  test('is told of to somebody who throws: the search ends with that', async () => {
    const end = Promise.withResolvers<void>()
    const out = scratch()
    const running = () => [{ trial: { number: 1, params: {} }, since: 0 }]
    const sampler = { total: 1, excluded: 0, next: (told: readonly unknown[]) => (told.length > 0 ? [] : [{ k: 1 }]) }
    const done = runTrials([{ sampler }], {
      ...{ goal: 'max', prune: null, batch: 100, isRepeated: false, journal: new SearchJournal(out, 'x') },
      backend: {
        running,
        close: async () => {},
        run: (_, __, signal) => {
          signal?.addEventListener('abort', () => end.resolve())
          return end.promise
        },
      },
      host: {
        onNotice: () => {
          throw new Error('nobody listens')
        },
      },
    })
    await Promise.resolve()
    for (let k = 0; k < 20; k++) await Promise.resolve()
    vi.advanceTimersByTime(65_000)
    await expect(done).rejects.toThrow('nobody listens')
  })

  test('is named after a minute where it is the first', async () => {
    const { notices, done, end } = await stuck(0, 40, 0)
    vi.advanceTimersByTime(60_000)
    expect(notices).toEqual([])
    vi.advanceTimersByTime(2000)
    expect(notices).toEqual([expect.stringContaining('trial 1 (k=1) has run for 61 s')])
    end()
    await done
  })
})

describe('memory', () => {
  const all: TrialBackend['run'] = async (trials, tell, signal) => {
    for (const { number } of trials) {
      tell(outcomeOf(number))
      if (signal?.aborted) return
    }
  }
  afterEach(() => void vi.restoreAllMocks())

  test('is forecast by what trials keep, and not by what a process grows by in its first seconds', async () => {
    const before = process.memoryUsage.rss()
    // as if columns, code and heaps of threads had come meanwhile
    vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => before + 5e9)
    vi.spyOn(process, 'availableMemory').mockReturnValue(4e6)
    await searching(1000, all).done
  })

  test('that trials would need and nobody has is refused after the first of them, and what is done is kept', async () => {
    vi.spyOn(process, 'availableMemory').mockReturnValue(1e6)
    const { done, at } = searching(1000, all)
    await expect(done).rejects.toThrow(
      /^1000 trials would need about \d MB more, by the first 256, and 1 MB are left: take fewer.*--resume goes on$/,
    )
    expect(at).toHaveLength(256)
  })

  test('that the heap of this process does not hold is refused with what makes it larger', async () => {
    const { done } = searching(30_000_000, all)
    vi.spyOn(process, 'availableMemory').mockReturnValue(1e15)
    await expect(done).rejects.toThrow(/Node lets this process have \d+ MB: .*NODE_OPTIONS=--max-old-space-size=\d+/)
  })

  test('of an outcome is what it keeps: numbers and boxes round them', () => {
    expect(heapBytes(outcomeOf(1).returns)).toBeGreaterThan(2 * 64 * 8)
    expect(heapBytes(outcomeOf(1))).toBeLessThan(2500)
  })
})
