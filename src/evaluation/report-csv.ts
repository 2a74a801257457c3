import type { Row, RunRecord } from './row.ts';

const COLUMNS: readonly (readonly [head: string, cell: (row: Row) => string | number | undefined])[] = [
  ['problem', (row) => row.problem],
  ['method', (row) => row.method],
  ['repeat', (row) => row.repeat],
  ['outcome', (row) => row.outcome],
  ['score', (row) => row.score],
  ['answer', (row) => row.answer],
  ['confidence', (row) => row.confidence],
  ['votes', (row) => row.votes?.map(({ answer, count }) => `${answer} × ${count}`).join('; ')],
  ['samples_returned', (row) => row.samples?.returned],
  ['samples_distinct', (row) => row.samples?.distinct],
  ['exhausted', (row) => row.exhausted],
  ['error', (row) => row.error && `${row.error.name}: ${row.error.message}`],
  ['note', (row) => row.note],
  ['calls', (row) => row.usage.calls],
  ['prompt_tokens', (row) => row.usage.promptTokens],
  ['completion_tokens', (row) => row.usage.completionTokens],
  ['reasoning_tokens', (row) => row.usage.reasoningTokens],
  ['cached_tokens', (row) => row.usage.cachedTokens],
  ['usd', (row) => row.usage.usd],
  ['seconds', (row) => row.seconds],
];

/**
 * The rows as CSV (RFC 4180, UTF-8, CRLF), one attempt per line, without the long texts; unknown values are empty. Text
 * that a spreadsheet would run as a formula gets an apostrophe in front; numbers such as −5 do not.
 */
export function renderCsv({ rows }: RunRecord): string {
  const head = COLUMNS.map(([name]) => name);
  const lines = rows.map((row) => COLUMNS.map(([, cell]) => quoted(cell(row))));
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function quoted(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const plain = value.toWellFormed().replaceAll('\0', '');
  const formula = /^[=+\-@\t\r]/.test(plain) && !/^[+-]?[\d.,]+$/.test(plain);
  const safe = formula ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
