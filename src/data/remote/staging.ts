import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { withLock } from '../lock.ts'
import { makeFolder } from '../make-folder.ts'
import { type MonthFile, sha256, writeAtomic } from '../manifest.ts'
import type { ListedObject, ObjectState } from './bucket.ts'
import type { Mirror } from './mirror.ts'
import { nameOf, type Remote, sideBySide } from './remote.ts'

/** Somebody else was faster each time: every failure is another's success, so this many in a row are no accident. */
const ATTEMPTS = 20
const DAY = 86_400_000
const MONTH = /\/\d{4}-\d\d\.[0-9a-f]{12}\.parquet$/

/**
 * Changes a store in a bucket; see `Mirror.change`. One process of this machine at a time does; those of others are kept
 * apart by the precondition alone. A process that dies on the way leaves the old state, and files that no manifest names.
 */
export async function changeRemote<T>(
  remote: Remote,
  decisive: string | null,
  patience: number,
  work: (dir: string, mirror: Mirror) => Promise<T>,
): Promise<T> {
  await remote.ready()
  return withLock(remote.cache.dir, patience, async () => {
    const area = `${remote.cache.dir}.staging`
    // the lock is held: what lies there was left by a process that died
    rmSync(area, { recursive: true, force: true })
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const dir = join(area, String(attempt))
        makeFolder(dir)
        const before = decisive === null ? null : await remote.get(decisive)
        if (before !== null) writeAtomic(join(dir, ...decisive!.split('/')), before.bytes)
        const staging = new Staging(remote, dir)
        try {
          const result = await work(dir, mirrorOf(staging))
          if (await putBack(staging, decisive, before)) return result
        } catch (error) {
          // what it read may have been taken away by whoever was faster
          if (decisive === null || (await remote.get(decisive))?.version === before?.version) throw error
        }
      }
      throw new DataError(
        `${remote.named(decisive ?? '')}: ${ATTEMPTS} times in a row somebody else wrote it first; let fewer processes write to one series`,
      )
    } finally {
      rmSync(area, { recursive: true, force: true })
    }
  })
}

/** A folder in which a store is changed, with what was brought there to be read. */
class Staging {
  readonly remote: Remote
  readonly dir: string
  /** Files by name, and which they were: one that is replaced has another number. */
  readonly #brought = new Map<string, number>()

  constructor(remote: Remote, dir: string) {
    this.remote = remote
    this.dir = dir
  }

  path(name: string): string {
    return join(this.dir, ...name.split('/'))
  }

  /** Shows a file of the cache here; replacing it here leaves it as it is there. */
  show(name: string): void {
    const [from, path] = [this.remote.cache.path(name), this.path(name)]
    if (existsSync(path)) return
    makeFolder(dirname(path))
    try {
      linkSync(from, path)
    } catch {
      // a file system without hard links
      copyFileSync(from, path)
    }
    this.#brought.set(name, statSync(path).ino)
  }

  /** Files that the work made or replaced; unfinished ones and locks are nobody's. */
  made(): string[] {
    return readdirSync(this.dir, { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(sep).join('/'))
      .filter((name) => {
        const state = statSync(this.path(name))
        return state.isFile() && !/\.tmp$|(^|\/)\.lock$/.test(name) && this.#brought.get(name) !== state.ino
      })
      .sort()
  }
}

/** What is read while a store is changed is read in the folder in which it is changed. */
function mirrorOf(staging: Staging): Mirror {
  const { remote, dir } = staging
  const mirror: Mirror = {
    refresh: async () => undefined,
    refreshAll: async () => undefined,
    refreshSymbol: async (venue, symbol) => {
      for (const name of await remote.pullSymbol(venue, symbol)) staging.show(name)
    },
    damaged: (series, files) => remote.damagedMonths(series, files),
    bring: (series, files) =>
      sideBySide(files, async (file) => {
        const name = nameOf(series, file.file)
        await heldMonth(remote, series, file, name)
        staging.show(name)
      }),
    change: (_decisive, _patience, work) => work(dir, mirror),
  }
  return mirror
}

/** A month as the manifest names it: what was made of a file damaged here would be put there as good. */
async function heldMonth(remote: Remote, series: Series, file: MonthFile, name: string): Promise<void> {
  await remote.pullMonth(series, file)
  if (sha256(readFileSync(remote.cache.path(name))) === file.sha256) return
  remote.cache.remove(name)
  await remote.pullMonth(series, file)
}

/** Puts what was changed into the bucket, the decisive file last; false where that was no longer as it had been. */
async function putBack(staging: Staging, decisive: string | null, before: ObjectState | null): Promise<boolean> {
  const { remote } = staging
  const names = staging.made().filter((name) => name !== decisive)
  const after = decisive === null ? null : bytesOf(staging.path(decisive))
  const isChanged = after !== null && (before === null || !Buffer.from(before.bytes).equals(after))
  // whole before the manifest names them; one that lies there already is put again, so that nobody takes it for old
  await sideBySide(names, async (name) => {
    await remote.put(name, readFileSync(staging.path(name)))
  })
  if (isChanged && !(await putDecisive(remote, decisive!, after, before))) return false
  for (const name of names) remote.cache.adopt(name, staging.path(name))
  if (isChanged) {
    remote.cache.write(decisive!, after)
    if (decisive!.endsWith('/manifest.json')) await removeStrays(remote, decisive!, before)
  }
  return true
}

async function putDecisive(
  remote: Remote,
  name: string,
  bytes: Uint8Array,
  before: ObjectState | null,
): Promise<boolean> {
  if ((await remote.put(name, bytes, { ifMatch: before?.version ?? 'absent' })) !== null) return true
  // the answer to a put that took effect may have been lost, and its repetition refused
  const now = await remote.get(name)
  return now !== null && Buffer.from(now.bytes).equals(bytes)
}

/**
 * Takes months away that no manifest names: left by a process that died, or by states before the last, which somebody may
 * be reading still. One that is younger than a day may be underway to a manifest. That nothing of it is told is on purpose:
 * strays do no harm, and the next change tries again.
 */
async function removeStrays(remote: Remote, manifest: string, before: ObjectState | null): Promise<void> {
  try {
    const folder = manifest.slice(0, -'manifest.json'.length)
    const found = await remote.list(folder)
    const now = await remote.get(manifest)
    const named = [before, now].flatMap((state) => (state === null ? [] : monthsOf(state)))
    const newest = Math.max(...found.map(({ written }) => written))
    const isStray = ({ key, written }: ListedObject) =>
      MONTH.test(key) && !named.includes(key.slice(folder.length)) && written < newest - DAY
    for (const { key } of found.filter(isStray)) await remote.delete(key)
  } catch {
    // see above
  }
}

function monthsOf({ bytes }: ObjectState): string[] {
  const { files } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { files: readonly MonthFile[] }
  return files.map(({ file }) => file)
}

function bytesOf(path: string): Uint8Array | null {
  return existsSync(path) ? readFileSync(path) : null
}
