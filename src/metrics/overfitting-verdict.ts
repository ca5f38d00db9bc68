import type { Overfitting } from '../core/search.ts'

/** The confidence at which something counts as shown. */
const SURE = 0.95
/** Chosen by half the data, noise falls below the median of the other half half the time. */
const NOISE = 0.5

type Found = Omit<Overfitting, 'notes' | 'verdict' | 'tone'>

/** One plain sentence on it, and whether it is good news. @param isOutOfSample the stitched curve of a walk-forward is judged */
export function overfittingVerdict(
  found: Found,
  notes: Overfitting['notes'],
  isOutOfSample = false,
): Pick<Overfitting, 'verdict' | 'tone'> {
  const { trials, sharpe, probabilistic, deflated } = found
  if (sharpe === null) return { tone: 'unclear', verdict: 'Its equity never moved: there is nothing to judge.' }
  if (probabilistic === null)
    return { tone: 'unclear', verdict: `${notes['probabilistic']!.replace(' to say', ' to tell skill from luck')}.` }
  if (sharpe <= 0)
    return {
      tone: 'bad',
      verdict: `Its Sharpe ratio of ${ratio(sharpe)} is not above 0: luck has nothing to explain.`,
    }
  if (isOutOfSample) return unchosen(probabilistic)
  if (trials === 1) return alone(probabilistic)
  if (deflated === null)
    return {
      tone: 'unclear',
      verdict: `It was chosen from ${counted(trials)}, but what that is worth cannot be said: ${notes['deflated']}.`,
    }
  return chosenOf(found, sharpe, deflated)
}

function alone(probabilistic: number): Pick<Overfitting, 'verdict' | 'tone'> {
  const odds = `its true Sharpe ratio is above 0 with a probability of ${percent(probabilistic)}`
  if (probabilistic > SURE) return { tone: 'good', verdict: `The only trial: ${odds}.` }
  return { tone: 'unclear', verdict: `The only trial: ${odds}, too little to rule out luck.` }
}

/** Never good news: what else was tried, of which this knows nothing, may be much. */
function unchosen(probabilistic: number): Pick<Overfitting, 'verdict' | 'tone'> {
  const odds = `its true Sharpe ratio is above 0 with a probability of ${percent(probabilistic)}`
  const rest = probabilistic > SURE ? ', before whatever else was tried' : ', too little to rule out luck'
  return { tone: 'unclear', verdict: `Not chosen from others within this walk-forward: ${odds}${rest}.` }
}

function chosenOf(found: Found, sharpe: number, deflated: number): Pick<Overfitting, 'verdict' | 'tone'> {
  const { trials, expectedMaximum, deflatedEffective, effectiveTrials, crossValidation } = found
  const of = counted(trials)
  if (
    expectedMaximum !== null &&
    sharpe <= expectedMaximum &&
    !(deflatedEffective !== null && deflatedEffective > SURE)
  )
    return {
      tone: 'bad',
      verdict: `Luck explains it: the best of ${of} without any skill would be expected to show a Sharpe ratio of ${ratio(expectedMaximum)}, and this one shows ${ratio(sharpe)}.`,
    }
  const odds = `its true Sharpe ratio is above 0 with a probability of ${percent(deflated)}`
  if (deflated > SURE) {
    if (crossValidation === null || crossValidation.probability < NOISE)
      return { tone: 'good', verdict: `It is more than the luck of the search: after ${of}, ${odds}.` }
    return {
      tone: 'unclear',
      verdict: `After ${of}, ${odds}; but what is best on half of the days falls below the median on the other half in ${percent(crossValidation.probability)} of the splits.`,
    }
  }
  if (deflatedEffective !== null && deflatedEffective > SURE)
    return {
      tone: 'unclear',
      verdict: `It hangs on how trials are counted: after ${of}, ${odds}; with those that are alike counted once, ${counted(effectiveTrials ?? trials)}, of ${percent(deflatedEffective)}.`,
    }
  return { tone: 'unclear', verdict: `It cannot be told from luck: after ${of}, ${odds}.` }
}

function counted(trials: number): string {
  return `${trials.toLocaleString('en-US')} trial${trials === 1 ? '' : 's'}`
}

/** Rounded down, so that 95 % is at least that. */
function percent(share: number): string {
  return `${Math.floor(share * 100)}\u202f%`
}

/** With a real minus, as figures of a page have it. */
function ratio(value: number): string {
  return value
    .toFixed(2)
    .replace(/^-0\.00$/, '0.00')
    .replace('-', '−')
}
