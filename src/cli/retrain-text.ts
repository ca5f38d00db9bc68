import { timeName } from '../core/time.ts'
import type { RetrainDecision } from '../runs/retrain-decision.ts'
import { count } from './text.ts'

const OUTCOMES: Readonly<Record<RetrainDecision['outcome'], string>> = {
  first: 'FIRST CHAMPION',
  swapped: 'NEW CHAMPION',
  kept: 'the champion stays',
  'rolled-back': 'ROLLED BACK',
}

/** What was decided, and by which figures. */
export function decisionText({ model, outcome, why, contest, champion, before, trigger }: RetrainDecision): string {
  const lines: [string, string][] = [['Why', why]]
  if (trigger.kind === 'drift')
    lines.push(['Set off by', `${trigger.alarm} of session ${trigger.session}, ${timeName(trigger.at)}`])
  if (contest !== null) {
    const { by, window, better, interval, margin } = contest
    const unit = by === 'log-loss' ? '' : ' bp a bar'
    const figure = (value: number) => `${value.toFixed(by === 'log-loss' ? 5 : 3)}${unit}`
    const side = (one: typeof contest.champion) =>
      `${figure(one.figure)}, has learnt from bars up to ${timeName(one.learntTo)} (${one.artifact.slice(0, 12)})`
    lines.push(
      ['Judged on', `${count(window.rows)} bars, ${timeName(window.from)} to ${timeName(window.to)}, by ${by}`],
      ['Champion', side(contest.champion)],
      ['Challenger', side(contest.challenger)],
      [
        'Better by',
        `${figure(better)}${interval === null ? '' : `, 90 % from ${figure(interval.low)} to ${figure(interval.high)}`}; margin ${figure(margin)}`,
      ],
    )
  }
  lines.push(['Champion now', `${champion.slice(0, 12)}${before === null ? '' : `, before ${before.slice(0, 12)}`}`])
  if (outcome === 'first' || outcome === 'swapped')
    lines.push(['Asked by', 'paper sessions that are begun from now on; those that run keep their own'])
  if (outcome === 'swapped') lines.push(['Taken back', 'by the same command with --rollback alone'])
  return [`${model}: ${OUTCOMES[outcome]}`, '', ...lines.map(([name, text]) => `  ${name.padEnd(13)} ${text}`)].join(
    '\n',
  )
}
