/**
 * Game of 24 with GPT-4's recorded samples: direct, chain of thought, self-consistency and tree of thoughts on puzzles
 * 901 to 1000, compared pairwise. The model is a look-up; extraction, search, votes, grading and statistics are ours.
 *
 *   node bench/game-of-24.ts [--json]
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Method } from '../src/core/method.ts';
import type { Model } from '../src/core/model.ts';
import type { Problem, Question } from '../src/core/problem.ts';
import { solve } from '../src/core/solve.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import { report } from '../src/evaluation/report.ts';
import { renderTerminal } from '../src/evaluation/report-terminal.ts';
import type { Row } from '../src/evaluation/row.ts';
import { chainOfThought } from '../src/methods/chain-of-thought.ts';
import { direct } from '../src/methods/direct.ts';
import type { ThoughtTask } from '../src/methods/parts/thought-task.ts';
import { countdownSteps, VALUE_WORDS } from '../src/methods/parts/thought-task.ts';
import { selfConsistency } from '../src/methods/self-consistency.ts';
import { treeOfThought } from '../src/methods/tree-of-thought.ts';
import { importSamples } from '../src/models/import-samples.ts';
import type { ImportedSample } from '../src/models/recorded.ts';
import { recorded } from '../src/models/recorded.ts';
import { expression } from '../src/verifiers/expression.ts';
import { sharedData } from '../test/shared-data.ts';

interface SampledPuzzle {
  readonly id: string;
  readonly question: string;
  readonly method: 'io' | 'cot';
  readonly samples: readonly { readonly text: string; readonly correct: boolean }[];
}

interface SearchedPuzzle {
  readonly id: string;
  readonly puzzle: string;
  readonly steps: readonly {
    readonly frontier: readonly string[];
    readonly proposals: Readonly<Record<string, readonly string[]>>;
    readonly values: readonly (readonly [string, number])[];
    readonly selected?: readonly string[];
  }[];
  readonly final: readonly string[];
  readonly rewards: readonly number[];
}

function read<T>(name: string): T[] {
  const path = sharedData(`recorded/unified/${name}`);
  if (path === undefined) throw new Error('The recorded samples are not here: ../shared/data is needed');
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function problemOf(id: string, numbers: string): Problem<string> {
  const given = { numbers: numbers.split(' ').map(Number), target: 24 };
  return {
    id,
    messages: [{ role: 'user', text: `Use ${numbers} once each, with + - * /, to make 24.` }],
    answerKind: 'expression',
    given,
    reference: '24',
  };
}

/** A method that asks the recording of the puzzle at hand. */
function perPuzzle(models: ReadonlyMap<string, Model>, method: (model: Model) => Method): Method {
  const { name } = method({ id: 'unused', sample: () => neverAsked() });
  return {
    name,
    solve: (question, run) =>
      method(models.get(question.id) ?? { id: 'missing', sample: () => neverAsked() }).solve(question, run),
  };
}

function neverAsked(): never {
  throw new Error('A puzzle without a recording was asked about');
}

const samplers = {
  io: (model: Model) => direct({ model, temperature: 0.7 }),
  cot: (model: Model) => chainOfThought({ model, temperature: 0.7 }),
};

async function sampledModels(
  puzzles: readonly SampledPuzzle[],
  kind: 'io' | 'cot',
): Promise<Map<string, Model>> {
  const models = new Map<string, Model>();
  for (const { id, question, samples } of puzzles.filter((puzzle) => puzzle.method === kind)) {
    const texts = samples.map((sample) => sample.text);
    models.set(id, recorded(await importSamples(samplers[kind], problemOf(id, question), texts), 'gpt-4'));
  }
  return models;
}

/**
 * Two habits of the recorded run that our task does not share: an empty line of a reply is a thought, and a state that has
 * made all its operations without writing an answer is judged by the model like any other, where ours is worth nothing.
 */
function asRecorded(task: ThoughtTask): ThoughtTask {
  return {
    ...task,
    read: (reply) => reply.split('\n'),
    value(state) {
      const value = task.value(state);
      return typeof value === 'number' ? task.value(state.trimEnd().split('\n').at(-1) ?? '') : value;
    },
  };
}

function taskOf({ given }: Question): ThoughtTask {
  const { numbers, target } = given as { numbers: number[]; target: number };
  return countdownSteps(numbers, target);
}

/** The recorded search behind our own prompts: proposals per state, and each summed value as the three words it came from. */
function searchedModel({ puzzle, steps }: SearchedPuzzle): Model {
  const numbers = puzzle.split(' ').map(Number);
  const task = asRecorded(countdownSteps(numbers, 24));
  const samples: ImportedSample[] = [];
  const add = (prompt: string, index: number, text: string) =>
    samples.push({ request: { messages: [{ role: 'user', text: prompt }], index }, text });
  for (const { frontier, proposals, values } of steps) {
    frontier.forEach((state, index) => {
      const thoughts = proposals[state] ?? [];
      // a proposal is the whole state so far with one more line
      const lines = thoughts.map((thought) =>
        thought.slice(thought.startsWith(state) ? state.length : 0).trim(),
      );
      add(task.propose(state.trim(), 5), index, lines.join('\n'));
    });
    const seen = new Set<string>();
    for (const [state, sum] of values) {
      const prompt = task.value(state.trim());
      if (typeof prompt === 'number' || seen.has(prompt)) continue;
      const words = threeWords(sum);
      if (words === undefined) throw new Error(`The recorded value ${sum} is no sum of three judgements`);
      seen.add(prompt);
      for (const [index, word] of words.entries()) add(prompt, index, word);
    }
  }
  return recorded(samples, 'gpt-4');
}

