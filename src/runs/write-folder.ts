import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { DataError } from '../data/data-error.ts'
import { makeFolder } from '../data/make-folder.ts'
import { removeLeftovers, unfinishedName } from './leftovers.ts'

/** Wall-clock facts, which no two runs share. */
const TIMING = 'timing.json'

/** What the trial ledger says of the run: it grows with whatever else is tried. */
export const LEDGER = 'ledger.json'

/** The page that says it too, between two marks. */
const REPORT = 'report.html'
const SAID_BY_LEDGER = /<!--ledger-->[\s\S]*?<!--\/ledger-->/g

interface Folder {
  /** Writes everything that the inputs decide. */
  readonly render: (dir: string) => Promise<void> | void
  readonly timing: string
  /** What may be behind two results of the same inputs. */
  readonly reason: string
}

/**
 * Writes a run's folder in one move. Where the folder exists, its bytes must be the same: anything else means that the
 * same inputs gave two results.
 * @throws DataError 'not deterministic' that names the files that differ
 */
export async function writeFolder(name: string, out: string, { render, timing, reason }: Folder): Promise<string> {
  const dir = join(out, name)
  // of one writer only: an equal run may be written at the same time, by this process or another
  const temporary = join(out, unfinishedName(name))
  const discard = () => rmSync(temporary, { recursive: true, force: true })
  process.once('exit', discard)
  removeLeftovers(out)
  try {
    makeFolder(temporary)
    await render(temporary)
    writeFileSync(join(temporary, TIMING), timing)
    if (isMoved(temporary, dir)) return dir
    const differing = differences(dir, temporary)
    if (differing.length > 0)
      throw new DataError(
        `not deterministic: ${dir} holds another result of the same inputs; different: ${differing.join(', ')}. ${reason}`,
      )
    renameSync(join(temporary, TIMING), join(dir, TIMING))
    if (existsSync(join(temporary, LEDGER)))
      for (const name of [LEDGER, REPORT]) renameSync(join(temporary, name), join(dir, name))
  } catch (error) {
    throw folderError(out, error)
  } finally {
    process.off('exit', discard)
    discard()
  }
  return dir
}

/** Whether a folder could take its name; it cannot where a finished one has it. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (existsSync(to)) return false
    throw error
  }
}

export function timingText(seconds: number, engineSeconds: number | null): string {
  const machine = {
    platform: platform(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
  }
  const engine = engineSeconds === null ? {} : { engineSeconds }
  return `${JSON.stringify({ finished: new Date().toISOString(), seconds, ...engine, machine }, null, 1)}\n`
}

export function folderError(out: string, error: unknown): unknown {
  const { code } = error as { code?: string }
  if (code === 'ENOSPC')
    return new DataError(`${out}: the disk is full; the run was not written. Free some space and run it again.`)
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new DataError(`${out}: is a file, or lies in one; runs need a folder. Choose another with --out DIR.`)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'ENOENT')
    return new DataError(`${out}: the folder cannot be written (${code}); choose another with --out DIR.`)
  return error
}

/**
 * Files of a run, as rendered into `fresh`, that the folder `old` does not have or has with other bytes. What the trial ledger
 * says of it hangs on what else was tried, and is not compared.
 */
export function differences(old: string, fresh: string): string[] {
  const names = readdirSync(fresh, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name !== TIMING && name !== LEDGER,
  )
  return names
    .filter((name) => statSync(join(fresh, name)).isFile())
    .sort()
    .filter((name) => {
      const [a, b] = [join(old, name), join(fresh, name)]
      return !existsSync(a) || !comparedBytes(a, name).equals(comparedBytes(b, name))
    })
}

/** Of what the ledger says the marks alone. Read byte by byte, so that no two files are alike for what is no text in them. */
function comparedBytes(file: string, name: string): Buffer {
  const bytes = readFileSync(file)
  if (name !== REPORT) return bytes
  return Buffer.from(bytes.toString('latin1').replace(SAID_BY_LEDGER, '<!--ledger-->'), 'latin1')
}
