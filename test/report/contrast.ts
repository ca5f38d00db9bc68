/** Contrast of text against the nearest background behind it, as WCAG 2 defines it, of every selector's first element. */
export const CONTRAST = `(selectors) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0)
  return selectors.map((selector) => {
    const element = document.querySelector(selector)
    const style = getComputedStyle(element)
    const ink = rgb(element instanceof SVGElement ? style.fill : style.color)
    let behind = element
    while (behind.parentElement && (rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1) < 1) behind = behind.parentElement
    const paper = rgb(getComputedStyle(behind).backgroundColor)
    const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
}`
