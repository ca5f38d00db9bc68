import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { HOME } from '../../src/runs/package-info.ts'

/**
 * The package as people have it installed: what `npm pack` takes, with the JavaScript that `npm run build` makes, in an empty folder.
 * Of its dependencies those of the checkout.
 * @returns what its `klinelab` runs
 */
export function builtPackage(dir: string): string {
  const { files, bin } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as {
    files: readonly string[]
    bin: { klinelab: string }
  }
  const built = spawnSync(process.execPath, [join(HOME, 'src', 'build.ts'), join(dir, 'dist')], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the package could not be built: ${built.stderr}`)
  // declarations, the only thing besides, are loaded by nobody who runs it
  for (const file of ['package.json', ...files.filter((name) => name !== 'dist')])
    cpSync(join(HOME, file), join(dir, file), { recursive: true })
  symlinkSync(join(HOME, 'node_modules'), join(dir, 'node_modules'), 'junction')
  return join(dir, bin.klinelab)
}
