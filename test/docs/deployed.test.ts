import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { parseCommand } from '../../src/cli/parse.ts'
import { accountsFolder, pausesFile } from '../../src/runs/connect-settings.ts'
import { ROOT } from '../cli/klinelab.ts'
import { fencedBlocks } from './fenced.ts'

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8')
const blocks = fencedBlocks(read('README.md'))
const of = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text)

/** A reader of YAML comes with what looks for unused dependencies; klinelab itself has none. */
const yaml = createRequire(join(ROOT, 'node_modules', 'knip', 'package.json'))('yaml') as {
  parse(text: string, options: { merge: boolean }): unknown
}

/** As a shell splits what stands here: no quotes are needed in it. */
const split = (text: string) => text.trim().split(/\s+/)

/** Commands that start klinelab there, as its own words; `null`: it is another program. */
function ownWords(command: string | readonly string[]): readonly string[] | null {
  const words = typeof command === 'string' ? split(command) : command
  const at = words.findIndex((word) => /(^|\/)klinelab(\.mjs)?$/.test(word))
  if (at < 0) return null
  expect(['', 'npx', 'node']).toContain(words.slice(0, at).join(' '))
  return words.slice(at + 1)
}

/** The command's own parser takes it: command, words, flags and their values. */
async function accepted(words: readonly string[]): Promise<string> {
  const name = [words.slice(0, 2).join(' '), words[0]!].find((one) => Object.hasOwn(COMMANDS, one))
  if (name === undefined) throw new Error(`klinelab ${words.join(' ')}: there is no such command`)
  const { summary, load } = COMMANDS[name]!
  await parseCommand(name, summary, (await load()).default, words.slice(name.split(' ').length))
  return name
}

/** Every `command` of a document, at any depth. */
function commandsIn(value: unknown): (string | readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(commandsIn)
  return Object.entries(value).flatMap(([key, one]) => (key === 'command' ? [one as string] : commandsIn(one)))
}

/** Of units, one after the other: [section, key, value]. A line that is none of theirs is an error. */
function unitLines(text: string): (readonly [section: string, key: string, value: string])[] {
  let section = ''
  return text.split('\n').flatMap((line) => {
    if (/^(#.*)?$/.test(line)) return []
    const head = /^\[(\w+)\]$/.exec(line)
    if (head !== null) {
      section = head[1]!
      return []
    }
    const pair = /^([A-Za-z]+)=(.+)$/.exec(line)
    if (pair === null) throw new Error(`"${line}" is no line of a unit`)
    return [[section, pair[1]!, pair[2]!] as const]
  })
}

/** systemd.unit(5), systemd.service(5), systemd.kill(5), systemd.exec(5), systemd.resource-control(5), systemd.timer(5): those in use here. */
const DIRECTIVES: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'Wants', 'After'],
  Service: [
    'Type', 'User', 'WorkingDirectory', 'EnvironmentFile', 'ExecStart', 'Restart', 'RestartSec', 'RestartPreventExitStatus',
    'SuccessExitStatus', 'KillMode', 'TimeoutStopSec', 'NoNewPrivileges', 'ProtectSystem', 'ProtectHome', 'ReadWritePaths', 'MemoryMax',
    'StateDirectory', 'CacheDirectory', 'Environment',
  ],
  Timer: ['OnCalendar', 'Persistent'],
  Install: ['WantedBy'],
} // biome-ignore format: lists

/** Compose specification, services: those in use here. */
const COMPOSE = [
  'image', 'working_dir', 'volumes', 'environment', 'command', 'deploy', 'restart', 'depends_on', 'hostname', 'init', 'env_file',
  'stop_grace_period',
] // biome-ignore format: a list

