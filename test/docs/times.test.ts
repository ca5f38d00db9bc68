import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../cli/klinelab.ts'

/** Stamps of logs by the wall clock, and documents for other programs: what `src/README.md` says of times in texts. */
const ISO = [
  'cli/commands/data-stream.ts',
  'cli/commands/data-sync.ts',
  'runs/paper/watch/webhook.ts',
  'runs/write-folder.ts',
]

test('what the command line and the verbs say of a time is written by timeName, but where it is no text', () => {
  const files = ['cli', 'runs'].flatMap((room) =>
    readdirSync(join(ROOT, 'src', room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${room}/${name.replaceAll('\\', '/')}`),
  )
  const writing = files.filter((name) => /toISOString\(|\bmoment\(/.test(readFileSync(join(ROOT, 'src', name), 'utf8')))
  expect(writing.sort()).toEqual(ISO)
})
