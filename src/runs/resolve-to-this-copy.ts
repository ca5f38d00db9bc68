import { readFileSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ownTypeScript } from './own-typescript.ts'
import { HOME, IS_SOURCE } from './package-info.ts'
import * as STRATEGY_API from './strategy-api.ts'

let areHooked = false

/**
 * `import … from 'klinelab'` in a user's module always means the running copy, wherever the module lies; and the running copy's own
 * example strategies can be loaded wherever it lies.
 */
export function resolveToThisCopy(): void {
  if (areHooked) return
  areHooked = true
  const urls: Readonly<Record<string, string>> = { klinelab: entry('index'), 'klinelab/tables': entry('tables/tables') }
  module.registerHooks({
    resolve(specifier, context, next) {
      const url = urls[specifier]
      if (url === undefined) return next(specifier, context)
      const isLittle = specifier === 'klinelab' && needsLittle(context.parentURL)
      return { url: isLittle ? entry('runs/strategy-api') : url, shortCircuit: true }
    },
    load: (url, context, next) => ownTypeScript(url) ?? next(url, context),
  })
}

/** All that `import … from 'klinelab'` may name but types. */
export async function apiNames(): Promise<readonly string[]> {
  return Object.keys(await import(entry('index')))
}

function entry(name: string): string {
  return pathToFileURL(IS_SOURCE ? join(HOME, 'src', `${name}.ts`) : join(HOME, 'dist', `${name}.js`)).href
}

const ANY = /(['"`])klinelab\1/g
const NAMED = /\bimport\s*(type\b\s*)?\{([^{}]*)\}\s*from\s*(['"])klinelab\3/g

/**
 * Whether a module names only what strategies are written with. Read as text: wherever it says `klinelab` in another way, or in
 * a comment, it gets all there is.
 */
function needsLittle(parent: string | undefined): boolean {
  if (parent?.startsWith('file:') !== true) return false
  const text = readFileSync(fileURLToPath(parent), 'utf8')
  const found = [...text.matchAll(NAMED)]
  return (
    found.length === text.match(ANY)?.length &&
    found.every(([, type, names]) => type !== undefined || names!.split(',').every((name) => isLittle(name.trim())))
  )
}

function isLittle(name: string): boolean {
  // types are gone when it runs
  return name === '' || name.startsWith('type ') || Object.hasOwn(STRATEGY_API, name.split(/\s/, 1)[0]!)
}
