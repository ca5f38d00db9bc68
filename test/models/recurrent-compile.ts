/**
 * `npm run kernel`: compiles src/models/kernel/*.as, which are AssemblyScript, and writes the bytes to kernel-bytes.ts there.
 * They are committed, so that neither a clone nor the package needs the compiler; a test compiles them anew and compares.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const FOLDER = resolve(import.meta.dirname, '../../src/models/kernel')
export const KERNEL_FILE = join(FOLDER, 'kernel-bytes.ts')

/** The compiler's command, or `null` where it is not installed. */
export function compilerPath(): string | null {
  try {
    return join(createRequire(import.meta.url).resolve('assemblyscript/package.json'), '../bin/asc.js')
  } catch {
    return null
  }
}

/** Memory is the caller's and shared between threads; no runtime, since the kernel allocates nothing. */
const OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--sharedMemory'],
  ...['--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'simd', '--enable', 'threads'],
]

/** Text of the module that holds the kernel, from its sources. */
export function compiledKernel(compiler: string): string {
  // the compiler takes .ts only, and TypeScript's own tools must not take these for theirs
  const work = mkdtempSync(join(tmpdir(), 'klinelab-kernel-'))
  try {
    for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.as')))
      copyFileSync(join(FOLDER, file), join(work, `${basename(file, '.as')}.ts`))
    execFileSync(process.execPath, [compiler, 'kernel.ts', '-o', 'kernel.wasm', ...OPTIONS], { cwd: work })
    const bytes = readFileSync(join(work, 'kernel.wasm')).toString('base64')
    return `/** The compiled kernel in base64: written by \`npm run kernel\` from the .as files beside it, never by hand. */\nexport const KERNEL_BYTES =\n  '${bytes}'\n`
  } finally {
    rmSync(work, { recursive: true })
  }
}

if (process.argv[2] === '--write') {
  const compiler = compilerPath()
  if (compiler === null) throw new Error('the compiler is not installed: npm install')
  writeFileSync(KERNEL_FILE, compiledKernel(compiler))
}
