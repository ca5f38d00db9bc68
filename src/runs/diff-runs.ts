import type { RunDocument } from '../core/run.ts'

export interface Difference {
  /** Where in run.json, e.g. `metrics.sharpe`. */
  readonly key: string
  readonly a: unknown
  readonly b: unknown
}

/** What two runs were told and what came of it, where they differ; identities and prose are left out. */
export function diffRuns(a: RunDocument, b: RunDocument): Difference[] {
  const found: Difference[] = []
  const visit = (key: string, x: unknown, y: unknown): void => {
    if (isTree(x) || isTree(y)) {
      const [left, right] = [x, y].map((side) => (isTree(side) ? side : {})) as [Tree, Tree]
      for (const name of new Set([...Object.keys(left), ...Object.keys(right)]))
        visit(`${key}.${name}`, left[name], right[name])
    } else if (!Object.is(x, y)) found.push({ key, a: x ?? null, b: y ?? null })
  }
  const compared = [
    'strategy',
    'params',
    'data',
    'range',
    'engine',
    'cash',
    'costs',
    'benchmark',
    'riskFree',
    'seed',
    'metrics',
    'peer',
    'split',
    'orders',
    'tradeHash',
  ] as const
  for (const key of compared) visit(key, a[key], b[key])
  visit('reproduce.code', a.reproduce.code, b.reproduce.code)
  visit('reproduce.config', a.reproduce.config, b.reproduce.config)
  return found
}

type Tree = Readonly<Record<string, unknown>>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}
