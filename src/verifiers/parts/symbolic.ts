import Fraction from 'fraction.js';
import { siblingScript } from '../../host/sibling-script.ts';
import type { WorkerPool } from '../../host/worker-pool.ts';
import { workerPool } from '../../host/worker-pool.ts';
import type { Formula } from './formula.ts';
import { unknowns } from './formula.ts';

/** MathJSON, or LaTeX where our own reader gave up. */
export type SymbolicTerm = string | MathJson;
export type MathJson = number | string | { readonly num: string } | readonly [string, ...MathJson[]];

export interface SymbolicRequest {
  readonly left: SymbolicTerm;
  readonly right: SymbolicTerm;
  readonly latex: boolean; // both terms are LaTeX
}

/** `missing`: the optional package @cortex-js/compute-engine is not installed. */
export type SymbolicVerdict = 'equal' | 'different' | 'unknown' | 'missing';

/** The thread is killed when it has not answered by then; the engine's own limit is 200 ms. */
const KILL_MILLISECONDS = 1000;
const HEAP_MIB = 512;

let pool: WorkerPool<SymbolicRequest, SymbolicVerdict> | undefined;
let missing = false;

export interface SymbolicOptions {
  readonly signal?: AbortSignal;
  /** Questions that one comparison may still ask; counted down here. */
  readonly allowance: { questions: number };
}

/** Whether two terms are equal by computer algebra: exact rewriting first, then values to 60 digits. */
export async function symbolicallyEqual(
  request: SymbolicRequest,
  { signal, allowance }: SymbolicOptions,
): Promise<SymbolicVerdict> {
  if (missing) return 'missing';
  if (allowance.questions-- <= 0) return 'unknown';
  pool ??= workerPool({
    script: siblingScript(import.meta.url, 'symbolic-worker'),
    size: 1,
    memoryMiB: HEAP_MIB,
  });
  const outcome = await pool.run(request, { milliseconds: KILL_MILLISECONDS, ...(signal && { signal }) });
  if (outcome.status !== 'ok') return 'unknown';
  missing = outcome.value === 'missing';
  return outcome.value;
}

/** Two formulas as terms with the same names for the same unknowns. */
export function toTerms(left: Formula, right: Formula): Omit<SymbolicRequest, 'latex'> {
  const names = [...new Set([...unknowns(left), ...unknowns(right)])].sort();
  const symbols = new Map(names.map((name, index) => [name, `v${index}`]));
  return { left: toMathJson(left, symbols), right: toMathJson(right, symbols) };
}

const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ['\\pi', 'Pi'],
  ['e', 'ExponentialE'],
  ['i', 'ImaginaryUnit'],
  ['\\infty', 'PositiveInfinity'],
]);
const OPERATIONS = {
  add: 'Add',
  subtract: 'Subtract',
  multiply: 'Multiply',
  divide: 'Divide',
  power: 'Power',
} as const;

function toMathJson(formula: Formula, symbols: ReadonlyMap<string, string>): MathJson {
  switch (formula.type) {
    case 'number': {
      const value = new Fraction(formula.digits); // exact: the engine would round a decimal
      return ['Rational', { num: String(value.n) }, { num: String(value.d) }];
    }
    case 'symbol':
      return CONSTANTS.get(formula.name) ?? symbols.get(formula.name) ?? formula.name;
    case 'negate':
      return ['Negate', toMathJson(formula.of, symbols)];
    case 'call':
      return [formula.name, ...formula.arguments.map((part) => toMathJson(part, symbols))];
    case 'matrix':
      return [
        'Matrix',
        [
          'List',
          ...formula.rows.map((row): MathJson => ['List', ...row.map((cell) => toMathJson(cell, symbols))]),
        ],
      ];
    default:
      return [
        OPERATIONS[formula.type],
        toMathJson(formula.left, symbols),
        toMathJson(formula.right, symbols),
      ];
  }
}
