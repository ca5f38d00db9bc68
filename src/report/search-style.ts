/** Rules of the pages of searches, after those of every page. */
export const SEARCH_STYLE = `
.still{color:var(--soft)}
.param{border-radius:12px}
.pair>.off{padding:12px 0}
.pair+details,.pair+.pair,details+.pair{margin-top:8px}
.cells{margin-bottom:18px}
.later{color:var(--soft)}
#maps details .pair{margin-top:10px}
#row-table{font-size:13px}
#row-table th,#row-table td{padding:4px 7px}
#row-table th:first-child{position:sticky;left:0;background:var(--paper);z-index:1}
#row-table td.why{white-space:normal;min-width:12em}
#row-filter{width:18em}
#overfitting tbody th{white-space:normal;min-width:8.5em}
#windows td,#windows th{vertical-align:top}
#windows td .how{white-space:nowrap}
#windows td.prose{min-width:11em}
@media (min-width:700px){#maps .pair,#overfitting .pair,#plateau .pair{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media print{#row-table{font-size:6.5pt}#row-table th,#row-table td{padding:2px 3px}#row-table button{border:0;padding:0;font-size:inherit;background:none}#row-table th:first-child{position:static}.command button{display:none}thead th{white-space:normal;font-size:8pt}.how,.reason{font-size:7.5pt}section#overfitting,section#maps,section#plateau,section#spread,section#parallel,section#windows,section#stability,section#search,section#best{break-inside:auto}#maps .cells table,#windows table{font-size:7pt}#maps .cells th,#maps .cells td,#windows th,#windows td{padding:2px 4px}}
`
