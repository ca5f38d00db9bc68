import { accessSync, constants, existsSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { openStore } from '../data/index.ts'
import { EMBEDDED, HOME, VERSION } from './package-info.ts'
import type { Settings } from './settings.ts'

export interface Health {
  readonly versions: Readonly<Record<string, string>>
  readonly machine: Readonly<Record<string, string | number>>
  readonly store: { readonly dir: string; readonly writable: boolean; readonly series: number; readonly bars: number }
  readonly reports: { readonly dir: string; readonly writable: boolean }
  /** Variables klinelab reads: whether they are set, never to what. */
  readonly environment: Readonly<Record<string, 'set' | 'missing'>>
  /** What stands in the way of work; empty where nothing does. */
  readonly problems: readonly string[]
}

const VARIABLES = ['KLINELAB_STORE', 'KLINELAB_REPORTS', 'KLINELAB_LEDGER', 'NO_COLOR', 'CI'] as const

/** Looks at the installation and says what is there and what is wrong. */
export async function doctor(settings: Settings, env: Readonly<Record<string, string | undefined>>): Promise<Health> {
  const problems: string[] = []
  let duckdb = 'missing'
  try {
    duckdb = (await import('@duckdb/node-api')).version()
  } catch (error) {
    problems.push(
      `DuckDB, which reads and writes the store, cannot be loaded (${(error as Error).message.split('\n')[0]}); install again on this machine: npm install`,
    )
  }
  const manifests = await (await openStore(settings.store, { behind: EMBEDDED })).list(({ message }) =>
    problems.push(message),
  )
  const store = {
    dir: settings.store,
    writable: isWritable(settings.store),
    series: manifests.length,
    bars: manifests.reduce((sum, one) => sum + one.rows, 0),
  }
  const reports = { dir: settings.out, writable: isWritable(settings.out) }
  for (const { dir, writable } of [store, reports])
    if (!writable) problems.push(`${dir} cannot be written; choose another folder with --store or --out`)
  return {
    versions: { klinelab: VERSION, node: process.version.slice(1), duckdb, home: HOME },
    machine: {
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    store,
    reports,
    environment: Object.fromEntries(VARIABLES.map((name) => [name, env[name] === undefined ? 'missing' : 'set'])),
    problems,
  }
}

/** Whether files can be made in a folder, or in the nearest one above it that exists. */
function isWritable(dir: string): boolean {
  for (let at = dir; ; at = dirname(at)) {
    if (!existsSync(at) && dirname(at) !== at) continue
    try {
      accessSync(at, constants.W_OK)
      return true
    } catch {
      return false
    }
  }
}
