import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isAccounted } from '../../core/parity.ts'
import { parity } from '../../runs/paper/parity.ts'
import { writeParity } from '../../runs/paper/parity-files.ts'
import { findSession } from '../../runs/paper/session-folder.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { PLACES, settingsOf } from '../flags.ts'
import { parityText } from '../parity-text.ts'
import { shown } from '../run-text.ts'

export default {
  words: '<session>',
  flags: PLACES,
  example: 'klinelab parity sma-cross',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const dir = folderOf(args.words[0]!, settings.out, io.cwd)
    const document = await parity(dir, settings, { onWarning: io.warn })
    const page = writeParity(dir, document)
    return {
      json: { dir, ...document },
      text: `${parityText(document)}\n\n  ${shown(page, io.cwd)}`,
      ok: isAccounted(document),
    }
  },
} satisfies Command

/** A session by its name, the beginning of one, or its folder. */
function folderOf(word: string, out: string, cwd: string): string {
  const path = resolve(cwd, word)
  if (!/[\\/]/.test(word)) return findSession(out, word).dir
  if (!existsSync(join(path, 'session.json'))) throw new UsageError(`${word}: is no folder of a paper session`)
  return path
}
