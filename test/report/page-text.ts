/** The section of that name, as HTML. */
export function section(html: string, id: string): string {
  const part = new RegExp(`<section id="${id}".*?</section>`, 's').exec(html)
  if (part === null) throw new Error(`no section ${id}`)
  return part[0]
}

/** Cells of every row of a table, as a reader sees them. */
export function rowsOf(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      cell!
        .replace(/<[^>]*>/g, ' ')
        .replace(/ +/g, ' ')
        .trim(),
    ),
  )
}

/** A number as a person would read it off the page. */
export function read(text: string): number {
  const digits = /^[+−]?[\d\u202f]+(\.\d+)?/.exec(text)
  if (digits === null) return Number.NaN
  return Number(digits[0].replaceAll('\u202f', '').replace('−', '-')) * (text.includes('%') ? 0.01 : 1)
}
