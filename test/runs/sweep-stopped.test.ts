import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { buy, close, defineStrategy, int, sma } from '../../src/index.ts'
import type { SearchAsked } from '../../src/runs/search-asked.ts'
import { backendOf, planSearch } from '../../src/runs/sweep.ts'
import { writeSweep } from '../../src/runs/sweep-folder.ts'
import { walkForward } from '../../src/runs/walk-forward.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { scratch } from '../cli/klinelab.ts'
import { asking, moduleOf, search, settingsIn } from './sweep-scene.ts'

describe('a search that is stopped', () => {
  /** Stops after some trials are told. */
  async function stopped(out: string, after: number, more: Partial<SearchAsked> = {}): Promise<number> {
    const stop = new AbortController()
    let done = 0
    await expect(
      search(more, {
        workers: 1,
        signal: stop.signal,
        onTrials: (at) => {
          done = at.done
          if (at.done >= after) stop.abort()
        },
      }, out),
    ).rejects.toThrow(/stopped after \d+ of \d+ trials; --resume goes on/) // biome-ignore format: one thought
    return done
  }

  test.each([
    ['grid', {}, 5],
    ['tpe', { method: 'tpe', trials: 48, set: ['fast=5..60', 'slow=61..300'] }, 20],
    ['pruned', { method: 'random', trials: 100, set: ['fast=5..60', 'slow=61..300'], prune: 0.3 }, 80],
  ] as const)('goes on with --resume to the same bytes, %s', async (_, more, after) => {
    const out = scratch()
    const done = await stopped(out, after, more)
    const [journal] = readdirSync(out).filter((name) => name.startsWith('.search'))
    const file = join(out, journal!, 'outcomes.jsonl')
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(done)
    // a process that was killed may have torn its last line
    appendFileSync(file, '{"trial":{"number":1')
    let computed = 0
    const total = 1000
    const resumed = await search(
      more,
      { resume: true, onTrials: ({ rate }) => (computed += rate === null ? 0 : 1) },
      out,
    )
    const whole = await search(more)
    expect(resumed.result).toEqual(whole.result)
    expect(computed).toBeLessThan(total)
    expect(computed).toBe(whole.result.outcomes.length - done)
  })

  test('takes no line that was damaged, says which, and does its trial again', async () => {
    const out = scratch()
    const done = await stopped(out, 5)
    const [journal] = readdirSync(out).filter((name) => name.startsWith('.search'))
    const file = join(out, journal!, 'outcomes.jsonl')
    const lines = readFileSync(file, 'utf8').split('\n')
    lines[1] = lines[1]!.replace(/"objective":(-?)\d/, '"objective":$18')
    // and what a killed process left of its last line, which nobody needs to hear of, now or later
    writeFileSync(file, `${lines.join('\n')}{"trial":{"number":1`)
    const notices: string[] = []
    let computed = 0
    const stop = new AbortController()
    const host = { resume: true, onNotice: (text: string) => notices.push(text), signal: stop.signal }
    const onTrials = ({ rate }: { rate: number | null }) => {
      computed += rate === null ? 0 : 1
      if (computed === 2) stop.abort()
    }
    await expect(search({}, { ...host, onTrials }, out)).rejects.toThrow('--resume goes on')
    expect(notices).toEqual([`${file}:2: the line is damaged and left out; its trial is computed again`])
    expect(computed).toBeLessThan(15 - done)
    const { result } = await search({}, { ...host, signal: new AbortController().signal }, out)
    expect(result).toEqual((await search()).result)
    expect(notices).toHaveLength(2)
  })

  test('without --resume it begins anew and says so', async () => {
    const out = scratch()
    await stopped(out, 5)
    const notices: string[] = []
    const again = await search({}, { onNotice: (text) => notices.push(text) }, out)
    expect(again.result.outcomes).toHaveLength(15)
    expect(notices).toEqual([expect.stringContaining('with --resume would go on from there')])
  })

  test('two of the same at once: the second is told who makes it', async () => {
    const out = scratch()
    const both = await Promise.allSettled([search({}, {}, out), search({}, {}, out)])
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
    expect(refused).toEqual([expect.stringMatching(/process \d+@\S+ is making the same search/)])
  })
})

