import type { RunDocument, RunResult } from '../core/run.ts'
import { escapeHtml, section } from './html.ts'

/** What is said of several symbols in the same words is said once. */
export function groupedRemarks({ remarks, data }: RunDocument): string[] {
  const symbols = new Set(data.map((one) => one.series.split(':')[1]!))
  const groups = new Map<string, string[]>()
  for (const remark of remarks) {
    const [symbol, ...rest] = remark.split(': ')
    const isOfSymbol = rest.length > 0 && symbols.has(symbol!)
    const words = isOfSymbol ? rest.join(': ') : remark
    const group = groups.get(words) ?? []
    groups.set(words, isOfSymbol ? [...group, symbol!] : group)
  }
  return [...groups].map(([words, of]) => (of.length === 0 ? words : `${of.join(', ')}: ${words}`))
}

export function remarksSection({ document }: RunResult): string {
  return remarksList(groupedRemarks(document))
}

export function remarksList(remarks: readonly string[]): string {
  if (remarks.length === 0) return ''
  return section(
    'remarks',
    'What to know before believing it',
    `<ul>${remarks.map((remark) => `<li>${escapeHtml(remark)}</li>`).join('')}</ul>`,
  )
}
