/** Rules of an evaluation's page, after those of every page. */
export const EVALUATION_STYLE = `
.param{border-radius:12px}
.within{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:14px;margin:8px 0 0}
.within a{text-decoration:none}
[id^=verdict]{margin-top:16px}
[id^=verdict]+section{margin-top:26px}
[id^=verdict-]{border-top:2px solid var(--line);padding-top:20px;margin-top:48px}
.pair>.off{padding:12px 0}
.pair+details,.pair+.pair{margin-top:8px}
[id^=classes] td .how,[id^=folds] td .how,[id^=baselines] td .how,[id=overview] td .how{white-space:nowrap}
[id^=metrics] th:first-child{width:22%}
[id^=metrics] td:nth-child(2){width:24%}
.definition{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}
@media (min-width:700px){[id^=curves] .pair,[id^=money] .pair,[id^=losses] .pair,[id^=importance] .pair,[id^=classes] .pair{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media print{.within{display:none}thead th{white-space:normal;font-size:8pt}.how,.reason{font-size:7.5pt}[id^=money] details table,[id^=folds] details table{font-size:7pt}[id^=money] details th,[id^=money] details td,[id^=folds] details th,[id^=folds] details td{padding:2px 4px}[id^=classes] .pair{grid-template-columns:1fr}[id^=baselines] th,[id^=baselines] td{padding:3px 4px}section[id^=curves],section[id^=money],section[id^=folds],section[id^=baselines],section[id^=features],section[id^=importance],section[id^=losses],section[id^=classes],section[id^=price],section#definition{break-inside:auto}}
`
