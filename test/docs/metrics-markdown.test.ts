import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'
import { METRICS } from '../../src/metrics/index.ts'
import { ROOT } from '../cli/klinelab.ts'
import { withMetrics } from './metrics-markdown.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const marked = (mark: string) => readme.split(`<!-- ${mark}:start -->`)[1]!.split(`<!-- ${mark}:end -->`)[0]!

describe('the figures in the README', () => {
  test.each([
    ['metrics', METRICS],
    ['classification', CLASSIFICATION_METRICS],
  ])('are those of the table, each with its formula and source, and no other: %s', (mark, figures) => {
    // read from the text itself: cells between bars that are not escaped
    const rows = marked(mark)
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| figure '))
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('\\|', '|')),
      )
    expect(rows).toEqual(
      figures.map(({ label, key, unit, formula, source }) => [label, `\`${key}\``, unit, formula, source]),
    )
  })

  test('are what `npm run docs` writes', () => {
    expect(readme === withMetrics(readme), 'README.md is behind src/metrics/table.ts: npm run docs').toBe(true)
  })
})

test('a README without both marks is refused, not overwritten', () => {
  expect(() => withMetrics('# klinelab\n<!-- metrics:end --><!-- metrics:start -->')).toThrow('metrics:start')
  expect(() => withMetrics('# klinelab')).toThrow('metrics:start')
})
