import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { whenFileEnds } from '../endings.ts'

export const ROOT = resolve(import.meta.dirname, '..', '..')
const MAIN = join(ROOT, 'src', 'cli', 'main.ts')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as JSON. */
  json<T = Record<string, unknown>>(): T
}

/** Runs the command line as a user would: a process of its own, in a pipe. */
export function klinelab(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Finished {
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
  const done = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    encoding: 'utf8',
    env: { ...env, ...options.env },
  })
  return { code: done.status, stdout: done.stdout, stderr: done.stderr, json: () => JSON.parse(done.stdout) }
}

export interface Asked {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Command lines one after another in one process, beside this one: half a second of processor time a start. For what hangs on how Node
 * loads a module, and not on how a process begins and ends.
 */
export function klinelabAll(asked: readonly Asked[]): readonly Omit<Finished, 'json'>[] {
  const script = join(import.meta.dirname, 'run-all.ts')
  return JSON.parse(execFileSync(process.execPath, [script], { input: JSON.stringify(asked), encoding: 'utf8' }))
}

/** A folder that is gone after the tests of its file; `files` are written into it. */
export function scratch(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'klinelab-test-'))
  whenFileEnds(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** Rows of a REST-shaped CSV with a header, hourly from 2024-01-01. */
export function hourlyCsv(
  rows: readonly (readonly [open: number, high: number, low: number, close: number])[],
): string {
  const lines = rows.map((row, k) => [Date.UTC(2024, 0, 1, k), ...row, 10].join(','))
  return `${['open_time,open,high,low,close,volume', ...lines].join('\n')}\n`
}
