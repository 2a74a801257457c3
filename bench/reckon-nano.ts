/**
 * What reckon-nano can do: accuracy of each method on held-out problems of every generated dataset, whose structures were never
 * trained on. Chain of thought against direct and self-consistency against chain of thought, paired; p-values by McNemar's exact
 * test, adjusted by Holm over the datasets.
 *
 *   node bench/reckon-nano.ts [--model folder] [--problems 1000] [--split test] [--datasets a,b] [--methods direct,cot,…]
 *     [--forms] [--markdown] [--json]
 *
 * --forms also prints counts by how the question ends: its last sentence's first two words, the rare ones together.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { openDataset } from '../src/catalog/datasets.ts';
import { openMethods } from '../src/catalog/methods.ts';
import { type Problem, questionText, type Split } from '../src/core/problem.ts';
import type { Worked } from '../src/datasets/parts/worked.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import { holm, mcnemarExact, wilson } from '../src/evaluation/statistics.ts';
import { openPolicy } from '../src/transformer/open-policy.ts';

const DATASETS = [
  'arithmetic',
  'word-problems',
  'countdown',
  'deduction',
  'induction',
  'abduction',
  'common-sense',
  'probability',
  'letters',
  'kinship',
  'recall',
];
/** Where every worked solution has several steps. */
const MULTI_STEP = DATASETS.filter((name) => !['common-sense', 'recall'].includes(name));
const CONCURRENCY = 64;
/** Forms of fewer questions are counted together. */
const RARE = 0.02;

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: 'models/reckon-nano' },
    problems: { type: 'string', default: '1000' },
    datasets: { type: 'string', default: DATASETS.join() },
    methods: { type: 'string', default: 'direct,cot,sc@16,pal,bon@16,tot' },
    split: { type: 'string', default: 'test' },
    seed: { type: 'string', default: '0' },
    forms: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** `best-of-n` with the exact verifier, where the question alone allows one; programs, where the dataset has some. */
const SPECS: Readonly<
  Record<string, { spec: string; only?: (name: string, sample: Problem<Worked>) => boolean }>
> = {
  direct: { spec: 'direct' },
  cot: { spec: 'cot' },
  'sc@16': { spec: 'sc@16' },
  pal: { spec: 'pal', only: (_, { reference }) => reference.program !== undefined },
  'bon@16': { spec: 'bon@16{verifier=expression}', only: (name) => name === 'countdown' },
  tot: { spec: 'tot', only: (name) => name === 'countdown' },
};

interface Measured {
  readonly dataset: string;
  readonly method: string;
  readonly correct: number;
  readonly n: number;
  readonly right: readonly boolean[]; // by problem
  readonly forms: readonly { readonly form: string; readonly correct: number; readonly n: number }[];
  readonly tokens: number; // sampled, per problem
  readonly seconds: number;
}

const nano = await openPolicy({ folder: given.model, id: 'reckon-nano', slots: CONCURRENCY });
const wanted = given.methods.split(',').map((name) => {
  const known = SPECS[name];
  if (!known) throw new Error(`"${name}" is not measured here; there are ${Object.keys(SPECS).join(', ')}`);
  return { name, ...known };
});

async function measure(name: string): Promise<Measured[]> {
  const dataset = await openDataset(name);
  const problems: Problem<Worked>[] = [];
  for await (const problem of dataset.load(given.split as Split, { limit: Number(given.problems) }))
    problems.push(problem as Problem<Worked>);
  const fitting = wanted.filter(({ only }) => !only || only(name, problems[0] as Problem<Worked>));
  const forms = formsOf(problems);
  const results: Measured[] = [];
  for (const { name: method, spec } of fitting) {
    const methods = await openMethods([spec], nano);
    const right = new Map<string, boolean>();
    let tokens = 0;
    const start = performance.now();
    await evaluate({
      methods: methods.list,
      problems,
      verifier: dataset.verifier,
      seed: Number(given.seed),
      concurrency: CONCURRENCY,
      onRow: ({ problem, outcome, usage }) => {
        right.set(problem, outcome === 'correct');
        tokens += usage.completionTokens;
      },
    });
    await methods.close();
    const marks = problems.map(({ id }) => right.get(id) === true);
    results.push({
      dataset: name,
      method,
      correct: marks.filter(Boolean).length,
      n: marks.length,
      right: marks,
      forms: [...Map.groupBy(marks.keys(), (index) => forms[index] as string)].map(([form, members]) => ({
        form,
        correct: members.filter((index) => marks[index]).length,
        n: members.length,
      })),
      tokens: tokens / marks.length,
      seconds: (performance.now() - start) / 1e3,
    });
    const { correct, n, seconds } = results.at(-1) as Measured;
    console.error(
      `${name} ${method}: ${((100 * correct) / n).toFixed(1)} % of ${n}, ${seconds.toFixed(0)} s`,
    );
  }
  return results;
}

