import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { HOME } from './package-info.ts'
import { UsageError } from './usage-error.ts'

/**
 * A file that a run names from its project's root: from where the command is given, from the project the run folder lies in,
 * or from the tool's own examples.
 * @throws UsageError where there is none
 */
export function findProjectFile(what: string, path: string, dir: string, cwd: string): string {
  // a manifest may come from elsewhere, and names what lies in its project
  if (path.split(/[\\/]/).includes('..')) throw new UsageError(`${what} ${path}: lies outside of its project`)
  const places = [resolve(cwd, path)]
  for (let up = dir; dirname(up) !== up; up = dirname(up)) places.push(join(up, path))
  places.push(join(HOME, path))
  const found = places.find((place) => existsSync(place))
  if (found === undefined)
    throw new UsageError(
      `${what} ${path}: there is no such file in ${cwd} or above ${dir}; give the command in the project's folder`,
    )
  return found
}
