import { createHash, randomUUID } from 'node:crypto'
import { lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../data/lock.ts'
import { UNFINISHED } from './load-run.ts'

/**
 * Where a process's number means something, as part of a folder's name: by the whole name of the machine or container, as those of a
 * cluster may differ in their last letters alone, and by the namespace of process numbers, as containers may share a name.
 */
export function hostDigest(name: string = hostname(), namespace: string = pidNamespace()): string {
  return createHash('sha256').update(`${name}\n${namespace}`).digest('hex').slice(0, 12)
}

/** '' where the system has none. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** What a folder is called while it is written: by the machine and process that write it, as several may write an equal run. */
export function unfinishedName(name: string, host = hostDigest()): string {
  return `${name}.${host}.${process.pid}.${randomUUID().slice(0, 8)}${UNFINISHED}`
}

const NAME = /\.(?:([A-Za-z0-9_-]+)\.)?(\d+)\.[0-9a-f]{8}\.tmp$/

/** What nobody has touched for this long nobody writes any more, ms: where it cannot be told otherwise, or its process's number has come round. */
const ABANDONED = 86_400_000

/** What was touched within this, ms, is left alone even where its process is gone: two machines may be called alike. */
const FRESH = 60_000

/** Removes what killed processes have left half-written in a folder of runs. */
export function removeLeftovers(out: string, here = hostDigest()): void {
  for (const name of namesIn(out)) {
    const [, host, pid] = NAME.exec(name) ?? []
    if (pid === undefined) continue
    const dir = join(out, name)
    try {
      // a process of another machine or container cannot be asked
      const isGone = host === here && !isAlive(Number(pid))
      if (Date.now() - lastTouched(dir) > (isGone ? FRESH : ABANDONED)) rmSync(dir, { recursive: true, force: true })
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
