import Table from 'cli-table3';
import { type Comparison, roundUp } from './comparison.ts';
import * as format from './format.ts';
import type { MethodReport, Report } from './report.ts';

export interface TerminalOptions {
  readonly columns?: number; // characters; default 80, at least 60
  readonly colour?: boolean; // default false, as NO_COLOR asks
}

const NARROWEST = 60;
const LONGEST_NAME = 32;
/** What the columns of a comparison take beside the name. */
const COMPARISON_COLUMNS = 55;
const GAP = 2;
const MARK = '  ';
const NONE = '·';

interface Column {
  readonly head: string;
  readonly cell: (method: MethodReport) => string;
  readonly from: number; // terminal columns needed before it is shown
}

const COLUMNS: readonly Column[] = [
  { head: 'right', cell: ({ accuracy, attempts }) => (attempts ? format.percent(accuracy) : '–'), from: 0 },
  { head: '95 % CI', cell: ({ ci }) => format.interval(ci), from: 0 },
  { head: 'tokens', cell: ({ perAttempt }) => format.compact(perAttempt.tokens), from: 0 },
  { head: 'calls', cell: ({ perAttempt }) => format.compact(perAttempt.calls), from: 90 },
  {
    head: 'usd',
    cell: ({ perAttempt }) => (perAttempt.usd === null ? '?' : format.money(perAttempt.usd)),
    from: 100,
  },
  { head: 'p50', cell: ({ seconds }) => (seconds ? format.duration(seconds.p50) : '–'), from: 110 },
  { head: 'p95', cell: ({ seconds }) => (seconds ? format.duration(seconds.p95) : '–'), from: 120 },
  { head: 'wrong', cell: ({ wrong }) => dot(wrong), from: 0 },
  { head: 'unread', cell: ({ extractionFailures }) => dot(extractionFailures), from: 0 },
  { head: 'limit', cell: ({ exhausted }) => dot(exhausted), from: 0 },
  { head: 'error', cell: ({ errors }) => dot(errors), from: 0 },
];

