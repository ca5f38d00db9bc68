import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  connectionOf,
  endAll,
  expectedOf,
  manifestOf,
  SERVER,
  startRedis,
  startSweep,
  startWorkerHere,
  type TestRedis,
  trialsOf,
  until,
} from './queue-scene.ts'
import { expectedOutcome } from './queue-work.ts'

describe.skipIf(SERVER === undefined)('a sweep over a queue (needs redis-server or valkey-server)', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(() => endAll(redis))
  afterAll(() => redis.stop())

  test('four workers come to what one process comes to, and nothing stays in Redis', async () => {
    const manifest = manifestOf({ seed: 1, ms: 5 })
    const trials = trialsOf(150)
    const workers = Array.from({ length: 4 }, () => startWorkerHere({ url: redis.url }))
    const sweep = await startSweep({ url: redis.url, manifest })
    await until(() => workers.every((worker) => worker.text().includes('takes part')))
    // as TPE does: what is tried next hangs on what has come so far
    await sweep.run(trials.slice(0, 50))
    await sweep.run(trials.slice(50))
    expect(sweep.sorted()).toBe(expectedOf(manifest, trials))
    expect(sweep.told.every(({ metrics }) => Object.is(metrics['zero'], -0))).toBe(true)
    await sweep.close()
    await until(() => workers.every((worker) => worker.text().includes('left;')))
    expect(await redis.keys()).toEqual([])
  })

  test('two sweeps at once, on the same workers, do not disturb each other', async () => {
    const [one, two] = [manifestOf({ seed: 2, ms: 10 }), manifestOf({ seed: 3, ms: 10 })]
    const trials = trialsOf(40)
    startWorkerHere({ url: redis.url })
    startWorkerHere({ url: redis.url, threads: 2 })
    const [first, second] = await Promise.all([
      startSweep({ url: redis.url, manifest: one }),
      startSweep({ url: redis.url, manifest: two }),
    ])
    await Promise.all([first.run(trials).then(first.close), second.run(trials)])
    // the end of one has taken nothing from the other
    await second.run(trialsOf(10, 41))
    expect(first.sorted()).toBe(expectedOf(one, trials))
    expect(second.sorted()).toBe(expectedOf(two, [...trials, ...trialsOf(10, 41)]))
  })

  test('a worker looks into its own queue only', async () => {
    const stranger = startWorkerHere({ url: redis.url, queue: 'theirs' })
    const ours = startWorkerHere({ url: redis.url, queue: 'ours' })
    const manifest = manifestOf({ seed: 4, ms: 1 })
    const sweep = await startSweep({ url: redis.url, manifest, queue: 'ours' })
    await until(() => stranger.text().includes('queue "theirs"'))
    await sweep.run(trialsOf(20))
    expect(ours.heard.filter((word) => word.startsWith('done'))).toHaveLength(20)
    expect(stranger.heard).toEqual([])
  })

  test('trials that come back twice are told once', async () => {
    const manifest = manifestOf({ seed: 5, ms: 20 })
    const trials = trialsOf(6)
    startWorkerHere({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 2 })
    const running = sweep.run(trials)
    const queue = await queueOf(redis)
    // the same trials once more, as a job that was put back though its worker was alive after all
    await queue.add('trials', { trials: trials.slice(0, 4) }, { jobId: 'again' })
    await running
    await sweep.run(trialsOf(1, 7))
    expect(sweep.sorted()).toBe(expectedOf(manifest, [...trials, ...trialsOf(1, 7)]))
    await queue.close()
  })

  test('a trial that comes to something else the second time ends the sweep', async () => {
    const manifest = manifestOf({ seed: 6, ms: 20, isRandom: true })
    startWorkerHere({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 1 })
    const running = sweep.run(trialsOf(200))
    const settled = expect(running).rejects.toThrow(/trial 1 is not deterministic.*two different outcomes/)
    await until(() => sweep.told.some(({ number }) => number === 1))
    const queue = await queueOf(redis)
    await queue.add('trials', { trials: trialsOf(1) }, { jobId: 'again', lifo: true })
    await settled
    expect(sweep.told.filter(({ number }) => number === 1)).toHaveLength(1)
    await queue.close()
  })

  test('a worker with other code is refused, says so once, and takes nothing', async () => {
    const manifest = manifestOf({ seed: 7, ms: 5 }, 'code-2')
    const trials = trialsOf(20)
    const stale = startWorkerHere({ url: redis.url, code: 'code-1' })
    const sweep = await startSweep({ url: redis.url, manifest })
    const running = sweep.run(trials)
    await until(() => sweep.said.length > 0)
    startWorkerHere({ url: redis.url, code: 'code-2' })
    await running
    expect(sweep.sorted()).toBe(expectedOf(manifest, trials))
    expect(sweep.said).toEqual([
      expect.stringMatching(/^worker .*:\d+ refuses: code is code-1 here, the sweep has code-2/),
    ])
    expect(stale.text().match(/refused/g)).toHaveLength(1)
    expect(stale.heard).toEqual([])
  })

  test('where all workers refuse, the sweep ends and says what differs', async () => {
    startWorkerHere({ url: redis.url, code: 'code-0' })
    startWorkerHere({ url: redis.url, code: 'code-1' })
    const sweep = await startSweep({ url: redis.url, manifest: manifestOf({ seed: 8, ms: 1 }, 'code-2') })
    const running = sweep.run(trialsOf(3))
    await expect(running).rejects.toThrow(/refuse.*code is code-\d here, the sweep has code-2/)
    expect(sweep.told).toEqual([])
  })

  test('Ctrl-C ends it at once and leaves nothing; what was told is kept', async () => {
    const manifest = manifestOf({ seed: 9, ms: 50 })
    const worker = startWorkerHere({ url: redis.url })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 1 })
    const stop = new AbortController()
    const running = sweep.run(trialsOf(1000), stop.signal)
    await until(() => sweep.told.length >= 3)
    stop.abort()
    await running
    const { length } = sweep.told
    await sweep.close()
    await until(() => worker.text().includes('left;'))
    expect(await redis.keys()).toEqual([])
    expect(sweep.told).toHaveLength(length)
    expect(sweep.told).toEqual(sweep.told.map(({ number }) => expectedOutcome(manifest, trialsOf(1000)[number - 1]!)))
  })

  /** The queue of the only sweep that is on. */
  async function queueOf(redis: TestRedis): Promise<Queue> {
    const [sweep] = await redis.client.smembers('klinelab:klinelab:sweeps')
    return new Queue(sweep!, { connection: connectionOf(redis), prefix: 'klinelab:klinelab' })
  }
})
