/** The command that makes it again, to the clipboard. */
export const PAGE_COPY = `  $('copy').addEventListener('click', async () => {
    const text = $('command').textContent;
    try { await navigator.clipboard.writeText(text); }
    catch { const range = document.createRange(); range.selectNodeContents($('command')); getSelection().removeAllRanges(); getSelection().addRange(range); document.execCommand('copy'); }
    $('copy').textContent = 'Copied';
  });
`
