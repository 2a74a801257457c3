import type { Comparison } from './comparison.ts';
import * as format from './format.ts';
import { html, type Markup, nothing } from './markup.ts';
import type { MethodReport, Report } from './report.ts';

/*
 * Charts as SVG without a viewBox: positions are percentages, so that they fill any width while text and strokes keep
 * their size. Axis labels lie outside the plot area, in the margin that the style leaves around it.
 */

/** What the x-axis of the frontier shows, per attempt. */
export type CostUnit = 'tokens' | 'usd';

/** Labels are placed for a plot of this size in pixels; narrower pages show a legend instead. */
const NOMINAL = { width: 900, height: 340 };
const LABEL = { character: 7.6, height: 36, gap: 12 };

/** Colour of a method: a class from `c0`, the baseline's grey, to `c7`, then round again without the grey. */
export function colour(index: number): string {
  return `c${index < 8 ? index : 1 + ((index - 1) % 7)}`;
}

/** "1.00k" as "1k", "$0.0050" as "$0.005". */
function tickLabel(text: string): string {
  return text.replace(/\.?0+(?=[kMGT])/, '').replace(/(\.\d*[1-9])0+$/, '$1');
}

interface Point {
  readonly method: MethodReport;
  readonly index: number;
  readonly x: number; // in [0, 1], left to right
  readonly y: number; // in [0, 1], top to bottom
  readonly top: number;
  readonly bottom: number;
  readonly onFrontier: boolean;
}

