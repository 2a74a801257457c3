import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import type { Row } from '../../../src/evaluation/row.ts';
import { MethodName, methodColour } from './method-name.tsx';
import { ProblemDetails } from './problem-details.tsx';
import { matches, mentions, type ProblemFilter, type ProblemRows, SHOWS, type Show } from './problem-rows.ts';

interface ProblemListProps {
  readonly report: Report;
  readonly problems: readonly ProblemRows[];
  readonly show?: Show; // at first
  readonly pair?: readonly [a: string, b: string] | undefined; // methods whose differences are shown at first
  readonly cutTo?: number | undefined; // characters of each text
  /** Where the trace of an attempt is to be seen. Absent: there are none. */
  readonly traceOf?: ((row: Row) => string) | undefined;
}

/** Problems added each time the end of the list comes near. */
const CHUNK = 60;

/** The problems with every method's answers, filtered and searched; a problem opens in place. */
export function ProblemList({ report, problems, show = 'all', pair, cutTo, traceOf }: ProblemListProps) {
  const [filter, setFilter] = useState<ProblemFilter>({
    show,
    method: undefined,
    pair: pair && indicesOf(report, pair),
    words: '',
  });
  const [length, setLength] = useState(CHUNK);
  const found = useMemo(
    () => problems.filter((problem) => matches(problem, filter) && mentions(problem, filter.words)),
    [problems, filter],
  );
  const change = (part: Partial<ProblemFilter>) => {
    setFilter({ ...filter, ...part });
    setLength(CHUNK);
  };
  const columns = { '--methods': report.methods.length, '--column': `${columnWidth(report)}px` };
  return (
    <section id="problems" style={columns}>
      <h2>Problems</h2>
      {cutTo !== undefined && <p class="lead">Texts are cut to {count(cutTo)} characters in this page.</p>}
      <Filters report={report} problems={problems} filter={filter} onChange={change} />
      <p class="found quiet" role="status">
        {count(found.length)} of {count(problems.length)} problems
      </p>
      <div class="heads" aria-hidden="true">
        <span>problem</span>
        <span>key</span>
        {report.methods.map(({ name }) => (
          <MethodName key={name} report={report} name={name} />
        ))}
      </div>
      {found.slice(0, length).map((problem) => (
        <Problem key={problem.id} report={report} problem={problem} traceOf={traceOf} />
      ))}
      {found.length > length && <More onMore={() => setLength(length + CHUNK)} />}
    </section>
  );
}

function columnWidth({ methods }: Report): number {
  return Math.max(92, Math.min(170, 600 / Math.max(1, methods.length)));
}

interface FiltersProps {
  readonly report: Report;
  readonly problems: readonly ProblemRows[];
  readonly filter: ProblemFilter;
  readonly onChange: (part: Partial<ProblemFilter>) => void;
}

function Filters({ report, problems, filter, onChange }: FiltersProps) {
  const { show: shown, method, pair, words } = filter;
  const amounts = useMemo(
    () =>
      SHOWS.map(({ show }) => problems.filter((problem) => matches(problem, { show, method, pair })).length),
    [problems, method, pair],
  );
  return (
    <search class="tools">
      <fieldset class="pills">
        <legend class="unseen">Show</legend>
        {SHOWS.map(({ show, name }, index) => (
          <label key={show} class={amounts[index] === 0 ? 'pill none' : 'pill'}>
            <input
              type="radio"
              name="show"
              value={show}
              checked={shown === show}
              onChange={() => onChange({ show })}
            />
            {name} <span class="pill-amount">{count(amounts[index] ?? 0)}</span>
          </label>
        ))}
      </fieldset>
      {shown === 'differ' ? (
        <PairChoice report={report} pair={pair} onChange={(next) => onChange({ pair: next })} />
      ) : (
        <MethodChoice report={report} method={method} onChange={(next) => onChange({ method: next })} />
      )}
      <label class="finder">
        <span class="unseen">Search problems and answers</span>
        <input
          type="search"
          placeholder="Search problems and answers"
          value={words}
          onInput={(event) => onChange({ words: event.currentTarget.value })}
        />
      </label>
    </search>
  );
}

