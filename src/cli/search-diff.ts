import type { Difference } from '../runs/diff-runs.ts'
import { diffSearches } from '../runs/diff-searches.ts'
import { isSearch, kindWords, type readAnyDocument } from '../runs/load-run.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Outcome } from './command.ts'
import { valueRow } from './difference-text.ts'
import { partText, plural } from './text.ts'

type Document = ReturnType<typeof readAnyDocument>

const SECTIONS: readonly (readonly [title: string, keys: RegExp])[] = [
  ['Search', /^(name|search|plan|fixed)(\.|$)/],
  ['Settings', /^(engine|cash|costs|settings|reproduce)(\.|$)/],
  ['Data', /^(data|range)\./],
  ['Best', /^best(\.|$)/],
  ['Results', /^(?!windows\.)/],
]

/** `runs diff` of two searches. @throws UsageError where they are not two of a kind */
export function searchDiff(a: Document, b: Document): Outcome {
  if (!isSearch(a) || !isSearch(b) || kindWords(a) !== kindWords(b))
    throw new UsageError(
      `${a.run} is ${kindWords(a)} and ${b.run} is ${kindWords(b)}: klinelab runs diff holds two of a kind against each other`,
    )
  const differences = diffSearches(a, b)
  const text =
    differences.length === 0
      ? 'the same in everything'
      : [`A is ${a.run}, B is ${b.run}`, ...partsOf(differences)].join('\n\n')
  return { json: { a: a.run, b: b.run, differences }, text }
}

function partsOf(differences: readonly Difference[]): string[] {
  const left = new Set(differences)
  const parts = SECTIONS.flatMap(([title, keys]) => {
    const own = [...left].filter(({ key }) => keys.test(key))
    for (const one of own) left.delete(one)
    if (own.length === 0) return []
    return [partText({ id: title, title, table: { header: ['', 'A', 'B', 'B − A'], rows: own.map(valueRow) } })]
  })
  const windows = new Set([...left].map(({ key }) => key.split('.')[1])).size
  return windows === 0 ? parts : [...parts, `${plural(windows, 'window')} of them differ: --json has their figures`]
}
