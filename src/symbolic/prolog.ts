import { MissingPackageError } from '../core/errors.ts';
import { loadPackage } from '../host/load-package.ts';
import { ProgramError } from './program-error.ts';
import { PROVER } from './prolog-prover.ts';
import type { Solved } from './solved.ts';

/** Answers that are sought; further ones are not. */
export const MOST_PROLOG_ANSWERS = 100;
/** Characters that a program may print; the rest is dropped. */
const PRINTED_CHARACTERS = 10_000;

/** What of swipl-wasm is used here. */
interface Swipl {
  readonly FS: { writeFile(path: string, text: string): void };
  readonly prolog: {
    query(
      goal: string,
      bindings?: Readonly<Record<string, string>>,
    ): { once(): Readonly<Record<string, unknown>> | undefined };
  };
}

/** Clauses and the goal that is asked of them. */
export interface PrologProgram {
  readonly clauses: string;
  readonly goal: string;
}

/** Splits a program from its query: the last statement, which begins with `?-`. Throws ProgramError without one. */
export function readProlog(text: string): PrologProgram {
  const start = text.startsWith('?-') ? 0 : text.lastIndexOf('\n?-') + 1;
  const goal = /^\?-([\s\S]*)\.\s*$/.exec(text.slice(start))?.[1]?.trim();
  if ((start === 0 && !text.startsWith('?-')) || !goal)
    throw new ProgramError('The program asks nothing; end it with a line ?- goal.');
  return { clauses: text.slice(0, start), goal };
}

/**
 * Runs a Prolog program in SWI-Prolog: the bindings of up to `MOST_PROLOG_ANSWERS` answers, or `true` or `false` for a goal
 * without variables. The certificate is the proof of the first answer, where the program is one of Horn clauses. Throws
 * ProgramError for faulty text or a goal that raises an error, MissingPackageError without the package swipl-wasm.
 */
export async function solveProlog(text: string): Promise<Solved> {
  const { clauses, goal } = readProlog(text);
  const { swipl, printed } = await openSwipl();
  swipl.FS.writeFile('/prover.pl', PROVER);
  swipl.FS.writeFile(
    '/program.pl',
    `:- style_check(-singleton).\n:- style_check(-discontiguous).\n${clauses}`,
  );
  swipl.prolog.query("load_files(['/prover.pl'], [silent(true)])").once();
  const loaded = swipl.prolog.query("reckon_load('/program.pl', Problem)").once();
  const problem = said(loaded?.Problem) || printed();
  if (problem !== '') throw new ProgramError(`Prolog cannot read the program: ${oneLine(problem)}`);
  const result = swipl.prolog
    .query('reckon_solve(Goal, Most, Answers, Proof, Problem)', {
      Goal: goal,
      Most: String(MOST_PROLOG_ANSWERS),
    })
    .once();
  const failure = said(result?.Problem);
  if (!result || failure !== '') throw new ProgramError(`Prolog raises ${oneLine(failure || 'an error')}`);
  const answers = said(result.Answers);
  const steps = said(result.Proof)
    .split('\n')
    .filter((line) => line !== '');
  return {
    answer: answers === '' ? 'false' : answers,
    proof:
      steps.length > 0
        ? steps.map((line) => line.replaceAll('\t', ' :- '))
        : [answers === '' ? 'No derivation succeeds.' : answers],
    ...(steps.length > 0 && {
      certificate: { kind: 'resolution', steps: steps.map((line) => line.split('\t')) },
    }),
  };
}

interface OpenedProlog {
  readonly swipl: Swipl;
  readonly printed: () => string;
}

let ahead: OpenedProlog | undefined;

/** Starts a Prolog for the next program. Where the package is missing, that program says so. */
export async function openAhead(): Promise<void> {
  try {
    ahead = await openSwipl();
  } catch (cause) {
    if (!(cause instanceof MissingPackageError)) throw cause;
  }
}

/** A fresh Prolog, so that no program sees another's clauses. */
async function openSwipl(): Promise<OpenedProlog> {
  if (ahead) {
    const opened = ahead;
    ahead = undefined;
    return opened;
  }
  const loaded = await loadPackage('swipl-wasm', 'Running Prolog', () => import('swipl-wasm'));
  const open = loaded.default as unknown as (options: object) => Promise<Swipl>;
  let errors = '';
  const swipl = await open({
    arguments: ['-q'],
    print: () => {},
    printErr: (line: string) => {
      errors = (errors + line).slice(0, PRINTED_CHARACTERS);
    },
  });
  return { swipl, printed: () => errors };
}

function said(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = typeof value === 'object' && value !== null && 'v' in value ? value.v : '';
  return typeof text === 'string' ? text : '';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
