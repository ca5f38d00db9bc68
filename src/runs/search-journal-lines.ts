import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { lineSum } from '../search/line-sum.ts'

/** A trial and what it came to. */
export interface JournalEntry {
  readonly trial: Trial
  readonly outcome: TrialOutcome
}

/** Read at a time, bytes: a search of many trials has more than a string holds. */
const CHUNK = 1 << 22
const NEWLINE = 0x0a
const SUM = ',"c":"'
/** Length of `,"c":"1a2b3c4d"}`. */
const TAIL = 16

/** An entry as a line, with its end: JSON, whose last key is the CRC-32 of all before it, 8 hex digits, as in the trial ledger. */
export function journalLine({ trial, outcome }: JournalEntry): string {
  const text = JSON.stringify({ trial, outcome }).slice(0, -1)
  return `${text}${SUM}${lineSum(text)}"}\n`
}

/** What stands in a line; `null` where it does not add up. */
export function readJournalLine(line: string): JournalEntry | null {
  const text = line.slice(0, -TAIL)
  return line.slice(-TAIL) === `${SUM}${lineSum(text)}"}` ? (JSON.parse(`${text}}`) as JournalEntry) : null
}

/** Lines of a file that have an end, without it. */
export function* wholeLines(file: string): Generator<string> {
  const handle = openSync(file, 'r')
  try {
    let rest = Buffer.alloc(0)
    const chunk = Buffer.alloc(CHUNK)
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      rest = Buffer.concat([rest, chunk.subarray(0, read)])
      const end = rest.lastIndexOf(NEWLINE)
      if (end >= 0) yield* rest.toString('utf8', 0, end).split('\n')
      rest = rest.subarray(end + 1)
    }
  } finally {
    closeSync(handle)
  }
}

/** Bytes of a file up to the end of its last whole line. */
export function wholeBytes(file: string): number {
  const handle = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK)
    for (let to = fstatSync(handle).size; to > 0; ) {
      const from = Math.max(0, to - CHUNK)
      const end = chunk.subarray(0, readSync(handle, chunk, 0, to - from, from)).lastIndexOf(NEWLINE)
      if (end >= 0) return from + end + 1
      to = from
    }
    return 0
  } finally {
    closeSync(handle)
  }
}
