/** One object of an exchange's answer or event, fields as it names them. */
export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(reply: unknown): Fields {
  return typeof reply === 'object' && reply !== null ? (reply as Fields) : {}
}

export function rowsOf(reply: unknown): readonly Fields[] {
  return Array.isArray(reply) ? reply.map(fieldsOf) : []
}

/** A field as text; empty where it is absent. Exchanges write ids as numbers and amounts as text. */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  return value === undefined || value === null ? '' : String(value)
}

/** An amount: "0" where the field is absent or empty. */
export function amountIn(fields: Fields, name: string): string {
  return textIn(fields, name) || '0'
}
