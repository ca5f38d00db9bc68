import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { withLock } from '../lock.ts'
import { makeFolder } from '../make-folder.ts'
import { type MonthFile, sha256, writeAtomic } from '../manifest.ts'
import type { ListedObject, ObjectState } from './bucket.ts'
import type { Mirror } from './mirror.ts'
import { nameOf, type Remote, sideBySide } from './remote.ts'

/** Somebody else was faster each time: every failure is another's success, so this many in a row are no accident. */
const ATTEMPTS = 50
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
        const brought = new Set<string>()
        const result = await work(dir, stagingMirror(remote, dir, brought))
        if (await putBack(remote, dir, decisive, before, brought)) return result
      }
      throw new DataError(
        `${remote.named(decisive ?? '')}: ${ATTEMPTS} times in a row somebody else wrote it first; let fewer processes write to one series`,
      )
    } finally {
      rmSync(area, { recursive: true, force: true })
    }
  })
}

/** What is read while a store is changed comes out of the folder in which it is changed, and months are brought there. */
function stagingMirror(remote: Remote, dir: string, brought: Set<string>): Mirror {
  const mirror: Mirror = {
    refresh: async () => undefined,
    refreshSymbol: async () => undefined,
    refreshAll: async () => undefined,
    damaged: (series, files) => remote.damagedMonths(series, files),
    bring: (series, files) =>
      sideBySide(files, async (file) => {
        const name = nameOf(series, file.file)
        const path = join(dir, ...name.split('/'))
        if (existsSync(path)) return
        await heldMonth(remote, series, file, name)
        makeFolder(dirname(path))
        try {
          linkSync(remote.cache.path(name), path)
        } catch {
          // a file system without hard links
          copyFileSync(remote.cache.path(name), path)
        }
        brought.add(name)
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
async function putBack(
  remote: Remote,
  dir: string,
  decisive: string | null,
  before: ObjectState | null,
  brought: ReadonlySet<string>,
): Promise<boolean> {
  const names = filesIn(dir).filter((name) => name !== decisive && !brought.has(name))
  const after = decisive === null ? null : bytesOf(join(dir, ...decisive.split('/')))
  const isChanged = after !== null && (before === null || !Buffer.from(before.bytes).equals(after))
  // whole before the manifest names them; one that lies there already is put again, so that nobody takes it for old
  await sideBySide(names, async (name) => {
    await remote.put(name, readFileSync(join(dir, ...name.split('/'))))
  })
  if (isChanged && !(await putDecisive(remote, decisive!, after, before))) return false
  for (const name of names) keep(remote, dir, name)
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

function keep(remote: Remote, dir: string, name: string): void {
  const path = remote.cache.path(name)
  makeFolder(dirname(path))
  renameSync(join(dir, ...name.split('/')), path)
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

/** Files below a folder, with the slashes of keys; unfinished ones and locks are nobody's. */
function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dir, name)).isFile() && !/\.tmp$|(^|[\\/])\.lock$/.test(name))
    .map((name) => relative(dir, join(dir, name)).split(sep).join('/'))
    .sort()
}
