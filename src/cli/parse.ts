import parser from 'yargs-parser'
import { hedgeRefusal } from '../core/hedge.ts'
import { didYouMean } from '../core/suggest.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Args, Command, Flag, Flags } from './command.ts'
import { COMMANDS } from './commands.ts'
import { EVERYWHERE } from './flags.ts'
import { helpText } from './help.ts'

export interface Parsed {
  readonly args: Args
  readonly isJson: boolean
}

/**
 * Reads a command's words and flags; prints the help and returns null where that was asked for.
 * @throws UsageError that names the flag, quotes the value and says what is allowed
 */
export async function parseCommand(
  name: string,
  summary: string,
  command: Command,
  argv: readonly string[],
): Promise<Parsed | null> {
  const flags: Flags = { ...command.flags, ...EVERYWHERE }
  if (argv.includes('--help')) {
    process.stdout.write(await helpText(name, summary, command, flags))
    return null
  }
  checkSwitches(flags, argv)
  const raw = parsed(name, flags, argv)
  const words = (raw._ as (string | number)[]).map(String)
  checkNames(name, flags, raw)
  checkWords(name, command.words, words)
  const values: Record<string, unknown> = {}
  for (const [key, flag] of Object.entries(flags)) {
    const value = parsedValue(`--${key}`, flag, raw[key])
    if (value !== undefined) values[camelCase(key)] = value
    else if (flag.isRequired)
      throw new UsageError(`klinelab ${name}: --${key} is missing: ${flag.help}. Example: ${command.example}`)
  }
  return { args: { words, flags: values }, isJson: values['json'] === true }
}

/** What is given, with nothing guessed: no numbers out of texts, no camelCase twins, no negations. */
function parsed(name: string, flags: Flags, argv: readonly string[]): parser.Arguments {
  const keys = Object.keys(flags)
  const withValue = keys.filter((key) => flags[key]!.value !== undefined)
  const isArray = (key: string) => flags[key]!.isList === true || flags[key]!.bare !== undefined
  const singles = withValue.filter((key) => !isArray(key))
  const { argv: raw, error } = parser.detailed([...argv], {
    boolean: keys.filter((key) => flags[key]!.value === undefined),
    string: withValue,
    array: withValue.filter(isArray),
    narg: Object.fromEntries(singles.map((key) => [key, 1])),
    configuration: {
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'duplicate-arguments-array': true,
    },
  })
  if (error !== null) throw new UsageError(`klinelab ${name}: ${error.message}; see klinelab ${name} --help`)
  return raw
}

/** A switch that is given a value would be taken for on, whatever the value. */
function checkSwitches(flags: Flags, argv: readonly string[]): void {
  const end = argv.indexOf('--')
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, key, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? []
    if (key === undefined || flags[key] === undefined || flags[key].value !== undefined) continue
    if (value !== 'true' && value !== 'false')
      throw new UsageError(`--${key} is on or off and takes no value, not "${value}": write --${key}, or leave it out`)
  }
}

function checkNames(name: string, flags: Flags, raw: object): void {
  const known = [...Object.keys(flags), 'help']
  for (const key of Object.keys(raw)) {
    if (known.includes(key) || key === '_' || key === '$0') continue
    const hedge = hedgeRefusal(key)
    if (hedge !== null) throw new UsageError(`klinelab ${name}: --${key}: ${hedge}`)
    throw new UsageError(
      `klinelab ${name}: unknown flag ${key.length === 1 ? '-' : '--'}${key}${didYouMean(
        `--${key}`,
        known.map((one) => `--${one}`),
      )}; see klinelab ${name} --help`,
    )
  }
}

function checkWords(name: string, form: string, words: readonly string[]): void {
  const wanted = form.split(' ').filter((word) => word !== '')
  const least = wanted.filter((word) => word.startsWith('<')).length
  const most = wanted.some((word) => word.includes('...')) ? Number.POSITIVE_INFINITY : wanted.length
  if (words.length < least)
    throw new UsageError(
      `klinelab ${name}: ${wanted[words.length]} is missing. Write it before the flags: klinelab ${name} ${form} [flags]`,
    )
  const parts = Object.keys(COMMANDS).filter((one) => one.startsWith(`${name} `))
  if (words.length > most)
    throw new UsageError(
      `klinelab ${name}: "${words[most]}" is one word too many${didYouMean(`${name} ${words[most]}`, parts)}; it takes ${form === '' ? 'none' : form}`,
    )
}

function parsedValue(name: string, flag: Flag, raw: unknown): unknown {
  if (raw === undefined) return undefined
  if (flag.value === undefined) {
    if (typeof raw !== 'boolean') throw new UsageError(`${name} is given twice`)
    return raw ? true : undefined
  }
  const parse = (text: unknown) => {
    if (typeof text !== 'string' || text === '') throw new UsageError(`${name} needs a value: ${flag.value}`)
    try {
      return flag.parse === undefined ? text : flag.parse(text)
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(`${name}: ${error.message}`, { cause: error })
      throw error
    }
  }
  if (flag.bare !== undefined) {
    const [value, ...more] = raw as unknown[]
    if (more.length > 0) throw new UsageError(`${name} takes one value: ${(raw as unknown[]).join(' and ')}`)
    return value === undefined ? flag.bare : parse(value)
  }
  if (flag.isList) {
    if ((raw as unknown[]).length === 0) throw new UsageError(`${name} needs a value: ${flag.value}`)
    return (raw as unknown[]).map(parse)
  }
  if (Array.isArray(raw)) throw new UsageError(`${name} is given twice: ${raw.join(' and ')}`)
  return parse(raw)
}

function camelCase(key: string): string {
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
