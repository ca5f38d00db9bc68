/*
 * Matrix products of the recurrent step, in tiles of four rows by eight columns: eight accumulators of four lanes, two of
 * the right side and one of the left are all that fit into the sixteen vector registers of an x86-64 core.
 *
 * Everything is stored in panels of eight columns, so that a tile reads and writes memory in its order: element (row, col)
 * of a matrix of `rows` rows lies at [col / 8][row][col % 8]. Rows of samples come in fours, or there is a single one.
 *
 * The sum of each element is taken in the order of k and starts at its initial value, in every tile alike. So a row's
 * numbers depend on that row alone: predicted by itself or in a batch, it gets the same bits. No fused multiply-add: its
 * rounding would differ between machines.
 */

const PANEL: usize = 32

/**
 * c[rows × 8·panels] = from + a[rows × k] · b[k × 8·panels], k in fours. `from` is stepped through by `fromRow` and
 * `fromPanel` bytes: a bias has a row step of 0, c itself accumulates, a zero vector has steps of 0.
 */
export function product(
  c: usize, rows: i32, panels: i32, from: usize, fromRow: usize, fromPanel: usize, a: usize, k: i32, b: usize, bPanel: usize,
): void {
  if (rows == 1) return productOfRow(c, panels, from, fromPanel, a, k, b, bPanel)
  const cPanel = <usize>rows * PANEL
  for (let j = 0; j < panels; j++) {
    for (let i: usize = 0; i < cPanel; i += 4 * PANEL) {
      let f = from + (i / PANEL) * fromRow
      let s00 = v128.load(f)
      let s01 = v128.load(f, 16)
      f += fromRow
      let s10 = v128.load(f)
      let s11 = v128.load(f, 16)
      f += fromRow
      let s20 = v128.load(f)
      let s21 = v128.load(f, 16)
      f += fromRow
      let s30 = v128.load(f)
      let s31 = v128.load(f, 16)
      let left = a + i
      let right = b
      for (let rest = k; rest > 0; rest -= 8) {
        const end = right + <usize>min(rest, 8) * PANEL
        let x = left
        while (right < end) {
          const b0 = v128.load(right)
          const b1 = v128.load(right, 16)
          const a0 = v128.load_splat<f32>(x)
          s00 = f32x4.add(s00, f32x4.mul(a0, b0))
          s01 = f32x4.add(s01, f32x4.mul(a0, b1))
          const a1 = v128.load_splat<f32>(x, 32)
          s10 = f32x4.add(s10, f32x4.mul(a1, b0))
          s11 = f32x4.add(s11, f32x4.mul(a1, b1))
          const a2 = v128.load_splat<f32>(x, 64)
          s20 = f32x4.add(s20, f32x4.mul(a2, b0))
          s21 = f32x4.add(s21, f32x4.mul(a2, b1))
          const a3 = v128.load_splat<f32>(x, 96)
          s30 = f32x4.add(s30, f32x4.mul(a3, b0))
          s31 = f32x4.add(s31, f32x4.mul(a3, b1))
          x += 4
          right += PANEL
        }
        left += cPanel
      }
      const to = c + i
      v128.store(to, s00)
      v128.store(to, s01, 16)
      v128.store(to, s10, 32)
      v128.store(to, s11, 48)
      v128.store(to, s20, 64)
      v128.store(to, s21, 80)
      v128.store(to, s30, 96)
      v128.store(to, s31, 112)
    }
    c += cPanel
    from += fromPanel
    b += bPanel
  }
}

/** The same for one row, whose columns lie side by side: four panels at a time, for as many independent sums as above. */
function productOfRow(c: usize, panels: i32, from: usize, fromPanel: usize, a: usize, k: i32, b: usize, bPanel: usize): void {
  let j = 0
  const end = a + (<usize>k << 2)
  for (; j + 4 <= panels; j += 4) {
    let f = from
    let s00 = v128.load(f)
    let s01 = v128.load(f, 16)
    f += fromPanel
    let s10 = v128.load(f)
    let s11 = v128.load(f, 16)
    f += fromPanel
    let s20 = v128.load(f)
    let s21 = v128.load(f, 16)
    f += fromPanel
    let s30 = v128.load(f)
    let s31 = v128.load(f, 16)
    let b0 = b
    let b1 = b0 + bPanel
    let b2 = b1 + bPanel
    let b3 = b2 + bPanel
    for (let x = a; x < end; x += 4) {
      const left = v128.load_splat<f32>(x)
      s00 = f32x4.add(s00, f32x4.mul(left, v128.load(b0)))
      s01 = f32x4.add(s01, f32x4.mul(left, v128.load(b0, 16)))
      s10 = f32x4.add(s10, f32x4.mul(left, v128.load(b1)))
      s11 = f32x4.add(s11, f32x4.mul(left, v128.load(b1, 16)))
      s20 = f32x4.add(s20, f32x4.mul(left, v128.load(b2)))
      s21 = f32x4.add(s21, f32x4.mul(left, v128.load(b2, 16)))
      s30 = f32x4.add(s30, f32x4.mul(left, v128.load(b3)))
      s31 = f32x4.add(s31, f32x4.mul(left, v128.load(b3, 16)))
      b0 += PANEL
      b1 += PANEL
      b2 += PANEL
      b3 += PANEL
    }
    v128.store(c, s00)
    v128.store(c, s01, 16)
    v128.store(c, s10, 32)
    v128.store(c, s11, 48)
    v128.store(c, s20, 64)
    v128.store(c, s21, 80)
    v128.store(c, s30, 96)
    v128.store(c, s31, 112)
    c += 4 * PANEL
    from += 4 * fromPanel
    b += 4 * bPanel
  }
  for (; j < panels; j++) {
    let s0 = v128.load(from)
    let s1 = v128.load(from, 16)
    let right = b
    for (let x = a; x < end; x += 4) {
      const left = v128.load_splat<f32>(x)
      s0 = f32x4.add(s0, f32x4.mul(left, v128.load(right)))
      s1 = f32x4.add(s1, f32x4.mul(left, v128.load(right, 16)))
      right += PANEL
    }
    v128.store(c, s0)
    v128.store(c, s1, 16)
    c += PANEL
    from += fromPanel
    b += bPanel
  }
}

