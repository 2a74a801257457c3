import type { Json } from './model.ts';

/** The languages a program for a solver may be written in. */
export const FORMALISMS = [
  'logic-program', // facts and rules over signed literals, a yes-no-unknown query
  'datalog', // rules with stratified negation, a query with bindings
  'first-order', // premises and a conclusion
  'constraints', // variables over finite domains, options
  'smt', // SMT-LIB terms over whole numbers, booleans and functions
  'prolog',
  'probabilistic', // discrete networks and urns
] as const;
export type Formalism = (typeof FORMALISMS)[number];

/** Limits of one program. Each has a hard wall behind it: the solver is killed, not asked. */
export interface SolverLimits {
  readonly seconds?: number; // default 10
  readonly memoryMiB?: number; // default 512
  readonly outputCharacters?: number; // of answer, proof and certificate together; default 2 ** 20
  readonly signal?: AbortSignal;
}

/** What a solver made of a program. A program that is wrong, hangs or floods is an expected outcome, so it is a value. */
export interface SolverOutcome {
  readonly status:
    | 'answered'
    | 'malformed' // not in the grammar
    | 'contradictory' // what it states cannot all hold
    | 'undecided' // the solver gave up within its limits
    | 'timeout'
    | 'memory'
    | 'output'
    | 'refused' // the solver is not installed, or the program too long
    | 'failed';
  /** `true`, `false` or `unknown`; labels of options; values of variables; a probability. */
  readonly answer?: string;
  /** Why, in lines that a person can follow. */
  readonly proof?: readonly string[];
  /** Machine form of the proof: enough to check the answer without the solver. */
  readonly certificate?: Json;
  /** Whether the independent checker accepted the certificate. Absent: there is none, or it is beyond the checker. */
  readonly checked?: boolean;
  readonly error?: string; // one line for the author of the program
  readonly seconds: number;
  readonly engine: string;
}

/** Runs programs of several formalisms where they can do no harm. */
export interface Solver {
  readonly formalisms: readonly Formalism[];
  /** How to write a program of a formalism: grammar and one example, as a prompt needs them. */
  grammar(formalism: Formalism): string;
  solve(formalism: Formalism, program: string, limits?: SolverLimits): Promise<SolverOutcome>;
  close(): Promise<void>;
}
