/**
 * Are two mathematical answers the same? First the labelled (gold, prediction, equal?) triples of Math-Verify's own
 * tests, read from whole texts where the prediction is one; then pairs whose label is known by construction.
 *
 *   node bench/answer-equivalence.ts [--json]
 */
import { readFileSync } from 'node:fs';
import { extractAnswer } from '../src/core/answer.ts';
import { mathSpans } from '../src/core/math-spans.ts';
import type { Random } from '../src/core/random.ts';
import { seeded, shuffle } from '../src/core/random.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { equivalent } from '../src/verifiers/math-equivalence.ts';
import { sharedData } from '../test/shared-data.ts';

interface Triple {
  readonly id: string;
  readonly gold: string;
  readonly pred: string;
  readonly equal: boolean;
  readonly settings?: { readonly match_types?: readonly string[]; readonly precision?: number };
}

interface Tally {
  readonly name: string;
  n: number;
  agree: number;
  falseEqual: number;
  missed: number;
}

const milliseconds: number[] = [];

async function timed(gold: string, answer: string, decimals?: number): Promise<boolean> {
  const start = performance.now();
  const equal = await equivalent(gold, answer, decimals === undefined ? {} : { decimals });
  milliseconds.push(performance.now() - start);
  return equal;
}

function tally(name: string): Tally {
  return { name, n: 0, agree: 0, falseEqual: 0, missed: 0 };
}

function count(into: Tally, wanted: boolean, found: boolean): void {
  into.n++;
  if (wanted === found) into.agree++;
  else if (found) into.falseEqual++;
  else into.missed++;
}

// ── labelled triples ──────────────────────────────────────────────────────────────────────────────────────────────────

/** A row that asks for LaTeX only takes no answer from outside a formula. */
function read(text: string, latexOnly: boolean): string | null {
  if (latexOnly && mathSpans(text).length === 0 && !text.includes('\\boxed')) return null;
  return extractAnswer(text, { answerKind: 'math' });
}

const REASONS: Readonly<Record<string, string>> = {
  '0191': 'the key joins two boxes that only plus signs keep apart; we take the last box as the answer',
};

async function labelled(path: string) {
  const total = tally('labelled triples');
  const misses: string[] = [];
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const { id, gold, pred, equal, settings } = JSON.parse(line) as Triple;
    const latexOnly = settings?.match_types?.join() === 'latex';
    const [key, answer] = [read(gold, latexOnly), read(pred, latexOnly)];
    const found = key !== null && answer !== null && (await timed(key, answer, settings?.precision));
    count(total, equal, found);
    if (found !== equal)
      misses.push(
        `${id}: called ${found ? 'equal' : 'different'}; ${REASONS[id] ?? `read ${key} and ${answer}`}`,
      );
  }
  return { total, misses };
}

// ── pairs by construction ─────────────────────────────────────────────────────────────────────────────────────────────

/** One value in two spellings, and a third that looks alike but is another value. */
interface Variants {
  readonly value: string;
  readonly same: string;
  readonly other: string;
}

const PAIRS_PER_FAMILY = 60;

function signed(number: number, symbol = ''): string {
  return `${number < 0 ? '-' : '+'}${Math.abs(number)}${symbol}`;
}

