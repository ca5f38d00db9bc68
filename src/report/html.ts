/** Text made safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** JSON that can stand inside a script element: no text in it can close that element or open a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export interface Column {
  readonly title: string
  /** Numbers stand right; prose may break; everything else stays on one line. */
  readonly kind?: 'number' | 'prose'
}

/** A table with a caption; cells are HTML already. The first cell of a row is its header. */
export function tableHtml(caption: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const kind = (k: number) => ({ number: ' class="n"', prose: ' class="prose"', '': '' })[columns[k]!.kind ?? '']
  const head = columns.map(({ title }, k) => `<th scope="col"${kind(k)}>${escapeHtml(title)}</th>`).join('')
  const body = rows
    .map(
      (cells) =>
        `<tr>${cells.map((cell, k) => (k === 0 ? `<th scope="row"${kind(k)}>${cell}</th>` : `<td${kind(k)}>${cell}</td>`)).join('')}</tr>`,
    )
    .join('\n')
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table>${captionHtml(caption)}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

/** A caption that stays in sight, whatever the width of its table. */
export function captionHtml(text: string): string {
  return `<caption><span>${escapeHtml(text)}</span></caption>`
}

/** A section with a heading the table of contents can point to. */
export function section(id: string, title: string, ...parts: readonly string[]): string {
  return `<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${escapeHtml(title)}</h2>\n${parts.filter((part) => part !== '').join('\n')}\n</section>`
}

/** Links to sections, each by its word. */
export function linksTo(sections: readonly string[], words: Readonly<Record<string, string>>): string {
  return sections
    .map((part) => /^<section id="(\w+)"/.exec(part)![1]!)
    .map((id) => `<a href="#${id}">${words[id]}</a>`)
    .join('')
}

/** A place for a chart, with what it shows in words beside it and, where given, as a table under it. */
export function figure(id: string, caption: string, inWords: string, height: number, table = ''): string {
  const folded = table === '' ? '' : `<details><summary>The same as a table</summary>${table}</details>`
  return `<figure><figcaption><span id="${id}-c">${escapeHtml(caption)}</span><span class="readout" id="${id}-r" aria-hidden="true"></span></figcaption><div class="chart" id="${id}" role="img" aria-labelledby="${id}-c" aria-describedby="${id}-t" style="min-height:${height}px" data-height="${height}"></div><p class="words" id="${id}-t">${inWords}</p>${folded}</figure>`
}

/** A figure in a card, beside its peers; the peer is HTML. */
export function card(label: string, value: string, peer: string, kind = ''): string {
  return `<div class="card${kind === '' ? '' : ` ${kind}`}"><dt>${label}</dt><dd class="value">${value}</dd>${peer === '' ? '' : `<dd class="peer">${peer}</dd>`}</div>`
}

/** Those that are not empty, one under the other. */
export function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('<br>')
}
