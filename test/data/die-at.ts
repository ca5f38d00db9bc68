import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Everything that changes a file system, but for what DuckDB does itself. */
const OPERATIONS = ['mkdirSync', 'openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'fsync'] as const

/**
 * Kills this process ahead of the file operation with a number; called before the modules under test are loaded. What it returns
 * starts the count, and says how many operations there have been.
 */
export function dieAt(point: number): { start(): void; count(): number } {
  let done = Number.NaN
  for (const key of OPERATIONS) {
    const real = fs[key] as (...args: unknown[]) => unknown
    const counted = (...args: unknown[]) => {
      const changes = key !== 'openSync' || /^[wa]/.test(String(args[1]))
      if (changes && ++done === point) process.kill(process.pid, 'SIGKILL')
      return real(...args)
    }
    Object.assign(fs, { [key]: counted })
  }
  syncBuiltinESMExports()
  return {
    start() {
      done = 0
    },
    count: () => done,
  }
}
