import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listJobs, type SyncAsked, sync } from '../../src/runs/sync.ts'
import type { SyncJob } from '../../src/runs/sync-config.ts'
import { digestOf, type JobState, readStates, writeState as writeAny } from '../../src/runs/sync-state.ts'
import type { StepHost, StepResult, SyncSteps } from '../../src/runs/sync-steps.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 26, 12, 30)

const BARS: SyncJob = { name: 'bars', cron: '2 * * * *', get: ['binance:BTCUSDT:1h'], from: '2024-01-01' }
const ALL: SyncJob = { name: 'all', cron: '0 3 * * *', update: true }

const JOBS: Readonly<Record<string, SyncJob>> = { bars: BARS, all: ALL, noon: ALL }

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'klinelab-sync-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A world in which time passes by waiting only, and steps do what the test says. */
function world(act: (step: string, host: StepHost) => StepResult | Promise<StepResult> = () => ({ text: 'fine' })) {
  const stop = new AbortController()
  const calls: string[] = []
  const lines: string[] = []
  const at = { now: START, end: Number.POSITIVE_INFINITY }
  const step =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      calls.push(`${new Date(at.now).toISOString().slice(5, 16)} ${name}`)
      return act(name, args.at(-1) as StepHost)
    }
  const steps: SyncSteps = {
    ...{
      get: step('get'),
      update: step('update'),
      scan: step('scan'),
      train: step('train'),
      retrain: step('retrain'),
      run: step('run'),
    },
  }
  const clock = {
    now: () => at.now,
    sleep: async (ms: number) => {
      expect(ms).toBeGreaterThan(0)
      // a timer does not count what a machine sleeps through: who waits by one has to look at the clock
      expect(ms).toBeLessThanOrEqual(60_000)
      at.now += ms
      if (at.now >= at.end) stop.abort()
    },
  }
  const host = { clock, signal: stop.signal, log: (line: string) => lines.push(line), hide: (text: string) => text }
  const run = (jobs: readonly SyncJob[], more: Partial<SyncAsked> = {}) =>
    sync({ jobs, dir, isOnce: true, ...more }, steps, host)
  return { at, calls, lines, stop, run }
}

/** Of the jobs that these tests have, as if it had run as it is. */
const writeState = (to: string, name: string, state: Omit<JobState, 'does'>, job = JOBS[name] ?? BARS) =>
  writeAny(to, name, { ...state, does: digestOf(job) })

const recorded = (started: number, outcome: 'done' | 'running' | 'stopped' = 'done') => ({
  ...{ started, finished: outcome === 'running' ? null : started + 1000, outcome },
  ...{ error: null, said: [], lastDone: started + 1000, failures: 0 },
})

describe('what is due', () => {
  test('a schedule is kept to the minute until it is told to end', async () => {
    const { run, calls, at } = world()
    writeState(dir, 'bars', recorded(Date.UTC(2026, 10, 26, 12, 2)))
    writeState(dir, 'noon', recorded(Date.UTC(2026, 10, 26, 12)))
    at.end = Date.UTC(2026, 10, 26, 16)
    const report = await run([BARS, { ...ALL, name: 'noon', cron: '30 14 * * 4' }], { isOnce: false })
    const of = (times: readonly string[]) => times.map((time) => `11-26T${time}`)
    expect(calls).toEqual(of(['13:02 get', '14:02 get', '14:30 update', '15:02 get']))
    expect(report).toMatchObject({ runs: 4, failed: 0, isStopped: true })
    expect(report.jobs.map(({ job }) => job).sort()).toEqual(['bars', 'noon'])
  })

  test('a job that missed many of its times runs once, then at its next', async () => {
    const { run, calls, at } = world()
    writeState(dir, 'bars', recorded(START - 72 * HOUR))
    at.end = START + HOUR
    await run([BARS], { isOnce: false })
    expect(calls).toEqual(['11-26T12:30 get', '11-26T13:02 get'])
  })

  test('a machine that slept through a time makes up for it when it wakes, whatever its timer says', async () => {
    const { run, calls, at, stop } = world((step) => {
      if (step === 'update') stop.abort()
      return { text: '' }
    })
    writeState(dir, 'bars', recorded(START - 60_000))
    writeState(dir, 'all', recorded(START - HOUR))
    let isAsleep = false
    Object.defineProperty(at, 'now', {
      get: () => START + (isAsleep ? 15 * HOUR : 0),
      set: () => {
        isAsleep = true
      },
    })
    await run([BARS, ALL], { isOnce: false })
    expect(calls).toEqual(['11-27T03:30 get', '11-27T03:30 update'])
  })

  test('once runs what is due and ends; nothing is due twice', async () => {
    const { run, calls } = world()
    writeState(dir, 'all', recorded(START - HOUR))
    expect(await run([BARS, ALL])).toMatchObject({ runs: 1, isStopped: false })
    expect(await run([BARS, ALL])).toMatchObject({ runs: 0, jobs: [] })
    expect(calls).toEqual(['11-26T12:30 get'])
  })

  test('a job that is named runs, due or not, and no other', async () => {
    const { run, calls } = world()
    writeState(dir, 'all', recorded(START - 60_000))
    await run([BARS, ALL], { isOnce: false, only: ['all'] })
    expect(calls).toEqual(['11-26T12:30 update'])
  })

  test('a job that takes longer than its interval holds up no other, and runs again at once, once', async () => {
    const minutely = { ...BARS, name: 'minutely', cron: '* * * * *' }
    const { run, calls, at } = world((step) => {
      if (step === 'get') at.now += 10 * 60_000
      return { text: '' }
    })
    await run([minutely, ALL])
    await run([minutely, ALL])
    expect(calls).toEqual(['11-26T12:30 get', '11-26T12:40 update', '11-26T12:40 get'])
  })
})

