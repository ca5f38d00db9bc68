import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { askSession } from '../../src/runs/paper/control.ts'
import type { PaperSnapshot } from '../../src/runs/paper/snapshot.ts'
import { CASH, MAIN, ownEnv, ROOT, SERIES, STRATEGY } from './places.ts'

/** What a process came to that nobody killed. */
interface Ended {
  readonly code: number | null
  readonly said: string
}

/** A paper session on the simulated exchange: the same command again and again, each time in a process of its own. */
export class PaperProcess {
  readonly dir: string
  readonly #folder: string
  readonly #args: readonly string[]
  #child: ChildProcess | null = null
  #ended: Promise<Ended> = Promise.resolve({ code: 0, said: '' })
  /** Monotonic ms of its last start. */
  since = 0

  constructor(folder: string, origin: string) {
    this.#folder = folder
    this.dir = join(folder, 'paper', 'chaos')
    this.#args = [
      ...['paper', STRATEGY, '--data', SERIES, '--broker', 'exchange', origin, '--cash', String(CASH)],
      ...['--leverage', '3', '--name', 'chaos', '--out', folder, '--grace', '1s'],
    ]
  }

  get isUp(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get journal(): string {
    return join(this.dir, 'journal.log')
  }

  start(): void {
    const file = join(this.#folder, 'paper.log')
    const log = openSync(file, 'a')
    const from = statSync(file).size
    const child = spawn(process.execPath, [MAIN, ...this.#args], {
      cwd: ROOT,
      env: ownEnv(this.#folder),
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    this.since = performance.now()
    this.#ended = new Promise((resolve) =>
      child.once('exit', (code) => resolve({ code, said: readFileSync(file).subarray(from).toString('utf8') })),
    )
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<Ended> {
    this.#child?.kill('SIGKILL')
    return this.#ended
  }

  /** As a service is stopped. */
  async stop(): Promise<Ended> {
    this.#child?.kill('SIGTERM')
    return this.#ended
  }

  ended(): Promise<Ended> {
    return this.#ended
  }

  /** What it says of itself; `null` where it does not answer. */
  async status(): Promise<PaperSnapshot | null> {
    const answer = await askSession(this.dir, { ask: 'status' }).catch(() => null)
    return answer?.ok === true ? answer.snapshot : null
  }

  async resume(): Promise<void> {
    await askSession(this.dir, { ask: 'resume', why: 'somebody has looked' }).catch(() => null)
  }
}
