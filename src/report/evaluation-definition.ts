import type { EvaluationDocument } from '../core/evaluation.ts'
import { escapeHtml, section } from './html.ts'

type Plain = Readonly<Record<string, unknown>>

/** The whole definition as indented text. */
export function definitionSection({ definition }: EvaluationDocument): string {
  return section(
    'definition',
    'The definition',
    '<p>All that decides what is learnt from these bars. Its hash is among what it was made of, below.</p>',
    `<pre class="definition">${escapeHtml(linesOf(definition, '').join('\n'))}</pre>`,
  )
}

function linesOf(value: Plain, indent: string): string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    if (isKind(one)) return [`${indent}${key}: ${one.kind}`, ...linesOf(one.settings, `${indent}  `)]
    if (Array.isArray(one) && one.some(isPlain))
      return [`${indent}${key}:`, ...one.flatMap((part) => itemLines(part, `${indent}  `))]
    if (!isPlain(one)) return [`${indent}${key}: ${definitionWords(one)}`]
    const inner = linesOf(one, `${indent}  `)
    return inner.length === 0 ? [`${indent}${key}: none`] : [`${indent}${key}:`, ...inner]
  })
}

function itemLines(part: unknown, indent: string): string[] {
  if (isKind(part)) return [`${indent}- ${part.kind}`, ...linesOf(part.settings, `${indent}  `)]
  return [`${indent}- ${definitionWords(part)}`]
}

/** A part of a definition in one line: `tripleBarrier (up 2, down 2, horizon 24)`. */
export function definitionWords(value: unknown): string {
  if (isKind(value)) {
    const inner = Object.entries(value.settings).map(([key, one]) => `${key} ${definitionWords(one)}`)
    return inner.length === 0 ? value.kind : `${value.kind} (${inner.join(', ')})`
  }
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(definitionWords).join(', ')
  if (isPlain(value))
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${definitionWords(one)}`)
      .join(', ')} }`
  return value === null || value === undefined ? 'none' : String(value)
}

/** The same, as short as it can be told: `ensemble of lstm, gbdt`. */
export function kindWords(value: unknown): string {
  if (!isKind(value)) return definitionWords(value)
  const parts = Object.values(value.settings).find((one) => Array.isArray(one) && one.some(isKind)) as unknown[]
  return parts === undefined ? value.kind : `${value.kind} of ${parts.map(kindWords).join(', ')}`
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What `kind` and `settings` are told by: labels, steps, models, splitters. */
function isKind(value: unknown): value is { readonly kind: string; readonly settings: Plain } {
  return isPlain(value) && typeof value['kind'] === 'string' && isPlain(value['settings'])
}
