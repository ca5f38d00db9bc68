import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { didYouMean } from '../core/suggest.ts'
import { HOME } from './package-info.ts'
import { apiNames, resolveToThisCopy } from './resolve-to-this-copy.ts'
import { UsageError } from './usage-error.ts'

/** A module of the user's, as it was loaded. */
export interface UserModule {
  readonly file: string
  readonly exports: Readonly<Record<string, unknown>>
}

/**
 * Loads a module of the user's.
 * @param what errors call it: `strategy`, `module`
 * @throws UsageError that names the file, and the line where its syntax breaks
 */
export async function loadModule(what: string, path: string, from = process.cwd()): Promise<UserModule> {
  const file = resolve(from, path)
  if (!existsSync(file)) {
    const dir = dirname(file)
    const names = existsSync(dir) ? readdirSync(dir).filter((name) => /\.(ts|js|mjs)$/.test(name)) : []
    const shipped = join(HOME, 'strategies', basename(file))
    // the demo and the README speak of the examples wherever somebody is
    const copy = isInPackages(file) ? '' : `, or copy it to ${path}`
    const example = existsSync(shipped) ? `; klinelab’s own is ${shipped}: give that path${copy}` : ''
    throw new UsageError(
      `${what} ${path}: there is no such file${didYouMean(basename(file), names)}${names.length > 0 ? `; in ${dirname(path)}: ${names.join(', ')}` : ''}${example}`,
    )
  }
  refuseFolder(what, path, file)
  resolveToThisCopy()
  try {
    return { file, exports: (await import(pathToFileURL(file).href)) as Record<string, unknown> }
  } catch (error) {
    throw new UsageError(`${what} ${path}: ${await loadProblem(file, error)}`, { cause: error })
  }
}

/** @throws UsageError for a folder, that names a module in it where there is one */
export function refuseFolder(what: string, path: string, file: string): void {
  if (!statSync(file).isDirectory()) return
  const inside = readdirSync(file, { encoding: 'utf8' }).sort()
  const module = inside.find((name) => /(?<!\.d)\.ts$/.test(name)) ?? inside.find((name) => /\.m?js$/.test(name))
  throw new UsageError(
    `${what} ${path}: is a folder; name a file ${module === undefined ? 'of TypeScript, there is none in it' : `in it, such as ${join(path, module)}`}`,
  )
}

/** Where Node loads no TypeScript, and npm removes what it has not put there. */
const isInPackages = (file: string) => file.split(sep).includes('node_modules')

/** As Node says it of a name that is imported from us and is not there. */
const NO_EXPORT = /'klinelab' does not provide an export named '([^']+)'/

function lineIn(stack: string, name: string): string | undefined {
  return new RegExp(`${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(stack)?.[1]
}

/** What went wrong when a module was loaded, on one line, with the line of the file where Node knows it. */
export async function loadProblem(file: string, error: unknown): Promise<string> {
  const { name, message, stack = '' } = error as Error
  // a stack has the file's URL, where blanks and umlauts are percents
  const url = pathToFileURL(file).href
  const line = [basename(file), basename(url)].map((name) => lineIn(stack, name)).find((one) => one !== undefined)
  const text = message.replace(/\s*\n\s*/g, ' ').trim()
  const asked = NO_EXPORT.exec(text)?.[1]
  if (asked !== undefined)
    return `cannot be loaded${line === undefined ? '' : `, line ${line}`}: klinelab has nothing that is called "${asked}"${didYouMean(asked, await apiNames())}`
  return `cannot be loaded${line === undefined ? '' : `, line ${line}`}: ${name}: ${text}`
}
