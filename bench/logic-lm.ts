/**
 * The 1,603 logic programs that GPT-4 wrote for ProntoQA, ProofWriter, FOLIO and LogicalDeduction (Pan et al. 2023): how
 * many parse and run, how many of those answer rightly, and overall with a random choice where no program answers. Each
 * answer's certificate goes through the independent checker; each wrong answer is asked of a second solver, so that a fault
 * of ours would show: clingo for rules, Z3's quantifiers for first-order logic, all assignments for constraints.
 *
 *   node bench/logic-lm.ts [--json]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Choice } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import type { Formalism, SolverOutcome } from '../src/core/solver.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { answerOf } from '../src/methods/solver-aided.ts';
import { checkCertificate } from '../src/symbolic/check-program.ts';
import { readConstraints } from '../src/symbolic/constraint-program.ts';
import { evaluateExpression } from '../src/symbolic/evaluate-expression.ts';
import { solvers } from '../src/symbolic/solvers.ts';
import { openClingo } from '../test/fixtures/clingo.ts';
import { firstOrderByZ3, logicProgramByClingo } from '../test/fixtures/second-opinion.ts';
import { sharedData } from '../test/shared-data.ts';

interface Row {
  readonly id: string;
  readonly answer: string;
  readonly options: readonly string[];
  readonly raw_logic_programs: readonly string[];
}

interface Graded {
  readonly row: Row;
  readonly outcome: SolverOutcome;
  readonly label?: string; // the option that the solver's answer names
}

const SETS: readonly {
  readonly name: string;
  readonly file: string;
  readonly formalism: Formalism;
  readonly paper: number;
}[] = [
  { name: 'ProntoQA', file: 'ProntoQA_dev_gpt-4.json.gz', formalism: 'logic-program', paper: 83.2 },
  { name: 'ProofWriter', file: 'ProofWriter_dev_gpt-4.json.gz', formalism: 'logic-program', paper: 79.7 },
  { name: 'FOLIO', file: 'FOLIO_dev_gpt-4.json', formalism: 'first-order', paper: 78.9 },
  {
    name: 'LogicalDeduction',
    file: 'LogicalDeduction_dev_gpt-4.json.gz',
    formalism: 'constraints',
    paper: 87.6,
  },
];
const SEEDS = 20;
const Z3_SECONDS = 10;
/** As generous as a busy machine may need: no program of these sets takes a second of its own. */
const SECONDS = 60;

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' } } });
const clingo = await openClingo();
const host = solvers({ processes: 2 });

function readSet(file: string): Row[] {
  const path = sharedData(`recorded/logic_lm/${file}`);
  if (path === undefined) throw new Error('The recorded programs are not here: ../shared/data is needed');
  const bytes = readFileSync(path);
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as Row[];
}

function choicesOf({ options }: Row): Choice[] {
  return options.map((option) => ({ label: option.slice(0, 1), text: option.slice(2).trim() }));
}

/** The answer that another solver gives to the same program. */
async function secondOpinion(formalism: Formalism, program: string): Promise<string> {
  if (formalism === 'logic-program') return logicProgramByClingo(program, clingo);
  if (formalism === 'first-order') return firstOrderByZ3(program, Z3_SECONDS);
  return constraintsByAllAssignments(program);
}

function constraintsByAllAssignments(text: string): string {
  const { variables, constraints, options = [] } = readConstraints(text);
  const names = [...variables.keys()];
  const solutions: ReadonlyMap<string, number>[] = [];
  const search = (depth: number, values: Map<string, number>): void => {
    if (constraints.some(({ expression }) => evaluateExpression(expression, values) === 0)) return;
    const name = names[depth];
    if (name === undefined) {
      solutions.push(new Map(values));
      return;
    }
    for (const value of variables.get(name) ?? []) search(depth + 1, new Map(values).set(name, value));
  };
  search(0, new Map());
  if (solutions.length === 0) return 'contradictory';
  const entailed = options.filter(({ expression }) =>
    solutions.every((values) => evaluateExpression(expression, values) === 1),
  );
  return entailed.length === 0 ? 'none' : entailed.map(({ label }) => label).join('; ');
}

