import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DataError } from './data-error.ts'
import { diskError } from './duckdb.ts'

/**
 * Holds a store for one writer while `work` runs. A second writer waits up to `patience` ms, then gets an error that
 * names the holder; a lock whose process is gone is taken over.
 */
export async function withLock<T>(dir: string, patience: number, work: () => Promise<T>): Promise<T> {
  const file = join(dir, '.lock')
  try {
    mkdirSync(dir, { recursive: true })
  } catch (error) {
    throw diskError(dir, error)
  }
  for (let waited = 0; !take(file); waited += 50) {
    const holder = holderOf(file)
    if (holder !== null && !isAlive(holder)) {
      rmSync(file, { force: true })
      continue
    }
    if (waited >= patience)
      throw new DataError(
        `${dir}: process ${holder ?? 'unknown'} is writing to this store; wait until it has finished, or delete ${file} if it is gone`,
      )
    await setTimeout(50)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string): boolean {
  try {
    const handle = openSync(file, 'wx')
    writeSync(handle, String(process.pid))
    closeSync(handle)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false
    throw diskError(file, error)
  }
}

function holderOf(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}
