import { loadPackage } from '../host/load-package.ts';
import { ProgramError, UndecidedError } from './program-error.ts';
import type { SExpression } from './s-expressions.ts';
import { readSExpressions } from './s-expressions.ts';

type Z3 = Awaited<ReturnType<typeof import('z3-solver')['init']>>;

let opened: Promise<Z3> | undefined;

/**
 * Runs SMT-LIB commands in a fresh Z3 and gives back what they print. Z3 stops by itself after `seconds` and then prints
 * `unknown`. Blocks this process meanwhile. Throws MissingPackageError without the package z3-solver.
 */
export async function runZ3(commands: string, seconds: number): Promise<readonly SExpression[]> {
  opened ??= openZ3();
  const { Z3, em } = await opened;
  const config = Z3.mk_config();
  const context = Z3.mk_context(config);
  Z3.del_config(config);
  try {
    const milliseconds = Math.max(1, Math.ceil(seconds * 1000));
    const text = `(set-option :timeout ${milliseconds})\n${commands}`;
    // not the package's own asynchronous call: it frees the text while another thread still reads it
    return readSExpressions(
      em.ccall('Z3_eval_smtlib2_string', 'string', ['number', 'string'], [context, text]),
    );
  } finally {
    Z3.del_context(context);
  }
}

async function openZ3(): Promise<Z3> {
  const { init } = await loadPackage('z3-solver', 'Solving constraints and SMT', () => import('z3-solver'));
  return init();
}

/** What Z3 prints in answer to check-sat, get-unsat-core and get-value, in this order, where some apply. */
export interface CheckResult {
  readonly satisfiable: boolean;
  readonly core: readonly string[]; // names of assertions; empty when satisfiable
  readonly values: readonly SExpression[]; // pairs; empty when not
}

/** The commands of a check, and the reader of what they print: errors of the command that does not apply are expected. */
export function checkCommands(terms: readonly string[]): string {
  return `(check-sat)\n(get-unsat-core)\n${terms.length > 0 ? `(get-value (${terms.join(' ')}))` : '(get-model)'}\n`;
}

/** Reads the three answers of `checkCommands`. Throws UndecidedError for `unknown`, ProgramError for an error. */
export function readCheck([verdict, core, values]: readonly SExpression[]): CheckResult {
  if (verdict === 'sat') return { satisfiable: true, core: [], values: isList(values) ? values : [] };
  if (verdict === 'unsat')
    return {
      satisfiable: false,
      core: isList(core) ? core.filter((one) => typeof one === 'string') : [],
      values: [],
    };
  if (verdict === 'unknown')
    throw new UndecidedError('Z3 found no answer within its time; simplify the program');
  const message = isList(verdict) && verdict[0] === 'error' ? String(verdict[1]) : JSON.stringify(verdict);
  throw new ProgramError(`Z3 refuses the program: ${message.slice(0, 300)}`);
}

function isList(value: SExpression | undefined): value is readonly SExpression[] {
  return Array.isArray(value);
}
