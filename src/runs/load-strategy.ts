import { existsSync, readdirSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { didYouMean } from '../core/suggest.ts'
import { isStrategy, type Strategy } from '../engine/index.ts'
import { HOME, IS_SOURCE } from './package-info.ts'
import { UsageError } from './usage-error.ts'

let areHooked = false

/** `import … from 'klinelab'` in a user's module always means the running copy, wherever the module lies. */
export function resolveToThisCopy(): void {
  if (areHooked) return
  areHooked = true
  const entry = (name: string) =>
    pathToFileURL(IS_SOURCE ? join(HOME, 'src', `${name}.ts`) : join(HOME, 'dist', `${name}.js`)).href
  const urls: Readonly<Record<string, string>> = { klinelab: entry('index'), 'klinelab/tables': entry('tables/tables') }
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls[specifier]
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
  })
}

/**
 * Loads a strategy module.
 * @throws UsageError that names the file, and the line where its syntax breaks
 */
export async function loadStrategy(path: string, from = process.cwd()): Promise<{ strategy: Strategy; file: string }> {
  const file = resolve(from, path)
  if (!existsSync(file)) {
    const dir = dirname(file)
    const names = existsSync(dir) ? readdirSync(dir).filter((name) => /\.(ts|js|mjs)$/.test(name)) : []
    throw new UsageError(
      `strategy ${path}: there is no such file${didYouMean(basename(file), names)}${names.length > 0 ? `; in ${dirname(path)}: ${names.join(', ')}` : ''}`,
    )
  }
  resolveToThisCopy()
  let loaded: { default?: unknown }
  try {
    loaded = (await import(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    throw new UsageError(`strategy ${path}: ${loadProblem(file, error)}`, { cause: error })
  }
  if (loaded.default === undefined)
    throw new UsageError(`strategy ${path}: has no default export; write: export default defineStrategy({ … })`)
  if (!isStrategy(loaded.default))
    throw new UsageError(
      `strategy ${path}: its default export is ${typeof loaded.default === 'function' ? 'a function' : 'no strategy'}; write: export default defineStrategy({ … })`,
    )
  return { strategy: loaded.default, file }
}

/** The first line of what went wrong, with the line of the file where Node knows it. */
function loadProblem(file: string, error: unknown): string {
  const { name, message, stack = '' } = error as Error
  const line = new RegExp(`${basename(file).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(stack)?.[1]
  const text = message.replace(/\s*\n\s*/g, ' ').trim()
  return `cannot be loaded${line === undefined ? '' : `, line ${line}`}: ${name}: ${text}`
}
