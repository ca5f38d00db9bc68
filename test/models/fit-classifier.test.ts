import { describe, expect, test } from 'vitest'
import type { Classifier, FittedClassifier, TrainingSet } from '../../src/models/classifier.ts'
import { type Ensemble, ensemble } from '../../src/models/ensemble.ts'
import { fitClassifier } from '../../src/models/fit-classifier.ts'
import type { Lesson, TrainingStep, TrainingWatch } from '../../src/models/lesson.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { gru, lstm } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { classWeights } from '../../src/preprocess/class-weights.ts'
import { type FeatureMatrix, TrainingView } from '../../src/preprocess/matrix.ts'
import { none, type Rebalancer } from '../../src/preprocess/rebalance.ts'
import { madeTraining, upTo } from './made-training.ts'
import { spyClassifier } from './spy-classifier.ts'

const HOUR = 3_600_000

interface LessonOptions {
  readonly rows?: number
  readonly classes?: 2 | 3
  readonly rebalance?: Rebalancer
  /** Rows after which bars are missing. */
  readonly gaps?: readonly number[]
  /** Rows that a label looks ahead, by row. */
  readonly span?: (row: number) => number
  readonly window?: number
  readonly y?: (data: TrainingSet) => Int8Array
}

/** The first four fifths of made rows to learn from, the rest to stop early by. */
function lessonOf(given: LessonOptions = {}): Lesson {
  const { rows: n = 300, classes = 2, rebalance = none(), gaps = [], span = () => 1, window = 1 } = given
  const made = madeTraining({ rows: n, classes, features: 3 })
  const y = given.y?.(made) ?? made.y
  let time = 0
  const openTime = Float64Array.from({ length: n }, (_, row) => {
    time += gaps.includes(row - 1) ? 5 * HOUR : HOUR
    return time
  })
  const { names, columns } = made
  const matrix: FeatureMatrix = { names, columns, rows: n, openTime }
  const end = Int32Array.from({ length: n }, (_, row) => Math.min(n - 1, row + span(row)))
  const learnt = Math.floor(0.8 * n)
  const isWhole = (row: number) => row >= window - 1 && !gaps.some((gap) => gap < row && gap >= row - window + 1)
  const rows = upTo(learnt).filter((row) => end[row]! <= learnt && isWhole(row))
  return {
    matrix,
    end,
    rows,
    prepare: (own) => rebalance.resample(new TrainingView(matrix, { y, end, classes }, own), { seed: 9 }),
    plain: { names, columns, rows, y, classes, weights: null },
    validation: upTo(n, learnt).filter((row) => row >= learnt + window - 1),
    seed: 40,
  }
}

const text = (model: FittedClassifier) => JSON.stringify(model.toJSON())
const ask = ({ plain }: Lesson, model: FittedClassifier) => model.predictProba(plain.columns, upTo(12, 30))
const fast = () => [logisticRegression(), gbdt({ trees: 6, minRows: 5, rowFraction: 0.7 })]
const tiny = { units: 3, window: 4, epochs: 4, batch: 64, patience: 2 }

describe('one model', () => {
  test('is handed the rebalanced rows, its seed, threads, and rows to stop early by where it looks at them', async () => {
    for (const isWatched of [false, true]) {
      const spy = spyClassifier({ isWatched, steps: 3 })
      const lesson = lessonOf({ rebalance: classWeights() })
      const learnt = await fitClassifier(spy, lesson, { workers: 2 })
      const [{ data, options }] = spy.taught as [(typeof spy.taught)[number]]
      expect(data).toEqual(lesson.prepare(lesson.rows))
      expect(data.weights).not.toBeNull()
      expect(options).toMatchObject({ seed: 40, workers: 2, validation: isWatched ? lesson.validation : null })
      expect('resume' in options || 'onCheckpoint' in options).toBe(false)
      const validationLoss = (done: number) => (isWatched ? 2 / done : null)
      const steps = [1, 2, 3].map((done) => ({ loss: 1 / done, validationLoss: validationLoss(done) }))
      expect(learnt).toMatchObject({ losses: [{ model: 'spy', steps }], stoppedAt: null })
    }
  })

  test('that is asked to stop says after how many steps, and keeps what it has come to', async () => {
    const spy = spyClassifier({ steps: 9 })
    const { model, stoppedAt, losses } = await fitClassifier(spy, lessonOf(), { onStep: ({ done }) => done !== 4 })
    expect([stoppedAt, losses[0]!.steps.length]).toEqual([4, 4])
    expect(model.toJSON()).toMatchObject({ done: 4 })
  })
})

