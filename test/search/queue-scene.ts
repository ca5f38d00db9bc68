import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Trial, TrialOutcome } from '../../src/core/search.ts'
import type { Manifest, TrialBackend } from '../../src/search/backend.ts'
import { queueBackend } from '../../src/search/queue/queue-backend.ts'
import { runQueueWorker } from '../../src/search/queue/queue-worker.ts'
import type { Times } from '../../src/search/queue/sweep-keys.ts'
import { expectedOutcome, type MadeWork, madeTrials } from './queue-work.ts'

/** A server of Redis's kind, or `null`: then there is nothing to test against. */
export const SERVER = ['redis-server', 'valkey-server'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

export const PASSWORD = 'p@ss:word/7' as const

/** Short, so that a test sees a dead worker soon; long beside what a busy machine lets a process wait. */
export const TIMES: Partial<Times> = { beat: 150, lock: 2000, stalled: 500, refused: 1500, alone: 60_000 }

export interface TestRedis {
  readonly url: string
  readonly client: Redis
  readonly port: number
  /** As a machine that loses its power. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** Names of all keys. */
  keys(): Promise<string[]>
}

/** A Redis of this test alone, on loopback, that keeps nothing on disk. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'klinelab-redis-'))
  const url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`
  let server: ChildProcess | null = null
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 100 })
  client.on('error', () => {})
  const start = async () => {
    const flags = { bind: '127.0.0.1', port: String(port), requirepass: PASSWORD, save: '', appendonly: 'no', dir }
    server = spawn(
      SERVER!,
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    )
    if (client.status === 'wait') await client.connect().catch(() => {})
    await client.ping()
  }
  const kill = async () => {
    if (server === null) return
    const gone = new Promise((resolve) => server!.once('exit', resolve))
    server.kill('SIGKILL')
    await gone
    server = null
  }
  const stop = async () => {
    client.disconnect()
    await kill()
    rmSync(dir, { recursive: true, force: true })
  }
  await start()
  return { url, client, port, kill, start, stop, keys: () => client.keys('*') }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

export interface TestWorker {
  readonly child: ChildProcess
  /** All that it has written, on both streams. */
  text(): string
  /** What it has said about its trials: `start N`, `done N`. */
  readonly heard: string[]
  readonly exit: Promise<number | null>
}

interface WorkerFlags {
  readonly url: string
  readonly queue?: string
  /** Hashes that this worker has; others are refused. */
  readonly code?: string
  readonly threads?: number
  readonly times?: Partial<Times>
  /** Then it is no worker, but a sweep of these. */
  readonly sweep?: { readonly manifest: Manifest; readonly trials: readonly Trial[] }
}

const running = new Set<ChildProcess>()
const here = new Set<{ readonly stop: AbortController; readonly end: Promise<void> }>()
const sweeps = new Set<TrialBackend>()

/** Ends every worker and sweep of a test. */
export async function endAll(redis?: TestRedis): Promise<void> {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  for (const { stop } of here) stop.abort()
  await Promise.all([...here].map(({ end }) => end))
  here.clear()
  await Promise.all([...sweeps].map((sweep) => sweep.close()))
  sweeps.clear()
  await redis?.client.flushall()
}

export function connectionOf({ port }: TestRedis) {
  return { host: '127.0.0.1', port, password: PASSWORD }
}

/** A worker in a process of its own. */
export function startWorker(flags: WorkerFlags): TestWorker {
  const child = fork(join(import.meta.dirname, 'queue-child.ts'), [JSON.stringify({ times: TIMES, ...flags })], {
    ...{ stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] },
  })
  let text = ''
  const heard: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (part) => (text += String(part)))
  child.on('message', (message) => heard.push(String(message)))
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  running.add(child)
  return { child, heard, exit, text: () => text }
}

/** A worker in this process, which costs no start; for tests in which none dies or freezes. */
export function startWorkerHere({ code = 'code-1', threads = 1, times, ...flags }: Omit<WorkerFlags, 'sweep'>) {
  let text = ''
  const heard: string[] = []
  const stop = new AbortController()
  const end = runQueueWorker({
    ...{ redis: flags.url, queue: flags.queue, threads, signal: stop.signal, times: { ...TIMES, ...times } },
    open: madeTrials(code, (word) => heard.push(word)),
    log: (line) => (text += `${line}\n`),
  })
  here.add({ stop, end })
  return { heard, text: () => text }
}

export function kill(worker: TestWorker, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  worker.child.kill(signal)
  return worker.exit
}

/** Waits for what will come; the test's own limit ends it where it does not. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 30))
}

export function manifestOf(work: MadeWork, code = 'code-1'): Manifest {
  const id = JSON.stringify([work, code])
  return { version: 1, id, engine: '1', code, data: { 'made:UP:1m': 'data-1' }, work }
}

export function trialsOf(count: number, first = 1): Trial[] {
  return Array.from({ length: count }, (_, k) => ({ number: first + k, params: { fast: (k * 7) % 13, name: `p${k}` } }))
}

/** What one process comes to. */
export function expectedOf(manifest: Manifest, trials: readonly Trial[]): string {
  return JSON.stringify(trials.map((trial) => expectedOutcome(manifest, trial)))
}

interface SweepFlags {
  readonly url: string
  readonly manifest: Manifest
  readonly queue?: string
  readonly chunk?: number
  readonly times?: Partial<Times>
}

/** Outcomes as they are told, and what was said meanwhile. */
export async function startSweep(flags: SweepFlags) {
  const said: string[] = []
  const told: TrialOutcome[] = []
  const { url, times, ...rest } = flags
  const backend = await queueBackend({
    ...{ redis: url, times: { ...TIMES, ...times }, say: (line) => said.push(line) },
    ...rest,
  })
  sweeps.add(backend)
  const run = (trials: readonly Trial[], signal?: AbortSignal) =>
    backend.run(trials, (outcome) => told.push(outcome), signal)
  /** In the order of trials, as a table would have them. */
  const sorted = () => JSON.stringify(told.toSorted((a, b) => a.number - b.number))
  return { backend, run, told, said, sorted, close: () => backend.close() }
}