/** How each question ends; the rare ends are one. */
function formsOf(problems: readonly Problem[]): string[] {
  const forms = problems.map((problem) => {
    const last = questionText(problem)
      .trim()
      .split(/(?<=[.?!])\s+/)
      .at(-1) as string;
    return last.split(/\s+/).slice(0, 2).join(' ');
  });
  const counts = Map.groupBy(forms, (form) => form);
  return forms.map((form) => ((counts.get(form)?.length ?? 0) < RARE * forms.length ? 'other' : form));
}

const results: Measured[] = [];
for (const name of given.datasets.split(',')) results.push(...(await measure(name)));
await nano.close();

/** One method against another on the datasets that have both, paired problem by problem. */
function paired(better: string, worse: string, datasets: readonly string[]) {
  const found = datasets.flatMap((dataset) => {
    const [a, b] = [better, worse].map((method) =>
      results.find((one) => one.dataset === dataset && one.method === method),
    );
    if (!a || !b) return [];
    const onlyA = a.right.filter((right, index) => right && !b.right[index]).length;
    const onlyB = b.right.filter((right, index) => right && !a.right[index]).length;
    const points = (100 * (onlyA - onlyB)) / a.n;
    return [{ dataset, points, onlyA, onlyB, base: b.correct / b.n, p: mcnemarExact(onlyA, onlyB) }];
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((one, index) => ({ ...one, adjusted: adjusted[index] as number }));
}

const chain = paired('cot', 'direct', MULTI_STEP);
const votes = paired('sc@16', 'cot', DATASETS).filter(({ base }) => base >= 0.2 && base <= 0.9);
const average = chain.reduce((sum, { points }) => sum + points, 0) / Math.max(1, chain.length);
const methods = wanted.map(({ name }) => name);
const percent = (share: number): string => (100 * share).toFixed(1);
const cell = (dataset: string, method: string): string => {
  const one = results.find((result) => result.dataset === dataset && result.method === method);
  if (!one) return '';
  const [low, high] = wilson(one.correct, one.n);
  return `${percent(one.correct / one.n)} (${percent(low)} to ${percent(high)})`;
};

if (given.json) {
  const rows = results.map(({ right: _, ...row }) => ({ ...row, interval: wilson(row.correct, row.n) }));
  console.log(JSON.stringify({ model: given.model, rows, chain, average, votes }, null, 2));
} else if (given.markdown) {
  console.log(`| dataset | n | ${methods.join(' | ')} |\n|---|---|${'---|'.repeat(methods.length)}`);
  for (const dataset of given.datasets.split(',')) {
    const n = results.find((one) => one.dataset === dataset)?.n;
    console.log(`| ${dataset} | ${n} | ${methods.map((method) => cell(dataset, method)).join(' | ')} |`);
  }
} else {
  const table = new Table({ head: ['dataset', ...methods], style: { head: [], border: [] } });
  for (const dataset of given.datasets.split(','))
    table.push([dataset, ...methods.map((method) => cell(dataset, method))]);
  console.log(table.toString());
}
if (given.forms && !given.json)
  for (const { dataset, method, forms } of results) {
    console.log(`\n${dataset} ${method}, by how the question ends:`);
    for (const { form, correct, n } of forms) console.log(`  ${form}: ${correct} of ${n}`);
  }
if (!given.json) {
  const show = (title: string, rows: ReturnType<typeof paired>): void => {
    console.log(`\n${title}`);
    for (const { dataset, points, onlyA, onlyB, adjusted } of rows)
      console.log(
        `  ${dataset}: ${points >= 0 ? '+' : ''}${points.toFixed(1)} points, ${onlyA} to ${onlyB}, p = ${adjusted.toPrecision(2)}`,
      );
  };
  show('Chain of thought over direct, where solutions have several steps:', chain);
  console.log(`  on average ${average.toFixed(1)} points`);
  show('Self-consistency over one chain, where that is right for 20 to 90 %:', votes);
}