describe('an ensemble', () => {
  test('mean: members learn one after another from the same rows, with seeds of their own', async () => {
    const [a, b] = [spyClassifier({ kind: 'a', steps: 2 }), spyClassifier({ kind: 'b', isWatched: true })]
    const lesson = lessonOf()
    const told: TrainingStep[] = []
    const { model, losses, stoppedAt } = await fitClassifier(ensemble([a, b]), lesson, {
      onStep: (step) => void told.push(step),
    })
    expect([a, b].map(({ taught }) => taught.map(({ options }) => options.seed))).toEqual([[40], [41]])
    expect([a, b].map(({ taught }) => taught[0]!.options.validation ?? null)).toEqual([null, lesson.validation])
    expect(told.map((step) => `${step.model} ${step.done}/${step.total}`)).toEqual(['1 a 1/2', '1 a 2/2', '2 b 1/1'])
    expect(losses.map((curve) => [curve.model, curve.steps.length])).toEqual([
      ['1 a', 2],
      ['2 b', 1],
    ])
    expect(stoppedAt).toBeNull()
    expect((model as Ensemble).vote).toEqual([0.5, 0.5])
  })

  test.each(['mean', 'loss'] as const)('%s: what the ensemble itself makes of the rebalanced rows', async (vote) => {
    const imbalanced = (data: TrainingSet) => data.y.map((one, row) => (row % 3 === 0 ? one : 0))
    for (const rebalance of [none(), classWeights()]) {
      const lesson = lessonOf({ rebalance, y: imbalanced })
      const classifier = ensemble(fast(), { vote })
      const { model } = await fitClassifier(classifier, lesson, {})
      const { rows, seed, validation } = lesson
      const alone = await classifier.fit(lesson.prepare(rows), { seed, validation })
      expect(text(model)).toBe(text(alone))
      if (vote === 'loss') expect(new Set((model as Ensemble).vote as number[]).size).toBe(2)
    }
  })

  test('of ensembles: each has its say, names tell where a member stands', async () => {
    const [a, b, c] = [spyClassifier({ kind: 'a' }), spyClassifier({ kind: 'b' }), spyClassifier({ kind: 'c' })]
    const lesson = lessonOf()
    const seen: string[] = []
    const { model, losses } = await fitClassifier(ensemble([a, ensemble([b, c])]), lesson, {
      onStep: (step) => void seen.push(step.model),
    })
    expect(seen).toEqual(['1 a', '2 ensemble 1 b', '2 ensemble 2 c'])
    expect(losses.map((curve) => curve.model)).toEqual(seen)
    const each = await Promise.all([a, b, c].map((one) => one.fit(lesson.prepare(lesson.rows), { seed: 40 })))
    const [pa, pb, pc] = each.map((one) => ask(lesson, one)) as [Float64Array, Float64Array, Float64Array]
    for (const [k, p] of ask(lesson, model).entries()) expect(p).toBeCloseTo(pa[k]! / 2 + pb[k]! / 4 + pc[k]! / 4, 14)
  })
})

