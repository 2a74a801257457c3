import { type Comparison, claim } from './comparison.ts';
import * as format from './format.ts';
import type { MethodReport } from './report.ts';
import type { Row } from './row.ts';

/** What to say first about a run, and the clause of it that stands alone. */
export interface Decision {
  readonly headline: string;
  readonly decision: string; // begins with the headline
}

/** Which method is worth its cost, in one or two sentences. */
export function decide(
  problems: number,
  methods: readonly MethodReport[],
  comparisons: readonly Comparison[],
): Decision {
  const measured = methods.filter(({ attempts }) => attempts > 0);
  const [baseline] = measured;
  if (!baseline) return say('Nothing was measured', ': the run has no rows');
  if (measured.length === 1)
    return say(
      `${baseline.name} got ${format.percent(baseline.accuracy)} of ${format.plural(problems, 'problem')} right`,
      `, 95 % CI ${format.interval(baseline.ci)}; there is nothing to compare it with`,
    );
  const leader = measured.reduce((best, method) => (leads(method, best) ? method : best));
  const [first] = comparisons;
  if (!first)
    return say(
      `${format.list(measured.map(({ name }) => name))} share no problems`,
      ' and cannot be compared',
    );
  if (measured.length === 2) return { headline: claim(first), decision: first.decision };
  const main = aboutBaseline(baseline, leader, comparisons);
  const aside = cheaper(leader, measured, comparisons);
  return aside === '' ? main : { ...main, decision: `${main.decision}. ${aside}` };
}

function say(headline: string, rest = ''): Decision {
  return { headline, decision: headline + rest };
}

function leads(method: MethodReport, best: MethodReport): boolean {
  if (method.accuracy !== best.accuracy) return method.accuracy > best.accuracy;
  return method.perAttempt.tokens < best.perAttempt.tokens;
}

function aboutBaseline(
  baseline: MethodReport,
  leader: MethodReport,
  comparisons: readonly Comparison[],
): Decision {
  const withBaseline = comparisons.filter(({ a }) => a === baseline.name);
  const best = withBaseline.find(({ b }) => b === leader.name);
  if (best?.better === 'b') return { headline: claim(best), decision: best.decision };
  const better = withBaseline.filter((comparison) => comparison.better === 'b');
  const strongest = better.sort((a, b) => b.delta - a.delta)[0];
  if (strongest) return { headline: claim(strongest), decision: strongest.decision };
  const worse = withBaseline.filter((comparison) => comparison.better === 'a').map(({ b }) => b);
  const verdict = `no method is shown to be better than ${baseline.name}`;
  if (worse.length > 0)
    return say(verdict, `; ${format.list(worse)} ${worse.length === 1 ? 'is' : 'are'} worse`);
  const closest = withBaseline.reduce<Comparison | undefined>(
    (most, comparison) => (comparison.delta > (most?.delta ?? 0) ? comparison : most),
    undefined,
  );
  if (!closest) return say(verdict);
  const lead = format.points(closest.delta);
  return say(verdict, `: ${closest.b} is ahead by ${lead} points, ${format.pValue(closest.pHolm)} (Holm)`);
}

/** The cheapest method that costs at most half the leader's tokens without being shown worse. */
function cheaper(
  leader: MethodReport,
  methods: readonly MethodReport[],
  comparisons: readonly Comparison[],
): string {
  const rivals = methods
    .map((method) => {
      const shown = comparisons.find(
        ({ a, b }) => (a === leader.name && b === method.name) || (a === method.name && b === leader.name),
      );
      const costRatio = shown?.costRatio && (shown.a === leader.name ? shown.costRatio : 1 / shown.costRatio);
      return { method, shown, costRatio };
    })
    .filter(({ shown, costRatio }) => shown?.better === null && costRatio && costRatio <= 0.5)
    .sort((a, b) => a.costRatio! - b.costRatio!);
  const [rival] = rivals;
  if (!rival) return '';
  return `${rival.method.name} uses ${format.ratio(rival.costRatio!)} the tokens of ${leader.name}, and no difference between the two is shown`;
}

/** Longer messages of errors are cut in a note. */
const LONGEST_MESSAGE = 160;
/** Answers that could not be read, or that a limit prevented, are noted from this share of a method's attempts. */
const NOTEWORTHY = 0.05;

/** What a reader should know before trusting the figures. */
export function notes(methods: readonly MethodReport[], rows: readonly Row[]): string[] {
  return [
    ...missingNote(methods),
    ...errorNote(methods, rows),
    ...unreadNote(methods),
    ...exhaustedNote(methods, rows),
    ...methods.flatMap((method) => sampleNote(method, rows)),
  ];
}

function missingNote(methods: readonly MethodReport[]): string[] {
  const concerned = methods.filter(({ missing }) => missing > 0);
  if (concerned.length === 0) return [];
  const parts = concerned.map(
    ({ name, missing, attempts }) =>
      `${name} ${format.count(missing)} of ${format.count(missing + attempts)}`,
  );
  return [`Attempts are missing (${parts.join(', ')}); comparisons leave them out`];
}

function errorNote(methods: readonly MethodReport[], rows: readonly Row[]): string[] {
  const concerned = methods.filter(({ errors }) => errors > 0);
  if (concerned.length === 0) return [];
  const messages = new Map<string, number>();
  for (const { error } of rows) {
    if (!error) continue;
    const text = `${error.name}: ${error.message}`.slice(0, LONGEST_MESSAGE);
    messages.set(text, (messages.get(text) ?? 0) + 1);
  }
  const [most] = [...messages].sort((a, b) => b[1] - a[1]);
  const often = most ? `, most often with “${most[0]}”` : '';
  return [`Attempts failed (${shares(concerned, 'errors')})${often}; they count as not right`];
}

function unreadNote(methods: readonly MethodReport[]): string[] {
  const concerned = noteworthy(methods, 'extractionFailures');
  if (concerned.length === 0) return [];
  return [
    `No answer could be read in many attempts (${shares(concerned, 'extractionFailures')}); they count as not right`,
  ];
}

function exhaustedNote(methods: readonly MethodReport[], rows: readonly Row[]): string[] {
  const concerned = noteworthy(methods, 'exhausted');
  if (concerned.length === 0) return [];
  const limits = [...new Set(rows.flatMap((row) => row.exhausted ?? []))].sort();
  return [
    `The limit on ${format.list(limits)} ended many attempts before a right answer (${shares(concerned, 'exhausted')})`,
  ];
}

type Count = 'errors' | 'extractionFailures' | 'exhausted';

function noteworthy(methods: readonly MethodReport[], key: Count): MethodReport[] {
  return methods.filter((method) => method[key] > 0 && method[key] >= NOTEWORTHY * method.attempts);
}

function shares(methods: readonly MethodReport[], key: Count): string {
  return methods
    .map((method) => `${method.name} ${format.count(method[key])} of ${format.count(method.attempts)}`)
    .join(', ');
}

function sampleNote({ name }: MethodReport, rows: readonly Row[]): string[] {
  const several = rows.flatMap((row) =>
    row.method === name && row.samples && row.samples.returned > 1 ? [row.samples] : [],
  );
  if (several.length < 2 || several.some(({ distinct }) => distinct > 1)) return [];
  return [
    `All samples of ${name} for a problem were the same text, every time; the model may ignore temperature or seed`,
  ];
}
