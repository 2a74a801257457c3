/**
 * GSM8K answers read from the raw text of 50-odd recorded models, graded by us, against the labels that came with them;
 * and the plain majority over the 44 models that answered zero-shot in JSON.
 *
 *   node bench/gsm8k-pool.ts [--json]
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { canonicalAnswer, extractAnswer } from '../src/core/answer.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { sharedData } from '../test/shared-data.ts';

interface Sample {
  readonly model: string;
  readonly method: string;
  readonly text: string;
  readonly pred: string | null;
  readonly correct: boolean;
  readonly label_by?: 'source'; // who labelled; absent: a numeric comparison of pred and gold
}

interface Row {
  readonly id: number;
  readonly gold: string;
  readonly samples: readonly Sample[];
}

const QUESTION = { answerKind: 'number' } as const;
const MAJORITY_METHOD = 'zero-shot-cot-json';
/** The whole text is a program: its value is not in the text. */
const PROGRAMS = new Set(['python', 'faithful-cot-python']);

const path = sharedData('recorded/unified/gsm8k_pool.jsonl.gz');
if (path === undefined) throw new Error('The recorded samples are not here: ../shared/data is needed');
const rows = gunzipSync(readFileSync(path))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

/** Why label and grade differ, by rule; the first that fits. */
function cause(sample: Sample, gold: string, answer: string | null, right: boolean): string {
  const pred = sample.pred ?? '';
  const value = canonicalAnswer(pred, QUESTION);
  const key = canonicalAnswer(gold, QUESTION);
  const ours = answer === null ? '' : canonicalAnswer(answer, QUESTION);
  if (ours.replace('-', '') === key.replace('-', '') && ours !== key) return 'label: the sign is ignored';
  if (right) {
    if (!/\d/.test(pred)) return 'label: no number was read from the text';
    if (
      /\d[, ]\d{3}/.test(answer ?? '') &&
      key.startsWith(String(Number.parseInt(pred.replace(/[$,]/g, ''), 10)))
    )
      return 'label: the number is cut at its thousands';
    if (value === key) return 'label: wrong although its own reading equals the key';
    if (value.replace('-', '') === key.replace('-', '')) return 'label: the sign is lost';
    return 'label: another number of the sentence was read';
  }
  if (Math.abs(Number(answer) - Number(gold)) < 1e-6) return 'ours: a rounding error is not rounded away';
  if (/[a-z]{2}/i.test(pred) && (pred.match(/\d+/g) ?? []).length > 1)
    return 'both: prose with several numbers where one is announced; each side picks another';
  return 'ours: nothing is announced, and the last number is not the answer';
}

const byMethod = new Map<string, { n: number; agree: number; read: number }>();
const causes = new Map<string, { n: number; examples: string[] }>();
let majorityRight = 0;
let modelsRight = 0;
let modelAnswers = 0;
let anyRight = 0;

for (const row of rows) {
  const key = canonicalAnswer(row.gold, QUESTION);
  const votes = new Map<string, number>(); // in the order of first votes
  let any = false;
  for (const sample of row.samples) {
    if (PROGRAMS.has(sample.method)) continue;
    const answer = extractAnswer(sample.text, QUESTION);
    const vote = answer === null ? undefined : canonicalAnswer(answer, QUESTION);
    const right = vote === key;
    const tally = byMethod.get(sample.method) ?? { n: 0, agree: 0, read: 0 };
    byMethod.set(sample.method, tally);
    tally.n++;
    if (answer !== null) tally.read++;
    if (right === sample.correct) tally.agree++;
    else {
      const name = cause(sample, row.gold, answer, right);
      const found = causes.get(name) ?? { n: 0, examples: [] };
      causes.set(name, found);
      found.n++;
      found.examples.push(`#${row.id} ${sample.model} ${sample.method}`);
    }
    if (sample.method !== MAJORITY_METHOD) continue;
    modelAnswers++;
    if (right) modelsRight++;
    any ||= right;
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1);
  }
  if (any) anyRight++;
  const [winner] = [...votes].reduce((best, other) => (other[1] > best[1] ? other : best), ['', 0]);
  if (winner === key) majorityRight++;
}

const sum = (field: 'n' | 'agree' | 'read') =>
  [...byMethod.values()].reduce((total, tally) => total + tally[field], 0);
const total = { n: sum('n'), agree: sum('agree'), read: sum('read') };
const share = (part: number, n: number) => {
  const [low, high] = wilson(part, n);
  return { percent: (100 * part) / n, low: 100 * low, high: 100 * high, n };
};

const result = {
  agreement: share(total.agree, total.n),
  answersRead: share(total.read, total.n),
  byMethod: Object.fromEntries([...byMethod].map(([name, { agree, n }]) => [name, share(agree, n)])),
  disagreements: Object.fromEntries(
    [...causes]
      .sort((a, b) => b[1].n - a[1].n)
      .map(([name, { n, examples }]) => [name, { n, examples: examples.slice(0, 3) }]),
  ),
  oneModel: share(modelsRight, modelAnswers), // samples of one problem are not independent: the interval is too narrow
  majorityOf44: share(majorityRight, rows.length),
  anyOf44: share(anyRight, rows.length),
};

if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
else {
  const line = (name: string, { percent, low, high, n }: ReturnType<typeof share>) =>
    console.log(
      `${name.padEnd(44)} ${percent.toFixed(2).padStart(6)} %  [${low.toFixed(2)}, ${high.toFixed(2)}]  n ${n}`,
    );
  console.log('Our grade of the raw text agrees with the recorded label (Wilson 95 %)');
  line('all methods whose text is not a program', result.agreement);
  for (const [name, interval] of Object.entries(result.byMethod)) line(`  ${name}`, interval);
  console.log(`\n${total.n - total.agree} disagreements by cause`);
  for (const [name, { n, examples }] of Object.entries(result.disagreements))
    console.log(`${String(n).padStart(5)}  ${name}   (${examples.join('; ')})`);
  console.log('\nAccuracy over the 44 models that answered zero-shot in JSON');
  line('mean of the models', result.oneModel);
  line('plain majority, ties to the earliest', result.majorityOf44);
  line('some model is right', result.anyOf44);
}
