import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Kernel } from './kernel.ts'
import { type Cell, readNotebook } from './notebook.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const FOLDER = join(ROOT, 'notebooks')

export const NOTEBOOKS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => join(FOLDER, name))

/** Where npm put Deno's binary; `null` where it has none for this machine. */
export function denoBinary(): string | null {
  const { platform, arch } = process
  const name = `${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`
  const file = join(ROOT, 'node_modules', '@deno', name, platform === 'win32' ? 'deno.exe' : 'deno')
  return existsSync(file) ? file : null
}

/** A notebook as it is after all its cells have been run by a kernel that has seen none of them yet. */
export async function runNotebook(deno: string, file: string): Promise<Cell[]> {
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
  const kernel = await Kernel.start(deno, dirname(file), { ...env, NO_COLOR: '1' })
  try {
    const cells: Cell[] = []
    let count = 0
    for (const cell of readNotebook(file))
      cells.push(
        cell.kind === 'code' ? { ...cell, executionCount: ++count, outputs: await kernel.execute(cell.source) } : cell,
      )
    return cells
  } finally {
    kernel.end()
  }
}
