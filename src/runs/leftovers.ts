import { randomUUID } from 'node:crypto'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../data/lock.ts'
import { UNFINISHED } from './load-run.ts'

/** A machine's name as part of a folder's: dots part what is in that. */
const HOST = hostname()
  .replace(/[^A-Za-z0-9-]/g, '_')
  .slice(0, 40)

/** What a folder is called while it is written: by the machine and process that write it, as several may write an equal run. */
export function unfinishedName(name: string): string {
  return `${name}.${HOST}.${process.pid}.${randomUUID().slice(0, 8)}${UNFINISHED}`
}

const NAME = /\.(?:([A-Za-z0-9_-]+)\.)?(\d+)\.[0-9a-f]{8}\.tmp$/

/** What nobody has touched for this long nobody writes any more, ms: where it cannot be told otherwise, or its process's number has come round. */
const ABANDONED = 86_400_000

/** Removes what killed processes have left half-written in a folder of runs. */
export function removeLeftovers(out: string): void {
  for (const name of namesIn(out)) {
    const [, host, pid] = NAME.exec(name) ?? []
    if (pid === undefined) continue
    const dir = join(out, name)
    try {
      // a process of another machine or container cannot be asked
      const isGone = host === HOST && !isAlive(Number(pid))
      if (isGone || Date.now() - lastTouched(dir) > ABANDONED) rmSync(dir, { recursive: true, force: true })
    } catch {
      // removed by another, or not ours to remove: what is left does no harm
    }
  }
}

/** None where there is no folder yet, or none that can be read, which the run itself is told. */
function namesIn(out: string): readonly string[] {
  try {
    return readdirSync(out)
  } catch {
    return []
  }
}

/** When anything in a folder was written last, ms. */
function lastTouched(dir: string): number {
  const inside = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name))
  return Math.max(...[dir, ...inside].map((path) => lstatSync(path).mtimeMs))
}
