import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and what is missing above it, level by level: Node's own recursive `mkdir` never comes back where a file
 * system refuses a folder as not found (/proc).
 * @throws the error of the level that cannot be made
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // another process may have been faster
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
