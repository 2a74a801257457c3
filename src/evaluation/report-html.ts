import { InputError } from '../core/errors.ts';
import * as format from './format.ts';
import type { Report } from './report.ts';
import type { ReportedProblem, Row, RunInfo, RunRecord } from './row.ts';

/** What a report page is given, as JSON. */
export interface ReportData {
  readonly report: Report;
  readonly info: RunInfo;
  readonly problems: readonly ReportedProblem[];
  readonly rows: readonly Row[];
  /** Characters at which texts were cut, if any were. */
  readonly cutTo: number | null;
}

/** Where a template takes the data: a block that no browser runs. */
const DATA = '<script type="application/json" id="data"></script>';
const TITLE = /<title>[^<]*<\/title>/;

/** Texts longer than this are cut in a page. */
const LONGEST_TEXT = 20_000;
/** All texts together; when there are more, every text is cut shorter until they fit, so that a page stays openable. */
const MOST_CHARACTERS = 40_000_000;
const LONGEST_ANSWER = 2_000;

/**
 * The report as one HTML file that fetches nothing and runs from disk. `template` is the built page of web/; text of models and
 * data files goes into its data block and nowhere else. Throws InputError for a template without one.
 */
export function renderHtml(report: Report, record: RunRecord, template: string): string {
  const at = template.indexOf(DATA);
  if (at < 0) throw new InputError('The template of the report has no place for its data; build it again');
  const title = `${report.dataset} ${report.split}: ${format.list(report.methods.map(({ name }) => name))} · Reckon`;
  const head = template.slice(0, at).replace(TITLE, () => `<title>${escaped(title)}</title>`);
  const block = DATA.replace('><', () => `>${inert(reportData(report, record))}<`);
  return `${head}${block}${template.slice(at + DATA.length)}`;
}

function reportData(report: Report, { info, problems, rows }: RunRecord): ReportData {
  const longest = limitThatFits([...rows, ...problems].map(({ text = '' }) => text));
  const { options: _options, ...shown } = info;
  return {
    report,
    info: shown,
    problems: problems.map((problem) => ({
      ...problem,
      text: cut(problem.text, longest),
      reference: cut(problem.reference, LONGEST_ANSWER),
    })),
    rows: rows.map((row) => cutRow(row, longest)),
    cutTo: [...rows, ...problems].some(({ text = '' }) => text.length > longest) ? longest : null,
  };
}

function cutRow(row: Row, longest: number): Row {
  const { answer, key: _key, text, votes, error, note, ...rest } = row;
  return {
    ...rest,
    ...(answer !== undefined && { answer: cut(answer, LONGEST_ANSWER) }),
    ...(text && { text: cut(text, longest) }),
    ...(note && { note: cut(note, LONGEST_ANSWER) }),
    ...(error && { error: { name: cut(error.name, 100), message: cut(error.message, LONGEST_ANSWER) } }),
    ...(votes && { votes: votes.map((vote) => ({ ...vote, answer: cut(vote.answer, LONGEST_ANSWER) })) }),
  };
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

/** JSON that no HTML parser can take for markup. */
function inert(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, ' ')
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