describe('what goes wrong', () => {
  test('a job that fails stops no other; its error is kept and shown, and forgotten when it is done', async () => {
    let isBroken = true
    const { run, calls, at, lines } = world((step) => {
      if (step === 'get' && isBroken) throw new Error('kucoin: 451 for legal reasons')
      return { text: 'fine' }
    })
    expect(await run([BARS, ALL])).toMatchObject({ runs: 2, failed: 1 })
    at.now += HOUR
    await run([BARS, ALL])
    expect(calls).toEqual(['11-26T12:30 get', '11-26T12:30 update', '11-26T13:30 get'])
    expect(lines).toContain('bars: failed: get: kucoin: 451 for legal reasons')
    const [bars, all] = listJobs([BARS, ALL], dir, at.now)
    expect(bars!.last).toMatchObject({
      outcome: 'failed',
      error: 'get: kucoin: 451 for legal reasons',
      failures: 2,
      lastDone: null,
    })
    expect(all!.last).toMatchObject({ outcome: 'done', error: null, said: ['update: fine'], lastDone: START })
    isBroken = false
    at.now += HOUR
    await run([BARS])
    expect(readStates(dir)['bars']).toMatchObject({
      outcome: 'done',
      error: null,
      failures: 0,
      lastDone: START + 2 * HOUR,
    })
  })

  test('steps run in their order, and the first that fails ends its job', async () => {
    const job: SyncJob = { ...BARS, retrain: 'models/up.ts', train: 'models/up.ts', update: true, run: ['true'] }
    const { run, calls } = world((step) => {
      if (step === 'retrain') throw new Error('no')
      return { text: '' }
    })
    await run([job])
    expect(calls.map((call) => call.split(' ')[1])).toEqual(['get', 'update', 'train', 'retrain'])
  })

  test('told to end, it ends after the step at hand; the rest is due at the next start', async () => {
    const job: SyncJob = { ...BARS, update: true }
    const first = world(() => {
      first.stop.abort()
      return { text: '' }
    })
    expect(await first.run([job, ALL])).toMatchObject({ runs: 1, failed: 0, isStopped: true })
    expect(first.calls).toEqual(['11-26T12:30 get'])
    expect(readStates(dir)['bars']).toMatchObject({ outcome: 'stopped', error: null })
    const next = world()
    await next.run([job, ALL])
    expect(next.calls).toEqual(['11-26T12:30 get', '11-26T12:30 update', '11-26T12:30 update'])
  })

  test('a step that ends with an error because it was told to end has not failed', async () => {
    const { run, stop } = world(() => {
      stop.abort()
      throw new Error('aborted')
    })
    expect(await run([BARS])).toMatchObject({ failed: 0, jobs: [{ outcome: 'stopped', failures: 0 }] })
  })

  test('a run that was killed is found by its state, and run again', async () => {
    writeState(dir, 'bars', recorded(START - 60_000, 'running'))
    const { run, calls, lines } = world()
    await run([BARS])
    expect(calls).toEqual(['11-26T12:30 get'])
    expect(lines[0]).toBe('bars: its last run was killed; it is run again')
  })

  test('the state says that a job runs while it does', async () => {
    const { run } = world(() => {
      expect(readStates(dir)['bars']).toMatchObject({ outcome: 'running', started: START, finished: null })
      return { text: '' }
    })
    expect(await run([BARS])).toMatchObject({ failed: 0 })
  })

  test.each([
    ['{"format":1', /is not what klinelab data sync writes/],
    ['{"format":2,"jobs":{}}', /its format is 2/],
    ['{"format":1,"jobs":{"bars":null}}', /job "bars" has no start/],
  ])('a state that is not ours is not guessed at: %s', async (text, says) => {
    writeFileSync(join(dir, 'sync.json'), text)
    await expect(world().run([BARS])).rejects.toThrow(says)
    expect(readFileSync(join(dir, 'sync.json'), 'utf8')).toBe(text)
  })

  test('jobs that this config does not have keep their state', async () => {
    writeState(dir, 'other', recorded(START - HOUR))
    await world().run([BARS])
    expect(Object.keys(readStates(dir)).sort()).toEqual(['bars', 'other'])
  })
})

