import * as format from './format.ts';
import type { Report } from './report.ts';
import type { Row, RunRecord } from './row.ts';

/** Texts in a test case are cut to this many characters: CI systems show them in full. */
const LONGEST_DETAIL = 2000;

/**
 * The rows as JUnit XML, a test suite per method and a test case per attempt, in the order of the problems: a right
 * answer passes, an error is an error, an attempt that is missing is skipped, everything else fails. Each suite carries
 * its method's accuracy, and the decision, as properties.
 */
export function renderJunit(report: Report, { info, problems, rows }: RunRecord): string {
  const latest = new Map(rows.map((row) => [keyOf(row.method, row.problem, row.repeat), row]));
  const suites = info.methods.map((method) => {
    const cases = problems.flatMap(({ id }) =>
      Array.from({ length: info.repeats }, (_, repeat) => ({
        name: info.repeats > 1 ? `${id} #${repeat + 1}` : id,
        row: latest.get(keyOf(method, id, repeat)),
      })),
    );
    const ran = cases.flatMap(({ row }) => row ?? []);
    const errors = ran.filter(({ outcome }) => outcome === 'error').length;
    return {
      method,
      cases,
      tests: cases.length,
      errors,
      failures: ran.filter(({ outcome }) => outcome !== 'correct').length - errors,
      skipped: cases.length - ran.length,
      seconds: ran.reduce((sum, { seconds = 0 }) => sum + seconds, 0),
    };
  });
  type Suite = (typeof suites)[number];
  const total = (amount: (suite: Suite) => number) => suites.reduce((sum, suite) => sum + amount(suite), 0);
  const name = `${info.dataset} ${info.split}, ${info.model}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({
      name,
      tests: total(({ tests }) => tests),
      failures: total(({ failures }) => failures),
      errors: total(({ errors }) => errors),
      skipped: total(({ skipped }) => skipped),
      time: total(({ seconds }) => seconds).toFixed(3),
    })}>`,
    ...suites.flatMap(({ method, cases, tests, failures, errors, skipped, seconds }) => [
      `  <testsuite${attributes({ name: method, tests, failures, errors, skipped, time: seconds.toFixed(3) })}>`,
      ...properties(report, method),
      ...cases.map(({ name, row }) => testCase(name, `${info.dataset}.${method}`, row)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function properties({ methods, decision }: Report, method: string): string[] {
  const measured = methods.find(({ name }) => name === method);
  const values = {
    ...(measured && {
      accuracy: `${format.percent(measured.accuracy)}, 95 % CI ${format.interval(measured.ci)}`,
    }),
    decision,
  };
  return [
    '    <properties>',
    ...Object.entries(values).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
  ];
}

function testCase(name: string, classname: string, row: Row | undefined): string {
  const time = row?.seconds === undefined ? {} : { time: row.seconds.toFixed(3) };
  const start = `    <testcase${attributes({ classname, name, ...time })}`;
  if (row?.outcome === 'correct') return `${start}/>`;
  return `${start}>${ending(row)}</testcase>`;
}

function ending(row: Row | undefined): string {
  if (!row) return '<skipped/>';
  const answered = row.answer === undefined ? '' : `answered ${row.answer}`;
  const detail = escapeXml(cut(row.text ?? row.note ?? ''));
  switch (row.outcome) {
    case 'error': {
      const { name, message } = row.error ?? { name: 'Error', message: 'unknown' };
      return `<error${attributes({ message: cut(message), type: name })}>${detail}</error>`;
    }
    case 'no-answer':
      return `<failure${attributes({ message: 'no answer could be read', type: 'no-answer' })}>${detail}</failure>`;
    case 'exhausted': {
      const message = [`the limit on ${row.exhausted ?? 'the work'} was reached`, answered]
        .filter(Boolean)
        .join('; ');
      return `<failure${attributes({ message: cut(message), type: 'exhausted' })}>${detail}</failure>`;
    }
    case 'wrong':
      return `<failure${attributes({ message: cut(answered), type: 'wrong' })}>${detail}</failure>`;
    case 'correct':
      return '';
    default:
      return row.outcome satisfies never;
  }
}

function keyOf(method: string, problem: string, repeat: number): string {
  return JSON.stringify([method, problem, repeat]);
}

function attributes(values: { readonly [name: string]: string | number }): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replace(/[\t\n\r]/g, ' ')}"`)
    .join('');
}

function cut(text: string): string {
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL)}…`;
}

/** Characters that XML 1.0 forbids become U+FFFD; markup becomes entities. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