/** Why a program gave no right answer: what another solver says of the same program tells its author from our solver. */
async function causeOf({ outcome, row }: Graded, formalism: Formalism): Promise<string> {
  const program = row.raw_logic_programs[0] ?? '';
  if (outcome.status === 'malformed') return 'grammar';
  if (outcome.status !== 'answered' && outcome.status !== 'contradictory') return 'our solver';
  const ours = outcome.status === 'contradictory' ? 'contradictory' : (outcome.answer ?? '');
  const theirs = await secondOpinion(formalism, program);
  if (theirs === 'undecided') return 'translation (second solver gave up)';
  return theirs === ours ? 'translation' : 'our solver';
}

function countBy(items: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

const report = [];
for (const { name, file, formalism, paper } of SETS) {
  const rows = readSet(file);
  const startedAt = performance.now();
  const graded: Graded[] = await Promise.all(
    rows.map(async (row) => {
      const outcome = await host.solve(formalism, row.raw_logic_programs[0] ?? '', { seconds: SECONDS });
      const label =
        outcome.status === 'answered'
          ? answerOf(outcome.answer ?? '', { choices: choicesOf(row) })
          : undefined;
      return { row, outcome, ...(label !== undefined && { label }) };
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const ran = graded.filter(({ outcome }) => outcome.status === 'answered');
  const answered = graded.filter(({ label }) => label !== undefined);
  const right = answered.filter(({ label, row }) => label === row.answer);
  const accepted = ran.filter(
    ({ outcome, row }) =>
      checkCertificate(formalism, row.raw_logic_programs[0] ?? '', outcome.answer ?? '', outcome.certificate)
        .verdict === 'accepted',
  );
  const guessed = graded.filter(({ label }) => label === undefined);
  const overall = Array.from({ length: SEEDS }, (_, seed) => {
    const random = seeded(`${name} ${seed}`);
    const lucky = guessed.filter(
      ({ row }) => choicesOf(row)[random.integer(row.options.length)]?.label === row.answer,
    );
    return (right.length + lucky.length) / rows.length;
  });
  const causes: string[] = [];
  for (const one of graded) if (one.label !== one.row.answer) causes.push(await causeOf(one, formalism));
  report.push({
    name,
    n: rows.length,
    seconds,
    ran: ran.length,
    answered: answered.length,
    right: right.length,
    accepted: accepted.length,
    runs: { share: ran.length / rows.length, interval: wilson(ran.length, rows.length) },
    accuracy: { share: right.length / answered.length, interval: wilson(right.length, answered.length) },
    overall: {
      mean: overall.reduce((sum, one) => sum + one, 0) / SEEDS,
      least: Math.min(...overall),
      most: Math.max(...overall),
      interval: wilson(
        Math.round((overall.reduce((sum, one) => sum + one, 0) / SEEDS) * rows.length),
        rows.length,
      ),
      paper,
    },
    causes: countBy(causes),
    faults: graded.flatMap(({ row, outcome }) =>
      ['answered', 'malformed', 'contradictory'].includes(outcome.status)
        ? []
        : [`${row.id} ${outcome.status}: ${outcome.error}`],
    ),
  });
}
await host.close();

if (flags.json) console.log(JSON.stringify(report, null, 2));
else {
  const percent = (share: number) => (100 * share).toFixed(1);
  const within = (interval: readonly number[]) => `[${interval.map(percent).join(', ')}]`;
  for (const one of report) {
    console.log(`${one.name}, n = ${one.n}, ${one.seconds.toFixed(1)} s`);
    console.log(
      `  parses and runs      ${one.ran}, ${percent(one.runs.share)} % ${within(one.runs.interval)}`,
    );
    console.log(
      `  names one option     ${one.answered}; right ${one.right}, ${percent(one.accuracy.share)} % ${within(one.accuracy.interval)}`,
    );
    console.log(
      `  overall              ${percent(one.overall.mean)} % ${within(one.overall.interval)} with random choice, ${SEEDS} seeds from ${percent(one.overall.least)} to ${percent(one.overall.most)}; the paper's ${one.overall.paper}`,
    );
    console.log(`  certificates         ${one.accepted} of ${one.ran} accepted by the checker`);
    const causes = Object.entries(one.causes).map(([cause, count]) => `${cause} ${count}`);
    console.log(`  not right            ${causes.join(', ')}; our solver ${one.causes['our solver'] ?? 0}`);
    if (one.faults.length > 0) console.log(`  faults               ${one.faults.join(', ')}`);
  }
}
process.exit(0); // Z3's threads would hold the process
