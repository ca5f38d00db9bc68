import type { EvaluationResult } from '../core/evaluation.ts'
import { type Block, blocksOf } from './evaluation-block.ts'
import { classesSection, curvesSection } from './evaluation-curves.ts'
import { definitionSection } from './evaluation-definition.ts'
import { evaluationData, evaluationReproduce } from './evaluation-evidence.ts'
import { featuresSection, importanceSection } from './evaluation-features.ts'
import { baselinesSection, foldsSection, judgedSection, overviewTable } from './evaluation-folds.ts'
import { alarms, whatWasTrained } from './evaluation-head.ts'
import { lossesSection } from './evaluation-losses.ts'
import { moneySection } from './evaluation-money.ts'
import { evaluationPayload } from './evaluation-payload.ts'
import { pricedSection } from './evaluation-price.ts'
import { type SpreadOfP, spreadOfP } from './evaluation-spread.ts'
import { EVALUATION_STYLE } from './evaluation-style.ts'
import { evaluationVerdict } from './evaluation-verdict.ts'
import { escapeHtml, section } from './html.ts'
import { type Assets, pageHtml } from './page.ts'
import { EVALUATION_SCRIPT } from './page-evaluation.ts'
import { remarksList } from './remarks.ts'

/** Sections in a word. */
const CONTENTS: Readonly<Record<string, string>> = {
  overview: 'Series',
  curves: 'Curves',
  classes: 'Classes',
  money: 'Money',
  price: 'Price',
  folds: 'Folds',
  baselines: 'Baselines',
  losses: 'Learning',
  importance: 'Importance',
  features: 'Features',
  metrics: 'Figures',
  remarks: 'Remarks',
  data: 'Data',
  definition: 'Definition',
  reproduce: 'Reproduce',
}

/** One self-contained page of a model's evaluation: opens from disk without a network. The same result gives the same bytes. */
export function renderEvaluation(result: EvaluationResult, assets: Assets): string {
  const { document } = result
  const blocks = blocksOf(result)
  const spreads = blocks.map(({ predictions }) => spreadOfP(predictions, document.classes))
  const isAlone = blocks.length === 1
  const perBlock = blocks.map((block, k) => blockSections(block, spreads[k]!))
  const shared = [
    remarksList(document.remarks),
    evaluationData(document),
    definitionSection(document),
    evaluationReproduce(document),
  ].filter((part) => part !== '')
  const nav = isAlone
    ? [...links(perBlock[0]!), ...links(shared)]
    : [
        ...(blocks.length === 0 ? [] : ['<a href="#overview">Series</a>']),
        ...blocks.map(({ name, tail }) => `<a href="#verdict${tail}">${escapeHtml(name)}</a>`),
        ...links(shared),
      ]
  const overview = blocks.length > 1 ? section('overview', 'Series', overviewTable(blocks)) : ''
  const nothing = blocks.length === 0 ? '<p class="alarm" role="alert">No series was judged.</p>' : ''
  const body = blocks.map((block, k) =>
    [
      evaluationVerdict(block),
      isAlone ? '' : `<p class="within">${links(perBlock[k]!).join('')}</p>`,
      ...perBlock[k]!,
    ].join('\n'),
  )
  return pageHtml(
    {
      title: document.model,
      top: whatWasTrained(document),
      nav: nav.join(''),
      main: `<noscript><p class="alarm">Charts need scripts; every figure is on the page without them.</p></noscript>
${[alarms(document), nothing, overview, ...body, ...shared].filter((part) => part !== '').join('\n')}`,
      footer: `<p>Made by klinelab ${escapeHtml(document.engine.version)}. What a model got right in the past says little about what it will.</p>`,
      payload: evaluationPayload(blocks, spreads),
      script: EVALUATION_SCRIPT,
      style: EVALUATION_STYLE,
    },
    assets,
  )
}

/** From what is judged in a minute to what is studied for an hour. */
function blockSections(block: Block, spread: SpreadOfP | null): string[] {
  return [
    curvesSection(block, spread),
    classesSection(block),
    moneySection(block),
    pricedSection(block),
    foldsSection(block),
    baselinesSection(block),
    lossesSection(block),
    importanceSection(block),
    featuresSection(block),
    judgedSection(block),
  ].filter((part) => part !== '')
}

function links(sections: readonly string[]): string[] {
  return sections.map((part) => {
    const id = /^<section id="([\w-]+)"/.exec(part)![1]!
    return `<a href="#${id}">${CONTENTS[id.replace(/-\d+$/, '')]}</a>`
  })
}
