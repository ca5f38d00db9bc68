/**
 * `npm run build`, second half: the JavaScript of the package. tsc has written the declarations; rolldown puts the modules together in
 * as many files as there are sets of modules that are wanted together. To open and compile a file costs a start more than what
 * is in it, and a backtest wants some 280 modules.
 *
 *   node src/cli/launch.mjs src/build.ts [FOLDER]     FOLDER in the place of dist/
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type OutputChunk, type Plugin, rolldown } from 'rolldown'

const SRC = import.meta.dirname
const ROOT = dirname(SRC)
const [folder] = process.argv.slice(2)
const DIST = resolve(folder ?? join(ROOT, 'dist'))

/** What is found by its path: `exports` of package.json, `klinelab.mjs`, `runs/resolve-to-this-copy.ts`. Threads are found as they are met. */
const ENTRIES = ['cli/main', 'index', 'tables/tables', 'runs/strategy-api']

const { sideEffects } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { sideEffects?: unknown }
// a module of which nothing is wanted is left out, as it is where other bundlers take the package in
if (sideEffects !== false) throw new Error('package.json: sideEffects is not false; the build relies on it')

/** A module's path in dist/ as it was when each had a file of its own. */
const placeOf = (module: string) => relative(SRC, module).replaceAll('\\', '/').replace(/\.ts$/, '.js')

const HERE = 'dist:/'
const THREAD = /new URL\(`(\.\.?\/[^`$]+)\$\{extname\(import\.meta\.url\)\}`, import\.meta\.url\)/g

/**
 * `import.meta.url` goes on meaning where a module lay, whichever file it is in now: threads are started by a path beside it, and
 * `engine/strategy-error.ts` knows klinelab's own frames by the folder above it.
 * And `undefined` goes on being written so: the id of a run of an inline strategy is of the text of its functions, a few of which are ours.
 */
const keepMeaning: Plugin = {
  name: 'keep-meaning',
  transform(code, module) {
    if (!module.endsWith('.ts') || !code.includes('import.meta.url')) return null
    for (const [, path] of code.matchAll(THREAD)) {
      const id = resolve(dirname(module), `${path}.ts`)
      this.emitFile({ type: 'chunk', id, fileName: placeOf(id) })
    }
    const here = `new URL('${HERE}${placeOf(module)}', import.meta.url).href`
    // no line moves: the map holds
    return { code: code.replaceAll('import.meta.url', here), map: null }
  },
  renderChunk(code, { fileName }) {
    const up = '../'.repeat(fileName.split('/').length - 1)
    return { code: code.replaceAll(HERE, up === '' ? './' : up).replaceAll(/\bvoid 0\b/g, 'undefined'), map: null }
  },
}

/** @throws Error where a module is in two files, whose state would then be two, or a start would load what its sources do not import */
const checkChunks: Plugin = {
  name: 'check-chunks',
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
    const homes = new Map<string, string>()
    for (const { fileName, moduleIds } of chunks)
      for (const id of moduleIds) {
        const other = homes.get(id)
        if (other !== undefined) throw new Error(`${placeOf(id)} is in ${other} and in ${fileName}`)
        homes.set(id, fileName)
      }
    const imports = new Map([...this.getModuleIds()].map((id) => [id, this.getModuleInfo(id)?.importedIds ?? []]))
    for (const chunk of chunks) if (chunk.facadeModuleId !== null) checkStart(chunk, imports, bundle)
  },
}

/** A thread that reads files must never load DuckDB, and `klinelab --help` none of what a backtest takes. */
function checkStart(
  chunk: OutputChunk,
  imports: ReadonlyMap<string, readonly string[]>,
  bundle: Readonly<Record<string, unknown>>,
): void {
  const imported = closure([chunk.facadeModuleId!], (id) => imports.get(id) ?? [])
  const loaded = closure([chunk.fileName], (name) => (bundle[name] as OutputChunk | undefined)?.imports ?? [])
  for (const name of loaded) {
    const file = bundle[name] as OutputChunk | undefined
    const other = (file?.moduleIds ?? [name]).find((id) => !imported.has(id) && !/^(\0|node:)/.test(id))
    if (other !== undefined)
      throw new Error(`${chunk.fileName} loads ${other} (${name}), which its sources do not import`)
  }
}

function closure(from: readonly string[], next: (name: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set(from)
  for (const name of seen) for (const other of next(name)) seen.add(other)
  return seen
}

const build = await rolldown({
  input: Object.fromEntries(ENTRIES.map((name) => [name, join(SRC, `${name}.ts`)])),
  platform: 'node',
  external: (name) => !/^[./\0]|^[A-Za-z]:[\\/]/.test(name),
  // what it says is for tsc
  tsconfig: false,
  plugins: [keepMeaning, checkChunks],
  // how long plugins take says nothing of the build
  checks: { bundlerTimings: false },
})
const { output } = await build.write({
  dir: DIST,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  // names and lines of the sources in a stack, with --enable-source-maps; the sources themselves would weigh as much as all the rest
  sourcemap: true,
  sourcemapExcludeSources: true,
  minify: false,
  minifyInternalExports: false,
})
await build.close()

// what an earlier build has left would be packed too; in a folder that somebody names it is not ours
const made = new Set(output.map(({ fileName }) => fileName))
const there = folder === undefined ? readdirSync(DIST, { recursive: true, encoding: 'utf8' }) : []
for (const name of there.map((one) => one.replaceAll('\\', '/'))) {
  const isStale = name.endsWith('.d.ts')
    ? !existsSync(join(SRC, name.replace(/\.d\.ts$/, '.ts')))
    : /\.(js|json|map)$/.test(name) && !made.has(name)
  if (isStale) rmSync(join(DIST, name))
}
