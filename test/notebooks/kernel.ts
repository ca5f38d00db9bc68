import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Output, Shown, Stream } from './notebook.ts'
import { ZmtpSocket } from './zmtp.ts'

/** Message of Jupyter's protocol 5.3 (jupyter-client.readthedocs.io, "Messaging in Jupyter"). */
interface Message {
  readonly type: string
  /** Id of the request that it belongs to. */
  readonly parent: string | undefined
  readonly content: Content
}

interface Content {
  readonly execution_state?: string
  readonly name?: 'stdout' | 'stderr'
  readonly text?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly ename?: string
  readonly evalue?: string
  readonly traceback?: readonly string[]
}

/** A running Deno kernel, asked over the same sockets as Jupyter asks it. */
export class Kernel {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #key: string
  #shell: ZmtpSocket | undefined
  #published: ZmtpSocket | undefined
  #listener: (message: Message) => void = () => {}
  #printed = ''

  private constructor(child: ChildProcess, folder: string, key: string) {
    this.#child = child
    this.#folder = folder
    this.#key = key
    for (const pipe of [child.stdout, child.stderr])
      pipe?.on('data', (text: Buffer) => {
        this.#printed += String(text)
      })
  }

  /**
   * @param cwd the notebook's folder, which is where Jupyter starts a kernel
   * @throws Error with what the kernel printed where it does not come up
   */
  static async start(deno: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Kernel> {
    const folder = mkdtempSync(join(tmpdir(), 'klinelab-kernel-'))
    const [shell, iopub, stdin, control, heartbeat] = await freePorts(5)
    const key = randomUUID()
    const ports = { shell_port: shell, iopub_port: iopub, stdin_port: stdin, control_port: control, hb_port: heartbeat }
    const connection = { transport: 'tcp', ip: '127.0.0.1', signature_scheme: 'hmac-sha256', key, ...ports }
    const file = join(folder, 'connection.json')
    writeFileSync(file, JSON.stringify(connection))
    const child = spawn(deno, ['jupyter', '--kernel', '--conn', file], {
      cwd,
      // what cells put into temporary folders goes when the kernel goes
      env: { ...env, TMPDIR: folder, TMP: folder, TEMP: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const kernel = new Kernel(child, folder, key)
    try {
      await kernel.#connect(shell!, iopub!)
    } catch (error) {
      kernel.end()
      throw new Error(`the kernel did not come up: ${(error as Error).message}\n${kernel.#printed}`, { cause: error })
    }
    return kernel
  }

  async #connect(shell: number, iopub: number): Promise<void> {
    const onMessage = (parts: readonly Buffer[]) => this.#listener(messageOf(parts))
    const deadline = Date.now() + 20_000
    const patiently = async (port: number, kind: 'DEALER' | 'SUB') => {
      for (;;) {
        try {
          return await ZmtpSocket.connect(port, kind, onMessage)
        } catch (error) {
          if (Date.now() > deadline || this.#child.exitCode !== null) throw error
          await pause(50)
        }
      }
    }
    this.#published = await patiently(iopub, 'SUB')
    this.#shell = await patiently(shell, 'DEALER')
    // what is published before the subscription has arrived is lost: ask until an answer is published too
    const answered = Promise.withResolvers<void>()
    this.#listener = ({ type }) => {
      if (type === 'status') answered.resolve()
    }
    let isAnswered = false
    const asked = answered.promise.then(() => {
      isAnswered = true
    })
    while (!isAnswered) {
      if (Date.now() > deadline) throw new Error('it does not answer')
      this.#send('kernel_info_request', {})
      await Promise.race([asked, pause(100)])
    }
  }

  /**
   * Runs a cell to its end. A fault of it is an output, as in Jupyter.
   *
   * Deno publishes what is printed, what is shown and that it is idle by ways of their own, so that outputs may come after it
   * says that it is done. Each way keeps its order: when a mark that went last by both is here, everything is.
   */
  async execute(code: string): Promise<readonly Output[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const gone = () => reject(new Error(`the kernel ended within a cell:\n${this.#printed}`))
    this.#child.once('exit', gone)
    const mark = randomUUID()
    const streams: Stream[] = []
    const shown: Shown[] = []
    let awaited = 2
    this.#listener = ({ type, content: { name, text, data, ename, evalue, traceback } }) => {
      if (type === 'stream') {
        const own = text!.replace(`${mark}\n`, '')
        if (own !== text) awaited--
        if (own !== '') print(streams, name!, own)
      } else if (type === 'error') {
        shown.push({ output_type: type, ename: ename!, evalue: evalue!, traceback: traceback! })
      } else if (type === 'execute_result' || type === 'display_data') {
        if (String(data!['text/plain']).includes(mark)) awaited--
        else shown.push({ output_type: type, data: data! })
      }
      if (awaited === 0) resolve()
    }
    this.#execute(code)
    this.#execute(`console.log('${mark}')\n'${mark}'`)
    await promise
    this.#child.off('exit', gone)
    return [...streams, ...shown]
  }

  #execute(code: string): void {
    const options = {
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    }
    this.#send('execute_request', { code, ...options })
  }

  end(): void {
    this.#shell?.end()
    this.#published?.end()
    this.#child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #send(type: string, content: object, id: string = randomUUID()): void {
    const header = { msg_id: id, msg_type: type, session: this.#key, username: 'klinelab', version: '5.3', date: new Date().toISOString() } // biome-ignore format: as in the protocol
    const parts = [header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part)))
    const hmac = createHmac('sha256', this.#key)
    for (const part of parts) hmac.update(part)
    this.#shell!.send([Buffer.from(DELIMITER), Buffer.from(hmac.digest('hex')), ...parts])
  }
}

const DELIMITER = '<IDS|MSG>'

function messageOf(parts: readonly Buffer[]): Message {
  const at = parts.findIndex((part) => part.toString() === DELIMITER)
  const [header, parent, , content] = parts.slice(at + 2).map((part) => JSON.parse(part.toString()) as unknown)
  return {
    type: (header as { msg_type: string }).msg_type,
    parent: (parent as { msg_id?: string }).msg_id,
    content: content as Content,
  }
}

/** What is printed piece by piece is one output, as Jupyter has it. */
function print(streams: Stream[], name: Stream['name'], text: string): void {
  const last = streams.at(-1)
  if (last?.name === name) streams[streams.length - 1] = { ...last, text: last.text + text }
  else streams.push({ output_type: 'stream', name, text })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
