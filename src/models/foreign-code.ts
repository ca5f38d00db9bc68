import type { ModelDefinition } from './define-model.ts'

/** What klinelab's own parts call themselves. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  label: ['direction', 'tripleBarrier'],
  scale: ['robust-scaler', 'standard-scaler', 'min-max-scaler', 'clip', 'winsorize', 'impute', 'pipeline'],
  rebalance: ['none', 'class-weights', 'random-over-sample', 'random-under-sample', 'smote'],
  model: ['logistic-regression', 'gbdt', 'random-forest', 'lstm', 'gru', 'mlp', 'cnn1d', 'onnx', 'ensemble'],
  split: ['walkForward', 'purgedKFold', 'combinatorialPurged'],
}

/**
 * The text of parts that are not klinelab's own, steps of a pipeline and members of an ensemble included: what they are decided
 * by besides their settings, as far as it can be seen. `null` where there are none.
 */
export function foreignCode({ label, scale, rebalance, model, split }: ModelDefinition): string | null {
  const texts: string[] = []
  const look = (part: object, own: readonly string[]): void => {
    const { kind, settings } = part as { readonly kind: string; readonly settings: Readonly<Record<string, unknown>> }
    const { members = [] } = part as { readonly members?: readonly object[] }
    for (const inner of [...members, ...((settings['steps'] ?? []) as readonly object[])]) look(inner, own)
    if (!own.includes(kind))
      texts.push(
        `${kind} ${Object.values(part)
          .filter((value) => typeof value === 'function')
          .map(String)
          .join(' ')}`,
      )
  }
  for (const [key, part] of Object.entries({ label, scale, rebalance, model, split })) look(part, OWN[key]!)
  return texts.length === 0 ? null : texts.join('\n')
}
