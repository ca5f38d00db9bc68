import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOME } from '../../src/runs/package-info.ts'

/** What `klinelab` runs in a checkout. */
const CHECKOUT = join(HOME, 'src', 'cli', 'klinelab.mjs')

export interface ProcessRun {
  readonly seconds: number
  /** Peak resident memory, MB; only where it was asked for. */
  readonly peak: number
  /** What `--json` printed. */
  readonly json: unknown
}

/** Says its own peak memory as the last line of stderr when it ends. */
const PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('\\npeak '+process.resourceUsage().maxRSS+'\\n'))`

interface CommandOptions {
  readonly wantsPeak?: boolean
  /** What is run; the checkout's own where none is named. */
  readonly command?: string
}

/**
 * One `klinelab … --json` in a process of its own, from its start to its end, as somebody at a terminal waits for it.
 * @throws Error with what it printed where it failed
 */
export function runCommand(args: readonly string[], options: CommandOptions = {}): ProcessRun {
  const { command = CHECKOUT } = options
  const flags = options.wantsPeak ? ['--import', PEAK] : []
  const start = performance.now()
  const done = spawnSync(process.execPath, [...flags, command, ...args, '--json'], {
    cwd: HOME,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const seconds = (performance.now() - start) / 1000
  if (done.status !== 0) throw new Error(`klinelab ${args.join(' ')} ended with ${done.status}: ${done.stderr}`)
  const peak = options.wantsPeak ? Number(/^peak (\d+)$/m.exec(done.stderr)![1]) / 1024 : Number.NaN
  return { seconds, peak, json: JSON.parse(done.stdout) }
}

/** Runs `work` with an empty folder that is gone afterwards. */
export async function withFolder<T>(work: (dir: string) => T | Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'klinelab-bench-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The outcomes of `times` works, one after the other. */
export async function repeated<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const done: T[] = []
  for (let k = 0; k < times; k++) done.push(await work())
  return done
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
