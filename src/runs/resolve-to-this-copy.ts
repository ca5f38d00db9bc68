import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HOME, IS_SOURCE } from './package-info.ts'

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
