import { findRun, isModel, isSearch, readAnyDocument } from '../../runs/load-run.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { modelJson, modelText } from '../model-text.ts'
import { runJson, runText, shown } from '../run-text.ts'
import { searchJson, sweepText, walkForwardText } from '../search-text.ts'
import { stressText } from '../stress-text.ts'

export default {
  words: '<run>',
  flags: OUT,
  example: 'klinelab runs show sma-cross',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const dir = findRun(args.words[0]!, out, io.cwd)
    const document = readAnyDocument(dir)
    if (isModel(document))
      return {
        json: modelJson(document, dir),
        text: `${modelText(document, io.isColourful)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${document.reproduce.command}`,
      }
    if (isSearch(document))
      return {
        json: searchJson(document, dir),
        text: `${document.kind === 'sweep' ? sweepText(document) : walkForwardText(document)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${document.reproduce.command}`,
      }
    return {
      json: runJson(document, dir, null),
      text: `${runText(document, io.isColourful)}${document.stress === null ? '' : `\n\n${stressText(document.stress)}`}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${document.reproduce.command}`,
    }
  },
} satisfies Command