describe('a job that is another one now', () => {
  const failing = () => {
    throw new Error('kucoin: 451')
  }

  test('has no past: what the one before it failed with is not shown, and it is due', async () => {
    await world(failing).run([BARS])
    const other = { ...BARS, get: ['kraken:XBTUSD:1h'] }
    expect(listJobs([other], dir, START + 60_000)).toMatchObject([{ last: null, next: START + 60_000 }])
    const { run, calls } = world()
    await run([other])
    expect(calls).toEqual(['11-26T12:30 get'])
    expect(readStates(dir)['bars']).toMatchObject({ outcome: 'done', error: null, failures: 0 })
  })

  test('its times, and how long it may take, do not make it another; nor does the order of its keys', async () => {
    await world(failing).run([BARS])
    const { from, get, name } = BARS
    const same: SyncJob = { from: from!, patience: '1h', get: get!, cron: '5 * * * *', name }
    expect(listJobs([same], dir, START + 60_000)).toMatchObject([
      { last: { error: 'get: kucoin: 451' }, next: Date.UTC(2026, 10, 26, 13, 5) },
    ])
    const scan: SyncJob = { name: 'bars', cron: '@daily', scan: { venue: 'kraken', top: 3 } }
    expect(digestOf(scan)).toBe(digestOf({ ...scan, scan: { top: 3, venue: 'kraken' } }))
    expect(digestOf(scan)).not.toBe(digestOf({ ...scan, scan: { top: 4, venue: 'kraken' } }))
  })
})

describe('how long a job may take', () => {
  const told = async (job: SyncJob) => {
    const spans: string[] = []
    const { run, at } = world((step, { patience, timeout }) => {
      at.now += HOUR / 2
      spans.push(`${step} ${patience / HOUR} ${timeout / HOUR}`)
      return { text: '' }
    })
    await run([job])
    return spans
  }

  test('unless it says, two hours for all that it asks venues, and a day for each program', async () => {
    expect(await told({ ...BARS, update: true, run: ['true'] })).toEqual(['get 2 24', 'update 1.5 24', 'run 1 24'])
  })

  test('is its own to say', async () => {
    const job = { ...BARS, update: true, patience: '45m', timeout: '1.5h' }
    expect(await told(job)).toEqual(['get 0.75 1.5', 'update 0.25 1.5'])
  })
})

describe('one at a time', () => {
  const lock = () => join(dir, '.sync', '.lock')

  test('while one is at it another is refused with its process, and the first is not disturbed', async () => {
    let finish: (() => void) | undefined
    const first = world(
      () =>
        new Promise((resolve) => {
          finish = () => resolve({ text: '' })
        }),
    )
    const underway = first.run([BARS])
    while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    const second = world()
    await expect(second.run([BARS])).rejects.toThrow(`process ${process.pid}@${hostname()} is syncing this store`)
    expect(second.calls).toEqual([])
    finish()
    expect(await underway).toMatchObject({ runs: 1, failed: 0 })
    expect(existsSync(lock())).toBe(false)
  })

  test('the lock of a process that is gone is taken over', async () => {
    mkdirSync(join(dir, '.sync'))
    // above the largest process number of Linux
    writeFileSync(lock(), `4194399@${hostname()} 12345`)
    const { run, calls } = world()
    await run([BARS])
    expect(calls).toHaveLength(1)
  })

  test('the lock of another machine is respected', async () => {
    mkdirSync(join(dir, '.sync'))
    writeFileSync(lock(), '4194399@elsewhere 12345')
    await expect(world().run([BARS])).rejects.toThrow(/process 4194399@elsewhere is syncing/)
  })
})
