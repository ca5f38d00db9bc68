import type { Cell } from './notebook.ts'

const HEAD = '// cell '

/** The code of a notebook as one module, which is what its cells are to each other. */
export function moduleOf(cells: readonly Cell[]): string {
  const code = cells.filter(({ kind }) => kind === 'code')
  return code.map(({ id, source }) => `${HEAD}${id}\n${source}\n`).join('\n')
}

/** The code of each cell of such a module, by its id. */
export function cellsOf(module: string): Map<string, string> {
  const parts = module.split(new RegExp(`^${HEAD}`, 'm')).slice(1)
  return new Map(
    parts.map((part) => {
      const at = part.indexOf('\n')
      return [part.slice(0, at), part.slice(at + 1).trim()]
    }),
  )
}