/** Three stretches of the rows, each foretold by a fit of those whose labels look at no bar that its labels look at. */
async function stackNaively(members: readonly Classifier[], lesson: Lesson, window: number) {
  const { rows, end, plain, matrix, seed, validation } = lesson
  const whole = (own: readonly number[]) =>
    own.filter((row) =>
      Array.from({ length: window }, (_, back) => row - back).every(
        (one) => own.includes(one) && (one === row || matrix.openTime[one + 1]! - matrix.openTime[one]! === HOUR),
      ),
    )
  const cuts = [0, 1, 2, 3].map((k) => Math.floor((k * rows.length) / 3))
  const all = [...rows]
  const foretold: number[] = []
  const outOfFold = members.map((): number[] => [])
  for (let k = 0; k < 3; k++) {
    const block = all.slice(cuts[k], cuts[k + 1])
    const looked = new Set<number>()
    const last = Math.max(...block.map((row) => end[row]!))
    for (let bar = block[0]! + 1; bar <= last; bar++) looked.add(bar)
    const apart = all.filter((row) => {
      for (let bar = row + 1; bar <= end[row]!; bar++) if (looked.has(bar)) return false
      return !block.includes(row)
    })
    const asked = Int32Array.from(whole(block))
    foretold.push(...asked)
    for (const [m, member] of members.entries()) {
      const fitted = await member.fit(lesson.prepare(Int32Array.from(whole(apart))), {
        seed: seed + m,
        validation: member.isWatched ? validation : null,
      })
      outOfFold[m]!.push(...fitted.predictProba(plain.columns, asked))
    }
  }
  const fitted = await Promise.all(
    members.map((member, m) =>
      member.fit(lesson.prepare(rows), { seed: seed + m, validation: member.isWatched ? validation : null }),
    ),
  )
  const data = { ...plain, rows: Int32Array.from(foretold) }
  return ensemble(members, { vote: 'stacking' }).join(fitted, data, {
    outOfFold: outOfFold.map((p) => Float64Array.from(p)),
  })
}

describe('a stack', () => {
  test.each<[string, LessonOptions, readonly Classifier[]]>([
    ['single rows', {}, fast()],
    ['labels that overlap', { span: (row) => 1 + ((row * 7) % 13), rebalance: classWeights() }, fast()],
    ['three classes', { classes: 3, rows: 400 }, fast()],
    [
      'windows and gaps',
      { window: 4, gaps: [60, 61, 150], span: () => 3 },
      [logisticRegression(), gru({ ...tiny, epochs: 2 })],
    ],
  ])('of %s learns from what members say of rows that they have not learnt from', async (_, given, members) => {
    const lesson = lessonOf(given)
    const { model } = await fitClassifier(ensemble(members, { vote: 'stacking' }), lesson, {})
    expect(text(model)).toBe(text(await stackNaively(members, lesson, given.window ?? 1)))
  })

  test('within an ensemble, and of ensembles', async () => {
    const lesson = lessonOf()
    const inner = ensemble(fast(), { vote: 'stacking' })
    const { model } = await fitClassifier(ensemble([inner, logisticRegression()]), lesson, {})
    const stacked = await stackNaively(fast(), lesson, 1)
    expect(JSON.stringify((model.toJSON() as { members: unknown[] }).members[0])).toBe(text(stacked))
    const outer = ensemble([ensemble(fast()), logisticRegression()], { vote: 'stacking' })
    const { model: top } = await fitClassifier(outer, lesson, {})
    expect(text(top)).toBe(text(await stackNaively([ensemble(fast()), logisticRegression()], lesson, 1)))
  })

  test('each of its fits has a name of its own, and only the last one of a member counts', async () => {
    const [a, b] = [spyClassifier({ kind: 'a' }), spyClassifier({ kind: 'b' })]
    const seen: string[] = []
    const { losses } = await fitClassifier(ensemble([a, b], { vote: 'stacking' }), lessonOf(), {
      onStep: (step) => void seen.push(step.model),
    })
    const names = (own: string) => [1, 2, 3].map((part) => `${own}, part ${part} of 3`).concat(own)
    expect(seen).toEqual([...names('1 a'), ...names('2 b')])
    expect(losses.map(({ model }) => model)).toEqual(['1 a', '2 b'])
  })

  test('is refused where the rows are too few, with what to do', async () => {
    const lesson = { ...lessonOf(), rows: upTo(2) }
    const few = (window: number) => ensemble([spyClassifier({ window })], { vote: 'stacking' })
    await expect(fitClassifier(few(1), lesson, {})).rejects.toThrow(
      /^stacking: 2 training rows are too few for 3 inner folds of windows of 1: take more bars, or \{ vote: "mean" \}$/,
    )
    await expect(fitClassifier(few(5), { ...lesson, rows: upTo(12) }, {})).rejects.toThrow(
      /12 training rows.*windows of 5/,
    )
    // the second part has no window of two bars, the first and the last have
    const apart = { ...lesson, rows: Int32Array.of(0, 1, 2, 4, 6, 8, 10, 11, 12) }
    await expect(fitClassifier(few(2), apart, {})).rejects.toThrow(/9 training rows.*windows of 2/)
    // three rows whose labels all look at the last
    const looking = { ...lesson, rows: upTo(3), end: Int32Array.from({ length: 300 }, () => 3) }
    await expect(fitClassifier(few(1), looking, {})).rejects.toThrow(/3 training rows are too few/)
  })
})

