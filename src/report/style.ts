/** Colours as variables, so that charts read the same ones; dark by the reader's system or by the button. */
export const STYLE = `
:root{--paper:#fbfaf7;--card:#fff;--ink:#1d2026;--soft:#5c626e;--line:#e2dfd8;--accent:#2457c5;--good:#14804a;--bad:#b3261e;--mark:#8a5a00;--muted:#8b93a1;--band:#9db4e0}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--paper:#14161a;--card:#1c1f25;--ink:#e8e9ec;--soft:#a3a9b5;--line:#31353d;--accent:#84a9ff;--good:#5cc98f;--bad:#ff8a80;--mark:#f0c060;--muted:#7d8593;--band:#3c5590}}
:root[data-theme=dark]{--paper:#14161a;--card:#1c1f25;--ink:#e8e9ec;--soft:#a3a9b5;--line:#31353d;--accent:#84a9ff;--good:#5cc98f;--bad:#ff8a80;--mark:#f0c060;--muted:#7d8593;--band:#3c5590}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer,nav{max-width:1120px;margin:0 auto;padding:0 20px}
header{display:flex;justify-content:space-between;align-items:flex-start;gap:16px;padding-top:28px}
.top{min-width:0}
.eyebrow{margin:0;color:var(--soft);font-size:13px;letter-spacing:.08em;text-transform:uppercase}
h1{margin:2px 0 6px;font-size:34px;line-height:1.15;overflow-wrap:anywhere}
h2{margin:0 0 12px;font-size:21px}
h3{margin:16px 0 4px;font-size:16px}
p{margin:6px 0}
.params{display:flex;flex-wrap:wrap;gap:6px}
.param{background:var(--card);border:1px solid var(--line);border-radius:999px;padding:1px 10px;font-size:14px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:14px;padding-top:10px;padding-bottom:10px;border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:14px}
a{color:var(--accent)}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:var(--card);padding:8px;z-index:2}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
section{margin:36px 0;scroll-margin-top:12px}
.sentence{font-size:19px;line-height:1.45;margin:22px 0 18px;max-width:62em}
.alarm{background:var(--bad);color:var(--paper);padding:12px 16px;border-radius:8px;margin-top:18px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:12px;margin:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0}
.card dt{color:var(--soft);font-size:13px}
.card dd{margin:0}
.card .value{font-size:24px;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.25;overflow-wrap:anywhere}
.card .peer{color:var(--soft);font-size:13px}
.good .value,.good{color:var(--good)}
.bad .value,.bad{color:var(--bad)}
.card.good,.card.bad{color:inherit}
.card.good .value{color:var(--good)}
.card.bad .value{color:var(--bad)}
figure{margin:0 0 18px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0}
figcaption{font-size:14px;font-weight:600;margin-bottom:6px}
.words,.hint{color:var(--soft);font-size:14px;margin:6px 0 0}
.chart{width:100%;overflow:hidden}
.chart svg,.chart canvas{display:block;max-width:100%}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px;align-items:start}
.pair>*{min-width:0}
.scroll{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:14px;padding:2px 0 6px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
th:first-child,td:first-child{padding-left:2px}
thead th{color:var(--soft);font-weight:600;font-size:13px}
tbody th{font-weight:500}
.n{text-align:right}
td code,.formula,.reason,#orders td:last-child,#costs td:last-child{white-space:normal;overflow-wrap:anywhere}
.formula,.reason,.off{color:var(--soft);font-size:13px}
abbr{text-decoration:underline dotted var(--muted);text-underline-offset:3px}
.mark{color:var(--mark)}
.heat{display:inline-block;padding:1px 6px;border-radius:4px;margin:0 -6px}
.heat.good{background:color-mix(in srgb,var(--good) calc(var(--s)*.28),transparent);color:inherit}
.heat.bad{background:color-mix(in srgb,var(--bad) calc(var(--s)*.28),transparent);color:inherit}
#months th,#months td{padding:4px 8px}
.controls label{max-width:100%;min-width:0}
.controls{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px;margin:8px 0;font-size:14px}
button,select,input{font:inherit;font-size:14px;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:5px 10px;max-width:100%}
button{cursor:pointer}
button:disabled{opacity:.45;cursor:default}
#theme{font-size:18px;line-height:1;padding:8px 10px}
th button{border:0;background:none;padding:2px 0;font-weight:600;font-size:13px;color:var(--soft)}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
td button{padding:0 8px}
details summary{cursor:pointer;padding:4px 0}
.command{display:flex;flex-wrap:wrap;gap:10px;align-items:center;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.command code{flex:1 1 300px;overflow-wrap:anywhere}
code{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
footer{color:var(--soft);font-size:13px;padding-top:12px;padding-bottom:36px}
@media (max-width:560px){header,main,footer,nav{padding-left:14px;padding-right:14px}h1{font-size:27px}.sentence{font-size:17px}.cards{grid-template-columns:1fr 1fr;gap:8px}.card{padding:10px}.card .value{font-size:19px}figure{padding:10px 8px}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc}body{font-size:11pt}nav,#theme,.controls,.hint,.skip,#copy{display:none}section,figure,.card,tr{break-inside:avoid}section#trades,section#metrics,section#data{break-inside:auto}.scroll{overflow:visible}}
`
