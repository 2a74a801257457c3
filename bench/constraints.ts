/**
 * Random finite-domain constraint programs: the options that Z3 finds entailed, possible or impossible beside those found by
 * going through every assignment. No answer may differ, and every certificate must be accepted.
 *
 *   node bench/constraints.ts [--json] [--programs 500]
 */
import { parseArgs } from 'node:util';
import type { Random } from '../src/core/random.ts';
import { seeded } from '../src/core/random.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { readConstraints } from '../src/symbolic/constraint-program.ts';
import { evaluateExpression } from '../src/symbolic/evaluate-expression.ts';
import { solvers } from '../src/symbolic/solvers.ts';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, programs: { type: 'string' } } });
const programs = Number(flags.programs ?? 500);

function randomProgram(random: Random): string {
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)] as T;
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + random.integer(4));
  const size = 2 + random.integer(4);
  const sum = (): string =>
    pick([
      () => pick(names),
      () => pick(names),
      () => `${pick(names)} ${pick(['+', '-', '*'])} ${pick(names)}`,
      () => `abs(${pick(names)} - ${pick(names)})`,
    ])();
  const compare = () =>
    `${sum()} ${pick(['==', '!=', '<', '<=', '>', '>='])} ${pick([sum(), String(random.integer(size + 2))])}`;
  const condition = (): string =>
    pick([
      compare,
      compare,
      compare,
      () => `(${compare()}) or (${compare()})`,
      () => `not (${compare()})`,
      () => `(${compare()}) -> (${compare()})`,
    ])();
  return [
    'Variables:',
    ...names.map(
      (name) =>
        `${name} [IN] [${Array.from({ length: size }, (_, index) => index - (index === 0 && size > 3 ? 1 : 0)).join(', ')}]`,
    ),
    'Constraints:',
    ...Array.from({ length: 1 + random.integer(3) }, condition),
    ...(random.next() < 0.4 && names.length <= size ? [`AllDifferentConstraint([${names.join(', ')}])`] : []),
    `Ask: ${pick(['entailed', 'possible', 'impossible'])}`,
    'Query:',
    ...['A', 'B', 'C'].map((label) => `${label}) ${condition()}`),
  ].join('\n');
}

function byAllAssignments(text: string): string {
  const { variables, constraints, options = [], ask } = readConstraints(text);
  let all: ReadonlyMap<string, number>[] = [new Map()];
  for (const [name, domain] of variables)
    all = all.flatMap((one) => domain.map((value) => new Map(one).set(name, value)));
  const solutions = all.filter((values) =>
    constraints.every(({ expression }) => evaluateExpression(expression, values) === 1),
  );
  if (solutions.length === 0) return 'contradictory';
  const labels = options.flatMap(({ label, expression }) => {
    const holds = solutions.filter((values) => evaluateExpression(expression, values) === 1).length;
    const wanted = ask === 'entailed' ? holds === solutions.length : (ask === 'possible') === holds > 0;
    return wanted ? [label] : [];
  });
  return labels.length === 0 ? 'none' : labels.join('; ');
}

const host = solvers({ processes: 2 });
const random = seeded('constraints');
const texts = Array.from({ length: programs }, (_, index) => randomProgram(random.fork(String(index))));
const startedAt = performance.now();
const outcomes = await Promise.all(texts.map((text) => host.solve('constraints', text, { seconds: 60 })));
const seconds = (performance.now() - startedAt) / 1000;
await host.close();
const differing = texts.flatMap((text, index) => {
  const { status, answer, error } = outcomes[index] as (typeof outcomes)[number];
  const ours = status === 'answered' ? answer : status;
  const theirs = byAllAssignments(text);
  return ours === theirs ? [] : [{ text, ours, theirs, error }];
});
const answered = outcomes.filter(({ status }) => status === 'answered');
const report = {
  programs,
  answered: answered.length,
  contradictory: outcomes.filter(({ status }) => status === 'contradictory').length,
  accepted: answered.filter(({ checked }) => checked).length,
  disagreements: differing.length,
  interval: wilson(differing.length, programs),
  seconds,
  differing: differing.slice(0, 5),
};
if (flags.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(
    `programs          ${programs} in ${seconds.toFixed(1)} s; ${report.contradictory} without a solution`,
  );
  console.log(`certificates      ${report.accepted} of ${report.answered} accepted`);
  console.log(`disagreements     ${report.disagreements} [0, ${(100 * report.interval[1]).toFixed(2)} %]`);
  for (const one of report.differing) console.log(one);
}
