import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Strategy } from '../engine/index.ts'

/**
 * sha256 over a strategy, every project file it imports (followed through relative imports), and the lockfile of its
 * project: what decides how it behaves, besides the engine's version.
 */
export function codeHash(file: string): { readonly hash: string; readonly files: readonly string[] } {
  const root = projectRoot(dirname(file))
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(path)) return
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g))
      visit(resolve(dirname(path), match[1]!))
  }
  visit(file)
  const lock = join(root, 'package-lock.json')
  if (existsSync(lock)) seen.add(lock)
  const files = [...seen]
    .map((path) => ({ path, name: relative(root, path).replaceAll('\\', '/') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const hash = createHash('sha256')
  for (const { path, name } of files) hash.update(`${name}\0`).update(readFileSync(path)).update('\0')
  return { hash: hash.digest('hex'), files: files.map(({ name }) => name) }
}

/**
 * The nearest folder upwards that has a package.json. Where none has, the one in which `strategies/` lies, since commands are
 * given there, or the folder itself.
 */
export function projectRoot(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir
    if (dirname(dir) === dir) return basename(from) === 'strategies' ? dirname(from) : from
  }
}

/**
 * A strategy that was handed over as an object has no file: its own functions' text is what can be hashed. What they close
 * over cannot be, so the id of such a run is of what came of it too (`outcomeHash`).
 */
export function inlineHash(strategy: Strategy): string {
  const text = (value: unknown): unknown => (typeof value === 'function' ? String(value) : value)
  return createHash('sha256')
    .update(JSON.stringify(strategy, (_, value) => text(value)))
    .digest('hex')
}
