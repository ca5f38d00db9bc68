import { dataSection } from './evaluation-evidence.ts'
import { reproduceHtml } from './evidence-sections.ts'
import { count, percent } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'
import { goalText, rangeOf, valueText } from './search-format.ts'
import { METHODS, type SearchDocument } from './search-head.ts'

/** What decides the search besides code and data, and the data themselves. */
export function searchSettings(document: SearchDocument, more: readonly (readonly [string, string])[]): string {
  const { search, fixed, range } = document
  const kinds = { list: 'listed', int: 'whole number', num: 'number' } as const
  const rows: readonly (readonly [string, string])[] = [
    ...more,
    ['Looked for', goalText(search)],
    ['Trials', `${count(search.trials)}: ${METHODS[search.method]}`],
    ['Proposed at once', count(search.batch)],
    ...(isModel(document)
      ? []
      : ([
          [
            'Given up',
            search.prune === null
              ? 'none'
              : `below the median of earlier trials after ${percent(search.prune, 0)} of the data; those tried first never`,
          ],
          ['Bars before the range', count(range.warmup)],
        ] as const)),
    ['Only where', search.where ?? 'everything is allowed'],
    ['Seed', String(search.seed)],
  ]
  return section(
    'search',
    'What was searched',
    tableHtml(
      'Parameters',
      [{ title: 'Parameter' }, { title: 'kind' }, { title: 'tried with', kind: 'prose' }],
      [
        ...search.dimensions.map((one) => [escapeHtml(one.name), kinds[one.kind], escapeHtml(rangeOf(one))]),
        ...Object.entries(fixed).map(([name, value]) => [
          escapeHtml(name),
          'not searched',
          escapeHtml(valueText(value)),
        ]),
      ],
    ),
    tableHtml(
      'How',
      [{ title: 'What' }, { title: 'How', kind: 'prose' }],
      rows.map(([what, how]) => [what, escapeHtml(how)]),
    ),
  )
}

export function searchData(document: SearchDocument): string {
  const what = isModel(document)
    ? 'Bars of the search, what was held out among them'
    : 'Bars that every trial was run on'
  return dataSection(what, document.data)
}

/** It trades nothing: of cash, costs and pruning there is none. */
function isModel(document: SearchDocument): boolean {
  return document.kind === 'sweep' && document.subject === 'model'
}

export function searchReproduce({ run, data, reproduce, engine, search }: SearchDocument): string {
  return reproduceHtml(
    'The same data, code and settings give the same trials and the same bytes, on however many threads or machines. This command makes this search.',
    reproduce.command,
    [
      ['Run', run],
      ...data.map((one): [string, string] => [`Bars of ${one.series}`, `sha256 ${one.sha256}`]),
      ['Code', `sha256 ${reproduce.code}`],
      ...Object.entries(reproduce.inputs).map(([name, hash]): [string, string] => [name, `sha256 ${hash}`]),
      ...Object.entries({ klinelab: engine.version, ...reproduce.versions }).map(
        ([name, version]): [string, string] => [`Version of ${name}`, version],
      ),
      ['Seed', String(search.seed)],
    ],
  )
}
