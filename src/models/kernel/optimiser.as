/** to += from where `add`, else to = from; gives the sum of squares of what then stands in `to`. Counts in fours. */
export function accumulate(to: usize, from: usize, count: i32, add: i32): f64 {
  let low = f64x2.splat(0)
  let high = low
  const end = to + (<usize>count << 2)
  while (to < end) {
    let g = v128.load(from)
    if (add) g = f32x4.add(v128.load(to), g)
    v128.store(to, g)
    const x = f64x2.promote_low_f32x4(g)
    const y = f64x2.promote_low_f32x4(v128.shuffle<u32>(g, g, 2, 3, 2, 3))
    low = f64x2.add(low, f64x2.mul(x, x))
    high = f64x2.add(high, f64x2.mul(y, y))
    to += 16
    from += 16
  }
  const both = f64x2.add(low, high)
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)
}

/**
 * One step of Adam (Kingma and Ba 2015), as torch.optim.Adam with weight_decay = `decay` takes it: the gradient is scaled
 * first, the decay added to it. `rate` is lr / (1 − β1^t), `root` is √(1 − β2^t).
 */
export function adam(
  p: usize, g: usize, m: usize, v: usize, count: i32, scale: f32, decay: f32, rate: f32, root: f32,
): void {
  const b1 = f32x4.splat(0.9)
  const b1rest = f32x4.splat(0.1)
  const b2 = f32x4.splat(0.999)
  const b2rest = f32x4.splat(0.001)
  const eps = f32x4.splat(1e-8)
  for (let k: usize = 0; k < <usize>count << 2; k += 16) {
    const w = v128.load(p + k)
    const d = f32x4.add(f32x4.mul(v128.load(g + k), f32x4.splat(scale)), f32x4.mul(w, f32x4.splat(decay)))
    const mean = f32x4.add(f32x4.mul(b1, v128.load(m + k)), f32x4.mul(b1rest, d))
    const square = f32x4.add(f32x4.mul(b2, v128.load(v + k)), f32x4.mul(f32x4.mul(b2rest, d), d))
    v128.store(m + k, mean)
    v128.store(v + k, square)
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(square), f32x4.splat(root)), eps)
    v128.store(p + k, f32x4.sub(w, f32x4.div(f32x4.mul(f32x4.splat(rate), mean), divisor)))
  }
}
