import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A script that imports klinelab meets no launcher, and Node runs it whatever `engines` says. That modules of ours can be linked at all by
 * an older one they take what it lacks from a default import.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18))
  throw new Error(
    `klinelab needs Node 22.18 or newer; this is ${process.versions.node}. Install a current one from nodejs.org or with your version manager.`,
  )

/** Folder of the running copy: the checkout, or the installed package. */
export const HOME = (() => {
  let dir = import.meta.dirname
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir)
  return dir
})()

export const VERSION = (JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string }).version

/** The series that come with the tool. */
export const EMBEDDED = join(HOME, 'datasets')

/** Whether the sources are run as they are (a checkout) or compiled (the published package). */
export const IS_SOURCE = import.meta.filename.endsWith('.ts')
