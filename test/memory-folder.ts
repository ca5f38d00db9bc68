import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Where Linux keeps files in memory. */
const SHARED = '/dev/shm'
const NAME = /^klinelab-tests-(\d+)$/
/** Bytes that must be free there, and of the machine's memory: far more than the tests write. */
const [ROOM, MEMORY] = [4 * 2 ** 30, 8 * 2 ** 30]

/**
 * A folder in memory for what tests write, gone with this process: a store, a journal or a ledger waits for the disk at every write,
 * and where the disk is slow that was half of the time of their tests. `null` where there is no room, or nothing can be run from it.
 */
export function memoryFolder(): string | null {
  if (process.platform !== 'linux' || !isRoomy()) return null
  // those of runs that were killed
  for (const name of readdirSync(SHARED)) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(SHARED, name), { recursive: true, force: true })
  }
  const folder = join(SHARED, `klinelab-tests-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isRoomy(): boolean {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, place]) => place === SHARED)
  if (mount === undefined) return false
  const [, , kind, options = ''] = mount
  if (kind !== 'tmpfs' || options.split(',').some((option) => option === 'ro' || option === 'noexec')) return false
  const { bavail, bsize } = statfsSync(SHARED)
  return bavail * bsize >= ROOM && process.availableMemory() >= MEMORY
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // of somebody else
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
