import { outToSay } from '../../runs/paper/session-folder.ts'
import { reasonOf } from '../../runs/reason.ts'
import type { Command } from '../command.ts'
import { askNamed } from '../control-session.ts'
import { OUT, settingsOf } from '../flags.ts'
import { paperText } from '../paper-text.ts'
import { resumedText } from '../resume-text.ts'

const EXAMPLE = '--why "the feed is back"'

export default {
  words: '[session]',
  flags: {
    why: {
      help: 'what is kept in the journal as the reason, of 10 characters or more (built in: none)',
      value: 'TEXT',
      parse: (text) => reasonOf(text, EXAMPLE),
    },
    ...OUT,
  },
  example: `klinelab paper resume sma-cross ${EXAMPLE}`,
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const { why = 'by klinelab paper resume' } = args.flags as { why?: string }
    const { snapshot: before } = await askNamed(settings, args.words[0], { ask: 'status' }, 'resume')
    const { dir, snapshot } = await askNamed(settings, args.words[0], { ask: 'resume', why })
    return {
      ok: snapshot.state !== 'halted',
      json: { ...snapshot, dir },
      text: `${snapshot.name} ${resumedText(before, snapshot)}\n\n${paperText(snapshot, outToSay(settings))}`,
    }
  },
} satisfies Command
