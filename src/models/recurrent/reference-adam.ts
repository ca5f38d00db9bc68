/** Adam as torch.optim.Adam takes it (Kingma and Ba 2015), in plain TypeScript: what the kernel's is tested against. */
export interface ReferenceAdam {
  readonly mean: Float64Array
  readonly square: Float64Array
  steps: number
}

export interface AdamOptions {
  readonly learningRate: number
  /** Gradients are scaled down to this norm at most, as torch's clip_grad_norm_ does; `null`: never. */
  readonly clip: number | null
  /** Added to the gradient of each weight, times the weight; by index, 0 for a bias. */
  readonly decay: (index: number) => number
}

export function referenceAdam(
  weights: Float64Array,
  gradient: Float64Array,
  state: ReferenceAdam,
  { learningRate, clip, decay }: AdamOptions,
): void {
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
  const scale = clip === null ? 1 : Math.min(1, clip / (norm + 1e-6))
  state.steps++
  const first = 1 - 0.9 ** state.steps
  const second = 1 - 0.999 ** state.steps
  for (let k = 0; k < weights.length; k++) {
    const g = gradient[k]! * scale + decay(k) * weights[k]!
    state.mean[k] = 0.9 * state.mean[k]! + 0.1 * g
    state.square[k] = 0.999 * state.square[k]! + 0.001 * g * g
    const divisor = Math.sqrt(state.square[k]! / second) + 1e-8
    weights[k]! -= (learningRate * state.mean[k]!) / first / divisor
  }
}
