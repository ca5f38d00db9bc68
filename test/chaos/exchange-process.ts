import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { FaultSpec } from '../../src/exchange/fault-spec.ts'
import { MAIN, ownEnv, ROOT } from './places.ts'

type Row = Readonly<Record<string, unknown>>

/** A pause of the replay, as the control port says it. */
export interface Stand {
  readonly at: string
  readonly time: number
}

/** The simulated exchange in a process of its own, and the port that steers it. */
export class ExchangeProcess {
  readonly origin: string
  readonly #child: ChildProcess
  readonly #control: string

  private constructor(child: ChildProcess, { origin, controlPort }: { origin: string; controlPort: number }) {
    this.#child = child
    this.origin = origin
    this.#control = `http://127.0.0.1:${controlPort}`
  }

  static async start(args: readonly string[], home: string): Promise<ExchangeProcess> {
    const all = ['exchange', ...args, '--speed', 'step', '--port', '0', '--control-port', '0', '--json']
    const child = spawn(process.execPath, [MAIN, ...all], {
      cwd: ROOT,
      env: ownEnv(home),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    for await (const line of createInterface({ input: child.stdout! })) {
      const said = JSON.parse(line) as { event: string; origin: string; controlPort: number }
      if (said.event === 'listening') return new ExchangeProcess(child, said)
    }
    throw new Error(`klinelab ${all.join(' ')} does not listen`)
  }

  /** Goes on to the next pause of the replay. */
  step(): Promise<Stand> {
    return this.#ask('POST', '/step')
  }

  addFault(spec: FaultSpec): Promise<{ readonly id: number }> {
    return this.#ask('POST', '/fault', spec)
  }

  faults(): Promise<readonly { readonly kind: string; readonly done: number }[]> {
    return this.#ask('GET', '/fault')
  }

  clearFaults(): Promise<unknown> {
    return this.#ask('DELETE', '/fault')
  }

  sockets(act: 'close' | 'cut' | 'half-open', road?: 'market' | 'private'): Promise<unknown> {
    return this.#ask('POST', '/sockets', { act, ...(road !== undefined && { road }) })
  }

  /** What the account's owner reads there, whatever becomes of other requests. */
  async read<T = readonly Row[]>(path: string, params: Row = {}): Promise<T> {
    const { status, body } = await this.#ask<{ status: number; body: T }>('POST', '/act', {
      method: 'GET',
      path,
      params,
    })
    if (status !== 200) throw new Error(`the exchange answers ${status} to ${path}: ${JSON.stringify(body)}`)
    return body
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#control}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const json = (await response.json()) as T
    if (!response.ok) throw new Error(`the control port answers ${response.status}: ${JSON.stringify(json)}`)
    return json
  }
}