/**
 * c[k × 8·panels] = Σ over `steps` of a[rows × k]ᵀ · b[rows × 8·panels], k in fours: the gradient of weights, summed over
 * time and samples in registers. `aStep` and `bStep`: bytes from one step of time to the next.
 */
export function outer(
  c: usize, k: i32, panels: i32, a: usize, aStep: usize, b: usize, bStep: usize, rows: i32, steps: i32,
): void {
  const panel = <usize>rows * PANEL
  for (let j = 0; j < panels; j++) {
    for (let i = 0; i < k; i += 4) {
      const zero = f32x4.splat(0)
      let s00 = zero
      let s01 = zero
      let s10 = zero
      let s11 = zero
      let s20 = zero
      let s21 = zero
      let s30 = zero
      let s31 = zero
      let left = a + (<usize>i >> 3) * panel + ((<usize>i & 7) << 2)
      let right = b
      for (let t = 0; t < steps; t++) {
        let x = left
        let y = right
        const end = y + panel
        while (y < end) {
          const b0 = v128.load(y)
          const b1 = v128.load(y, 16)
          const a0 = v128.load_splat<f32>(x)
          s00 = f32x4.add(s00, f32x4.mul(a0, b0))
          s01 = f32x4.add(s01, f32x4.mul(a0, b1))
          const a1 = v128.load_splat<f32>(x, 4)
          s10 = f32x4.add(s10, f32x4.mul(a1, b0))
          s11 = f32x4.add(s11, f32x4.mul(a1, b1))
          const a2 = v128.load_splat<f32>(x, 8)
          s20 = f32x4.add(s20, f32x4.mul(a2, b0))
          s21 = f32x4.add(s21, f32x4.mul(a2, b1))
          const a3 = v128.load_splat<f32>(x, 12)
          s30 = f32x4.add(s30, f32x4.mul(a3, b0))
          s31 = f32x4.add(s31, f32x4.mul(a3, b1))
          x += PANEL
          y += PANEL
        }
        left += aStep
        right += bStep
      }
      const to = c + <usize>i * PANEL
      v128.store(to, s00)
      v128.store(to, s01, 16)
      v128.store(to, s10, 32)
      v128.store(to, s11, 48)
      v128.store(to, s20, 64)
      v128.store(to, s21, 80)
      v128.store(to, s30, 96)
      v128.store(to, s31, 112)
    }
    c += <usize>k * PANEL
    b += panel
  }
}

/** c[8·panels] = Σ over `steps` and rows of b[rows × 8·panels]: the gradient of a bias. */
export function columnSums(c: usize, panels: i32, b: usize, bStep: usize, rows: i32, steps: i32): void {
  const panel = <usize>rows * PANEL
  for (let j = 0; j < panels; j++) {
    let s0 = f32x4.splat(0)
    let s1 = s0
    let right = b
    for (let t = 0; t < steps; t++) {
      const end = right + panel
      for (let y = right; y < end; y += PANEL) {
        s0 = f32x4.add(s0, v128.load(y))
        s1 = f32x4.add(s1, v128.load(y, 16))
      }
      right += bStep
    }
    v128.store(c, s0)
    v128.store(c, s1, 16)
    c += PANEL
    b += panel
  }
}

/** c[8·panels × k] = b[k × 8·panels]ᵀ, k in eights. */
export function transpose(c: usize, b: usize, k: i32, panels: i32): void {
  const width = <usize>panels * 8
  for (let i: usize = 0; i < <usize>k; i++) {
    const to = c + (i >> 3) * width * PANEL + ((i & 7) << 2)
    const from = b + i * PANEL
    for (let n: usize = 0; n < width; n++) {
      const value = load<f32>(from + (n >> 3) * <usize>k * PANEL + ((n & 7) << 2))
      store<f32>(to + n * PANEL, value)
    }
  }
}
