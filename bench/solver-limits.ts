/**
 * Programs that would run for ever, fill the memory or flood the answer, for every solver: how long after its limit each was
 * stopped, how long until the pool had all its processes again, and whether it served the next program.
 *
 *   node bench/solver-limits.ts [--json]
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Formalism } from '../src/core/solver.ts';
import { solvers } from '../src/symbolic/solvers.ts';

const SECONDS = 1;
const MEMORY_MIB = 256;
const LATE_SECONDS = 0.25;
const WHOLE_SECONDS = 1;

const range = (length: number) => Array.from({ length }, (_, index) => index);
const product = `${range(90)
  .map((index) => `n(${index}).`)
  .join('\n')}\np(A,B,C,D) :- n(A), n(B), n(C), n(D).\n?- p(A,B,C,D).`;
const pigeons = (holes: number) =>
  [
    'Premises:',
    ...range(holes + 1).map((pigeon) =>
      range(holes)
        .map((hole) => `In(p${pigeon}, h${hole})`)
        .join(' ∨ '),
    ),
    ...range(holes).flatMap((hole) =>
      range(holes + 1).flatMap((one) =>
        range(one).map((other) => `¬(In(p${one}, h${hole}) ∧ In(p${other}, h${hole}))`),
      ),
    ),
    'Conclusion:\nIn(p0, h0)',
  ].join('\n');
const queens = (size: number) =>
  `Variables:\n${range(size)
    .map((row) => `q${row} in 1:${size}`)
    .join('\n')}\nConstraints:\n${range(size)
    .flatMap((row) =>
      range(row).map(
        (other) => `q${row} * q${row} * q${other} + q${other} * q${other} * q${row} != ${row} * q${row} + 7`,
      ),
    )
    .join('\n')}\nq0 * q1 * q2 * q3 == 912345\nQuery: solve`;

const RUNAWAYS: readonly {
  readonly name: string;
  readonly formalism: Formalism;
  readonly program: string;
}[] = [
  { name: 'product of 90^4 facts', formalism: 'datalog', program: product },
  {
    name: 'rules over 200 constants',
    formalism: 'logic-program',
    program: `Facts:\n${range(200)
      .map((index) => `N(c${index}, True)`)
      .join(
        '\n',
      )}\nRules:\nN($a, True) && N($b, True) && N($c, True) && N($d, True) >>> P($a, $b, $c, $d, True)\nQuery:\nP(c0, c0, c0, c0, True)`,
  },
  { name: 'pigeonhole 12 in 11', formalism: 'first-order', program: pigeons(11) },
  {
    name: 'deep terms',
    formalism: 'first-order',
    program: `Premises:\n∀x ∀y (Less(x, y) → Less(f(x, y), g(y, x)))\nLess(a, b)\n∀x ∃y Less(x, y)\nConclusion:\nLess(b, a)`,
  },
  { name: 'nonlinear constraints', formalism: 'constraints', program: queens(12) },
  {
    name: 'sum of three cubes',
    formalism: 'smt',
    program:
      'Declarations:\n(declare-const x Int)\n(declare-const y Int)\n(declare-const z Int)\nConstraints:\n(= (+ (* x x x) (* y y y) (* z z z)) 114)\nQuery: solve',
  },
  { name: '(repeat, fail)', formalism: 'prolog', program: '?- repeat, fail.' },
  {
    name: 'endless list',
    formalism: 'prolog',
    program: 'grow(L) :- grow([L, L, L, L, L, L|L]).\n?- grow([x]).',
  },
  { name: 'huge power', formalism: 'prolog', program: '?- X is 9 ** (9 ** 9) mod 7.' },
  { name: 'flood of answers', formalism: 'prolog', program: 'big(L) :- numlist(1, 300000, L).\n?- big(L).' },
  {
    name: '6^20 worlds, sampled',
    formalism: 'probabilistic',
    program: `Model:\n${range(200)
      .map((index) => `d${index} ~ uniform(1..10000)`)
      .join('\n')}\nMethod: metropolis-hastings 2000000\nQuery: P(d0 == 1)`,
  },
  {
    name: 'exact in many worlds',
    formalism: 'probabilistic',
    program: `Model:\n${range(17)
      .map((index) => `d${index} ~ flip(${index + 1}/1009)`)
      .join('\n')}\nQuery: P(d0)`,
  },
];

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' } } });
const host = solvers({ processes: 2 });
const easy: Readonly<Record<string, string>> = {
  prolog: 'p(a).\n?- p(X).',
  other: 'p(a).\n?- p(X).',
};
await host.warm();
await host.solve('constraints', 'Variables:\na [IN] [1]\nQuery: solve');
await host.solve('prolog', easy.prolog as string);

/** What this machine needs at this moment for a Node process that does nothing. */
const starts = range(3).map(() => {
  const before = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  return (performance.now() - before) / 1000;
});
const emptyStart = starts.sort((a, b) => a - b)[1] as number;

const rows = [];
for (const { name, formalism, program } of RUNAWAYS) {
  const startedAt = performance.now();
  const { status, error } = await host.solve(formalism, program, { seconds: SECONDS, memoryMiB: MEMORY_MIB });
  const stopped = (performance.now() - startedAt) / 1000;
  const again = performance.now();
  await host.warm();
  const whole = (performance.now() - again) / 1000;
  const next = await host.solve(formalism === 'prolog' ? 'prolog' : 'datalog', easy.other as string, {
    seconds: 30,
  });
  rows.push({
    name,
    formalism,
    status,
    seconds: stopped,
    late: Math.max(0, stopped - SECONDS),
    whole,
    served: next.answer === 'a' || next.answer === 'X = a',
    error,
  });
}
await host.close();
const report = {
  n: rows.length,
  emptyStart,
  stopped: rows.filter(({ late }) => late <= LATE_SECONDS).length,
  whole: rows.filter(({ whole, served }) => served && whole <= WHOLE_SECONDS).length,
  rows,
};
if (flags.json) console.log(JSON.stringify(report, null, 2));
else {
  for (const { name, formalism, status, seconds, whole, served, error = '' } of rows)
    console.log(
      `${formalism.padEnd(14)} ${name.padEnd(26)} ${status.padEnd(10)} after ${seconds.toFixed(2)} s; pool whole in ${whole.toFixed(2)} s, ${served ? 'next program answered' : 'next program not served'}  ${error.slice(0, 60)}`,
    );
  console.log(
    `${report.stopped} of ${report.n} ended within the limit of ${SECONDS} s + ${LATE_SECONDS} s; ${report.whole} of ${report.n} pools whole within ${WHOLE_SECONDS} s; an empty Node process starts in ${emptyStart.toFixed(2)} s`,
  );
}
