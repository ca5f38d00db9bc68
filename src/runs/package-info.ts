import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

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