/** Accuracy against cost on a logarithmic axis, 95 % intervals, and the staircase of the best accuracy for the money. */
export function frontierChart(report: Report, unit: CostUnit): Markup {
  const measured = report.methods.filter(
    (method) => method.attempts > 0 && (method.perAttempt[unit] ?? 0) > 0,
  );
  if (measured.length === 0) return nothing;
  const costs = measured.map((method) => method.perAttempt[unit]!);
  const across = logScale(Math.min(...costs), Math.max(...costs));
  const up = shareScale(
    Math.min(...measured.map(({ ci }) => ci[0])),
    Math.max(...measured.map(({ ci }) => ci[1])),
  );
  const points = measured.map(
    (method): Point => ({
      method,
      index: report.methods.indexOf(method),
      x: across.at(method.perAttempt[unit]!),
      y: 1 - up.at(method.accuracy),
      top: 1 - up.at(method.ci[1]),
      bottom: 1 - up.at(method.ci[0]),
      onFrontier: report.frontier.includes(method.name),
    }),
  );
  const write = unit === 'tokens' ? format.compact : format.money;
  const steps = staircase(points);
  const summary = points.map(
    ({ method }) => `${method.name} ${format.percent(method.accuracy)} at ${write(method.perAttempt[unit]!)}`,
  );
  return html`<svg class="plot frontier" role="img" aria-label="Accuracy against ${unit} per attempt: ${summary.join('; ')}">
${up.ticks.map((tick) => {
  const y = percent(1 - up.at(tick));
  return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/><text class="tick" x="0" y="${y}" dx="-10" dy="4" text-anchor="end">${Math.round(tick * 100)} %</text>`;
})}
${across.ticks.map((tick) => {
  const x = percent(across.at(tick));
  return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%"/><text class="tick" x="${x}" y="100%" dy="22" text-anchor="middle">${tickLabel(write(tick))}</text>`;
})}
<text class="axis" x="100%" y="100%" dy="44" text-anchor="end">${unit} per attempt, logarithmic →</text>
<text class="axis" x="0" y="0" dx="-44" dy="-17">right</text>
${steps.map(stair)}
${points.map(interval)}
${points.map(marker)}
${placeLabels(points, steps).map(([point, label]) => html`<text class="label ${colour(point.index)}" x="${percent(point.x)}" y="${percent(point.y)}" text-anchor="${label.anchor}"><tspan x="${percent(point.x)}" dx="${label.dx}" dy="${label.dy}">${point.method.name}</tspan><tspan class="figure" x="${percent(point.x)}" dx="${label.dx}" dy="15">${format.percent(point.method.accuracy)}</tspan></text>`)}
</svg>`;
}

/** From a point on the frontier to the cost at which the next one is reached. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly next: number; // y of the next point
}

function staircase(points: readonly Point[]): Step[] {
  const onIt = points.filter(({ onFrontier }) => onFrontier).sort((a, b) => a.x - b.x);
  return onIt.map(({ x, y }, index) => ({
    from: x,
    to: onIt[index + 1]?.x ?? 1,
    y,
    next: onIt[index + 1]?.y ?? y,
  }));
}

function stair({ from, to, y, next }: Step): Markup {
  const [left, right, top] = [percent(from), percent(to), percent(y)];
  return html`<rect class="reach" x="${left}" y="${top}" width="${percent(to - from)}" height="${percent(1 - y)}"/><line class="stair" x1="${left}" x2="${right}" y1="${top}" y2="${top}"/><line class="stair" x1="${right}" x2="${right}" y1="${top}" y2="${percent(next)}"/>`;
}

function interval({ x, top, bottom, index }: Point): Markup {
  return html`<line class="interval ${colour(index)}" x1="${percent(x)}" x2="${percent(x)}" y1="${percent(top)}" y2="${percent(bottom)}"/>`;
}

function marker({ x, y, index, onFrontier }: Point): Markup {
  return html`<circle class="${onFrontier ? 'on' : 'off'} ${colour(index)}" cx="${percent(x)}" cy="${percent(y)}" r="6.5"/>`;
}

interface Label {
  readonly anchor: 'start' | 'end';
  readonly dx: number; // pixels
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** To the right of its point, or to the left, or above or below it: the first place where it covers least. */
function placeLabels(points: readonly Point[], steps: readonly Step[]): [Point, Label][] {
  const lines = steps.flatMap(({ from, to, y, next }) => [
    line(from, to, y, y),
    line(to, to, Math.min(y, next), Math.max(y, next)),
  ]);
  const marks = points.flatMap(({ x, y, top, bottom }) => {
    const [centre, middle] = [x * NOMINAL.width, y * NOMINAL.height];
    return [
      { left: centre - 8, right: centre + 8, top: middle - 8, bottom: middle + 8 },
      line(x, x, top, bottom),
    ];
  });
  const taken: Box[] = [...lines, ...marks];
  return points.map((point): [Point, Label] => {
    const [centre, middle] = [point.x * NOMINAL.width, point.y * NOMINAL.height];
    const width = point.method.name.length * LABEL.character;
    const places = [0, 24, -24, 44, -44].flatMap((shift) =>
      (['start', 'end'] as const).map((anchor) => {
        const left = anchor === 'start' ? centre + LABEL.gap : centre - LABEL.gap - width;
        const top = middle - LABEL.height / 2 + shift;
        const box = { left, right: left + width, top, bottom: top + LABEL.height };
        const outside = Math.max(0, -left) + Math.max(0, box.right - NOMINAL.width);
        const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0);
        return { anchor, shift, box, cost: covered + outside * LABEL.height + Math.abs(shift) };
      }),
    );
    const best = places.reduce((least, place) => (place.cost < least.cost ? place : least));
    taken.push(best.box);
    const dx = best.anchor === 'start' ? LABEL.gap : -LABEL.gap;
    return [point, { anchor: best.anchor, dx, dy: best.shift - 3 }];
  });
}

function line(left: number, right: number, top: number, bottom: number): Box {
  return {
    left: left * NOMINAL.width - 2,
    right: right * NOMINAL.width + 2,
    top: top * NOMINAL.height - 2,
    bottom: bottom * NOMINAL.height + 2,
  };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** The common axis of a forest plot, in differences of accuracy. */
export interface ForestScale {
  readonly at: (delta: number) => number;
  readonly ticks: readonly number[];
}

/** An axis that holds 0 and every interval. */
export function forestScale(comparisons: readonly Comparison[]): ForestScale {
  const low = Math.min(-0.01, ...comparisons.map(({ ci }) => ci[0]));
  const high = Math.max(0.01, ...comparisons.map(({ ci }) => ci[1]));
  const room = (high - low) * 0.06;
  const [start, end] = [low - room, high + room];
  const at = (delta: number) => (delta - start) / (end - start);
  return { at, ticks: roundTicks(start, end, 5) };
}

/** One difference with its 95 % interval, on the common axis. */
export function forestRow({ delta, ci, better }: Comparison, { at, ticks }: ForestScale): Markup {
  const verdict = better === 'b' ? 'better' : better === 'a' ? 'worse' : 'unclear';
  const [low, middle, high, zero] = [ci[0], delta, ci[1], 0].map((value) => percent(at(value)));
  return html`<svg class="forest ${verdict}" aria-hidden="true">${ticks.map((tick) => html`<line class="grid" x1="${percent(at(tick))}" x2="${percent(at(tick))}" y1="0" y2="100%"/>`)}<line class="zero" x1="${zero!}" x2="${zero!}" y1="0" y2="100%"/><line class="interval" x1="${low!}" x2="${high!}" y1="50%" y2="50%"/><circle cx="${middle!}" cy="50%" r="5"/></svg>`;
}

/** The labels of the common axis, in points. */
export function forestAxis({ at, ticks }: ForestScale): Markup {
  return html`<svg class="forest ticks" aria-hidden="true">${ticks.map((tick) => html`<text class="tick" x="${percent(at(tick))}" y="14" text-anchor="middle">${tick === 0 ? '0' : format.signedPoints(tick).replace(/\.0$/, '')}</text>`)}</svg>`;
}

/** How attempts ended, in the order in which a bar shows them. */
export const ENDINGS = [
  { key: 'correct', name: 'right' },
  { key: 'wrong', name: 'wrong' },
  { key: 'extractionFailures', name: 'no answer' },
  { key: 'exhausted', name: 'limit' },
  { key: 'errors', name: 'error' },
  { key: 'missing', name: 'not run' },
] as const;

/** A bar of how the attempts of a method ended. */
export function endingsBar(method: MethodReport): Markup {
  const all = method.attempts + method.missing;
  let start = 0;
  const parts = ENDINGS.map(({ key, name }) => {
    const share = all === 0 ? 0 : method[key] / all;
    const part = html`<rect class="ending-${key}" x="${percent(start)}" y="0" width="${percent(share)}" height="100%"><title>${name} ${format.count(method[key])}</title></rect>`;
    start += share;
    return method[key] === 0 ? nothing : part;
  });
  const summary = ENDINGS.filter(({ key }) => method[key] > 0).map(
    ({ key, name }) => `${name} ${method[key]}`,
  );
  return html`<svg class="endings" role="img" aria-label="${summary.join(', ')}">${parts}</svg>`;
}

/** A group of problems that the same methods got right. */
export interface AgreementGroup {
  readonly right: readonly boolean[]; // by method
  readonly problems: number;
}

/** Problems as columns, methods as rows: a filled cell is a problem that the method got right. */
export function agreementRow(groups: readonly AgreementGroup[], index: number): Markup {
  const all = groups.reduce((sum, { problems }) => sum + problems, 0);
  let start = 0;
  const cells = groups.map(({ right, problems }) => {
    const cell = html`<rect x="${percent(start / all)}" y="0" width="${percent(problems / all)}" height="100%"/>`;
    start += problems;
    return right[index] ? cell : nothing;
  });
  return html`<svg class="agreement ${colour(index)}" aria-hidden="true">${cells}</svg>`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))}%`;
}

