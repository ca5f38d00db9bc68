import { parseSeries, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { type ImportResult, importFiles, openStore, WHOLE_FILE } from '../../data/index.ts'
import type { Command } from '../command.ts'
import { hiddenBy, hiddenText, seenBehind } from '../embedded-text.ts'
import { STORE, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { count, plural } from '../text.ts'

const FIELDS = [
  'openTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'closeTime',
  'quoteVolume',
  'trades',
  'takerBase',
  'takerQuote',
] as const

export default {
  words: '<path...>',
  flags: {
    as: { help: 'what the files are', value: 'SERIES', isRequired: true, parse: parseSeries },
    'on-error': {
      help: 'stop: nothing is stored; skip-rows, skip-file: what is bad is left out and listed, with skip-file also a file that cannot be read (built in: stop)',
      value: 'stop|skip-rows|skip-file',
      parse: (text) => {
        if (!['stop', 'skip-rows', 'skip-file'].includes(text))
          throw new RangeError(`"${text}" is not allowed; write stop, skip-rows or skip-file`)
        return text
      },
    },
    columns: {
      help: 'where a field is, by header name or 1-based number (built in: found)',
      value: 'FIELD=NAME',
      isList: true,
      parse: column,
    },
    ...STORE,
  },
  example: 'klinelab data import dumps/BTCUSDT-1m-2024-*.zip --as binance:BTCUSDT:1m',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const { as, onError, columns } = args.flags as {
      as: ReturnType<typeof parseSeries>
      onError?: 'stop'
      columns?: [string, string][]
    }
    const store = await openStore(dir)
    const behind = await seenBehind(store)
    const result = await importFiles(store, args.words, as, {
      now: io.now,
      onProgress: io.progress('files'),
      ...(onError && { onError }),
      ...(columns && { columns: Object.fromEntries(columns) }),
    })
    const { manifest } = result
    const hidden = hiddenBy([{ series: seriesName(as), stored: manifest }], behind)
    const missing = manifest.gaps.reduce((sum, gap) => sum + gap.bars, 0)
    const notes = [
      result.duplicates > 0 && `${plural(result.duplicates, 'identical row')} dropped`,
      result.unfinished > 0 && `${plural(result.unfinished, 'unfinished bar')} dropped`,
      result.outages.length > 0 &&
        `${plural(result.outages.length, 'outage mark')} (close time ahead of its time): ${result.outages.slice(0, 5).map(timeName).join(', ')}`,
      ...skippedText(result),
      manifest.gaps.length > 0 &&
        `${plural(manifest.gaps.length, 'gap')} of ${plural(missing, 'bar')} together; see klinelab data check ${result.series}`,
    ].filter((note) => note !== false)
    const text = [
      `${result.series}: ${plural(result.added, 'new bar')} from ${plural(result.files, 'file')} (${count(result.read)} rows read); ${plural(manifest.rows, 'bar')} stored, ${timeName(manifest.from)} to ${timeName(manifest.to)}, in ${shown(dir, io.cwd)}`,
      ...notes.map((note) => `  ${note}`),
      ...hidden.map((one) => `  ${hiddenText(one)}`),
    ].join('\n')
    return { json: { ...result, hidden, store: dir }, text }
  },
} satisfies Command

/** What was left out: of rows the first one, of files all of them, and of those that cannot be read why. */
function skippedText({ skipped, skippedFiles }: ImportResult): readonly string[] {
  const rows = skipped.filter(({ field }) => field !== WHOLE_FILE)
  const why = new Map(skipped.filter(({ field }) => field === WHOLE_FILE).map(({ file, reason }) => [file, reason]))
  const [first] = rows
  const files = skippedFiles.map((file) => (why.has(file) ? `${file} (${why.get(file)})` : file))
  return [
    ...(first === undefined
      ? []
      : [
          `${plural(rows.length, 'bad row')} skipped, listed in the manifest; the first: ${first.file} row ${first.row}, ${first.field} "${first.value}": ${first.reason}`,
        ]),
    ...(files.length === 0
      ? []
      : [
          `${plural(files.length, 'file')} skipped${first === undefined ? ', listed in the manifest' : ''}: ${files.join(', ')}`,
        ]),
  ]
}

function column(text: string): readonly [string, string] {
  const [field = '', name = ''] = text.split('=')
  if (!(FIELDS as readonly string[]).includes(field) || name === '')
    throw new RangeError(`"${text}" is not allowed; write field=name with a field of ${FIELDS.join(', ')}`)
  return [field, name]
}
