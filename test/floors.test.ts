import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '..', 'src')

/** Room → floor, as src/README.md tells it. A file that lies in src itself is above all rooms. */
const FLOORS: Readonly<Record<string, number>> = {
  core: 0,
  indicators: 1,
  metrics: 1,
  engine: 1,
  preprocess: 2,
  data: 2,
  report: 2,
  tables: 2,
  models: 3,
  search: 4,
  runs: 5,
  exchange: 5,
  cli: 6,
}

/** Rooms that may look at a neighbour on their own floor. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'))

const code = (file: string) => readFileSync(join(SRC, file), 'utf8')
/** The same without comments, so that prose may use any word. */
const bare = (file: string) =>
  code(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
/** Files that the tool writes for its users are templates: their imports are not ours. */
const TEMPLATES = /`[^`]*`/g
const room = (file: string) => (file.includes('/') ? file.split('/')[0]! : '')
const importsOf = (file: string) =>
  [
    ...bare(file)
      .replace(TEMPLATES, '``')
      .matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g),
  ].map(([, path]) => relative(SRC, resolve(SRC, file, '..', path!)).replaceAll('\\', '/'))

describe('floors', () => {
  test('every room has a floor', () => {
    expect([...new Set(files.map(room))].filter((name) => name !== '').sort()).toEqual(Object.keys(FLOORS).sort())
  })

  test('a room imports rooms of lower floors only', () => {
    const wrong = files
      .filter((file) => room(file) !== '')
      .flatMap((file) => importsOf(file).map((other) => ({ file, other })))
      .filter(({ file, other }) => {
        const [from, to] = [room(file), room(other)]
        return from !== to && !(FLOORS[to]! < FLOORS[from]!) && !NEIGHBOURS[from]?.includes(to)
      })
    expect(wrong).toEqual([])
  })

  test('no import goes round in a circle', () => {
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
      if (done.has(file)) return []
      for (const other of importsOf(file)) {
        const circle = visit(other, [...path, file])
        if (circle.length > 0) return circle
      }
      done.add(file)
      return []
    }
    for (const file of files) expect(visit(file, []).join(' → ')).toBe('')
  })

  test.each(['core', 'indicators', 'metrics', 'engine', 'preprocess'])(
    '%s knows neither Node, nor the clock, nor chance, nor promises',
    (name) => {
      const wrong = files
        .filter((file) => room(file) === name)
        .filter((file) =>
          /'node:|Date\.now|new Date\(\)|Math\.random|\bperformance\.(?!ts')|\bawait\b|\bprocess\./.test(bare(file)),
        )
      expect(wrong).toEqual([])
    },
  )

  test('the report touches neither files nor sockets, clock nor chance', () => {
    // these hold what runs in a browser, as text
    const scripts = ['report/browser-script.ts', 'report/page-paper.ts']
    const wrong = files
      .filter((file) => room(file) === 'report' && !scripts.includes(file))
      .filter((file) => /'node:|Date\.now|Math\.random|\bperformance\.(?!ts')|\bprocess\./.test(bare(file)))
    expect(wrong).toEqual([])
  })

  test('only the command line reads arguments and environment, and prints', () => {
    const wrong = files
      .filter((file) => !['cli', ''].includes(room(file)) && file !== 'data/embed.ts')
      .filter((file) => /process\.argv|console\.|process\.stdout|process\.stderr/.test(bare(file)))
    expect(wrong).toEqual([])
  })
})

describe('habits', () => {
  test('names say what is inside', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager|service|types)\.ts$/.test(file))).toEqual(
      [],
    )
    expect(files.filter((file) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file))).toEqual([])
  })

  test('no file is over 500 lines, and half of them are at most about a hundred', () => {
    const lengths = files.map((file) => code(file).split('\n').length).sort((a, b) => a - b)
    expect(lengths.at(-1)).toBeLessThanOrEqual(500)
    expect(lengths[lengths.length >> 1]).toBeLessThanOrEqual(110)
  })

  test('no escape hatch in types, no unfinished word', () => {
    expect(
      files.filter((file) => /@ts-ignore|@ts-nocheck|@ts-expect-error|\bas any\b|: any\b/.test(code(file))),
    ).toEqual([])
    expect(files.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(code(file)))).toEqual([])
  })
})
