/** The style of the report page. Colours c0 to c7 are told apart with the common colour blindnesses; c0 is the baseline. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fbfaf7, #14161a);
  --card: light-dark(#ffffff, #1b1e24);
  --ink: light-dark(#1c1d21, #e9e8e4);
  --quiet: light-dark(#666a73, #9a9fab);
  --rule: light-dark(#e4e1d9, #2d313a);
  --accent: light-dark(#1f4fd8, #8db0ff);
  --good: light-dark(#0f7a4d, #58d39b);
  --bad: light-dark(#c0352b, #ff8a7d);
  --good-wash: light-dark(#e2f4ea, #17352a);
  --bad-wash: light-dark(#fbe6e3, #402322);
  --warn: light-dark(#a15c00, #f0b65b);
  --warn-wash: light-dark(#fcefd7, #3a2e17);
  --sans: Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
.c0 { --own: light-dark(#7a7f8a, #a7adb9); }
.c1 { --own: light-dark(#2563eb, #7aa7ff); }
.c2 { --own: light-dark(#d9480f, #ff9d66); }
.c3 { --own: light-dark(#0c8577, #4fd4c0); }
.c4 { --own: light-dark(#8a3ffc, #c4a1ff); }
.c5 { --own: light-dark(#c2185b, #ff86b3); }
.c6 { --own: light-dark(#7a8b00, #cddc5a); }
.c7 { --own: light-dark(#0277bd, #63ccff); }

* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 var(--sans); font-feature-settings: "tnum", "cv11"; }
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 32px; }
header { display: flex; justify-content: space-between; gap: 8px 24px; flex-wrap: wrap; align-items: baseline; padding-top: 28px; }
header p { margin: 0; }
.brand { font-weight: 700; letter-spacing: -.01em; }
.brand::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 50%; background: var(--accent); }
.run, footer { color: var(--quiet); font-size: 13px; }
.run span + span::before, footer span + span::before { content: "·"; margin: 0 7px 0 3px; }
section { margin: 60px 0 0; }
h1 { max-width: 24em; margin: 0; font-size: clamp(26px, 4.6vw, 44px); line-height: 1.12; letter-spacing: -.028em; font-weight: 650; text-wrap: balance; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 20px; letter-spacing: -.012em; font-weight: 650; }
h4 { margin: 0; font-size: 14px; }
.hero { margin-top: 48px; }
.evidence { max-width: 46em; margin: 18px 0 0; font-size: clamp(16px, 2vw, 19px); line-height: 1.5; color: var(--quiet); overflow-wrap: anywhere; }
.notes { max-width: 62em; margin: 22px 0 0; padding: 12px 16px 12px 34px; border-radius: 10px; background: var(--warn-wash); font-size: 14px; overflow-wrap: anywhere; }
.notes li::marker { color: var(--warn); }
.lead { max-width: 60em; text-wrap: pretty; margin: 0 0 18px; color: var(--quiet); }
.small, .key-line { margin: 8px 0 0; font-size: 13px; color: var(--quiet); }
.key-line { margin: 0 0 10px; }
.quiet { color: var(--quiet); }
.strong { font-weight: 650; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.method { white-space: nowrap; font-weight: 600; }
.method::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 50%; background: var(--own); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

svg { display: block; overflow: visible; font: 12px var(--sans); }
svg text { fill: var(--quiet); }
.chart { padding: 34px 28px 56px 62px; border: 1px solid var(--rule); border-radius: 14px; background: var(--card); }
.plot { width: 100%; height: 340px; }
.grid { stroke: var(--rule); }
.reach { fill: var(--accent); fill-opacity: .055; }
.stair { stroke: var(--accent); stroke-width: 1.5; stroke-opacity: .75; stroke-dasharray: 1 5; stroke-linecap: round; }
.frontier .interval { stroke: var(--own); stroke-width: 2.5; stroke-opacity: .45; stroke-linecap: round; }
.frontier circle { stroke: var(--own); stroke-width: 2.5; fill: var(--card); }
.frontier circle.on { fill: var(--own); }
.frontier .label { font-size: 13.5px; font-weight: 650; fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.frontier .figure { font-size: 12px; font-weight: 500; fill: var(--quiet); }
.units { position: relative; }
.units input { position: absolute; opacity: 0; }
.units > label { display: inline-block; margin: 0 6px 12px 0; padding: 4px 13px; border: 1px solid var(--rule); border-radius: 99px; font-size: 13px; cursor: pointer; }
.units input:checked + label { background: var(--ink); border-color: var(--ink); color: var(--page); }
.units input:focus-visible + label { outline: 2px solid var(--accent); outline-offset: 2px; }
.by-usd, #unit-usd:checked ~ .by-tokens { display: none; }
#unit-usd:checked ~ .by-usd { display: block; }
.legend { display: none; margin: 12px 0 0; padding: 0; list-style: none; font-size: 13px; }
.legend li { display: inline-block; margin-right: 16px; }

.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 12px 9px 0; border-bottom: 1px solid var(--rule); text-align: left; font-weight: inherit; white-space: nowrap; }
thead th { padding-top: 0; font-size: 12.5px; color: var(--quiet); vertical-align: bottom; }
th:last-child, td:last-child { padding-right: 0; }
th .method { display: inline-block; max-width: 21em; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.number { text-align: right; }
td.strong { font-weight: 650; }
.wide { width: 34%; min-width: 150px; padding-left: 12px; padding-right: 24px; }
.endings { width: 100%; height: 14px; }
.swatch { display: inline-block; width: 11px; height: 11px; margin: 0 6px 0 0; border-radius: 3px; background: var(--fill); vertical-align: -1px; }
.swatch:not(:first-child) { margin-left: 12px; }
.ending-correct { --fill: light-dark(#2f9e6e, #3fb883); }
.ending-wrong { --fill: light-dark(#e2725b, #d9654f); }
.ending-extractionFailures { --fill: light-dark(#a9adb6, #737986); }
.ending-exhausted { --fill: light-dark(#e5a93b, #d99a2b); }
.ending-errors { --fill: light-dark(#5b4a8a, #a48fe0); }
.ending-missing { --fill: var(--rule); }
.endings rect { fill: var(--fill); }

.differences .group th { padding-top: 20px; }
.differences .inner { padding-left: 20px; }
.differences .inner .method { font-weight: 450; }
.differences thead .wide { vertical-align: bottom; }
.forest { width: 100%; height: 22px; }
.forest.ticks { height: 18px; }
.forest .zero { stroke: var(--quiet); stroke-width: 1.5; }
.forest { --mark: var(--quiet); }
.forest.better { --mark: var(--good); }
.forest.worse { --mark: var(--bad); }
.forest .interval { stroke: var(--mark); stroke-width: 2.5; stroke-linecap: round; }
.forest circle { fill: var(--mark); }
.forest.unclear circle { fill: var(--page); stroke: var(--mark); stroke-width: 2; }
.verdict { font-size: 13.5px; }
.verdict.better { color: var(--good); font-weight: 650; }
.verdict.worse { color: var(--bad); font-weight: 650; }
.verdict.unclear { color: var(--quiet); }
.agreements { display: grid; grid-template-columns: max-content 1fr; gap: 5px 18px; align-items: center; }
.agreement { width: 100%; height: 22px; background: light-dark(#efece5, #22262d); border-radius: 3px; overflow: hidden; shape-rendering: crispEdges; }
.agreement rect { fill: var(--own); }

.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center; margin: 12px 0 0; padding: 10px 0; background: var(--page); }
.tools fieldset { display: flex; flex-wrap: wrap; gap: 6px; margin: 0; padding: 0; border: 0; }
.filter { padding: 4px 12px; border: 1px solid var(--rule); border-radius: 99px; font-size: 13px; cursor: pointer; }
.filter input { position: absolute; opacity: 0; }
.filter:has(:checked) { background: var(--ink); border-color: var(--ink); color: var(--page); }
.filter:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.filter .amount { opacity: .65; }
.finder { flex: 1 1 200px; }
.tools select, .tools input[type=search] { width: 100%; padding: 6px 10px; border: 1px solid var(--rule); border-radius: 8px; background: var(--card); color: inherit; font: inherit; font-size: 14px; }
#status { margin: 0; font-size: 13px; color: var(--quiet); white-space: nowrap; }
.heads, summary { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 64px) repeat(var(--methods, 1), minmax(0, var(--column, 100px))); gap: 0 10px; align-items: center; }
.heads { padding: 0 0 6px; border-bottom: 1px solid var(--rule); font-size: 12px; color: var(--quiet); }
.heads .method { overflow: hidden; text-overflow: ellipsis; font-weight: 500; }
.heads .method::before { margin-right: 5px; width: 7px; height: 7px; }
.problem { border-bottom: 1px solid var(--rule); }
summary { padding: 8px 0; cursor: pointer; list-style: none; font-size: 13.5px; }
summary::-webkit-details-marker { display: none; }
summary:hover .question { color: var(--accent); }
.question { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; line-height: 1.4; }
.key, .badge { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.question b { font-weight: 500; color: var(--quiet); font-size: 12.5px; margin-right: 4px; }
.key { font-family: var(--mono); font-size: 12.5px; }
.cell { min-width: 0; }
.badge { display: block; width: fit-content; max-width: 100%; padding: 1px 8px; border-radius: 6px; font-family: var(--mono); font-size: 12.5px; }
.badge.correct { color: var(--good); background: var(--good-wash); }
.badge.wrong { color: var(--bad); background: var(--bad-wash); }
.badge.exhausted, .badge.error, .badge.mixed { color: var(--warn); background: var(--warn-wash); }
.badge.exhausted, .badge.error, .badge.mixed { font-family: var(--sans); }
.badge.no-answer, .badge.missing { padding-left: 0; color: var(--quiet); font-style: italic; font-family: var(--sans); }
.inside { padding: 6px 0 26px; }
.prose { max-width: 76ch; white-space: pre-wrap; overflow-wrap: anywhere; }
.prose.text { font: 12.5px/1.6 var(--mono); }
.folded { max-height: 15.5em; overflow: hidden; mask-image: linear-gradient(#000 70%, transparent); }
.unfold, #more { margin: 6px 0 0; padding: 3px 11px; border: 1px solid var(--rule); border-radius: 99px; background: none; color: var(--accent); font: inherit; font-size: 12.5px; cursor: pointer; }
.reference { margin: 8px 0 14px; overflow-wrap: anywhere; }
.reference .name, .facts, .note { color: var(--quiet); font-size: 12.5px; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 14px; }
.panel { margin: 0; padding: 14px 16px; border: 1px solid var(--rule); border-top: 3px solid var(--own); border-radius: 10px; background: var(--card); min-width: 0; }
.panel .method::before { display: none; }
.attempt + .attempt { margin-top: 14px; padding-top: 12px; border-top: 1px dashed var(--rule); }
.answer { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; margin: 6px 0 0; overflow-wrap: anywhere; }
.ending { font-size: 12.5px; font-weight: 600; color: var(--warn); }
.ending.correct { color: var(--good); }
.ending.wrong { color: var(--bad); }
.ending.no-answer { color: var(--quiet); }
.facts { margin: 0 0 8px; }
.note { margin: 0 0 8px; padding-left: 9px; border-left: 2px solid var(--warn); overflow-wrap: anywhere; }
.votes { display: grid; grid-template-columns: fit-content(9em) 1fr max-content; gap: 2px 10px; margin: 0 0 10px; padding: 0; list-style: none; font-size: 12.5px; }
.votes li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; }
.votes .who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-family: var(--mono); }
.votes .track { height: 7px; border-radius: 4px; background: var(--rule); }
.votes .bar { display: block; height: 100%; border-radius: 4px; background: var(--own); }
.votes .share, .votes .more { color: var(--quiet); }
.votes li.more { display: block; }
#end { text-align: center; }
footer { margin-top: 72px; padding-top: 18px; padding-bottom: 48px; }
footer p { margin: 6px 0; max-width: 80em; overflow-wrap: anywhere; }

@media (max-width: 760px) {
  header, main, footer { padding-left: 18px; padding-right: 18px; }
  section { margin-top: 46px; }
  .chart { padding: 30px 14px 54px 50px; }
  .plot { height: 280px; }
  .frontier .label { display: none; }
  .legend { display: block; }
  th[scope=row] { position: sticky; left: 0; background: var(--page); }
  th .method { max-width: 10.5em; }
  .agreements { grid-template-columns: 1fr; gap: 2px; }
  .tools { position: static; }
  .heads { display: none; }
  summary { display: flex; flex-wrap: wrap; gap: 4px 8px; padding: 11px 0; }
  .question { flex: 1 0 100%; -webkit-line-clamp: 3; }
  .key::before { content: "key "; color: var(--quiet); font-family: var(--sans); }
  .key { flex: 1 0 100%; }
  .cell { display: flex; align-items: center; gap: 5px; max-width: 48%; }
  .cell::before { content: ""; flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--own); }
}
@media print {
  .tools, #end, .units > label { display: none; }
  section { break-inside: avoid; }
  #problems { break-inside: auto; }
}
`;
