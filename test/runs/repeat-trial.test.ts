import { expect, test } from 'vitest'
import type { Trial, TrialOutcome } from '../../src/core/search.ts'
import { runTrials } from '../../src/runs/run-trials.ts'
import { SearchJournal } from '../../src/runs/search-journal.ts'
import type { TrialBackend } from '../../src/search/backend.ts'
import { scratch } from '../cli/klinelab.ts'
import { moduleOf, search } from './sweep-scene.ts'

const LEAKY = `import { buy, defineStrategy, int } from 'klinelab'
let bars = 0
export default defineStrategy({
  name: 'leaky', params: { fast: int(10), slow: int(50) },
  onBar: ({ params, position }) => (++bars === params.fast && position.qty === 0 ? buy({ quote: 1000 }) : undefined),
})`

test.each([
  ['on one thread', 1, {}],
  ['with fewer trials than threads, of which some run none', 4, { set: ['fast=10,20'] }],
  ['in rounds', 2, { method: 'tpe', trials: 20, set: ['fast=5..60', 'slow=61..300'] }],
  ['where trials are pruned', 2, { prune: 0.3 }],
] as const)('a strategy that keeps something in its module is found out, %s', async (_, workers, more) => {
  await expect(search({ strategy: moduleOf(LEAKY), ...more }, { workers })).rejects.toThrow(
    /not deterministic: trial \d+, run again after others, came to another result/,
  )
})

const MEMO = `import { buy, close, defineStrategy, int } from 'klinelab'
let band
export default defineStrategy({
  name: 'memo', params: { fast: int(10), slow: int(50) },
  onBar({ bar, params, position }) {
    band ??= params.fast / 1000
    return position.qty === 0 && bar.close > bar.open * (1 + band) ? buy({ quote: 1000 }) : position.qty > 0 ? close() : undefined
  },
})`

test.each([1, 2, 4])('one that keeps what its first run had is found out on %i threads', async (workers) => {
  const asked = search({ strategy: moduleOf(MEMO), set: ['fast=1..12:1'] }, { workers })
  await expect(asked).rejects.toThrow(/not deterministic: trial \d+, run again after others/)
})

test('nothing of a search that is not deterministic is gone on from', async () => {
  const out = scratch()
  const strategy = moduleOf(LEAKY)
  for (const resume of [false, true, true])
    await expect(search({ strategy }, { resume }, out)).rejects.toThrow('not deterministic')
})

test('a search whose trials were all done before is looked at too', async () => {
  const out = scratch()
  const strategy = moduleOf(MEMO)
  const stop = new AbortController()
  const onTrials = ({ done, total }: { done: number; total: number }) => {
    if (done === total) stop.abort()
  }
  await expect(search({ strategy }, { signal: stop.signal, onTrials }, out)).rejects.toThrow('stopped after 15 of 15')
  await expect(search({ strategy }, { resume: true }, out)).rejects.toThrow('not deterministic')
})

/** A search of six trials in rounds of two; what its backend was asked for, by number. */
function made(workers: number, onRun: (asked: number) => void = () => undefined) {
  const asked: number[][] = []
  const stop = new AbortController()
  const backend: TrialBackend = {
    async run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void) {
      asked.push(trials.map(({ number }) => number))
      onRun(asked.length)
      if (stop.signal.aborted) return
      for (const { number } of trials)
        tell({ number, status: 'done', objective: number, reason: null, metrics: {}, returns: null })
    },
    async close() {},
  }
  let left = 3
  const sampler = { total: 6, excluded: 0, next: () => (left-- > 0 ? [{ n: left }, { n: -left }] : []) }
  const results = runTrials([{ sampler }], {
    ...{ goal: 'max', prune: null, batch: 64, backend, journal: new SearchJournal(null, ''), isRepeated: true },
    host: { workers, signal: stop.signal },
  })
  return { asked, stop, results }
}

test.each([1, 2, 8])('the first trial is run again behind all others, %i threads', async (workers) => {
  const { asked, results } = made(workers)
  await results
  expect(asked).toEqual([[1, 2], [3, 4], [5, 6], [1]])
})

test('a search that is stopped while its first trial is run again was stopped, and not found out', async () => {
  const { stop, results } = made(8, (asked) => asked === 4 && stop.abort())
  await expect(results).rejects.toThrow('stopped after 6 of 6 trials; --resume goes on')
})
