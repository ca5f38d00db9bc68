const LIGHT =
  '--paper:#fbfaf7;--card:#fff;--ink:#1d2026;--soft:#5c626e;--line:#e2dfd8;--accent:#2457c5;--good:#14804a;--bad:#b3261e;--mark:#8a5a00;--muted:#8b93a1;--band:#9db4e0'
const DARK =
  '--paper:#14161a;--card:#1c1f25;--ink:#e8e9ec;--soft:#a3a9b5;--line:#31353d;--accent:#84a9ff;--good:#5cc98f;--bad:#ff8a80;--mark:#f0c060;--muted:#7d8593;--band:#3c5590'
const PAPER =
  '--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--accent:#2457c5;--good:#14804a;--bad:#b3261e;--mark:#8a5a00;--muted:#8b93a1;--band:#9db4e0'

/** Colours as variables, so that charts read the same ones; dark by the reader's system or by the button. */
export const STYLE = `
:root{${LIGHT};color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK};color-scheme:dark}}
:root[data-theme=dark]{${DARK};color-scheme:dark}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer,nav{max-width:1200px;margin:0 auto;padding:0 20px}
main:focus{outline:0}
header{display:flex;justify-content:space-between;align-items:flex-start;gap:16px;padding-top:20px}
.top{min-width:0}
.eyebrow{margin:0;color:var(--soft);font-size:13px;letter-spacing:.02em;overflow-wrap:anywhere}
h1{margin:0 0 4px;font-size:32px;line-height:1.15;overflow-wrap:anywhere}
h2{margin:0 0 12px;font-size:21px}
h3{margin:24px 0 4px;font-size:16px}
p{margin:6px 0}
.facts{overflow-wrap:anywhere}
.params{display:flex;flex-wrap:wrap;gap:6px}
.param{background:var(--card);border:1px solid var(--line);border-radius:999px;padding:1px 10px;font-size:14px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:10px;padding-top:8px;padding-bottom:8px;border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:14px}
a{color:var(--accent)}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.skip,.hidden{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:var(--card);padding:8px;z-index:2}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
section{margin:36px 0;scroll-margin-top:12px}
#verdict{margin-top:16px}
#verdict+section{margin-top:26px}
.sentence{font-size:19px;line-height:1.45;margin:0 0 16px;max-width:64em}
.sentence a{font-size:15px;white-space:nowrap}
.whole{white-space:nowrap}
.alarm{background:var(--bad);color:var(--paper);padding:12px 16px;border-radius:8px;margin:16px 0}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:9px 14px;min-width:0}
.card dt{color:var(--soft);font-size:13px}
.card dd{margin:0}
.card .value{font-size:24px;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.25;overflow-wrap:anywhere}
.unit{font-size:14px;font-weight:500}
.card .peer{color:var(--soft);font-size:13px;line-height:1.4}
.good{color:var(--good)}
.bad{color:var(--bad)}
.card.good,.card.bad{color:inherit}
.card.good .value{color:var(--good)}
.card.bad .value{color:var(--bad)}
figure{margin:0 0 14px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px;font-size:14px;font-weight:600;margin-bottom:6px}
.readout{color:var(--soft);font-weight:400;font-variant-numeric:tabular-nums;min-height:1.5em}
.words,.hint{color:var(--soft);font-size:14px;margin:6px 0 0}
.chart{width:100%;overflow:hidden;touch-action:pan-y pinch-zoom}
.chart svg,.chart canvas{display:block;max-width:100%}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:0 28px;align-items:start}
#equity .pair{grid-template-columns:repeat(auto-fit,minmax(min(430px,100%),1fr))}
.pair>figure{height:100%}
.pair>*{min-width:0}
figure+.pair{margin-top:10px}
.pair:has(figure){gap:14px;margin-bottom:14px}
.pair>figure{margin:0}
.scroll{overflow-x:auto;margin:8px 0;background:linear-gradient(90deg,var(--paper) 20px,transparent) 0/40px 100% no-repeat local,linear-gradient(270deg,var(--paper) 20px,transparent) 100%/40px 100% no-repeat local,linear-gradient(90deg,#0004,transparent) 0/10px 100% no-repeat scroll,linear-gradient(270deg,#0004,transparent) 100%/10px 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:14px;padding:2px 0 6px}
caption span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 40px)}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
th:first-child,td:first-child{padding-left:2px}
thead th{color:var(--soft);font-weight:600;font-size:13px;vertical-align:bottom}
tbody th{font-weight:500}
.n{text-align:right}
.prose{white-space:normal;overflow-wrap:break-word;min-width:8.5em}
td.prose code{overflow-wrap:anywhere}
.formula,.source,.reason,.off,.how{color:var(--soft);font-size:13px}
.how{display:block;font-weight:400}
.source{opacity:.85}
.sum{display:inline-block;white-space:nowrap}
.bar{display:block;height:6px;width:max(2px,var(--w));margin:3px 0 2px;border-radius:3px;background:var(--band)}
.bar.good{background:var(--good)}
.reason{white-space:normal}
.strip{display:block}
.strip line{stroke:var(--muted);stroke-width:1.5}
.strip .zero{stroke:var(--line)}
.strip .middle{stroke:var(--ink)}
.strip rect{fill:var(--band)}
.strip circle{fill:var(--accent);stroke:var(--paper)}
#metrics th:first-child{width:22%}
#metrics th:nth-child(2),#metrics td:nth-child(2){width:24%}
#data thead th,#tried th,#tried td{white-space:normal}
#tried tbody th{min-width:8.5em}
.mark{color:var(--mark)}
.heat{display:inline-block;padding:1px 6px;border-radius:4px;margin:0 -6px}
.heat.good{background:color-mix(in srgb,var(--good) calc(var(--s)*.28),transparent);color:inherit}
.heat.bad{background:color-mix(in srgb,var(--bad) calc(var(--s)*.28),transparent);color:inherit}
.heat.alike{background:color-mix(in srgb,var(--accent) calc(var(--s)*.28),transparent)}
#months th,#months td{padding:4px 8px}
#months th:first-child,#trade-table th:first-child{position:sticky;left:0;background:var(--paper);z-index:1}
#trade-table{font-size:13px}
#trade-table th,#trade-table td{padding:4px 6px}
.controls{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px;margin:8px 0;font-size:14px}
.controls label{max-width:100%;min-width:0}
.zoom{gap:6px}
.zoom button{padding:3px 9px;font-size:13px}
.check{margin-left:8px;color:var(--soft)}
button,select,input{font:inherit;font-size:14px;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:5px 10px;max-width:100%}
button{cursor:pointer}
button:hover:not(:disabled),select:hover{border-color:var(--muted)}
button:disabled{opacity:.45;cursor:default}
#theme{font-size:18px;line-height:1;padding:8px 10px}
thead th button{border:0;background:none;padding:2px 0;font-weight:600;font-size:13px;color:var(--soft)}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
tbody th button{padding:0 7px;font-size:13px}
details summary{cursor:pointer;padding:4px 0}
figure details{font-size:14px;color:var(--soft)}
.command{display:flex;flex-wrap:wrap;gap:10px;align-items:center;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.command code{flex:1 1 240px;overflow-wrap:anywhere}
code{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
footer{color:var(--soft);font-size:13px;padding-top:12px;padding-bottom:36px}
@media (min-width:900px){h2+.zoom{float:right;margin-top:-42px}h2+.zoom+*{clear:right}}
@media (max-width:900px){.cards{grid-template-columns:1fr 1fr}}
@media (max-width:560px){header,main,footer,nav{padding-left:14px;padding-right:14px}h1{font-size:27px}.sentence{font-size:17px}.sentence a{white-space:normal}.facts{font-size:15px}.cards{gap:8px}.card{padding:9px 10px}.card .value{font-size:19px}figure{padding:10px 8px}.readout{min-height:0}th,td{padding:5px 7px}}
@media print{:root,:root[data-theme],:root:not([data-theme=light]){${PAPER};color-scheme:light}body{font-size:10.5pt}header,main,footer{max-width:none;padding-left:0;padding-right:0}nav,#theme,.zoom,.hint,.skip,#copy,.controls label,.controls button,#page-words,.readout,#trade-choice,summary{display:none}section,figure,.card,tr,caption{break-inside:avoid}h2,h3,caption,thead{break-after:avoid}section#trades,section#metrics,section#data,section#equity,section#price,section#distribution,section#reproduce{break-inside:auto}.scroll{overflow:visible}caption span{position:static;max-width:none}figure details{display:none}.chart{min-height:0!important}.chart svg,.chart canvas{width:100%!important;height:auto!important}table{font-size:8.5pt}th,td{padding:3px 6px}#trade-table{font-size:6.5pt}#trade-table th,#trade-table td{padding:2px 3px}#trade-table button{border:0;padding:0;font-size:inherit;background:none}#trade-table th:first-child{position:static}#months th,#months td{padding:3px 4px}.cards{grid-template-columns:repeat(4,1fr)}}
`
