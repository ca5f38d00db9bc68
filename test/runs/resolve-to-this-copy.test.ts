import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import * as everything from '../../src/index.ts'
import * as little from '../../src/runs/strategy-api.ts'

const dir = mkdtempSync(join(tmpdir(), 'klinelab-copy-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const SOURCE = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'runs', 'resolve-to-this-copy.ts')).href

/** What each module is handed for `klinelab`, by the name of the file, in a process of its own that loads them all. */
function handed(modules: readonly string[]): string[] {
  const files = modules.map((text, k) => {
    const file = join(dir, `module-${k}.ts`)
    writeFileSync(file, text)
    return pathToFileURL(file).href
  })
  const script = `import { registerHooks } from 'node:module'
import { resolveToThisCopy } from ${JSON.stringify(SOURCE)}
resolveToThisCopy()
const seen = {}
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    if (specifier === 'klinelab') seen[context.parentURL] = found.url.split('/').at(-1)
    return found
  },
})
const files = ${JSON.stringify(files)}
for (const file of files) await import(file)
console.log(JSON.stringify(files.map((file) => seen[file])))
`
  const main = join(dir, 'main.mjs')
  writeFileSync(main, script)
  const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as string[]
}

test('what strategies are written with is the public API’s own', () => {
  expect(Object.keys(little)).toEqual(expect.arrayContaining(['defineStrategy', 'buy', 'close', 'num', 'sma', 'atr']))
  for (const [name, value] of Object.entries(little))
    expect((everything as Record<string, unknown>)[name], name).toBe(value)
})

test('a module that names nothing else is handed only that', () => {
  expect(
    handed([
      `import { buy, defineStrategy, sma } from 'klinelab'\nexport default [buy, defineStrategy, sma]`,
      `import { type Bar, close as leave, type Params,\n  num,\n} from "klinelab"\nexport default [leave, num]`,
      `import type { Trial } from 'klinelab'\nimport { buy } from 'klinelab'\nexport default buy`,
    ]),
  ).toEqual(['strategy-api.ts', 'strategy-api.ts', 'strategy-api.ts'])
})

test('every other module is handed all there is, and finds it', () => {
  const modules = [
    `import { buy, defineModel } from 'klinelab'\nif (!buy || !defineModel) throw new Error()`,
    `import * as all from 'klinelab'\nif (!all.runBacktest) throw new Error()`,
    `import { buy } from 'klinelab'\nexport { defineModel } from 'klinelab'\nexport default buy`,
    `import { buy } from 'klinelab'\nconst { defineModel } = await import('klinelab')\nif (!buy || !defineModel) throw new Error()`,
    `import { buy as gbdt, gbdt as trees } from 'klinelab'\nif (!gbdt || !trees) throw new Error()`,
    `// import { buy } from 'klinelab'\nimport {\n  // with a word {\n  defineModel } from 'klinelab'\nif (!defineModel) throw new Error()`,
  ]
  expect(handed(modules)).toEqual(modules.map(() => 'index.ts'))
})
