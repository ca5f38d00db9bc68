import { expect, test } from 'vitest'
import { identityOf } from '../../../src/runs/paper/paper-request.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'
import { checkSame, outToSay, sessionCommand } from '../../../src/runs/paper/session-folder.ts'

test('a session that was begun with another range says so in dates', () => {
  const bars = (to: number) => ({ bars: { from: Date.UTC(2024, 0, 1), to } })
  const said = bars(Date.UTC(2024, 1, 1))
  const file = { said, asked: identityOf(said) } as unknown as SessionFile
  expect(() => checkSame('first', file, bars(Date.UTC(2024, 0, 3)))).toThrow(/\(to was 2024-02-01, is 2024-01-03\)/)
  expect(() => checkSame('first', file, said)).not.toThrow()
})

test('a command says where the folder of runs is unless that is the built-in one, and as a shell reads it', () => {
  const from = (of: string) => outToSay({ out: "/my runs/it's", origins: { out: { value: '', from: of } } })
  expect(['built in', '--out', 'KLINELAB_REPORTS'].map((of) => sessionCommand('stop one', from(of)))).toEqual([
    'klinelab paper stop one',
    `klinelab paper stop one --out '/my runs/it'\\''s'`,
    `klinelab paper stop one --out '/my runs/it'\\''s'`,
  ])
})