const families: Readonly<Record<string, (random: Random) => Variants>> = {
  'decimal and fraction': (random) => {
    const [top, power] = [1 + random.integer(999), 1 + random.integer(3)];
    const decimal = (top / 10 ** power).toFixed(power);
    return { value: `\\frac{${top}}{${10 ** power}}`, same: decimal, other: `${decimal}001` };
  },
  'digits in groups': (random) => {
    const number = 10_000 + random.integer(9_000_000);
    const grouped = number.toLocaleString('en-US');
    return {
      value: String(number),
      same: grouped.replaceAll(',', '{,}'),
      other: (number + 1).toLocaleString('en-US'),
    };
  },
  'fraction spellings': (random) => {
    const [top, bottom, factor] = [1 + random.integer(50), 2 + random.integer(50), 2 + random.integer(5)];
    return {
      value: `\\left(\\dfrac{${top}}{${bottom}}\\right)`,
      same: `$${top * factor} / ${bottom * factor}$`,
      other: `\\frac{${top * factor + 1}}{${bottom * factor}}`,
    };
  },
  'factored and expanded': (random) => {
    const [a, b] = [1 + random.integer(20), -1 - random.integer(20)];
    return {
      value: `(x${signed(a)})(x${signed(b)})`,
      same: `x^2${signed(a + b || 0, 'x')}${signed(a * b)}`,
      other: `x^2${signed(a + b, 'x')}${signed(a * b + 1)}`,
    };
  },
  'order of terms': (random) => {
    const coefficients = Array.from({ length: 4 }, () => 1 + random.integer(30));
    const terms = coefficients.map((coefficient, index) => `${coefficient}${'abcd'[index]}^${index + 1}`);
    const changed = terms.with(random.integer(4), '31e_1');
    return { value: terms.join('+'), same: shuffle(terms, random).join(' + '), other: changed.join('+') };
  },
  radicals: (random) => {
    const [factor, inside] = [2 + random.integer(20), [2, 3, 5, 6, 7, 11, 13][random.integer(7)] as number];
    return {
      value: `\\sqrt{${factor ** 2 * inside}}`,
      same: `${factor}\\sqrt{${inside}}`,
      other: String(Math.sqrt(factor ** 2 * inside)),
    };
  },
  'trigonometric identities': (random) => {
    const [factor, plus] = [1 + random.integer(9), random.integer(50)];
    return {
      value: `\\sin^2(${factor}t) + \\cos^2(${factor}t) + ${plus}`,
      same: String(plus + 1),
      other: `\\sin(${factor}t) + \\cos(${factor}t) + ${plus}`,
    };
  },
  logarithms: (random) => {
    const [a, b] = [2 + random.integer(40), 2 + random.integer(40)];
    return {
      value: `\\ln ${a * b}`,
      same: `\\ln ${a} + \\ln ${b}`,
      other: `\\ln ${a + b + (a + b === a * b ? 1 : 0)}`,
    };
  },
  intervals: (random) => {
    const low = random.integer(40) - 20;
    const high = low + 1 + random.integer(20);
    return { value: `[${low}, ${high})`, same: `${low} \\le x < ${high}`, other: `${low} < x < ${high}` };
  },
  'sets and tuples': (random) => {
    const items = [1, 2, 3].map((step) => step * 50 + random.integer(50));
    return {
      value: `\\{${items.join(', ')}\\}`,
      same: `\\left\\{ ${shuffle(items, random).join(',\\, ')} \\right\\}`,
      other: `(${items.join(', ')})`,
    };
  },
  units: (random) => {
    const number = 1 + random.integer(500);
    return { value: `${number} \\text{ cm}^2`, same: `${number}.0`, other: `${number} \\text{ cm}` };
  },
  equations: (random) => {
    const [a, b, factor] = [2 + random.integer(9), 1 + random.integer(9), 2 + random.integer(5)];
    return {
      value: `${a}x + ${b}y = 1`,
      same: `${a * factor}x = ${factor} - ${b * factor}y`,
      other: `${a * factor}x = ${factor} + ${b * factor}y`,
    };
  },
};

async function constructed(): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const [name, make] of Object.entries(families)) {
    const family = tally(name);
    tallies.push(family);
    const random = seeded(`equivalence ${name}`);
    for (let pair = 0; pair < PAIRS_PER_FAMILY; pair++) {
      const { value, same, other } = make(random);
      count(family, true, await timed(value, same));
      count(family, false, await timed(value, other));
    }
  }
  return tallies;
}

// ── report ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const path = sharedData('answer_equiv/math_verify.jsonl');
const triples = path === undefined ? undefined : await labelled(path);
const pairs = await constructed();
const all = tally('all constructed pairs');
for (const { n, agree, falseEqual, missed } of pairs) {
  all.n += n;
  all.agree += agree;
  all.falseEqual += falseEqual;
  all.missed += missed;
}
milliseconds.sort((a, b) => a - b);
const quantile = (share: number) => milliseconds[Math.floor(share * (milliseconds.length - 1))] as number;
const latency = { n: milliseconds.length, p50: quantile(0.5), p99: quantile(0.99), longest: quantile(1) };

if (process.argv.includes('--json')) console.log(JSON.stringify({ triples, pairs, all, latency }, null, 2));
else {
  const line = ({ name, n, agree, falseEqual, missed }: Tally) => {
    const [low, high] = wilson(agree, n).map((share) => (100 * share).toFixed(1));
    console.log(
      `${name.padEnd(26)} ${((100 * agree) / n).toFixed(1).padStart(5)} %  [${low}, ${high}]  n ${n}  falsely equal ${falseEqual}  missed ${missed}`,
    );
  };
  console.log('Agreement with the label (Wilson 95 %)');
  if (triples) line(triples.total);
  else console.log('labelled triples: not here, ../shared/data is needed');
  for (const miss of triples?.misses ?? []) console.log(`  ${miss}`);
  for (const family of pairs) line(family);
  line(all);
  const { n, p50, p99, longest } = latency;
  console.log(
    `Milliseconds per pair: median ${p50.toFixed(2)}, p99 ${p99.toFixed(1)}, longest ${longest.toFixed(0)} (starts the thread), n ${n}`,
  );
}
