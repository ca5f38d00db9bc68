import { readFileSync, writeFileSync } from 'node:fs'

/** What a cell put out, nbformat 4.5 without counts: those say how often somebody ran it. */
export type Output = Stream | Shown

export interface Stream {
  readonly output_type: 'stream'
  readonly name: 'stdout' | 'stderr'
  readonly text: string
}

export type Shown =
  | { readonly output_type: 'execute_result' | 'display_data'; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly output_type: 'error'
      readonly ename: string
      readonly evalue: string
      readonly traceback: readonly string[]
    }

export interface Cell {
  readonly id: string
  readonly kind: 'markdown' | 'code'
  readonly source: string
  /** `null` where it was never run. */
  readonly executionCount: number | null
  readonly outputs: readonly Output[]
}

/** A text, or its lines with their ends. */
type Lines = string | readonly string[]

interface StoredCell {
  readonly cell_type: 'markdown' | 'code'
  readonly id: string
  readonly metadata: object
  readonly source: Lines
  readonly execution_count?: number | null
  readonly outputs?: readonly StoredOutput[]
}

interface StoredOutput {
  readonly output_type: Output['output_type']
  readonly name?: 'stdout' | 'stderr'
  readonly text?: Lines
  readonly data?: Readonly<Record<string, unknown>>
  readonly ename?: string
  readonly evalue?: string
  readonly traceback?: readonly string[]
}

export function readNotebook(file: string): Cell[] {
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cells: readonly StoredCell[] }
  return cells.map(({ id, cell_type, source, execution_count = null, outputs = [] }) => ({
    id,
    kind: cell_type,
    source: joined(source),
    executionCount: execution_count,
    outputs: outputs.map(read),
  }))
}

function read({ output_type, name, text, data, ename, evalue, traceback }: StoredOutput): Output {
  if (output_type === 'stream') return { output_type, name: name!, text: joined(text!) }
  if (output_type === 'error') return { output_type, ename: ename!, evalue: evalue!, traceback: traceback! }
  const isText = (value: unknown): value is Lines => typeof value === 'string' || Array.isArray(value)
  const entries = Object.entries(data!).map(([mime, value]) => [mime, isText(value) ? joined(value) : value])
  return { output_type, data: Object.fromEntries(entries) as Record<string, unknown> }
}

/** Writes a notebook as Jupyter does: what is long stands line by line, so that a change can be read as a diff. */
export function writeNotebook(file: string, cells: readonly Cell[]): void {
  const stored = cells.map(({ id, kind, source, executionCount, outputs }): StoredCell => {
    const head = { cell_type: kind, id, metadata: {}, source: lines(source) }
    if (kind === 'markdown') return head
    return { ...head, execution_count: executionCount, outputs: outputs.map((one) => written(one, executionCount)) }
  })
  const text = JSON.stringify({ cells: stored, metadata: METADATA, nbformat: 4, nbformat_minor: 5 }, null, 1)
  writeFileSync(file, `${text}\n`)
}

function written(output: Output, count: number | null): StoredOutput {
  if (output.output_type === 'error') return output
  if (output.output_type === 'stream') return { ...output, text: lines(output.text) }
  const entries = Object.entries(output.data).map(([mime, value]) => [
    mime,
    typeof value === 'string' ? lines(value) : value,
  ])
  const data = { data: Object.fromEntries(entries) as Record<string, unknown>, metadata: {} }
  const { output_type } = output
  return output_type === 'execute_result'
    ? ({ output_type, ...data, execution_count: count } as StoredOutput)
    : { output_type, ...data }
}

const METADATA = {
  kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
  language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
}

function joined(text: Lines): string {
  return typeof text === 'string' ? text : text.join('')
}

function lines(text: string): string[] {
  return text.split(/(?<=\n)/)
}