describe('asked to stop', () => {
  const stopping = (at: number) => {
    const seen: string[] = []
    return { seen, onStep: (step: TrainingStep) => seen.push(`${step.model} ${step.done}`) < at }
  }
  const three = (vote: 'mean' | 'loss' | 'stacking') =>
    ensemble(
      ['a', 'b', 'c'].map((kind) => spyClassifier({ kind, steps: 3 })),
      { vote },
    )

  test.each(['mean', 'loss'] as const)(
    'in the middle of a member of %s: those before it and itself, all alike',
    async (vote) => {
      const { seen, onStep } = stopping(5)
      const { model, stoppedAt, losses } = await fitClassifier(three(vote), lessonOf(), { onStep })
      expect(seen).toEqual(['1 a 1', '1 a 2', '1 a 3', '2 b 1', '2 b 2'])
      expect(stoppedAt).toBe(2)
      const { members, vote: say } = model as Ensemble
      expect(members.map((one) => one.toJSON())).toMatchObject([
        { kind: 'a', done: 3 },
        { kind: 'b', done: 2 },
      ])
      expect(say).toEqual([0.5, 0.5])
      expect(losses.map((curve) => curve.model)).toEqual(['1 a', '2 b'])
    },
  )

  test('in the last member: nothing is judged any more', async () => {
    const { model, stoppedAt } = await fitClassifier(three('loss'), lessonOf(), stopping(8))
    expect(stoppedAt).toBe(2)
    expect((model as Ensemble).vote).toEqual([1 / 3, 1 / 3, 1 / 3])
  })

  test('in a part of a stack: nothing further is begun, and what there is is kept', async () => {
    const first = stopping(5)
    const early = await fitClassifier(three('stacking'), lessonOf(), first)
    expect(first.seen.at(-1)).toBe('1 a, part 2 of 3 2')
    expect(first.seen.length).toBe(5)
    expect(early.stoppedAt).toBe(2)
    expect((early.model as Ensemble).members.map((one) => one.toJSON())).toMatchObject([{ kind: 'a', done: 2 }])
    const later = stopping(14)
    const late = await fitClassifier(three('stacking'), lessonOf(), later)
    expect(later.seen.at(-1)).toBe('2 b, part 1 of 3 2')
    expect(late.stoppedAt).toBe(2)
    expect((late.model as Ensemble).members.map((one) => one.toJSON())).toMatchObject([{ kind: 'a', done: 3 }])
    expect((late.model as Ensemble).vote).toEqual([1])
  })

  test('in an ensemble of an ensemble', async () => {
    const { seen, onStep } = stopping(5)
    const whole = ensemble([three('mean'), spyClassifier({ kind: 'd' })])
    const { model, stoppedAt } = await fitClassifier(whole, lessonOf(), { onStep })
    expect([seen.length, seen.at(-1), stoppedAt]).toEqual([5, '1 ensemble 2 b 2', 2])
    const [inner, ...none] = (model as Ensemble).members as [Ensemble]
    expect(none).toEqual([])
    expect(inner.members.map(({ kind }) => kind)).toEqual(['a', 'b'])
  })
})

