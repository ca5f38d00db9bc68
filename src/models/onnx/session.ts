import { extname } from 'node:path'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { OnnxAnswer, OnnxRequest, OnnxShape } from './onnx-runtime.ts'
import type { SessionBrief } from './session-worker.ts'

/** A source in a checkout and compiled in the package, as this module is. */
const WORKER = new URL(`./session-worker${extname(import.meta.url)}`, import.meta.url)

/** Rows asked for at a time, so that the limit below is not one for all rows of a backtest together. */
const ROWS = 1024

/** Milliseconds to wait for a thread to start, the runtime to load and the model to be read. */
const OPENING = 60_000

/**
 * A model opened in ONNX Runtime on a thread of its own. A strategy asks and wants its answer within the bar, the runtime gives
 * it some time later: so this thread sleeps until the other one has it.
 */
export class OnnxSession {
  readonly shape: OnnxShape
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))
  readonly #patience: number
  #taken = 0
  #fault: Error | null = null

  /**
   * @param patience milliseconds to wait for an answer of many rows: a thread that was killed gives none
   * @throws Error that says why it cannot be opened
   */
  constructor(runtime: string, bytes: Uint8Array, patience = OPENING) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#patience = patience
    const brief: SessionBrief = { runtime, bytes, signal: this.#signal, port: port2 }
    this.#worker = new Worker(WORKER, { workerData: brief, transferList: [port2], execArgv: [] })
    const ended = (how: unknown) => {
      this.#fault ??= new Error(`onnxModel: the thread of its runtime ended: ${String(how)}`)
    }
    this.#worker.on('error', ended)
    this.#worker.on('exit', (code) => ended(`code ${code}`))
    // neither keeps the process from ending
    this.#worker.unref()
    this.#port.unref()
    this.shape = this.#answer(OPENING).shape!
  }

  /** Whether it can be asked. */
  get isOpen(): boolean {
    return this.#fault === null
  }

  /**
   * What the model gives for each row, one after the other.
   * @param x row after row
   * @throws Error that says what the runtime said
   */
  run({ x, dims, input, output }: OnnxRequest): Float64Array {
    const size = dims.reduce((product, dim) => product * dim, 1)
    const parts: Float64Array[] = []
    for (let from = 0; from < x.length; from += ROWS * size) {
      if (this.#fault !== null) throw this.#fault
      const part = x.slice(from, from + ROWS * size)
      this.#port.postMessage({ x: part, dims, input, output } satisfies OnnxRequest, [part.buffer])
      parts.push(this.#answer(this.#patience).values!)
    }
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  /** @throws Error where none comes, or the runtime gave a fault */
  #answer(patience: number): OnnxAnswer {
    if (Atomics.wait(this.#signal, 0, this.#taken, patience) === 'timed-out')
      throw this.#end(`no answer within ${patience / 1000} s`)
    this.#taken++
    const { message } = receiveMessageOnPort(this.#port) as { readonly message: OnnxAnswer }
    if (message.fault === undefined) return message
    throw message.shape === undefined && this.#taken === 1
      ? this.#end(message.fault)
      : new Error(`onnxModel: ${message.fault}`)
  }

  #end(reason: string): Error {
    this.#fault = new Error(`onnxModel: ${reason}`)
    void this.#worker.terminate()
    return this.#fault
  }
}

const OPEN = new Map<string, OnnxSession>()

/** The session of a model, opened when first asked for: models of many folds that are one model share it. */
export function sessionOf(runtime: string, bytes: Uint8Array, sha256: string): OnnxSession {
  const key = `${runtime} ${sha256}`
  const known = OPEN.get(key)
  if (known?.isOpen) return known
  const session = new OnnxSession(runtime, bytes)
  OPEN.set(key, session)
  return session
}