/** The three words whose values add up to a recorded sum; unreadable judgements count nothing. */
function threeWords(sum: number): string[] | undefined {
  const words = Object.entries(VALUE_WORDS);
  const rest = (left: number, places: number): string[] | undefined => {
    if (Math.abs(left) < 1e-9) return Array<string>(places).fill('');
    if (places === 0) return undefined;
    for (const [word, value] of words) {
      const more = left - value > -1e-9 ? rest(left - value, places - 1) : undefined;
      if (more) return [word, ...more];
    }
    return undefined;
  };
  return rest(sum, 3);
}

const sampled = read<SampledPuzzle>('game24_100samples.jsonl.gz');
const searched = read<SearchedPuzzle>('tot_game24_replay.jsonl.gz');
const problems = searched.map(({ id, puzzle }) => problemOf(id, puzzle));
const models = {
  io: await sampledModels(sampled, 'io'),
  cot: await sampledModels(sampled, 'cot'),
  tot: new Map(searched.map((puzzle) => [puzzle.id, searchedModel(puzzle)])),
};
const verifier = expression();
const methods = {
  direct: perPuzzle(models.io, samplers.io),
  'chain-of-thought': perPuzzle(models.cot, samplers.cot),
  'self-consistency@100(direct)': perPuzzle(models.io, (model) =>
    selfConsistency({ method: samplers.io(model), samples: 100 }),
  ),
  'self-consistency@100': perPuzzle(models.cot, (model) =>
    selfConsistency({ method: samplers.cot(model), samples: 100 }),
  ),
  'tree-of-thought@5': perPuzzle(models.tot, (model) =>
    treeOfThought({ model, breadth: 5, task: (question) => asRecorded(taskOf(question)) }),
  ),
  'tree-of-thought@5, our task': perPuzzle(models.tot, (model) => treeOfThought({ model, breadth: 5 })),
};

const rows: Row[] = [];
const named = Object.entries(methods).map(([name, method]) => ({ name, method }));
const common = { problems, verifier, onRow: (row: Row) => rows.push(row) };
await evaluate({ ...common, methods: named.slice(0, 2), repeats: 100 });
await evaluate({ ...common, methods: named.slice(2) });

// what the search kept at each depth against the recorded selections, and all five outputs
let selections = 0;
let agreeing = 0;
let anyOutput = 0;
let firstOutput = 0;
for (const puzzle of searched) {
  const problem = problems.find(({ id }) => id === puzzle.id) as Problem<string>;
  for (let depth = 1; depth <= puzzle.steps.length; depth++) {
    const method = treeOfThought({
      model: models.tot.get(puzzle.id) as Model,
      breadth: 5,
      task: (asked) => ({ ...asRecorded(taskOf(asked)), steps: depth }),
    });
    const { solution } = await solve(method, problem);
    const { kept } = solution.details as { kept: { text: string }[] };
    const logged = depth < puzzle.steps.length ? (puzzle.steps[depth]?.frontier ?? []) : puzzle.final;
    selections++;
    if (
      JSON.stringify(kept.map((state) => state.text.trim())) ===
      JSON.stringify(logged.map((state) => state.trim()))
    )
      agreeing++;
    if (depth < puzzle.steps.length) continue;
    const task = taskOf(problem);
    const right: boolean[] = [];
    for (const state of kept) {
      const answer = task.answer(state.text);
      right.push(
        answer !== null &&
          (await verifier.verify(problem, { steps: [], answer, complete: true }, undefined as never))
            .score === 1,
      );
    }
    if (right.some(Boolean)) anyOutput++;
    if (right[0]) firstOutput++;
  }
}

const record = {
  info: {
    run: 'game-of-24',
    dataset: 'game-of-24',
    split: 'test',
    model: 'gpt-4 (recorded)',
    methods: named.map(({ name }) => name),
    repeats: 100,
    ownRepeats: Object.fromEntries(named.slice(2).map(({ name }) => [name, 1])),
    seed: 0,
    limits: {},
    version: 'bench',
  },
  problems: problems.map(({ id, messages, reference }) => ({ id, text: messages[0]?.text ?? '', reference })),
  rows,
};
const made = report(record);
const anyOf100 = (method: string) =>
  problems.filter(({ id }) =>
    rows.some((row) => row.method === method && row.problem === id && row.outcome === 'correct'),
  ).length;
const labels = agreement();
const summary = {
  'direct, any of 100': `${anyOf100('direct')}/100 (33 expected)`,
  'chain-of-thought, any of 100': `${anyOf100('chain-of-thought')}/100 (49 expected)`,
  'tree-of-thought, any of 5 outputs': `${anyOutput}/100 (69 expected)`,
  'tree-of-thought, first output': `${firstOutput}/100 (62 expected)`,
  'selections as recorded': `${agreeing}/${selections} (400/400 expected)`,
  'grades as labelled': labels,
};
if (process.argv.includes('--json')) console.log(JSON.stringify({ report: made, summary }, null, 2));
else {
  console.log(renderTerminal(made, { columns: 120, colour: false }));
  for (const [what, figure] of Object.entries(summary)) console.log(`${what.padEnd(36)} ${figure}`);
}

/** Our grade of each recorded sample against its label. */
function agreement(): string {
  let same = 0;
  let all = 0;
  for (const { id, method, samples } of sampled)
    samples.forEach(({ correct }, repeat) => {
      const name = method === 'io' ? 'direct' : 'chain-of-thought';
      const row = rows.find((one) => one.problem === id && one.method === name && one.repeat === repeat);
      all++;
      if ((row?.outcome === 'correct') === correct) same++;
    });
  return `${same}/${all}`;
}
