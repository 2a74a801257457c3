import { type Comparison, correctness, roundUp } from './comparison.ts';
import * as format from './format.ts';
import { html, type Markup, nothing } from './markup.ts';
import type { AtK, MethodReport, Report } from './report.ts';
import {
  type AgreementGroup,
  agreementRow,
  colour,
  ENDINGS,
  endingsBar,
  forestAxis,
  forestRow,
  forestScale,
  frontierChart,
} from './report-charts.ts';
import type { RunRecord } from './row.ts';

/** The decision in large letters, its evidence below, then what to know before trusting it. */
export function hero(report: Report): Markup {
  const { headline, decision, notes } = report;
  const evidence = decision
    .slice(headline.length)
    .replace(/^[\s,;:.]+/, '')
    .replace(/^\((.*)\)$/, '$1');
  return html`<section class="hero">
<h1>${format.sentence(headline).replace(/\.$/, '')}</h1>
${evidence === '' ? nothing : html`<p class="evidence">${format.unbroken(format.sentence(evidence))}</p>`}
${notes.length === 0 ? nothing : html`<ul class="notes">${notes.map((note) => html`<li>${format.unbroken(note)}</li>`)}</ul>`}
</section>`;
}

/** Accuracy against cost, in tokens or in dollars where every price is known. */
export function frontier(report: Report): Markup {
  const priced = report.methods.every(({ usd }) => usd !== null) && report.methods.some(({ usd }) => usd);
  const names = report.frontier;
  const unit = (value: string, label: string, checked: boolean) =>
    html`<input type="radio" name="unit" id="unit-${value}"${raw(checked ? ' checked' : '')}><label for="unit-${value}">${label}</label>`;
  return html`<section>
<h2>Accuracy and cost</h2>
<p class="lead">Mean of ${format.plural(report.n, 'problem')} with 95 % intervals. ${names.length === 1 ? html`Only ${name(report, names[0]!)} is on the frontier` : html`The line is the frontier`}: no other method is both cheaper and better.</p>
<div class="units">${priced ? html`${unit('tokens', 'tokens', true)}${unit('usd', 'dollars', false)}` : nothing}
<div class="chart by-tokens">${frontierChart(report, 'tokens')}</div>
${priced ? html`<div class="chart by-usd">${frontierChart(report, 'usd')}</div>` : nothing}
<ul class="legend">${report.methods.map((method) => html`<li>${name(report, method.name)}</li>`)}</ul>
</div>
</section>`;
}

/** One line per method: accuracy, how attempts ended, and what one attempt costs. */
export function methodTable(report: Report): Markup {
  const { methods } = report;
  const used = ENDINGS.filter(({ key }) => methods.some((method) => method[key] > 0));
  const priced = methods.some(({ usd }) => usd !== null);
  const timed = methods.some(({ seconds }) => seconds !== null);
  return html`<section>
<h2>Methods</h2>
<p class="key-line">${used.map(({ key, name: ending }) => html`<span class="swatch ending-${key}"></span>${ending} `)}</p>
<div class="scroll"><table>
<thead><tr><th scope="col">method</th><th scope="col" class="number">right</th><th scope="col" class="number">95 % CI</th><th scope="col" class="wide">how attempts ended</th><th scope="col" class="number">tokens</th><th scope="col" class="number">calls</th>${priced ? html`<th scope="col" class="number">usd</th>` : nothing}${timed ? html`<th scope="col" class="number">median time</th><th scope="col" class="number">p95</th>` : nothing}</tr></thead>
<tbody>${methods.map(
    (
      method,
    ) => html`<tr><th scope="row">${name(report, method.name)}</th><td class="number strong">${format.percent(method.accuracy)}</td><td class="number quiet">${format.interval(method.ci)}</td><td class="wide">${endingsBar(method)}</td><td class="number">${format.compact(method.perAttempt.tokens)}</td><td class="number">${format.compact(method.perAttempt.calls)}</td>${priced ? html`<td class="number">${method.perAttempt.usd === null ? 'unknown' : format.money(method.perAttempt.usd)}</td>` : nothing}${timed ? timeCells(method) : nothing}</tr>
`,
  )}</tbody></table></div>
<p class="small">Tokens, calls and dollars are means per attempt; every hidden sample counts.</p>
</section>`;
}

function timeCells({ seconds }: MethodReport): Markup {
  const [middle, late] = seconds ? [format.duration(seconds.p50), format.duration(seconds.p95)] : ['–', '–'];
  return html`<td class="number">${middle}</td><td class="number">${late}</td>`;
}

