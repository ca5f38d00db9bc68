import type { Io } from './io.ts'

/** A flag: how its text becomes a value. `parse` throws a RangeError that says what is allowed. */
export interface Flag {
  readonly help: string
  /** A word for the value in the help; a flag without one is a switch. */
  readonly value?: string
  /** May be given more than once, and with several values: always an array then. */
  readonly isList?: boolean
  /** What it stands for where it is given without its value; absent: it needs one. */
  readonly bare?: unknown
  readonly parse?: (text: string) => unknown
  readonly isRequired?: boolean
}

export type Flags = Readonly<Record<string, Flag>>

/** Parsed and checked arguments: flags in camelCase, positional words in order. */
export interface Args {
  readonly words: readonly string[]
  readonly flags: Readonly<Record<string, unknown>>
}

/** What a command has to say: a document for scripts, text for people, and whether what it checked held. */
export interface Outcome {
  readonly json: unknown
  readonly text: string
  /** False: the work was done and a check did not hold; exit code 1. */
  readonly ok?: boolean
  /** Exit code of work that was ended early. */
  readonly code?: number
  /** All has been printed as it came, a document a line: work without an end has no last word. */
  readonly isPrinted?: boolean
}

export interface Command {
  /** Positional words: `<one>`, `[optional]`, `<several...>`. */
  readonly words: string
  readonly flags: Flags
  /** One that works as it stands in a fresh checkout or project. */
  readonly example: string
  /** What the help says besides its flags: what people would else find out by surprise. */
  readonly notes?: readonly string[]
  run(args: Args, io: Io): Promise<Outcome>
}
