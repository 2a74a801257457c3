import { Fragment } from 'preact';
import { correctness } from '../../../src/evaluation/comparison.ts';
import { percent } from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import { MethodName, methodColour } from './method-name.tsx';
import type { ProblemRows } from './problem-rows.ts';
import { share } from './scales.ts';

interface AgreementProps {
  readonly report: Report;
  readonly problems: readonly ProblemRows[];
}

/** A group of problems that the same methods got right. */
interface Group {
  readonly right: readonly boolean[]; // by method
  readonly problems: number;
}

/** Which problems the methods got right together: every problem a column, sorted by who got it right. */
export function Agreement({ report, problems }: AgreementProps) {
  const groups = groupsOf(problems);
  const all = problems.length;
  if (all === 0 || report.methods.length < 2) return null;
  const part = (test: (right: readonly boolean[]) => boolean) =>
    percent(groups.reduce((sum, group) => sum + (test(group.right) ? group.problems : 0), 0) / all);
  return (
    <section>
      <h2>Where they agree</h2>
      <p class="lead">
        Every problem is a column, filled where the method got it right
        {report.repeats > 1 && ' in at least half of its attempts'}. All are right on{' '}
        {part((right) => right.every(Boolean))}, none on {part((right) => !right.some(Boolean))}, some method
        is on {part((right) => right.some(Boolean))}.
      </p>
      <div class="agreements">
        {report.methods.map(({ name }, index) => (
          <Fragment key={name}>
            <span class="who">
              <MethodName report={report} name={name} />
            </span>
            <Row groups={groups} index={index} all={all} />
          </Fragment>
        ))}
      </div>
    </section>
  );
}

interface RowProps {
  readonly groups: readonly Group[];
  readonly index: number;
  readonly all: number;
}

function Row({ groups, index, all }: RowProps) {
  let start = 0;
  const cells = groups.map(({ right, problems }) => {
    const x = start;
    start += problems;
    return right[index] ? (
      <rect key={x} x={share(x / all)} y="0" width={share(problems / all)} height="100%" />
    ) : null;
  });
  return (
    <svg class={`agreement ${methodColour(index)}`} aria-hidden="true">
      {cells}
    </svg>
  );
}

function groupsOf(problems: readonly ProblemRows[]): Group[] {
  const patterns = problems.map(({ rows }) =>
    rows
      .map((own) =>
        own.length > 0 && own.reduce((sum, row) => sum + correctness(row), 0) >= own.length / 2 ? '1' : '0',
      )
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
