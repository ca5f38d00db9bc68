import { isAscii } from 'node:buffer'
import { closeSync, constants, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../data/make-folder.ts'
import { LINE_START, lineOf, readLine, type TrialEntry, type WrittenTrial } from './ledger-line.ts'

/** One write holds at most this, in bytes, and whole lines only. */
const BATCH = 1 << 20
/** Read at a time, bytes. */
const CHUNK = 1 << 23
const NEWLINE = 0x0a
/** Of damaged lines so many are kept by number. */
const NAMED = 20

/** The ledger cannot be read or written; the message names it and says what to do. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
}

export interface Ledger {
  readonly file: string
  /** Every line that could be read, in order: the same trial may be there more than once. */
  readonly entries: readonly WrittenTrial[]
  /** Lines that could not: how many, and the numbers of the first of them, from 1. */
  readonly unreadable: number
  readonly unreadableAt: readonly number[]
}

/**
 * Appends trials, safe beside other writers: each write is of whole lines and appended by the system in one piece, and what
 * another writer left torn is ended first. They are on the disk when it returns.
 * @throws LedgerError that says how many were not counted, or that the disk has not told to have them
 */
export function appendTrials(file: string, entries: readonly TrialEntry[]): void {
  if (entries.length === 0) return
  let written = 0
  try {
    makeFolder(dirname(file))
    const { O_APPEND, O_CREAT, O_RDWR } = constants
    const handle = openSync(file, O_APPEND | O_CREAT | O_RDWR, 0o644)
    try {
      while (written < entries.length) written += appendBatch(handle, entries, written)
      sync(handle)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    throw notCounted(file, entries.length - written, error)
  }
}

/** Writes as many of the entries from `first` on as one batch holds; returns how many are there as whole lines. */
function appendBatch(handle: number, entries: readonly TrialEntry[], first: number): number {
  const lines: Buffer[] = isTorn(handle) ? [Buffer.from('\n')] : []
  const lead = lines.length
  let bytes = lead
  for (let k = first; k < entries.length; k++) {
    const line = Buffer.from(lineOf(entries[k]!))
    if (bytes + line.length > BATCH && lines.length > lead) break
    lines.push(line)
    bytes += line.length
  }
  let left = writeSync(handle, Buffer.concat(lines))
  // a disk that runs full takes a part: what is whole counts, and the next write begins on a line of its own
  let whole = 0
  for (const line of lines) {
    left -= line.length
    if (left < 0) break
    whole++
  }
  return Math.max(0, whole - lead)
}

/** Whether the file ends within a line. */
function isTorn(handle: number): boolean {
  const { size } = fstatSync(handle)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(handle, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE
}

function sync(handle: number): void {
  try {
    fsyncSync(handle)
  } catch (error) {
    // what is no file on a disk has nothing to wait for
    if (codeOf(error) !== 'EINVAL') throw error
  }
}

function notCounted(file: string, count: number, error: unknown): LedgerError {
  const why = codeOf(error) || (error as Error).message
  if (count === 0)
    return new LedgerError(
      `${file}: the trial ledger has the trials, but could not be written through to the disk (${why}): a loss of power may lose them`,
      { cause: error },
    )
  const what = count === 1 ? 'one trial was not counted' : `${count} trials were not counted`
  const advice = {
    ENOSPC: 'the disk is full; free some space, and run it again to count it',
    ENOTDIR: 'a part of its path is a file; choose another place with --ledger FILE',
    EISDIR: 'is a folder; name a file with --ledger FILE',
  }[codeOf(error)]
  return new LedgerError(
    `${file}: ${what} in the trial ledger: ${advice ?? `it cannot be written (${why}); choose another place with --ledger FILE`}`,
    { cause: error },
  )
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? ''
}

/**
 * Reads a ledger; one that is not there is empty. A line that was cut off, and one that is none, are told of; a whole line that
 * came to stand behind a torn one is found in it.
 * @throws LedgerError where it cannot be read, or a newer klinelab has written in it
 */
export function readLedger(file: string): Ledger {
  const entries: WrittenTrial[] = []
  const unreadableAt: number[] = []
  let unreadable = 0
  let number = 0
  const read = (line: string) => {
    number++
    if (line === '') return
    const found = readLine(line)
    // what was torn ends where a whole line begins
    const begin = found === null ? line.lastIndexOf(LINE_START) : 0
    const behind = begin > 0 ? readLine(line.slice(begin)) : found
    if (typeof behind === 'number') throw newer(file, number, behind)
    if (behind !== null) entries.push(behind)
    if (found !== null) return
    unreadable++
    if (unreadableAt.length < NAMED) unreadableAt.push(number)
  }
  for (const text of piecesOf(file))
    for (let at = 0; at < text.length; ) {
      const stop = text.indexOf('\n', at)
      const end = stop < 0 ? text.length : stop
      read(text.slice(at, end))
      at = end + 1
    }
  return { file, entries, unreadable, unreadableAt }
}

function newer(file: string, line: number, version: number): LedgerError {
  return new LedgerError(
    `${file}:${line}: was written by a newer klinelab (version ${version} of the ledger); update klinelab, or count in another ledger with --ledger FILE`,
  )
}

/** The text of a file in pieces of whole lines: a ledger may be longer than a string. */
function* piecesOf(file: string): Generator<string> {
  if (!existsSync(file)) return
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    throw unreadableFile(file, error)
  }
  try {
    let chunk = Buffer.allocUnsafe(CHUNK)
    /** Bytes at its beginning of a line that is not whole yet. */
    let rest = 0
    for (;;) {
      const filled = rest + readPiece(file, handle, chunk, rest)
      if (filled === rest) break
      const end = chunk.lastIndexOf(NEWLINE, filled - 1)
      if (end >= 0) {
        yield textOf(chunk.subarray(0, end + 1))
        chunk.copyWithin(0, end + 1, filled)
      } else if (filled === chunk.length) chunk = Buffer.concat([chunk, Buffer.allocUnsafe(CHUNK)])
      rest = filled - end - 1
    }
    if (rest > 0) yield textOf(chunk.subarray(0, rest))
  } finally {
    closeSync(handle)
  }
}

/** Nearly every ledger is ASCII throughout, where either is the same and this one takes half the time. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}

function readPiece(file: string, handle: number, chunk: Buffer, at: number): number {
  try {
    return readSync(handle, chunk, at, chunk.length - at, null)
  } catch (error) {
    throw unreadableFile(file, error)
  }
}

function unreadableFile(file: string, error: unknown): LedgerError {
  return new LedgerError(
    `${file}: the trial ledger cannot be read (${codeOf(error) || (error as Error).message}); name another with --ledger FILE`,
    { cause: error },
  )
}
