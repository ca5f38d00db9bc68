import type { Command, Flag, Flags } from './command.ts'
import { COSTS } from './flags.ts'

/** Columns of a help text: a terminal has more, and a line that is read has not many more. */
const WIDTH = 100

/** What nearly every command has, last. */
const SETTINGS = ['store', 'out', 'ledger', 'config', 'show-config', 'json', 'help']
const GROUPS = ['Flags:', 'Costs and fills:', 'Settings:'] as const

/** What a command is for, its flags by groups, what would be found out by surprise, and an example. */
export async function helpText(name: string, summary: string, command: Command, flags: Flags): Promise<string> {
  const notes = command.notes === undefined ? [] : ['', ...command.notes.flatMap((note) => wrapped(note))]
  return [
    `klinelab ${name} ${command.words} [flags]`.replace(/ {2,}/g, ' '),
    '',
    ...wrapped(`${summary}.`),
    '',
    await flagsText(flags),
    ...notes,
    '',
    'Example:',
    ...exampleLines(command.example),
    '',
  ].join('\n')
}

/** yargs is loaded for its help only: that takes longer than most commands do. */
async function flagsText(flags: Flags): Promise<string> {
  const { default: yargs } = await import('yargs')
  const help = yargs([]).usage('').version(false).help('help', 'this text')
  const names = [...Object.keys(flags), 'help']
  for (const group of GROUPS)
    help.group(
      names.filter((one) => groupOf(one, flags[one]) === group),
      group,
    )
  for (const [one, flag] of Object.entries(flags)) help.option(one, { describe: said(flag) })
  const text = await help.wrap(Math.min(WIDTH, process.stdout.columns ?? WIDTH)).getHelp()
  // what yargs says of types is no news: a value has its name before it
  return text.replace(/ +\[(string|array|boolean)\]$/gm, '').trim()
}

/** A flag that has the name of a cost and another meaning (`--margin` of retrain) is none. */
function groupOf(name: string, flag: Flag | undefined): (typeof GROUPS)[number] {
  if (SETTINGS.includes(name)) return 'Settings:'
  return name === 'limit-touch' || (name in COSTS && flag === (COSTS as Flags)[name]) ? 'Costs and fills:' : 'Flags:'
}

function said({ value, bare, help, isRequired = false }: Flag): string {
  if (value === undefined) return help
  return `${bare === undefined ? value : `[${value}]`}: ${help}${isRequired ? ' (needed)' : ''}`
}

/** A command over as many lines as it takes, as a shell reads it. */
export function exampleLines(example: string): string[] {
  return wrapped(example, { first: '  ', more: '      ', end: ' \\', at: / (?=--)/ })
}

/** Lines of at most so many columns, broken between words: of a command before a flag, whose value stays with it. */
export function wrapped(text: string, { first = '', more = '', end = '', at = / / } = {}): string[] {
  const lines: string[] = []
  let line = first
  for (const word of text.split(at)) {
    const isBegun = line !== first && line !== more
    if (isBegun && line.length + 1 + word.length + end.length > WIDTH) {
      lines.push(`${line}${end}`)
      line = `${more}${word}`
    } else line += isBegun ? ` ${word}` : word
  }
  return [...lines, line]
}