describe('what the README and src/deploy start on servers', () => {
  test('is YAML whose commands klinelab takes', async () => {
    const documents = of('yaml').map((text) => yaml.parse(text, { merge: true }))
    const commands = documents.flatMap(commandsIn).map(ownWords)
    const taken = await Promise.all(commands.flatMap((words) => (words === null ? [] : [accepted(words)])))
    expect(taken).toEqual(['worker', 'sweep', 'worker', 'data sync'])
    const services = documents.flatMap((one) => Object.values((one as { services?: object }).services ?? {}))
    expect(services.flatMap((one: object) => Object.keys(one)).filter((key) => !COMPOSE.includes(key))).toEqual([])
  })

  test.each([
    ['the README', () => of('ini').join('\n'), ['data sync']],
    ['src/deploy', () => read('src', 'deploy', 'klinelab-paper.service'), ['paper']],
  ] as const)(
    'is a unit of systemd in %s whose lines are known, and whose command klinelab takes',
    async (_, text, names) => {
      const lines = unitLines(text())
      expect(lines.filter(([section, key]) => DIRECTIVES[section]?.includes(key) !== true)).toEqual([])
      const started = lines.flatMap(([, key, value]) => (key === 'ExecStart' ? [ownWords(value)!] : []))
      expect(await Promise.all(started.map(accepted))).toEqual(names)
      const folder = lines.find(([, key]) => key === 'WorkingDirectory')![2]
      expect(
        lines.filter(([, key]) => key === 'ExecStart').map(([, , value]) => value.startsWith(`${folder}/`)),
      ).toEqual([true])
    },
  )

  /** systemd.exec(5): %S and %C are the folders in which those of StateDirectory= and CacheDirectory= lie. */
  test('holds accounts where the unit, which sees no home, may write', () => {
    const service = unitLines(read('src', 'deploy', 'klinelab-paper.service')).filter(
      ([section]) => section === 'Service',
    )
    const values = (name: string) => service.filter(([, key]) => key === name).map(([, , value]) => value)
    expect([values('ProtectHome'), values('ProtectSystem')]).toEqual([['true'], ['strict']])
    const given = Object.fromEntries(
      values('Environment').flatMap((value) => split(value).map((one) => one.split('='))),
    )
    const folders = { '%S': '/var/lib', '%C': '/var/cache' } as Readonly<Record<string, string>>
    const env = Object.fromEntries(Object.entries<string>(given).map(([name, value]) => [name, folders[value]]))
    expect(accountsFolder(env)).toBe(`/var/lib/${values('StateDirectory')}/accounts`)
    expect(pausesFile(env)).toBe(`/var/cache/${values('CacheDirectory')}/pauses.json`)
  })

  test('holds accounts where the user of the image may write, in a volume that containers have in common', () => {
    const file = read('src', 'deploy', 'Dockerfile')
    const [, state] = /^ENV .*\bXDG_STATE_HOME=(\S+)$/m.exec(file)!
    const [, made, owned] = /^RUN mkdir -p (.+) && chown node:node (.+)$/m.exec(file)!
    for (const folders of [made!, owned!]) expect(split(folders).map((one) => resolve('/lab', one))).toContain(state)
    expect(file).toMatch(new RegExp(`^#.* -v [a-z-]+:${state} `, 'm'))
  })

  test('is an image whose entry is a command, with the words that its head adds', async () => {
    const file = read('src', 'deploy', 'Dockerfile')
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(file)![1]!) as string[]
    const head = file
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .map((line) => line.slice(1))
      .join('\n')
      .replaceAll('\\\n', ' ')
    const run = /docker run (.*)$/m.exec(head)![1]!
    const own = split(run.slice(run.lastIndexOf(' paper strategies/')).replace(/^ paper /, ''))
    expect(await accepted([...ownWords(entry)!, ...own])).toBe('paper')
  })

  test('is, in two terminals, an exchange and a session that is told where the exchange listens', async () => {
    const [exchange, paper, ...more] = of('text').map((text) => ownWords(text)!)
    expect([await accepted(exchange!), await accepted(paper!), more]).toEqual(['exchange', 'paper', []])
    const { flags } = (await COMMANDS['exchange']!.load()).default
    const address = paper!.find((word) => word.startsWith('http://'))!
    expect(flags['port']!.help).toContain(new URL(address).port)
  })
})

/** Named in running text, where words may stand for others: commands and flags are held against the command line, values are not. */
describe('commands that are named in the text', () => {
  const named = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].flatMap((file) =>
    [
      ...read(file)
        .replace(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/`(?:npx )?klinelab ([a-z][^`]*)`/g),
    ].map(([, text]) => [file, text!] as const),
  )

  test('are many', () => expect(named.length).toBeGreaterThan(30))

  test('exist, and so do their flags', async () => {
    const wrong: string[] = []
    for (const [file, text] of named) {
      const words = split(text)
      const name = [words.slice(0, 2).join(' '), words[0]!].find((one) => Object.hasOwn(COMMANDS, one))
      const isGroup = Object.keys(COMMANDS).some((one) => one.startsWith(`${words[0]} `))
      if (name === undefined) {
        if (!isGroup || words.slice(1).some((word) => word !== '--help')) wrong.push(`${file}: klinelab ${text}`)
        continue
      }
      const { flags } = (await COMMANDS[name]!.load()).default
      const given = words.flatMap((word) => /^--([a-z0-9-]+)/.exec(word)?.[1] ?? [])
      for (const flag of given)
        if (!Object.hasOwn(flags, flag) && !['json', 'help'].includes(flag))
          wrong.push(`${file}: klinelab ${text}: --${flag}`)
    }
    expect(wrong).toEqual([])
  })
})
