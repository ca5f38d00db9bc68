import type { ModelDefinition } from './define-model.ts'
import { ownPart, type Part, type PartName, partsWithin } from './own-parts.ts'

/**
 * The text of parts that are not klinelab's own, steps of a pipeline and members of an ensemble included: what they are decided
 * by besides their settings, as far as it can be seen. `null` where there are none.
 */
export function foreignCode({ label, scale, rebalance, model, split }: ModelDefinition): string | null {
  const texts: string[] = []
  const look = (name: PartName, part: Part): void => {
    for (const inner of partsWithin(name, part)) look(name, inner)
    if (ownPart(name, part) === undefined)
      texts.push(
        `${part.kind} ${Object.values(part)
          .filter((value) => typeof value === 'function')
          .map(String)
          .join(' ')}`,
      )
  }
  for (const [name, part] of Object.entries({ label, scale, rebalance, model, split })) look(name as PartName, part)
  return texts.length === 0 ? null : texts.join('\n')
}
