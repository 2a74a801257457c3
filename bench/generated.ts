/**
 * The generated datasets: how fast they come, how long their texts are, how many structures 100,000 draws show, and how
 * many structures of validation and test are also in train (none may be).
 *
 *   node bench/generated.ts [--json]
 */
import Table from 'cli-table3';
import type { Dataset, Problem } from '../src/core/problem.ts';
import { questionText } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import { startRun } from '../src/core/run.ts';
import type { Worked } from '../src/datasets/parts/worked.ts';
import { GENERATED } from '../test/fixtures/generated-datasets.ts';

const DRAWS = 100_000;
const TIMED = 20_000;
const GRADED = 2_000;
const HELD_OUT = 5_000; // of validation and of test, where there are as many

interface Row {
  readonly dataset: string;
  readonly problemsPerSecond: number;
  readonly verdictsPerSecond: number; // of worked solutions, every step checked
  readonly questionWords: number;
  readonly questionCharacters: number;
  readonly chainCharacters: number;
  readonly chainTokens: Spread;
  readonly programCharacters: number | null;
  readonly structures: number; // distinct among the draws
  readonly heldOut: number; // structures of validation and test that were looked at
  readonly leaked: number; // of those, also in train
}

interface Spread {
  readonly mean: number;
  readonly largest: number;
}

/** Words, digits and signs, each one token: what a small tokenizer with single digits needs at the least. */
function countTokens(text: string): number {
  return text.match(/[A-Za-z]+|\d|[^\sA-Za-z\d]|\n/g)?.length ?? 0;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

async function take(dataset: Dataset<Problem<Worked>>, limit: number): Promise<Problem<Worked>[]> {
  const problems: Problem<Worked>[] = [];
  for await (const problem of dataset.load('train', { limit })) problems.push(problem);
  return problems;
}

async function measure(name: string): Promise<Row> {
  const { open, structure } = GENERATED[name]!;
  const dataset = open();
  await take(dataset, GRADED); // warm up
  let start = performance.now();
  const problems = await take(dataset, TIMED);
  const seconds = (performance.now() - start) / 1000;

  const { signal } = new AbortController();
  const random = seeded(0);
  const graded = await startRun(
    { signal, limits: {}, random, record: () => {}, label: name },
    async (run) => {
      start = performance.now();
      for (const problem of problems.slice(0, GRADED)) {
        const { steps, answer } = problem.reference;
        const { score } = await dataset.verifier.verify(problem, { steps, answer, complete: true }, run);
        if (score !== 1) throw new Error(`${problem.id}: the worked solution scores ${score}`);
      }
      return (performance.now() - start) / 1000;
    },
  );

  const train = new Set<string>();
  for await (const problem of open(1).load('train', { limit: DRAWS })) train.add(structure(problem));
  const heldOut = new Set<string>();
  for (const split of ['validation', 'test'] as const)
    for await (const problem of open(1).load(split, { limit: HELD_OUT })) heldOut.add(structure(problem));

  const texts = problems.map(questionText);
  const chains = problems.map(({ reference }) => reference.steps.join('\n'));
  const tokens = chains.map(countTokens);
  const programs = problems.flatMap(({ reference }) => reference.program ?? []);
  return {
    dataset: name,
    problemsPerSecond: Math.round(TIMED / seconds),
    verdictsPerSecond: Math.round(GRADED / graded),
    questionWords: mean(texts.map((text) => text.split(/\s+/).length)),
    questionCharacters: mean(texts.map((text) => text.length)),
    chainCharacters: mean(chains.map((chain) => chain.length)),
    chainTokens: { mean: mean(tokens), largest: Math.max(...tokens) },
    programCharacters: programs.length > 0 ? mean(programs.map((program) => program.length)) : null,
    structures: train.size,
    heldOut: heldOut.size,
    leaked: [...heldOut].filter((one) => train.has(one)).length,
  };
}

const rows: Row[] = [];
for (const name of Object.keys(GENERATED)) rows.push(await measure(name));

if (process.argv.includes('--json')) console.log(JSON.stringify({ draws: DRAWS, rows }, null, 2));
else {
  const table = new Table({
    head: [
      'dataset',
      'problems/s',
      'verdicts/s',
      'question words',
      'chars',
      'chain chars',
      'tokens',
      'most',
      'program chars',
      'structures',
      'held out',
      'leaked',
    ],
    style: { head: [], border: [] },
  });
  for (const row of rows)
    table.push([
      row.dataset,
      row.problemsPerSecond.toLocaleString('en'),
      row.verdictsPerSecond.toLocaleString('en'),
      row.questionWords.toFixed(0),
      row.questionCharacters.toFixed(0),
      row.chainCharacters.toFixed(0),
      row.chainTokens.mean.toFixed(0),
      row.chainTokens.largest,
      row.programCharacters?.toFixed(0) ?? '–',
      row.structures.toLocaleString('en'),
      row.heldOut.toLocaleString('en'),
      row.leaked,
    ]);
  console.log(table.toString());
  console.log(
    `Default options, train split; n = ${TIMED.toLocaleString('en')} for lengths and speed, ${DRAWS.toLocaleString('en')} draws for structures. ` +
      'Tokens: words, digits, signs and line ends, one each.',
  );
}
