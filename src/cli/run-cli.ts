import { didYouMean } from '../core/suggest.ts'
import { DataError, NotFoundError } from '../data/data-error.ts'
import { Interrupted } from '../runs/interrupted.ts'
import { VERSION } from '../runs/package-info.ts'
import { ownSecretsHider } from '../runs/secrets.ts'
import { logToStderr } from '../runs/strategy-logs.ts'
import { UsageError } from '../runs/usage-error.ts'
import { COMMANDS, EXAMPLES } from './commands.ts'
import { exampleLines, wrapped } from './help.ts'
import { createIo } from './io.ts'
import { parseCommand } from './parse.ts'

/** Runs one command line; returns the exit code: 0 done, 1 failed or a check did not hold, 2 the command was wrong. */
export async function runCli(argv: readonly string[], process: NodeJS.Process): Promise<number> {
  const io = createIo(process)
  const hide = ownSecretsHider(process.env)
  try {
    const found = findCommand(argv)
    if (found === null) {
      process.stdout.write(argv.includes('--version') ? `${VERSION}\n` : help(argv[0]))
      return 0
    }
    const { name, rest } = found
    const { summary, load } = COMMANDS[name]!
    const command = (await load()).default
    const parsed = await parseCommand(name, summary, command, rest)
    if (parsed === null) return 0
    // what a strategy logs is no part of the document
    if (parsed.isJson) logToStderr()
    const outcome = await command.run(parsed.args, io)
    io.clear()
    if (outcome.isPrinted !== true)
      process.stdout.write(hide(parsed.isJson ? `${JSON.stringify(outcome.json, null, 2)}\n` : `${outcome.text}\n`))
    return outcome.code ?? (outcome.ok === false ? 1 : 0)
  } catch (error) {
    io.clear()
    return complain(error, process, argv.includes('--json'))
  }
}

/** Says what went wrong. @param isJson whether as a document, too @returns the exit code */
export function complain(error: unknown, process: NodeJS.Process, isJson: boolean): number {
  const isCommand = error instanceof UsageError || error instanceof NotFoundError
  const code = isCommand ? 2 : error instanceof Interrupted ? 130 : 1
  const message = ownSecretsHider(process.env)(messageOf(error))
  process.stderr.write(`${message}\n`)
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { message, code } }, null, 2)}\n`)
  return code
}

/** The longest command the first words name; null where help or the version is asked for. */
function findCommand(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } | null {
  const [first, second] = argv
  if (first === undefined || first === '--help' || first === '-h' || first === 'help' || first === '--version')
    return null
  const two = `${first} ${second}`
  if (Object.hasOwn(COMMANDS, two)) return { name: two, rest: argv.slice(2) }
  if (Object.hasOwn(COMMANDS, first)) return { name: first, rest: argv.slice(1) }
  const parts = Object.keys(COMMANDS).filter((name) => name.startsWith(`${first} `))
  if (parts.length > 0) {
    if (second === undefined || second === '--help') return null
    throw new UsageError(`unknown command "${two}"${didYouMean(two, parts)}; there are: ${parts.join(', ')}`)
  }
  const names = Object.keys(COMMANDS)
  throw new UsageError(
    `unknown command "${first}"${didYouMean(first, [...names, 'data'])}; there are: ${names.join(', ')}`,
  )
}

/** Of all commands, or of those that begin with a word, such as `data`. */
function help(first?: string): string {
  const own = Object.entries(COMMANDS).filter(([name]) => first !== undefined && name.startsWith(`${first} `))
  const listed = own.length > 0 ? own : Object.entries(COMMANDS)
  const width = Math.max(...listed.map(([name]) => name.length))
  const more = ' '.repeat(width + 4)
  const lines = listed.flatMap(([name, { summary }]) => wrapped(summary, { first: `  ${name.padEnd(width)}  `, more }))
  return [
    `klinelab ${VERSION}: backtesting and research for crypto trading`,
    '',
    ...lines,
    '',
    'Examples',
    ...EXAMPLES.flatMap(exampleLines),
    '',
    'Every command has --help, with an example, and --json. A series is written venue:SYMBOL:interval.',
    '',
  ].join('\n')
}

const OURS = [
  'UsageError',
  'DataError',
  'NotFoundError',
  'VenueError',
  'LedgerError',
  'StrategyError',
  'RangeError',
  'Interrupted',
]

/** What Node says of things that its permission model keeps from a process. */
const FORBIDDEN = ['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED']

/** Errors we made say it all; the others are bugs, and their stack helps to report them. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (FORBIDDEN.includes((error as NodeJS.ErrnoException).code ?? ''))
    return `Node’s permission model forbids what klinelab needs: ${error.message.replace(/\.$/, '')}. Run it without --permission, also in NODE_OPTIONS: threads, DuckDB and files that are flushed to the disk (fsync, which no --allow flag grants) are parts of it.`
  const isOurs = error instanceof DataError || OURS.includes(error.name) || error.constructor === Error
  return isOurs
    ? error.message
    : `${error.stack ?? error.message}\nThis is a bug of klinelab; please report it with the lines above.`
}
