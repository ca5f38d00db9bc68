import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Trial, TrialOutcome } from '../../src/core/search.ts'
import type { Manifest, TrialBackend } from '../../src/search/backend.ts'
import { queueBackend } from '../../src/search/queue/queue-backend.ts'
import { runQueueWorker } from '../../src/search/queue/queue-worker.ts'
import type { Bench } from './bench.ts'
import { median } from './process.ts'

/*
 * Trials of a fixed amount of work, about 0.1 s each when nothing else goes on, one after another in a thread of its own, with
 * as much to tell as a real one: through a Redis of this machine, one trial a job and by the queue's own measure, beside the
 * same thread asked directly. Work and not time is fixed, so that what the queue computes beside it counts too.
 */
const TRIAL_MS = 100
const TRIALS = 12
const ROUNDS = 15

const bench: Bench = async () => {
  const server = ['redis-server', 'valkey-server'].find(isThere)
  if (server === undefined) {
    console.error('  skipped: neither redis-server nor valkey-server is installed')
    return []
  }
  const redis = await startServer(server)
  const thread = trialThread()
  const stop = new AbortController()
  const open = async () => ({ run: thread.run, close: async () => {} })
  const worker = runQueueWorker({ redis: redis.url, open, threads: 1, signal: stop.signal, log: () => {} })
  const [one, chunked] = [await sideOf(redis.url, 1), await sideOf(redis.url)]
  const sides = { direct: thread.run, one: one.run.bind(one), chunked: chunked.run.bind(chunked) }
  const taken: Record<keyof typeof sides, number[]> = { direct: [], one: [], chunked: [] }
  let number = 0
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(sides)) {
      const trials = Array.from({ length: TRIALS }, () => ({ number: ++number, params: { fast: number } }))
      const outcomes: TrialOutcome[] = []
      const start = performance.now()
      await run(trials, (outcome) => outcomes.push(outcome))
      if (outcomes.length !== TRIALS) throw new Error(`${name}: ${outcomes.length} outcomes of ${TRIALS} trials`)
      if (round >= 0) taken[name as keyof typeof sides].push(performance.now() - start)
    }
  await Promise.all([one.close(), chunked.close()])
  stop.abort()
  await worker
  await thread.end()
  redis.stop()
  const over = (side: 'one' | 'chunked') => 100 * (median(taken[side].map((ms, k) => ms / taken.direct[k]!)) - 1)
  const each = (side: keyof typeof sides) => `${(median(taken[side]) / TRIALS).toFixed(2)} ms`
  const detail = (side: 'one' | 'chunked') =>
    `${each(side)} a trial against ${each('direct')}, ${TRIALS} trials, median of ${ROUNDS} rounds`
  const rest = { unit: ' %', better: 'lower' } as const
  return [
    {
      name: 'BullMQ overhead with jobs of 0.1 s',
      value: over('one'),
      must: 10,
      aim: 5,
      detail: detail('one'),
      ...rest,
    },
    {
      ...{ name: 'BullMQ overhead with trials of 0.1 s, as many a job as the queue takes', value: over('chunked') },
      ...{ must: 10, aim: 5, detail: detail('chunked'), ...rest },
    },
  ]
}

/** One side, with its worker there before the clock runs. */
async function sideOf(redis: string, chunk?: number): Promise<TrialBackend> {
  const manifest: Manifest = { version: 1, id: `chunk ${chunk}`, engine: '1', code: '1', data: {} }
  return queueBackend({ redis, manifest, ...(chunk !== undefined && { chunk }) })
}

/** A thread in which one trial comes after another, whoever asks. */
function trialThread() {
  const source = `const { parentPort } = require('node:worker_threads')
    const work = (steps) => {
      let sum = 0
      for (let k = 0; k < steps; k++) sum += Math.sqrt(k ^ 0x55)
      return sum
    }
    // the fastest of several, in which nothing came between
    const speed = () => {
      const start = performance.now()
      work(2e6)
      return 2e6 / (performance.now() - start)
    }
    const steps = Math.round(${TRIAL_MS} * Math.max(...Array.from({ length: 20 }, speed)))
    parentPort.on('message', (number) => {
      const sum = work(steps)
      const blocks = Array.from({ length: 64 }, (_, k) => Math.sin(number + k + sum))
      parentPort.postMessage({ number, status: 'done', objective: blocks[0], reason: null,
        metrics: Object.fromEntries(blocks.map((value, k) => ['figure' + k, value])),
        returns: { from: 0, days: 365, mean: 0, deviation: 1, skew: 0, kurtosis: 0, sums: blocks, squares: blocks } })
    })`
  const thread = new Worker(source, { eval: true })
  const waiting = new Map<number, (outcome: TrialOutcome) => void>()
  thread.on('message', (outcome: TrialOutcome) => {
    waiting.get(outcome.number)!(outcome)
    waiting.delete(outcome.number)
  })
  const one = (number: number) =>
    new Promise<TrialOutcome>((resolve) => {
      waiting.set(number, resolve)
      thread.postMessage(number)
    })
  const run = async (trials: readonly Trial[], tell: (outcome: TrialOutcome) => void) => {
    await Promise.all(trials.map(({ number }) => one(number).then(tell)))
  }
  return { run, end: () => thread.terminate() }
}

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A Redis of this bench alone, on loopback, that keeps nothing. */
async function startServer(name: string): Promise<{ readonly url: string; readonly stop: () => void }> {
  const dir = mkdtempSync(join(tmpdir(), 'klinelab-bench-redis-'))
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
  const flags = { bind: '127.0.0.1', port: String(port), save: '', appendonly: 'no', dir }
  const server = spawn(
    name,
    Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
    { stdio: 'ignore' },
  )
  const stop = () => {
    server.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}

export default bench
