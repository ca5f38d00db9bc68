import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bars } from '../core/bar.ts'
import { seriesName } from '../core/series.ts'
import { type Lens, type ReadBars, throughLens } from '../data/index.ts'
import { isStrategy, type Strategy } from '../engine/index.ts'
import { userFrame } from '../engine/strategy-error.ts'
import { isModelDefinition } from '../models/is-model-definition.ts'
import { codeHash, projectRoot } from './code-hash.ts'
import { loadModule } from './load-module.ts'
import { modelsOf, type NamedModel } from './load-strategy.ts'
import { HOME } from './package-info.ts'
import { UsageError } from './usage-error.ts'

/** A module as it came to be in one world. */
export interface LoadedModule {
  readonly file: string
  readonly strategy: Strategy | null
  readonly models: readonly NamedModel[]
  /** Bars that it loads by itself, and where: `binance:ETHUSDT:1h at strategies/pairs.ts:5:20`. */
  readonly reads: readonly string[]
}

/** How a module sees the store while it is loaded. */
interface Seeing {
  readonly lens: Lens
  readonly read: ReadBars
  /** Folder that paths are told from. */
  readonly from: string
}

/**
 * Loads a module as a run would.
 * @throws UsageError where it cannot be loaded, or has neither strategy nor model
 */
export async function loadChecked(path: string, { lens, read, from }: Seeing): Promise<LoadedModule> {
  const reads: string[] = []
  const { file, exports: loaded } = await throughLens(noting(reads, from, lens), read, () =>
    loadModule('module', path, from),
  )
  const found = partsOf(loaded)
  if (found.strategy === null && found.models.length === 0)
    throw new UsageError(
      `module ${path}: has neither a strategy nor a model; write: export default defineStrategy({ … }) or export const direction = defineModel({ … })`,
    )
  return { file, ...found, reads }
}

/**
 * Loads a copy of its own of a module, and of what it imports from its project: it remembers nothing of other copies, and
 * whatever it loads through klinelab it sees through the lens.
 * @param copy a number that no copy of this process has had
 */
export async function loadCopy(
  { file, reads: first }: LoadedModule,
  copy: number,
  { lens, read, from }: Seeing,
): Promise<LoadedModule> {
  hookCopies()
  const reads: string[] = []
  const url = `${pathToFileURL(file).href}?${MARK}=${copy}`
  const loaded: Readonly<Record<string, unknown>> = await throughLens(
    noting(reads, from, lens),
    read,
    () => import(url),
  )
  // bars that are at hand come too soon for the stack to tell who asked
  return { file, ...partsOf(loaded), reads: first.length > 0 ? first : reads }
}

function partsOf(loaded: Readonly<Record<string, unknown>>): Pick<LoadedModule, 'strategy' | 'models'> {
  const strategy = isStrategy(loaded['default']) ? loaded['default'] : null
  const own = strategy === null ? [] : modelsOf(strategy)
  const exported = Object.entries(loaded).flatMap(([name, value]) =>
    isModelDefinition(value) && !own.some(({ definition }) => definition === value)
      ? [{ name: name === 'default' ? 'model' : name, definition: value }]
      : [],
  )
  return { strategy, models: [...own, ...exported] }
}

const MARK = 'klinelab-copy'
let areHooked = false

/** What a copy imports from its project is a copy, too; klinelab and packages are one and the same for all. */
function hookCopies(): void {
  if (areHooked) return
  areHooked = true
  const shared = ['src', 'dist', 'node_modules'].map((name) => pathToFileURL(join(HOME, name, '/')).href)
  const isShared = (url: string) => shared.some((start) => url.startsWith(start)) || url.includes('/node_modules/')
  module.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const copy = new RegExp(`\\?${MARK}=\\d+`).exec(context.parentURL ?? '')?.[0]
      const isCopied = copy !== undefined && context.conditions.includes('import')
      if (!isCopied || !found.url.startsWith('file:') || isShared(found.url)) return found
      return { ...found, url: `${found.url}${copy}` }
    },
  })
}

/** The lens, with a note of what was looked at through it. */
function noting(reads: string[], from: string, lens: Lens): Lens {
  return (bars: Bars) => {
    const frame = userFrame(new Error('where it is loaded')).replace(new RegExp(`\\?${MARK}=\\d+`), '')
    const name = seriesName(bars.series)
    const read = frame === '' ? name : `${name} at ${relative(from, frame)}`
    if (!reads.includes(read)) reads.push(read)
    return lens(bars)
  }
}

/** Node's own modules through which a module could get at what comes. */
const DOORS = /^(node:)?(fs|fs\/promises|http|https|http2|net|tls|dgram|child_process|worker_threads|sqlite)$/

/**
 * What a module imports that could show it a future which nobody can take away: files, sockets, processes, packages. One
 * sentence each.
 */
export function doorsOf(file: string): string[] {
  const root = projectRoot(dirname(file))
  const found: string[] = []
  for (const name of codeHash(file).files) {
    const path = resolve(root, name)
    if (!/\.[cm]?[jt]s$/.test(name) || !existsSync(path)) continue
    const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, from]) => from!)
    const outside = imports.filter((one) => !/^(\.|klinelab$)/.test(one))
    const doors = [...new Set(outside.filter((one) => DOORS.test(one) || !one.startsWith('node:')))]
    if (/\bfetch\s*\(/.test(text)) doors.push('fetch')
    for (const door of doors)
      found.push(`${name} uses ${door}: what it gets from there is the same in every world, so it was not checked`)
  }
  return found
}