/** Log axis with a margin, at least a factor of three wide, with ticks at 1, 2 and 5 times powers of ten. */
function logScale(low: number, high: number): { at: (value: number) => number; ticks: number[] } {
  const missing = Math.max(0, Math.log(3) - Math.log(high / low)) / 2;
  const room = 0.08 * (Math.log(high / low) + 2 * missing);
  const start = Math.log(low) - missing - room;
  const end = Math.log(high) + missing + room;
  const ticks: number[] = [];
  for (let power = Math.floor(start / Math.LN10); power <= end / Math.LN10; power++)
    for (const digit of [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (Math.log(value) >= start && Math.log(value) <= end) ticks.push(value);
    }
  const decades = (end - start) / Math.LN10;
  return {
    at: (value) => (Math.log(value) - start) / (end - start),
    ticks: decades < 2.5 ? ticks : ticks.filter((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9),
  };
}

/** Accuracy axis with a margin, inside [0, 1]. */
function shareScale(low: number, high: number): { at: (value: number) => number; ticks: number[] } {
  const room = Math.max(0.02, (high - low) * 0.1);
  const start = Math.max(0, low - room);
  const end = Math.min(1, high + room);
  return { at: (value) => (value - start) / (end - start), ticks: roundTicks(start, end, 6) };
}

/** At most `most` + 1 multiples of 1, 2 or 5 times a power of ten. */
function roundTicks(start: number, end: number, most: number): number[] {
  const rough = (end - start) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough * 0.999) ?? rough;
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / step); tick * step <= end; tick++)
    ticks.push(Number((tick * step).toFixed(10)));
  return ticks;
}
