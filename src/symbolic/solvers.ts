import { InputError } from '../core/errors.ts';
import type { Formalism, Solver, SolverLimits } from '../core/solver.ts';
import { FORMALISMS } from '../core/solver.ts';
import { processPool } from '../host/process-pool.ts';
import { siblingScript } from '../host/sibling-script.ts';
import { OUT_OF_MEMORY } from '../host/worker-pool.ts';
import { GRAMMARS } from './grammars.ts';
import { MOST_PROGRAM_CHARACTERS } from './program-lines.ts';
import type { SolverReply, SolverRequest } from './serve-program.ts';

export const DEFAULT_SECONDS = 10;
export const DEFAULT_MEMORY_MIB = 512;
export const DEFAULT_OUTPUT_CHARACTERS = 2 ** 20;
export const MOST_SECONDS = 600;
export const MOST_MEMORY_MIB = 4096;
export const MOST_OUTPUT_CHARACTERS = 2 ** 26;
/** What Z3 and SWI-Prolog take for themselves when a process loads them, in MiB: no program is charged for it. */
const ENGINES_MIB = 256;
/** Their memory never shrinks, so a process is replaced after so many programs. */
const USES_PER_PROCESS = 100;
/** A solver asked to stop gets this long to say that it did before it is killed. */
const GRACE_SECONDS = 0.1;

export interface SolversOptions {
  readonly processes?: number; // programs at once; default 2
}

const ENGINES: Readonly<Record<Formalism, string>> = {
  'logic-program': 'datalog',
  datalog: 'datalog',
  'first-order': 'herbrand instances and clause learning',
  constraints: 'z3',
  smt: 'z3',
  prolog: 'swi-prolog',
  probabilistic: 'enumeration and sampling',
};

/** Solvers that can be started before they are needed. */
export interface WarmSolvers extends Solver {
  warm(): Promise<void>;
}

/**
 * Runs programs of every formalism in processes that can be killed, and has each answer checked against its certificate by
 * code that shares nothing with the solver. Throws MissingPackageError where a formalism needs a package that is not there.
 * @example
 * const { answer, proof } = await solvers().solve('datalog', 'parent(ada, ben).\n?- parent(ada, X).');
 */
export function solvers({ processes = 2 }: SolversOptions = {}): WarmSolvers {
  const poolOf = (script: string, usesPerProcess: number) =>
    processPool<SolverRequest, SolverReply>({
      script: siblingScript(import.meta.url, script),
      size: processes,
      memoryMiB: ({ memoryMiB }) => memoryMiB + ENGINES_MIB,
      usesPerProcess,
    });
  const shared = poolOf('solver-worker', USES_PER_PROCESS);
  const prolog = poolOf('prolog-worker', 1); // a Prolog cannot be emptied for the next program
  return {
    formalisms: FORMALISMS,
    grammar: (formalism) => GRAMMARS[formalism],
    async solve(formalism, program, limits = {}) {
      const { seconds, memoryMiB, outputCharacters } = checkedLimits(limits);
      const engine = ENGINES[formalism];
      if (program.length > MOST_PROGRAM_CHARACTERS)
        return {
          status: 'refused',
          error: `The program has ${program.length} characters; at most ${MOST_PROGRAM_CHARACTERS} are read`,
          seconds: 0,
          engine,
        };
      if (formalism === 'prolog') void prolog.warm(); // a fresh process stands by while one is replaced
      const outcome = await (formalism === 'prolog' ? prolog : shared).run(
        { formalism, program, seconds, memoryMiB, outputCharacters },
        { milliseconds: (seconds + GRACE_SECONDS) * 1000, ...(limits.signal && { signal: limits.signal }) },
      );
      switch (outcome.status) {
        case 'ok': {
          const { missing, ...reply } = outcome.value;
          if (missing !== undefined) throw new InputError(missing);
          return { ...reply, engine };
        }
        case 'timeout':
          return { status: 'timeout', error: `No answer within ${seconds} s`, seconds, engine };
        case 'crashed':
          return outcome.error === OUT_OF_MEMORY
            ? {
                status: 'memory',
                error: `The solver needed more than ${memoryMiB} MiB of memory`,
                seconds,
                engine,
              }
            : { status: 'failed', error: `The solver failed: ${outcome.error}`, seconds, engine };
        default:
          return outcome satisfies never;
      }
    },
    warm: async () => {
      await Promise.all([shared.warm(), prolog.warm()]);
    },
    close: async () => {
      await Promise.all([shared.close(), prolog.close()]);
    },
  };
}

function checkedLimits({
  seconds = DEFAULT_SECONDS,
  memoryMiB = DEFAULT_MEMORY_MIB,
  outputCharacters = DEFAULT_OUTPUT_CHARACTERS,
}: SolverLimits): Required<Omit<SolverLimits, 'signal'>> {
  within('seconds', seconds, 0.001, MOST_SECONDS);
  within('memoryMiB', memoryMiB, 1, MOST_MEMORY_MIB);
  within('outputCharacters', outputCharacters, 1, MOST_OUTPUT_CHARACTERS);
  return { seconds, memoryMiB, outputCharacters };
}

function within(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new InputError(`${name} is ${value}; it must lie between ${least} and ${most}`);
}
