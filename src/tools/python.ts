import { MissingPackageError } from '../core/errors.ts';
import type { Execution, Interpreter } from '../core/interpreter.ts';
import type { WarmInterpreter } from './execution.ts';
import {
  DEFAULT_SECONDS,
  executionRequest,
  missingModuleError,
  missingModuleIn,
  notRun,
} from './execution.ts';
import { monty } from './python-monty.ts';
import { pyodide } from './python-pyodide.ts';
import { pythonStatements } from './python-statements.ts';
import { withoutUnusedImports } from './unused-imports.ts';

export interface PythonOptions {
  readonly processes?: number; // programs at once, in each tier
  readonly bubblewrap?: boolean; // around the second tier; default: where it is installed and works
}

/** Packages that programs of language models like to import and that no tier has: their lack is told without a run. */
const ABSENT_PACKAGES = new Set(
  `bs4 cvxpy gurobipy matplotlib mpmath networkx nltk numpy ortools pandas PIL plotly pulp requests scipy seaborn sklearn
  statsmodels sympy tensorflow torch yaml z3`.split(/\s+/),
);
/** Without numpy: its star import replaces builtins, so a program could end, with another value. */
const DROPPABLE_STARS = new Set([...ABSENT_PACKAGES].filter((name) => name !== 'numpy'));

/**
 * Runs Python where it can do no harm: in Monty (under a millisecond) wherever Monty agrees with CPython, else in CPython
 * (Pyodide) inside permissionless Deno processes. A program that neither can run is `unsupported`, with the name of the
 * module it lacks, or `refused` when the second tier is not installed. Throws MissingPackageError when neither is.
 * @example
 * const { value } = await python().execute('ans = 6 * 7', { result: 'ans' }); // '42'
 */
export function python({ processes = 2, bubblewrap }: PythonOptions = {}): WarmInterpreter {
  const quick = unlessMissing(() => monty({ processes }));
  const full = unlessMissing(() => pyodide({ processes, ...(bubblewrap !== undefined && { bubblewrap }) }));
  if (!quick && !full) throw new MissingPackageError('@pydantic/monty', 'Running Python');

  async function inBothTiers(
    code: string,
    options: Parameters<Interpreter['execute']>[1],
  ): Promise<Execution> {
    let execution: Execution | undefined;
    if (quick && (!full || !beyondMonty(code))) {
      execution = await quick.execute(code, options);
      if (!isDoubtful(execution, code)) return execution;
    }
    const second = await full?.execute(code, { ...options, seconds: timeLeft(options?.seconds, execution) });
    if (second && (second.status !== 'refused' || !execution)) return second;
    return execution?.status === 'unsupported' && missingModuleIn(execution) === undefined
      ? { ...execution, status: 'refused', error: `${execution.error}; install deno and pyodide to run it` }
      : (execution as Execution);
  }

  return {
    language: 'python',
    async execute(code, options) {
      executionRequest(code, options); // a wrong limit is the caller's mistake, whatever the program
      const { code: needed, modules, droppedStars } = withoutUnusedImports(code, DROPPABLE_STARS);
      const lacking = modules.find((module) => ABSENT_PACKAGES.has(module));
      if (lacking !== undefined && !/\bexcept\b/.test(code))
        return notRun('python', 'unsupported', missingModuleError(lacking));
      const execution = await inBothTiers(needed, options);
      // a star import that was dropped is missed only where a name stays undefined
      const [star] = droppedStars;
      return star !== undefined && execution.error?.startsWith('NameError')
        ? { ...execution, status: 'unsupported', error: missingModuleError(star) }
        : execution;
    },
    async warm() {
      await Promise.all([quick?.warm(), full?.warm()]);
    },
    async close() {
      await Promise.all([quick?.close(), full?.close()]);
    },
  };
}

/** Even a program that has used its time up in the first tier gets this much of the second, to say how it ends. */
const LEAST_SECONDS = 0.05;

/** What the first tier has left of a program's time. */
function timeLeft(seconds = DEFAULT_SECONDS, first: Execution | undefined): number {
  return Math.min(seconds, Math.max(LEAST_SECONDS, seconds - (first?.seconds ?? 0)));
}

function unlessMissing(open: () => WarmInterpreter): WarmInterpreter | undefined {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof MissingPackageError) return undefined;
    throw cause;
  }
}

/** Builtins that Monty knows, so that a `def` of one of these names would go unnoticed there. */
const BUILTINS = new Set(
  `abs all any bin bool chr dict divmod enumerate filter float frozenset getattr hash hex id int isinstance iter len list
  map max min next oct open ord pow print range repr reversed round set slice sorted str sum tuple type zip`.split(
    /\s+/,
  ),
);
/** A format with decimals: Monty rounds the decimal digits of a number, Python the double. */
const DECIMAL_FORMAT = /[.]\d+[eEfFgG%]/;

/**
 * Whether a program uses what Monty silently does in its own way: `except` hides what it lacks, a `def` does not replace
 * a builtin, and formats with decimals round differently.
 */
function beyondMonty(code: string): boolean {
  return pythonStatements(code).some(({ tokens }) => {
    const [first, second] = tokens;
    if (first?.text === 'except') return true;
    if (first?.text === 'def' && BUILTINS.has(second?.text ?? '')) return true;
    return tokens.some(({ kind, text }) => kind === 'string' && DECIMAL_FORMAT.test(text));
  });
}

/** Errors that Monty raises for the same programs as CPython. Not those of syntax, which it explains less well. */
const SHARED_ERRORS = new Set([
  'AssertionError',
  'IndexError',
  'KeyError',
  'NameError',
  'RecursionError',
  'UnboundLocalError',
  'ValueError',
  'ZeroDivisionError',
]);
/** Monty's text of numbers that Python writes otherwise: very large, very small, not finite, cut at 64 bits. */
const ODD_NUMBER = /\d{17}\.0|(?<![\d.])0\.0000\d|\binf\.0|\bNaN\b|\bnan\b|92233720368547758/;
/** Names that CPython has and Monty lacks. */
const PYTHON_NAMES = new Set(
  `__annotations__ __builtins__ __doc__ __file__ __import__ __name__ ascii breakpoint bytearray callable classmethod compile
  complex copyright credits delattr dir eval exec exit format globals help input issubclass license locals memoryview object
  quit setattr staticmethod super vars`.split(/\s+/),
);

/** Whether CPython might come to another end than Monty did. */
function isDoubtful({ status, error = '', stdout, value = '' }: Execution, code: string): boolean {
  // Monty builds whole lists where CPython goes one by one
  if (status === 'unsupported' || status === 'memory') return true;
  if (ODD_NUMBER.test(value) || ODD_NUMBER.test(stdout)) return true;
  if (status !== 'error') return false;
  const type = /^\w+/.exec(error)?.[0] ?? '';
  const name = /^NameError: name '([^']*)'/.exec(error)?.[1];
  if (name !== undefined) return PYTHON_NAMES.has(name) || isBound(name, code);
  return !SHARED_ERRORS.has(type);
}

/** Whether a program gives a name a value somewhere: Monty loses some of them, as in a lambda that calls itself. */
function isBound(name: string, code: string): boolean {
  return pythonStatements(code).some(({ tokens }) =>
    tokens.some(
      ({ text }, index) =>
        text === name &&
        (/^(?:def|class|for|as|import)$/.test(tokens[index - 1]?.text ?? '') ||
          (tokens[index + 1]?.text === '=' && tokens[index + 2]?.text !== '=')),
    ),
  );
}
