import { tokens } from './comparison.ts';
import * as format from './format.ts';
import { colour } from './report-charts.ts';
import type { PageData, PageRow } from './report-page.ts';
import type { Row, RunRecord } from './row.ts';

/** Texts longer than this are cut in a page. */
const LONGEST_TEXT = 20_000;
/** All texts together; when there are more, every text is cut shorter until they fit, so that a page stays openable. */
const MOST_CHARACTERS = 40_000_000;
const LONGEST_ANSWER = 2000;

/** The data block of a report page; `cutTo` is the length in characters at which texts were cut, if any were. */
export function pageData({ info, problems, rows }: RunRecord): { data: PageData; cutTo: number | null } {
  const longest = limitThatFits([...rows.map(({ text = '' }) => text), ...problems.map(({ text }) => text)]);
  const byAttempt = Map.groupBy(rows, (row) => keyOf(row.problem, row.method));
  const data: PageData = {
    methods: info.methods.map((name, index) => ({ name, colour: colour(index) })),
    problems: problems.map(({ id, text, reference }) => ({
      id,
      text: cut(text, longest),
      reference: cut(reference, LONGEST_ANSWER),
      rows: info.methods.map((method) => {
        const own = byAttempt.get(keyOf(id, method)) ?? [];
        const latest = new Map(own.map((row) => [row.repeat, row])); // as in `report`: the last row counts
        return [...latest.values()]
          .toSorted((a, b) => a.repeat - b.repeat)
          .map((row) => pageRow(row, longest));
      }),
    })),
  };
  const anyCut = [...rows, ...problems].some(({ text = '' }) => text.length > longest);
  return { data, cutTo: anyCut ? longest : null };
}

function pageRow(row: Row, longest: number): PageRow {
  const { outcome, answer, text, votes, error, note, exhausted } = row;
  const remark = error
    ? `${error.name}: ${error.message}`
    : [exhausted && `the limit on ${exhausted} was reached`, note].filter(Boolean).join('; ');
  return {
    outcome,
    ...(answer !== undefined && { answer: cut(answer, LONGEST_ANSWER) }),
    ...(text && { text: cut(text, longest) }),
    ...(remark && { note: cut(remark, LONGEST_ANSWER) }),
    ...(votes && { votes: votes.map((vote) => ({ ...vote, answer: cut(vote.answer, LONGEST_ANSWER) })) }),
    facts: facts(row),
  };
}

function facts({ usage, seconds, confidence, samples, ...row }: Row): string {
  return [
    `${format.compact(tokens({ usage, ...row }))} tokens`,
    ...(usage.calls === 1 ? [] : [format.plural(usage.calls, 'call')]),
    ...(usage.usd ? [format.money(usage.usd)] : []),
    ...(seconds === undefined ? [] : [format.duration(seconds)]),
    ...(samples === undefined ? [] : [`${samples.returned} samples, ${samples.distinct} different`]),
    ...(confidence === undefined ? [] : [`confidence ${confidence.toFixed(2)}`]),
  ].join(' · ');
}

function limitThatFits(texts: readonly string[]): number {
  let limit = LONGEST_TEXT;
  const total = () => texts.reduce((sum, text) => sum + Math.min(text.length, limit), 0);
  while (limit > 1 && total() > MOST_CHARACTERS) limit = Math.floor(limit / 2);
  return limit;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

function keyOf(problem: string, method: string): string {
  return JSON.stringify([problem, method]);
}