describe('threads', () => {
  const subjectOf = async () => {
    const settings = settingsIn(scratch())
    return backendOf(await planSearch(asking(), settings, { workers: 1 }), { workers: 1 })
  }
  const trials = Array.from({ length: 40 }, (_, k) => ({ number: k + 1, params: { fast: 10 + k, slow: 100 } }))

  /** Threads that begin meanwhile. */
  async function begunBy(work: () => Promise<void>): Promise<Worker[]> {
    const begun: Worker[] = []
    const note = (message: unknown) => void begun.push((message as { worker: Worker }).worker)
    subscribe('worker_threads', note)
    try {
      await work()
    } finally {
      unsubscribe('worker_threads', note)
    }
    return begun
  }

  test('that loaded their code while bars were read end with a search that comes to nothing', async () => {
    const begun = await begunBy(async () => {
      const later = { from: Date.UTC(2029, 0, 1), to: Date.UTC(2029, 1, 1) }
      await expect(search(later)).rejects.toThrow('no bars from 2029')
      const plan = { kind: 'rolling', train: '90d', test: '30d', embargo: '1d' } as const
      await expect(walkForward(asking(), plan, settingsIn(scratch()), { workers: 1 })).rejects.toThrow('do not fit')
    })
    expect(begun).toHaveLength(2)
    // what has ended has no number any more
    expect(begun.map(({ threadId }) => threadId)).toEqual([-1, -1])
  })

  test('for which there is no memory are refused before any of them begins', async () => {
    const left = vi.spyOn(process, 'availableMemory').mockReturnValue(500e6)
    try {
      const begun = await begunBy(async () => {
        await expect(search({}, { workers: 7 })).rejects.toThrow(
          '15 trials on 7 threads would need about 560 MB, and 500 MB are left: take --workers 6',
        )
      })
      expect(begun).toEqual([])
    } finally {
      left.mockRestore()
    }
  })

  describe('at a trial that never ends', () => {
    const [begun, end] = [join(scratch(), 'begun'), join(scratch(), 'end')]
    const strategy = moduleOf(`import { existsSync, writeFileSync } from 'node:fs'
      import { defineStrategy, int } from 'klinelab'
      export default defineStrategy({
        name: 'endless', params: { n: int(1) },
        onBar({ params }) {
          if (params.n === 4) writeFileSync(${JSON.stringify(begun)}, '')
          while (params.n === 4 && !existsSync(${JSON.stringify(end)}));
        },
      })`)
    const lot = Array.from({ length: 100 }, (_, k) => ({ number: k + 1, params: { n: k + 1 } }))
    const endless = async (patience?: number) => {
      const plan = await planSearch(asking({ strategy, set: ['n=1..200:1'] }), settingsIn(scratch()), { workers: 1 })
      await plan.threads!.close()
      return backendOf({ ...plan, threads: null }, { workers: 1 }, { ...(patience !== undefined && { patience }) })
    }

    test('tell each before as soon as it is done: nothing is lost with it', async () => {
      const backend = await endless()
      const told: number[] = []
      const three = Promise.withResolvers<void>()
      try {
        const run = backend.run(lot, ({ number }) => told.push(number) === 3 && three.resolve())
        // a second Ctrl-C ends the process here: what was told is all that is kept
        await three.promise
        expect(told).toEqual([1, 2, 3])
        writeFileSync(end, '')
        await run
        expect(told).toEqual(lot.map(({ number }) => number))
      } finally {
        await backend.close()
        rmSync(end, { force: true })
      }
    })

    test('are ended some time after its search was stopped, and others begin: a worker is wanted for the next sweep', async () => {
      const backend = await endless(200)
      const stop = new AbortController()
      const told: number[] = []
      try {
        rmSync(begun, { force: true })
        const threads = await begunBy(async () => {
          const run = backend.run(lot, ({ number }) => told.push(number), stop.signal)
          await vi.waitUntil(() => existsSync(begun), { timeout: 20_000 })
          stop.abort()
          await run
          await backend.run(lot.slice(50), ({ number }) => told.push(number))
        })
        expect(threads).toHaveLength(1)
        expect(told).toEqual([1, 2, 3, ...lot.slice(50).map(({ number }) => number)])
      } finally {
        await backend.close()
      }
    })

    test('end with what they were for, whatever they are at', async () => {
      const backend = await endless(200)
      rmSync(begun, { force: true })
      const run = backend.run(lot, ({ number }) => {
        if (number !== 3) return
        // by then it is at the one that never ends
        for (const last = performance.now() + 30_000; !existsSync(begun); )
          if (performance.now() > last) throw new Error('it never began')
        throw new Error('the disk is full')
      })
      await expect(run).rejects.toThrow('the disk is full')
      await backend.close()
    })
  })

  test('do one lot whole while another one is being stopped', async () => {
    const backend = await subjectOf()
    try {
      const stop = new AbortController()
      const first = backend.run(trials, () => stop.abort(), stop.signal)
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
      const told: number[] = []
      await backend.run(trials.slice(0, 5), ({ number }) => told.push(number))
      await first
      expect(told).toEqual([1, 2, 3, 4, 5])
    } finally {
      await backend.close()
    }
  })

  test('hand on what goes wrong where an outcome is told: a full disk, for one', async () => {
    const backend = await subjectOf()
    const full = () => {
      throw new Error('the disk is full')
    }
    try {
      await expect(backend.run(trials, full)).rejects.toThrow('the disk is full')
      const told: number[] = []
      await backend.run(trials.slice(0, 2), ({ number }) => told.push(number))
      expect(told).toEqual([1, 2])
    } finally {
      await backend.close()
    }
  })
})

