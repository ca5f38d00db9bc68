import { KERNEL_BYTES } from '../kernel/kernel-bytes.ts'

/*
 * TypeScript's own types have WebAssembly in the browser's library only, which would let `window` into code for Node.
 */
interface WasmMemory {
  readonly buffer: SharedArrayBuffer
}
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

/** Functions of src/models/kernel: what they take is told there. All are addresses, in bytes, or counts. */
export interface Kernel {
  product(
    c: number,
    rows: number,
    panels: number,
    from: number,
    fromRow: number,
    fromPanel: number,
    a: number,
    k: number,
    b: number,
    bPanel: number,
  ): void
  outer(
    c: number,
    k: number,
    panels: number,
    a: number,
    aStep: number,
    b: number,
    bStep: number,
    rows: number,
    steps: number,
  ): void
  columnSums(c: number, panels: number, b: number, bStep: number, rows: number, steps: number): void
  transpose(c: number, b: number, k: number, panels: number): void
  lstmForward(z: number, bytes: number, before: number, cell: number, squashed: number, h: number): void
  lstmBackward(z: number, bytes: number, before: number, squashed: number, dh: number, dc: number): void
  gruForward(z: number, bytes: number, before: number, h: number): void
  gruBackward(z: number, bytes: number, before: number, dh: number, dBefore: number): void
  dropout(
    to: number,
    from: number,
    rows: number,
    panels: number,
    seed: number,
    first: number,
    rowStep: number,
    threshold: number,
    scale: number,
  ): void
  accumulate(to: number, from: number, count: number, add: number): number
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    scale: number,
    decay: number,
    rate: number,
    root: number,
  ): void
}

/** The kernel's constants lie below. */
export const FIRST_FREE_BYTE = 4096
const PAGE = 65_536
/** What 32-bit addresses reach. */
export const MOST_BYTES = 65_536 * PAGE

let module: object | undefined

/** Memory that threads can share, all 0. */
export function kernelMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

/** The kernel at work on a memory, which may be another thread's too. */
export function openKernel(memory: WasmMemory): Kernel {
  module ??= new WebAssembly.Module(Buffer.from(KERNEL_BYTES, 'base64'))
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernel
}

export type { WasmMemory }
