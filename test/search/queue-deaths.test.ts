import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TRIES } from '../../src/search/queue/work-list.ts'
import {
  endAll,
  expectedOf,
  kill,
  manifestOf,
  SERVER,
  startRedis,
  startSweep,
  startWorker,
  startWorkerHere,
  type TestRedis,
  type TestWorker,
  TIMES,
  trialsOf,
  until,
} from './queue-scene.ts'

const begun = ({ heard }: TestWorker) => heard.some((word) => word.startsWith('start'))

describe.skipIf(SERVER === undefined)('workers that die (needs redis-server or valkey-server)', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(() => endAll(redis))
  afterAll(() => redis.stop())

  test('one is killed in mid-job, and one that joins late goes on with its trials', async () => {
    const manifest = manifestOf({ seed: 1, ms: 40 })
    const trials = trialsOf(30)
    const victim = startWorker({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 3 })
    const running = sweep.run(trials)
    await until(() => victim.heard.length > 8)
    await kill(victim)
    const late = startWorkerHere({ url: redis.url })
    await running
    expect(sweep.sorted()).toBe(expectedOf(manifest, trials))
    const all = [...victim.heard, ...late.heard]
    expect(all.filter((word) => word.startsWith('start')).length).toBeGreaterThan(trials.length)
  })

  test('one freezes for longer than its lock and comes back: each trial is told once', async () => {
    const manifest = manifestOf({ seed: 2, ms: 30 })
    const trials = trialsOf(24)
    const frozen = startWorker({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 2 })
    const running = sweep.run(trials)
    await until(() => begun(frozen))
    frozen.child.kill('SIGSTOP')
    const other = startWorker({ url: redis.url })
    await running
    frozen.child.kill('SIGCONT')
    await until(() => frozen.text().includes('away for too long'))
    // it takes part again
    await kill(other)
    const more = trialsOf(4, 25)
    await sweep.run(more)
    expect(sweep.sorted()).toBe(expectedOf(manifest, [...trials, ...more]))
    expect(frozen.text()).not.toContain(' refused')
  })

  test('one that is told to stop hands its trials back and ends well', async () => {
    const manifest = manifestOf({ seed: 3, ms: 50 })
    const trials = trialsOf(16)
    // nobody would take its trials for lost
    const leaving = startWorker({ url: redis.url, times: { ...TIMES, lock: 600_000 } })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 4 })
    const running = sweep.run(trials)
    await until(() => begun(leaving))
    expect(await kill(leaving, 'SIGTERM')).toBe(0)
    expect(leaving.text()).toMatch(/left; \d+ trials were computed here\n.*has stopped/)
    startWorkerHere({ url: redis.url })
    await running
    expect(sweep.sorted()).toBe(expectedOf(manifest, trials))
    expect(sweep.said).toEqual([])
  })

  test('a trial that throws is given up after three tries with its reason; its neighbours and the sweep go on', async () => {
    const manifest = manifestOf({ seed: 4, ms: 5, throws: [5] })
    const trials = trialsOf(12)
    const worker = startWorkerHere({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 4 })
    await sweep.run(trials)
    expect(worker.heard.filter((word) => word === 'start 5')).toHaveLength(TRIES)
    expectGivenUp(sweep, manifest, 5, /^given up after 3 tries, the last: out of luck in trial 5$/)
  })

  test('what a strategy leaves behind ends the sweep at the first try, as it does without a queue', async () => {
    const manifest = manifestOf({ seed: 6, ms: 5, strays: [5] })
    const worker = startWorkerHere({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 4 })
    await expect(sweep.run(trialsOf(12))).rejects.toMatchObject({
      ...{ name: 'StrategyError', message: 'left behind by trial 5' },
    })
    expect(worker.heard.filter((word) => word === 'start 5')).toHaveLength(1)
    // what was told before it is kept
    expect(sweep.told.map(({ number }) => number)).toContain(5)
    // the worker is there for the next
    const other = manifestOf({ seed: 7, ms: 5 })
    const next = await startSweep({ url: redis.url, manifest: other })
    await next.run(trialsOf(3))
    expect(next.sorted()).toBe(expectedOf(other, trialsOf(3)))
  })

  test('a trial that kills its worker is given up after three of them; its neighbours and the sweep go on', async () => {
    const manifest = manifestOf({ seed: 5, ms: 5, kills: [2] })
    const trials = trialsOf(10)
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 4 })
    let deaths = 0
    let isOver = false
    // as Kubernetes does: where one dies, another is started
    const shift = async () => {
      while (!isOver) if ((await startWorker({ url: redis.url, threads: 3 }).exit) === null && !isOver) deaths++
    }
    const shifts = shift()
    await sweep.run(trials)
    isOver = true
    await endAll()
    await shifts
    expect(deaths).toBe(TRIES)
    expectGivenUp(sweep, manifest, 2, /^given up after 3 tries, the last: its worker died or froze$/)
  })

  function expectGivenUp(
    sweep: Awaited<ReturnType<typeof startSweep>>,
    manifest: ReturnType<typeof manifestOf>,
    number: number,
    reason: RegExp,
  ): void {
    const others = sweep.told.filter((outcome) => outcome.number !== number).toSorted((a, b) => a.number - b.number)
    const count = sweep.told.length
    expect(JSON.stringify(others)).toBe(
      expectedOf(
        manifest,
        trialsOf(count).filter((trial) => trial.number !== number),
      ),
    )
    expect(sweep.told.filter((outcome) => outcome.number === number)).toEqual([
      {
        ...{ number, status: 'failed', objective: null, metrics: {}, returns: null },
        reason: expect.stringMatching(reason),
      },
    ])
  }
})