describe('every trial counts', () => {
  const inLedger = (file: string) =>
    readLedger(file).entries.map(({ params, status }) => [params['fast'], params['slow'], status])

  test('also of a search that is stopped, and once', async () => {
    const out = scratch()
    const counting = { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} }
    const stop = new AbortController()
    const host = { counting, signal: stop.signal, onTrials: (at: { done: number }) => at.done >= 4 && stop.abort() }
    await expect(search({}, host, out)).rejects.toThrow('--resume goes on')
    const tried = inLedger(counting.ledger)
    expect(tried.length).toBeGreaterThanOrEqual(4)
    expect(tried[0]).toEqual([10, 40, 'done'])
    const done = await search({}, { counting, resume: true }, out)
    await writeSweep(done, out, counting)
    expect(inLedger(counting.ledger)).toHaveLength(15)
  })

  test('of strategies whose code cannot be seen those are told apart that came to something else', async () => {
    const out = scratch()
    const counting = { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} }
    const made = (quote: number) =>
      defineStrategy({
        name: 'closed',
        params: { fast: int(10), slow: int(50) },
        indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow) }),
        onBar: ({ ind, position }) => {
          if (position.qty === 0 && ind.fast > ind.slow) return buy({ quote })
          return position.qty > 0 && ind.fast < ind.slow ? close() : undefined
        },
      })
    for (const quote of [1000, 5000])
      await writeSweep(await search({ strategy: made(quote) }, { counting }, out), out, counting)
    expect(new Set(readLedger(counting.ledger).entries.map(({ id }) => id)).size).toBeGreaterThan(25)
    // nor does one go on from what another has done
    expect(readdirSync(out).filter((name) => name.startsWith('.search'))).toEqual([])
  })
})