interface MethodChoiceProps {
  readonly report: Report;
  readonly method: number | undefined;
  readonly onChange: (method: number | undefined) => void;
}

function MethodChoice({ report, method, onChange }: MethodChoiceProps) {
  return (
    <label>
      <span class="unseen">Of which method</span>
      <select
        value={method ?? ''}
        onChange={({ currentTarget: { value } }) => onChange(value === '' ? undefined : Number(value))}
      >
        <option value="">of any method</option>
        {report.methods.map(({ name }, index) => (
          <option key={name} value={index}>
            of {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface PairChoiceProps {
  readonly report: Report;
  readonly pair: ProblemFilter['pair'];
  readonly onChange: (pair: ProblemFilter['pair']) => void;
}

function PairChoice({ report, pair, onChange }: PairChoiceProps) {
  const pairs = report.comparisons.map(({ a, b }) => indicesOf(report, [a, b]));
  const chosen = pairs.findIndex(([a, b]) => a === pair?.[0] && b === pair[1]);
  return (
    <label>
      <span class="unseen">Between which methods</span>
      <select
        value={chosen < 0 ? '' : chosen}
        onChange={({ currentTarget: { value } }) => onChange(value === '' ? undefined : pairs[Number(value)])}
      >
        <option value="">between any methods</option>
        {report.comparisons.map(({ a, b }, index) => (
          <option key={`${a} ${b}`} value={index}>
            {a} and {b}
          </option>
        ))}
      </select>
    </label>
  );
}

function indicesOf({ methods }: Report, [a, b]: readonly [string, string]): readonly [number, number] {
  const index = (name: string) => methods.findIndex((method) => method.name === name);
  return [index(a), index(b)];
}

interface ProblemProps {
  readonly report: Report;
  readonly problem: ProblemRows;
  readonly traceOf: ((row: Row) => string) | undefined;
}

/** A closed problem: its text and each method's answer. What is inside is made when it is opened. */
function Problem({ report, problem, traceOf }: ProblemProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="problem" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="question">
          <b>{problem.id}</b> {problem.text.slice(0, 300)}
        </span>
        <span class="key">{problem.reference}</span>
        {problem.rows.map((rows, index) => (
          <span key={index} class={`cell ${methodColour(index)}`} title={report.methods[index]?.name}>
            <Cell rows={rows} />
          </span>
        ))}
      </summary>
      {open && <ProblemDetails report={report} problem={problem} traceOf={traceOf} />}
    </details>
  );
}

const OUTCOMES: Readonly<Record<Row['outcome'], string>> = {
  correct: 'right',
  wrong: 'wrong',
  'no-answer': 'no answer',
  exhausted: 'limit',
  error: 'error',
};

/** The answer, or how the attempt ended without one; colour is never the only sign. */
function Cell({ rows }: { readonly rows: readonly Row[] }) {
  const [row] = rows;
  if (!row) return <span class="badge missing">not run</span>;
  if (rows.length > 1) {
    const right = rows.filter(({ outcome }) => outcome === 'correct').length;
    const state = right === rows.length ? 'correct' : right === 0 ? 'wrong' : 'mixed';
    return (
      <span class={`badge ${state}`} title={`${right} of ${rows.length} attempts right`}>
        {right} of {rows.length}
      </span>
    );
  }
  const mark = row.outcome === 'correct' ? '✓ ' : row.outcome === 'wrong' ? '✗ ' : '';
  const answer = row.answer?.slice(0, 80) ?? '';
  return (
    <span class={`badge ${row.outcome}`} title={[OUTCOMES[row.outcome], answer].filter(Boolean).join(': ')}>
      {mark ? mark + answer : OUTCOMES[row.outcome]}
    </span>
  );
}

/** Asks for more when it comes near the window, or is pressed. */
function More({ onMore }: { readonly onMore: () => void }) {
  const place = useRef<HTMLParagraphElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && latest.current(),
      { rootMargin: '800px' },
    );
    if (place.current) observer.observe(place.current);
    return () => observer.disconnect();
  });
  return (
    <p class="more" ref={place}>
      <button type="button" class="link" onClick={onMore}>
        Show more
      </button>
    </p>
  );
}
