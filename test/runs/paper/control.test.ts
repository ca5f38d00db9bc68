import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { askSession, Control, type ControlAnswer } from '../../../src/runs/paper/control.ts'
import { scratch } from '../../cli/klinelab.ts'

const answering = (name: string) => async () => ({ ok: false, error: name }) satisfies ControlAnswer
const said = async (dir: string) => {
  const answer = await askSession(dir, { ask: 'status' })
  return answer === null || answer.ok ? answer : answer.error
}
const longIn = (dir: string, name = 'x') => join(dir, name.repeat(60), name.repeat(60))

/** A folder of a session whose path is too long for a socket. */
function long(): string {
  const dir = longIn(scratch())
  mkdirSync(dir, { recursive: true })
  return dir
}

describe('the socket of a session', () => {
  test('lies in its folder, for its user only, and is gone when it ends', async () => {
    const dir = scratch()
    const control = await Control.open(dir, answering('one'))
    expect(statSync(join(dir, '.socket')).mode & 0o777).toBe(0o600)
    expect(await said(dir)).toBe('one')
    await control.close()
    expect([existsSync(join(dir, '.socket')), await said(dir)]).toEqual([false, null])
  })

  test('lies elsewhere where that path is too long, and is found all the same', async () => {
    const dir = long()
    const control = await Control.open(dir, answering('one'))
    const [path] = readFileSync(join(dir, '.control'), 'utf8').split('\n') as [string]
    expect([existsSync(join(dir, '.socket')), existsSync(path)]).toEqual([false, true])
    expect(await said(dir)).toBe('one')
    await control.close()
    expect([existsSync(dirname(path)), existsSync(join(dir, '.control')), await said(dir)]).toEqual([
      false,
      false,
      null,
    ])
  })

  test.each(['short', 'long'])('of a process that was killed is taken over, its path %s', async (which) => {
    const dir = which === 'long' ? long() : scratch()
    const left = async (path: string) => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(`${path}_`, resolve))
      renameSync(`${path}_`, path)
      await new Promise((resolve) => server.close(resolve))
    }
    let folder: string | null = null
    if (which === 'long') {
      const control = await Control.open(dir, answering('first'))
      const where = readFileSync(join(dir, '.control'), 'utf8')
      await control.close()
      folder = dirname(where.split('\n')[0]!)
      mkdirSync(folder)
      await left(join(folder, 'control'))
      writeFileSync(join(dir, '.control'), where)
    } else await left(join(dir, '.socket'))
    expect(await said(dir)).toBeNull()
    const control = await Control.open(dir, answering('second'))
    expect(await said(dir)).toBe('second')
    await control.close()
    if (folder !== null) expect(existsSync(folder)).toBe(false)
  })

  test('is no way to have another folder deleted', async () => {
    const dir = long()
    const other = scratch({ control: 'kept', 'more.txt': 'kept' })
    const ours = join(tmpdir(), 'klinelab-aB3dE6')
    mkdirSync(ours, { recursive: true })
    writeFileSync(join(ours, 'control'), 'no socket')
    for (const path of [join(other, 'control'), join(ours, 'control')]) {
      writeFileSync(join(dir, '.control'), path)
      await (await Control.open(dir, answering('one'))).close()
      writeFileSync(join(dir, '.control'), `${path}\n${dir}`)
      await (await Control.open(dir, answering('one'))).close()
      expect(existsSync(path)).toBe(true)
    }
    expect(readFileSync(join(other, 'more.txt'), 'utf8')).toBe('kept')
    rmSync(ours, { recursive: true })
  })

  test('of a session that runs is left alone by a copy of its folder', async () => {
    const dir = long()
    const control = await Control.open(dir, answering('first'))
    const copy = `${dir}-copy`
    cpSync(dir, copy, { recursive: true })
    expect(await said(copy)).toBeNull()
    const second = await Control.open(copy, answering('second'))
    expect([await said(dir), await said(copy)]).toEqual(['first', 'second'])
    await second.close()
    expect(await said(dir)).toBe('first')
    await control.close()
  })
})
