import { StrategyError } from './strategy-error.ts'

/** What structuredClone copies, and a file could keep, beside arrays and plain objects. */
const KEPT = new Set(['Map', 'Set', 'Date', 'ArrayBuffer'])

/**
 * A copy of a strategy's own state, which must be plain data, so that it can be saved and a run shares it with no other.
 * @throws StrategyError that names the key at fault
 */
export function plainState(state: unknown, strategy: string): unknown {
  checkPlain(state, `strategy ${strategy}: state`, new Set())
  return structuredClone(state)
}

function checkPlain(value: unknown, path: string, above: Set<unknown>): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw refusal(path, `a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return
  if (above.has(value)) throw refusal(path, 'a part of itself')
  above.add(value)
  if (Array.isArray(value)) for (const [k, item] of value.entries()) checkPlain(item, `${path}[${k}]`, above)
  else if (value instanceof Map || value instanceof Set)
    for (const item of value) checkPlain(item, `${path} (${kindOf(value)})`, above)
  else if (isPlain(value))
    for (const key of Reflect.ownKeys(value)) {
      const at = `${path}.${String(key)}`
      if (typeof key === 'symbol') throw refusal(at, 'kept under a symbol')
      checkPlain((value as Record<string, unknown>)[key], at, above)
    }
  else if (!ArrayBuffer.isView(value) && !KEPT.has(kindOf(value)))
    throw refusal(path, `an instance of ${kindOf(value)}`)
  above.delete(value)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOf(value: object): string {
  return value.constructor?.name ?? 'a class'
}

function refusal(path: string, what: string): StrategyError {
  return new StrategyError(
    `${path} is ${what}; state must be plain data (numbers, texts, arrays, objects, maps, sets), so that it can be saved`,
  )
}
