// Formats the code of every notebook, runs it anew and writes what its cells put out into it: npm run notebooks
import { execFileSync } from 'node:child_process'
import { basename, join, resolve } from 'node:path'
import { cellsOf, moduleOf } from './cells-as-module.ts'
import { readNotebook, writeNotebook } from './notebook.ts'
import { denoBinary, NOTEBOOKS, runNotebook } from './run-notebook.ts'

const root = resolve(import.meta.dirname, '..', '..')
const deno = denoBinary()
if (deno === null) {
  console.error(`npm has no Deno for ${process.platform}-${process.arch}: run the notebooks on another machine`)
  process.exit(1)
}
for (const file of NOTEBOOKS) {
  const start = performance.now()
  const cells = readNotebook(file)
  const sources = cellsOf(formatted(moduleOf(cells)))
  writeNotebook(
    file,
    cells.map((cell) => ({ ...cell, source: sources.get(cell.id) ?? cell.source })),
  )
  const anew = await runNotebook(deno, file)
  writeNotebook(file, anew)
  const faults = anew.flatMap(({ id, outputs }) =>
    outputs.flatMap((one) => (one.output_type === 'error' ? [`${id}: ${one.ename}: ${one.evalue}`] : [])),
  )
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  console.log(`${basename(file)}: ${anew.length} cells, ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

function formatted(module: string): string {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const args = [biome, 'check', '--write', '--stdin-file-path=notebooks/cells.ts']
  return execFileSync(process.execPath, args, { cwd: root, input: module, encoding: 'utf8' })
}