/** The report as text for a terminal: methods, comparisons, notes, and the decision last, where the eye ends up. */
export function renderTerminal(
  report: Report,
  { columns = 80, colour = false }: TerminalOptions = {},
): string {
  const width = Math.max(NARROWEST, columns);
  const paint = painter(colour);
  const sections = [
    heading(report, width),
    methodTable(report, width, paint),
    ...(report.repeats > 1 ? [repeatTable(report, paint)] : []),
    ...(report.comparisons.length > 0 ? [comparisonTable(report, width, paint)] : []),
    ...(report.notes.length > 0
      ? [report.notes.map((note) => paint.yellow(wrap(`! ${plain(note)}`, width, '  '))).join('\n')]
      : []),
    paint.bold(wrap(plain(format.sentence(report.decision)), width)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function heading({ dataset, split, n, model, repeats, seed, run, limits }: Report, width: number): string {
  const parts = [
    `${dataset} ${split}, ${format.plural(n, 'problem')}${repeats > 1 ? ` × ${repeats} repeats` : ''}`,
    model,
    ...(Object.keys(limits).length > 0
      ? [
          `limits ${Object.entries(limits)
            .map(([name, value]) => `${name}=${value}`)
            .join(', ')}`,
        ]
      : []),
    `seed ${seed}`,
    `run ${run}`,
  ];
  return wrap(plain(parts.join(' · ')), width);
}

function methodTable({ methods, frontier }: Report, width: number, paint: Painter): string {
  const shown = COLUMNS.filter(
    ({ from, cell }) => width >= from && methods.some((method) => cell(method) !== NONE),
  );
  const fixed = shown.reduce((sum, column) => sum + widest(column, methods) + GAP, MARK.length);
  const room = Math.max(8, Math.min(LONGEST_NAME, width - fixed));
  const rows = methods.map((method) => {
    const onFrontier = frontier.includes(method.name);
    const name = `${onFrontier ? '● ' : MARK}${shorten(plain(method.name), room)}`;
    return [onFrontier ? paint.bold(name) : name, ...shown.map(({ cell }) => cell(method))];
  });
  const legend = `● no other method is both cheaper and better; tokens are the mean per attempt`;
  return `${grid([`${MARK}method`, ...shown.map(({ head }) => head)], rows, paint)}\n${paint.dim(wrap(legend, width, MARK))}`;
}

function widest({ head, cell }: Column, methods: readonly MethodReport[]): number {
  return Math.max(head.length, ...methods.map((method) => cell(method).length));
}

function repeatTable({ methods }: Report, paint: Painter): string {
  const sizes = methods.flatMap(({ passAtK }) => passAtK?.map(({ k }) => k) ?? []);
  const ks = [...new Set(sizes)].sort((a, b) => a - b).filter((k) => k > 1);
  const rows = methods.map(({ name, passAtK, majAtK }) => [
    MARK + shorten(plain(name), LONGEST_NAME),
    ...ks.flatMap((k) =>
      [passAtK, majAtK].map((estimates) => {
        const found = estimates?.find((estimate) => estimate.k === k);
        return found ? format.percent(found.value) : '–';
      }),
    ),
  ]);
  const head = [`${MARK}of k attempts`, ...ks.flatMap((k) => [`any of ${k}`, `vote of ${k}`])];
  return grid(head, rows, paint);
}

function comparisonTable({ comparisons }: Report, width: number, paint: Painter): string {
  const room = Math.max(8, Math.min(LONGEST_NAME, width - COMPARISON_COLUMNS));
  const rows = [...Map.groupBy(comparisons, ({ a }) => a)].flatMap(([a, group]) => [
    [paint.dim(shorten(`against ${plain(a)}`, room + MARK.length)), '', '', '', '', ''],
    ...group.map((comparison) => [
      MARK + shorten(plain(comparison.b), room),
      format.signedPoints(comparison.delta),
      format.interval(comparison.ci),
      format.pFigure(comparison.pHolm),
      comparison.costRatio === null ? '–' : format.ratio(comparison.costRatio),
      verdict(comparison, paint),
    ]),
  ]);
  const p = comparisons.length > 1 ? 'p Holm' : 'p';
  const legend = `needs: no difference shown; about that many problems would show one this size`;
  const table = grid(['', 'points', '95 % CI', p, 'tokens', ''], rows, paint);
  return comparisons.every(({ better }) => better)
    ? table
    : `${table}\n${paint.dim(wrap(legend, width, MARK))}`;
}

function verdict({ better, needed }: Comparison, paint: Painter): string {
  if (better) return better === 'b' ? paint.green('better') : paint.red('worse');
  return needed === null ? 'no difference' : `needs ${format.count(roundUp(needed))}`;
}

/** Columns without rules: the first and a last without a head to the left, figures to the right. */
function grid(head: readonly string[], rows: readonly string[][], paint: Painter): string {
  const table = new Table({
    head: head.map(paint.dim),
    colAligns: head.map((text, index) => (index === 0 || text === '' ? 'left' : 'right')),
    chars: NO_RULES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Zeros recede, so that what is not zero stands out. */
function dot(amount: number): string {
  return amount === 0 ? NONE : format.count(amount);
}

function shorten(name: string, room: number): string {
  return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

/** Breaks at spaces, but not inside "p < .001" or an interval; a word longer than a line stays whole. */
function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of format.unbroken(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n').replaceAll('\u00a0', ' ');
}

/** Text without what a terminal would obey: control characters, escape sequences, changes of writing direction. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ');
}

interface Painter {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
}

function painter(colour: boolean): Painter {
  const style = (on: number, off: number) => (text: string) =>
    colour ? text.replace(/^.*$/gm, `\u001b[${on}m$&\u001b[${off}m`) : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    green: style(32, 39),
    yellow: style(33, 39),
    red: style(31, 39),
  };
}

const NO_RULES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
