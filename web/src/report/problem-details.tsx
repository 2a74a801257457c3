import { useState } from 'preact/hooks';
import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import type { Row } from '../../../src/evaluation/row.ts';
import { Votes } from '../ask/votes.tsx';
import { ModelText } from '../text/model-text.tsx';
import { methodColour } from './method-name.tsx';
import type { ProblemRows } from './problem-rows.ts';

interface ProblemDetailsProps {
  readonly report: Report;
  readonly problem: ProblemRows;
  readonly traceOf: ((row: Row) => string) | undefined;
}

/** A problem in full: its text, its key, and what each method made of it. */
export function ProblemDetails({ report, problem, traceOf }: ProblemDetailsProps) {
  return (
    <div class="inside">
      <Foldable text={problem.text} class="prose" />
      <p class="reference">
        <span class="quiet">Key</span> <b>{problem.reference}</b>
      </p>
      <div class="panels">
        {problem.rows.map((rows, index) => {
          const name = report.methods[index]?.name ?? '';
          return (
            <section key={name} class={`panel ${methodColour(index)}`}>
              <h3>{name}</h3>
              {rows.map((row) => (
                <Attempt
                  key={row.repeat}
                  row={row}
                  name={rows.length > 1 ? `attempt ${row.repeat + 1}` : ''}
                  href={traceOf?.(row)}
                />
              ))}
              {rows.length === 0 && <p class="facts">not run</p>}
            </section>
          );
        })}
      </div>
    </div>
  );
}

const ENDED: Readonly<Record<Row['outcome'], string>> = {
  correct: 'right',
  wrong: 'wrong',
  'no-answer': 'no answer',
  exhausted: 'limit',
  error: 'error',
};

interface AttemptProps {
  readonly row: Row;
  readonly name: string;
  readonly href: string | undefined; // of its trace
}

function Attempt({ row, name, href }: AttemptProps) {
  const { outcome, answer, votes, text, error, note, exhausted } = row;
  const remark = error
    ? `${error.name}: ${error.message}`
    : [exhausted && `the limit on ${exhausted} was reached`, note].filter(Boolean).join('; ');
  return (
    <div class="attempt">
      <p class="answer">
        <span class={`ending ${outcome}`}>{ENDED[outcome]}</span>
        {answer !== undefined && <b>{answer}</b>}
        {href !== undefined && (
          <a class="trace-link" href={href}>
            tree
          </a>
        )}
      </p>
      <p class="facts">{[name, facts(row)].filter(Boolean).join(' · ')}</p>
      {votes && votes.length > 0 && <Votes votes={votes} />}
      {remark !== '' && <p class="note">{remark}</p>}
      {text && <Foldable text={text} class="text" />}
    </div>
  );
}

function facts({ usage, seconds, confidence, samples }: Row): string {
  return [
    `${format.compact(usage.promptTokens + usage.completionTokens)} tokens`,
    usage.calls !== 1 && format.plural(usage.calls, 'call'),
    usage.usd && format.money(usage.usd),
    seconds !== undefined && format.duration(seconds),
    samples && `${samples.returned} samples, ${samples.distinct} different`,
    confidence !== undefined && `confidence ${confidence.toFixed(2)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Texts longer than this begin folded. */
const LONG = { characters: 600, lines: 12 };

function Foldable({ text, class: className }: { readonly text: string; readonly class: string }) {
  const [folded, setFolded] = useState(true);
  const long = text.length > LONG.characters || text.split('\n').length > LONG.lines;
  if (!long) return <ModelText text={text} class={className} />;
  return (
    <>
      <ModelText text={text} class={`${className} ${folded ? 'folded' : ''}`} />
      <button type="button" class="link" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
        {folded ? 'Show all' : 'Show less'}
      </button>
    </>
  );
}