/** With repeats: the chance that any of k attempts is right, and that a vote of k is. */
export function repeatTable(report: Report): Markup {
  const ks = [...new Set(report.methods.flatMap(({ passAtK }) => passAtK?.map(({ k }) => k) ?? []))]
    .filter((k) => k > 1)
    .sort((a, b) => a - b);
  const cell = (estimates: readonly AtK[] | undefined, k: number) => {
    const found = estimates?.find((estimate) => estimate.k === k);
    return found
      ? html`<td class="number">${format.percent(found.value)} <span class="quiet">${format.interval(found.ci)}</span></td>`
      : html`<td class="number">–</td>`;
  };
  return html`<section>
<h2>Several attempts</h2>
<p class="lead">Any of k attempts right (pass@k), and a vote of k right (maj@k): unbiased estimates from ${report.repeats} attempts per problem.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">method</th>${ks.map((k) => html`<th scope="col" class="number">any of ${k}</th><th scope="col" class="number">vote of ${k}</th>`)}</tr></thead>
<tbody>${report.methods.map(({ name: method, passAtK, majAtK }) => html`<tr><th scope="row">${name(report, method)}</th>${ks.map((k) => html`${cell(passAtK, k)}${cell(majAtK, k)}`)}</tr>`)}</tbody>
</table></div>
</section>`;
}

/** Forest plot: every tested difference on one axis. */
export function comparisons(report: Report): Markup {
  const scale = forestScale(report.comparisons);
  const several = report.comparisons.length > 1;
  const groups = [...Map.groupBy(report.comparisons, ({ a }) => a)];
  return html`<section>
<h2>Differences</h2>
<p class="lead">Points of accuracy on the same problems, with 95 % intervals. ${several ? 'p-values are corrected for all comparisons here (Holm).' : ''} A difference counts as shown below p = .05.</p>
<div class="scroll"><table class="differences">
<thead><tr><td></td><th scope="col" class="wide">${forestAxis(scale)}</th><th scope="col" class="number">points</th><th scope="col" class="number">95 % CI</th><th scope="col" class="number">p</th><th scope="col" class="number">tokens</th><th scope="col">shown?</th></tr></thead>
${groups.map(
  ([
    a,
    group,
  ]) => html`<tbody><tr class="group"><th scope="rowgroup" colspan="7"><span class="quiet">against</span> ${name(report, a)}</th></tr>
${group.map(
  (
    comparison,
  ) => html`<tr><th scope="row" class="inner">${name(report, comparison.b)}</th><td class="wide">${forestRow(comparison, scale)}</td><td class="number strong">${format.signedPoints(comparison.delta)}</td><td class="number quiet">${format.interval(comparison.ci)}</td><td class="number">${format.pFigure(comparison.pHolm)}</td><td class="number">${comparison.costRatio === null ? '–' : format.ratio(comparison.costRatio)}</td><td>${verdict(comparison)}</td></tr>
`,
)}</tbody>`,
)}
</table></div>
</section>`;
}

function verdict({ better, needed }: Comparison): Markup {
  if (better)
    return html`<span class="verdict ${better === 'b' ? 'better' : 'worse'}">${better === 'b' ? 'better' : 'worse'}</span>`;
  if (needed === null) return html`<span class="verdict unclear">no difference</span>`;
  return html`<span class="verdict unclear">no; needs about ${format.count(roundUp(needed))}</span>`;
}

/** Which problems the methods got right together: every problem a column, sorted by who got it right. */
export function agreement(report: Report, record: RunRecord): Markup {
  const groups = agreementGroups(record);
  const all = groups.reduce((sum, { problems }) => sum + problems, 0);
  if (all === 0 || report.methods.length < 2) return nothing;
  const share = (test: (right: readonly boolean[]) => boolean) =>
    format.percent(groups.reduce((sum, { right, problems }) => sum + (test(right) ? problems : 0), 0) / all);
  return html`<section>
<h2>Where they agree</h2>
<p class="lead">Every problem is a column, filled where the method got it right${report.repeats > 1 ? ' in at least half of its attempts' : ''}. All are right on ${share((right) => right.every(Boolean))}, none on ${share((right) => !right.some(Boolean))}, some method is on ${share((right) => right.some(Boolean))}.</p>
<div class="agreements">${report.methods.map((method, index) => html`<span class="who">${name(report, method.name)}</span>${agreementRow(groups, index)}`)}</div>
</section>`;
}

function agreementGroups({ info, problems, rows }: RunRecord): AgreementGroup[] {
  const byAttempt = Map.groupBy(rows, ({ problem, method }) => JSON.stringify([problem, method]));
  const patterns = problems.map(({ id }) =>
    info.methods
      .map((method) => {
        const own = byAttempt.get(JSON.stringify([id, method])) ?? [];
        return own.length > 0 && own.reduce((sum, row) => sum + correctness(row), 0) >= own.length / 2
          ? '1'
          : '0';
      })
      .join(''),
  );
  const ones = (pattern: string) => pattern.replaceAll('0', '').length;
  return [...Map.groupBy(patterns, (pattern) => pattern)]
    .map(([pattern, group]) => ({ pattern, problems: group.length }))
    .sort((a, b) => ones(b.pattern) - ones(a.pattern) || (a.pattern < b.pattern ? 1 : -1))
    .map(({ pattern, problems: size }) => ({
      right: [...pattern].map((digit) => digit === '1'),
      problems: size,
    }));
}

/** A method's name with its colour. */
export function name(report: Report, method: string): Markup {
  const index = report.methods.findIndex((known) => known.name === method);
  return html`<span class="method ${colour(index)}" title="${method}">${method}</span>`;
}

/** Markup from parts that need no escaping: attributes written here, the page's own script and style. */
export function raw(markup: string): Markup {
  return { markup };
}
