import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DataError } from './data-error.ts'
import { diskError } from './duckdb.ts'
import { makeFolder } from './make-folder.ts'

/** Between creating a lock and writing its holder into it a process needs far less than this, ms. */
const BIRTH = 2000

/**
 * Holds a folder for one writer while `work` runs; see `takeLock`.
 */
export async function withLock<T>(dir: string, patience: number, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(dir, patience)
  try {
    return await work()
  } finally {
    release()
  }
}

/**
 * Holds a folder for one writer until what it returns is called. A second writer waits up to `patience` ms, then gets an error
 * that names the holder; a lock whose process is gone is taken over.
 * @param what the holder is doing, and `cure` what ends that, as the error says
 */
export async function takeLock(
  dir: string,
  patience: number,
  what = 'writing to this store',
  cure = 'wait until it has finished',
): Promise<() => void> {
  const file = join(dir, '.lock')
  try {
    makeFolder(dir)
  } catch (error) {
    throw diskError(dir, error)
  }
  for (let waited = 0; !take(file); waited += 50) {
    const holder = read(file)
    if (holder === null) continue
    if (isStale(file, holder)) {
      remove(file, holder)
      continue
    }
    if (waited >= patience)
      throw new DataError(
        `${dir}: process ${holder.split(' ')[0] || 'unknown'} is ${what}; ${cure}. ${ifGone(file, holder)}`,
      )
    await setTimeout(50)
  }
  return () => {
    if (read(file) === me()) rmSync(file, { force: true })
  }
}

/** How to tell that a holder is dead, which cannot be told from here, and what to do then. */
function ifGone(file: string, holder: string): string {
  const [, pid, host] = /^(\d+)@(\S+) /.exec(holder) ?? []
  if (pid === undefined) return `If nobody holds it, delete ${file}`
  return host === hostname()
    ? `Were that process dead, its lock would have been taken over by itself; if ps -p ${pid} shows another program, delete ${file}`
    : `It is of the machine or container ${host}: if it runs there no more, delete ${file}`
}

/** `pid@host start`: a process number alone comes round again, and says nothing on another machine or in a container. */
function me(): string {
  return `${process.pid}@${hostname()} ${startOf(process.pid)}`
}

/** When a process began, in ticks since boot (proc(5), field 22); '' where the system does not tell. */
function startOf(pid: number): string {
  return statOf(pid)[START] ?? ''
}

/** Places in what follows a process's name: its state, and when it began. */
const [STATE, START] = [0, 19]

function statOf(pid: number): readonly string[] {
  try {
    // the second field is the program's name in brackets and may hold anything
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}

function take(file: string): boolean {
  let handle: number
  try {
    handle = openSync(file, 'wx')
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false
    throw diskError(file, error)
  }
  try {
    writeSync(handle, me())
    return true
  } catch (error) {
    rmSync(file, { force: true })
    throw diskError(file, error)
  } finally {
    closeSync(handle)
  }
}

/** What a lock says; `null` where there is none (any more). */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function isStale(file: string, holder: string): boolean {
  const parts = /^(\d+)@(\S+) (\d*)$/.exec(holder)
  if (parts === null) {
    // empty or torn: its process was killed, or the power went, before it could say who it is
    const born = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    return born !== undefined && Date.now() - born > BIRTH
  }
  const [, pid, host, start] = parts as unknown as [string, string, string, string]
  // a process of another machine cannot be asked
  return host === hostname() && (!isAlive(Number(pid)) || startOf(Number(pid)) !== start)
}

/** Whether a process of this machine runs; another may have its number by now. */
export function isAlive(pid: number): boolean {
  // killed, and whoever started it has not asked what became of it: in a container without an init that may never happen
  if (['Z', 'X'].includes(statOf(pid)[STATE] ?? '')) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** Takes a stale lock away. Another waiter may have done so and hold its own by now: that one is put back. */
function remove(file: string, holder: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (read(aside) === holder) rmSync(aside, { force: true })
    else renameSync(aside, file)
  } catch {
    // gone already
  }
}
