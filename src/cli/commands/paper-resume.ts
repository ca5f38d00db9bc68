import type { Command } from '../command.ts'
import { askNamed } from '../control-session.ts'
import { OUT, settingsOf } from '../flags.ts'
import { paperText } from '../paper-text.ts'

export default {
  words: '[session]',
  flags: { why: { help: 'what is kept in the journal as the reason', value: 'TEXT' }, ...OUT },
  example: 'klinelab paper resume sma-cross --why "the feed is back"',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const { why = 'by klinelab paper resume' } = args.flags as { why?: string }
    const { dir, snapshot } = await askNamed(out, args.words[0], { ask: 'resume', why })
    return { json: { ...snapshot, dir }, text: `${snapshot.name} trades again\n\n${paperText(snapshot)}` }
  },
} satisfies Command
