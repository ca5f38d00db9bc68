/** Commands of the page, each to the clipboard by its button. */
export const PAGE_COPY = `  for (const block of document.querySelectorAll('.command')) {
    const [code, button] = [block.querySelector('code'), block.querySelector('button')];
    button.addEventListener('click', async () => {
      try { await navigator.clipboard.writeText(code.textContent); }
      catch { const range = document.createRange(); range.selectNodeContents(code); getSelection().removeAllRanges(); getSelection().addRange(range); document.execCommand('copy'); }
      button.textContent = 'Copied';
    });
  }
`
