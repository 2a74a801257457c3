import { createHash } from 'node:crypto';
import * as format from './format.ts';
import { html, type Markup, nothing } from './markup.ts';
import type { Report } from './report.ts';
import { reportPage } from './report-page.ts';
import { pageData } from './report-page-data.ts';
import {
  agreement,
  comparisons,
  frontier,
  hero,
  methodTable,
  name,
  raw,
  repeatTable,
} from './report-sections.ts';
import { reportStyle } from './report-style.ts';
import type { RunRecord } from './row.ts';

/**
 * The report as one HTML file that fetches nothing and runs from disk: the decision, the frontier, the methods, the
 * comparisons, and every problem's answers. A content security policy admits this script and this style only; text of
 * models and data files lies in a JSON block and reaches the page as text.
 */
export function renderHtml(report: Report, record: RunRecord): string {
  const script = `(${reportPage.toString()})();`;
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(reportStyle)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { data, cutTo } = pageData(record);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="reckon ${report.version}">
<title>${report.dataset} ${report.split}: ${format.list(report.methods.map((method) => method.name))} · Reckon</title>
<style>${raw(reportStyle)}</style>
</head>
<body>
<header><p class="brand">Reckon</p><p class="run">${runFacts(report).map((fact) => html`<span>${fact}</span> `)}</p></header>
<main>
${hero(report)}
${frontier(report)}
${methodTable(report)}
${report.repeats > 1 ? repeatTable(report) : nothing}
${report.comparisons.length > 0 ? comparisons(report) : nothing}
${agreement(report, record)}
${problemList(report, cutTo)}
</main>
${footer(report)}
<script type="application/json" id="data">${jsonBlock(data)}</script>
<script type="application/json" id="report">${jsonBlock(report)}</script>
<script>${raw(script)}</script>
</body>
</html>
`.markup;
}

function runFacts({ dataset, split, n, repeats, model }: Report): string[] {
  const problems = format.plural(n, 'problem');
  return [`${dataset} ${split}`, repeats > 1 ? `${problems} × ${repeats} attempts` : problems, model];
}

const FILTERS = [
  ['all', 'All'],
  ['differ', 'They differ'],
  ['wrong', 'Wrong'],
  ['failed', 'Failed'],
  ['exhausted', 'Hit a limit'],
  ['no-answer', 'No answer'],
] as const;

/** The frame of the list; the page's script fills it. */
function problemList(report: Report, cutTo: number | null): Markup {
  return html`<section id="problems">
<h2>Problems</h2>
${cutTo === null ? nothing : html`<p class="lead">Texts are cut to ${format.count(cutTo)} characters in this page.</p>`}
<noscript><p class="lead">The list of problems needs JavaScript; everything above does not.</p></noscript>
<div class="tools" role="search">
<fieldset><legend class="unseen">Show</legend>${FILTERS.map(([value, label], index) => html`<label class="filter"><input type="radio" name="show" value="${value}"${raw(index === 0 ? ' checked' : '')}>${label} <span class="amount"></span></label>`)}</fieldset>
<label><span class="unseen">Of which method</span><select id="among"><option value="">of any method</option>${report.methods.map((method, index) => html`<option value="${index}">of ${method.name}</option>`)}</select></label>
<label class="finder"><span class="unseen">Search problems and answers</span><input type="search" id="search" placeholder="Search problems and answers"></label>
<p id="status" role="status"></p>
</div>
<div class="heads" aria-hidden="true"><span>problem</span><span>key</span>${report.methods.map((method) => name(report, method.name))}</div>
<div id="list"></div>
<p id="end"><button type="button" id="more">Show more</button></p>
</section>`;
}

function footer(report: Report): Markup {
  const limits = Object.entries(report.limits).map(([limit, value]) => `${value} ${limit}`);
  const facts = [
    `run ${report.run}`,
    `seed ${report.seed}`,
    ...(limits.length > 0 ? [`limits per attempt: ${limits.join(', ')}`] : ['no limits']),
    ...(report.source === null ? [] : [`data: ${report.source}`]),
    `reckon ${report.version}`,
    ...(report.startedAt === undefined ? [] : [`started ${report.startedAt}`]),
  ];
  return html`<footer>
<p>Intervals of accuracies are Wilson's, of differences BCa bootstraps over problems (adjusted Wald where fewer than ten problems differ). p-values are McNemar's exact test, with repeats the sign-flip test on each problem's mean. Errors, limits and unreadable answers count as not right and are shown apart.</p>
<p>${facts.map((fact) => html`<span>${fact}</span> `)}</p>
</footer>`;
}

/** JSON that no HTML parser can take for markup. */
function jsonBlock(value: unknown): Markup {
  const escaped = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return raw(escaped);
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
