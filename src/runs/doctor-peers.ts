import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HOME } from './package-info.ts'

interface PackageJson {
  readonly version: string
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Packages that some work needs and that are installed by whoever does it: their versions, `null` where one is not there. */
export function optionalPeers(home = HOME): Readonly<Record<string, string | null>> {
  const { peerDependencies = {} } = readPackage(home)!
  return Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, versionOf(name, home)]))
}

/** Looked for where Node looks for it, and not loaded: some of them take seconds. */
function versionOf(name: string, home: string): string | null {
  for (let dir = home; ; dir = dirname(dir)) {
    const found = readPackage(join(dir, 'node_modules', name))
    if (found !== null || dirname(dir) === dir) return found?.version ?? null
  }
}

function readPackage(dir: string): PackageJson | null {
  const file = join(dir, 'package.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageJson) : null
}