/** Checkpoints in memory, as a journal keeps them: only their text. */
function shelf() {
  const texts = new Map<string, string>()
  const checkpoints: NonNullable<TrainingWatch['checkpoints']> = {
    read: (model) => (texts.has(model) ? JSON.parse(texts.get(model)!) : null),
    write: (model, checkpoint) => void texts.set(model, JSON.stringify(checkpoint)),
  }
  return { texts, checkpoints }
}

describe('checkpoints', () => {
  test('are read and written by the name of each fit', async () => {
    const { texts, checkpoints } = shelf()
    const [a, b] = [spyClassifier({ kind: 'a', steps: 2 }), spyClassifier({ kind: 'a', steps: 3 })]
    const whole = ensemble([ensemble([a], { vote: 'stacking' }), b])
    await fitClassifier(whole, lessonOf(), { checkpoints })
    const inner = [1, 2, 3].map((part) => `1 ensemble 1 a, part ${part} of 3`)
    expect([...texts.keys()]).toEqual([...inner, '1 ensemble 1 a', '2 a'])
    expect(checkpoints.read('2 a')).toEqual({ kind: 'a', done: 3, seed: 41 })
    await fitClassifier(whole, lessonOf(), { checkpoints })
    // what the second time round is gone on from is what the first one came to
    expect(a.taught.slice(0, 4).every(({ options }) => !('resume' in options))).toBe(true)
    expect(a.taught.slice(4).map(({ options }) => options.resume)).toEqual(
      a.taught.slice(4).map(() => ({ kind: 'a', done: 2, seed: 40 })),
    )
    expect(b.taught[1]!.options.resume).toEqual({ kind: 'a', done: 3, seed: 41 })
  })

  test('a training that was cut off at any step goes on to the bytes of one that was not', async () => {
    const lesson = lessonOf({ rows: 150, window: 4 })
    const classifier = ensemble([lstm(tiny), gbdt({ trees: 3, minRows: 5 }), gru({ ...tiny, epochs: 2 })])
    const steps: string[] = []
    const whole = await fitClassifier(classifier, lesson, { onStep: (step) => void steps.push(step.model) })
    expect(steps.length).toBeGreaterThan(6)
    for (let cut = 1; cut <= steps.length; cut++) {
      const { checkpoints } = shelf()
      let seen = 0
      const crash = () => {
        if (++seen === cut) throw new Error('cut off')
        return undefined
      }
      await expect(fitClassifier(classifier, lesson, { checkpoints, onStep: crash })).rejects.toThrow('cut off')
      const again = await fitClassifier(classifier, lesson, { checkpoints })
      expect(text(again.model)).toBe(text(whole.model))
      // the curve is whole too, though only its end was told of
      expect(again.losses).toEqual(whole.losses)
    }
  })

  test('one that was asked to stop does, too', async () => {
    const lesson = lessonOf({ rows: 150, window: 4 })
    const model = lstm(tiny)
    const { checkpoints } = shelf()
    const stopped = await fitClassifier(model, lesson, { checkpoints, onStep: ({ done }) => done < 2 })
    expect([stopped.stoppedAt, stopped.losses[0]!.steps.length]).toEqual([2, 2])
    const again = await fitClassifier(model, lesson, { checkpoints })
    const whole = await fitClassifier(model, lesson, {})
    expect(text(again.model)).toBe(text(whole.model))
    expect(again.stoppedAt).toBeNull()
  })
})
