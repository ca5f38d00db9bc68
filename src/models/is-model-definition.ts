import type { ModelDefinition } from './define-model.ts'

export function isModelDefinition(value: unknown): value is ModelDefinition {
  const one = value as Partial<ModelDefinition> | null | undefined
  return typeof one === 'object' && one?.isModel === true && one.kind === 'definition'
}
