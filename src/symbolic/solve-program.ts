import type { Formalism } from '../core/solver.ts';
import { solveConstraints } from './constraints.ts';
import { solveFirstOrder } from './entailment.ts';
import { solveProbabilities } from './probabilities.ts';
import { solveProlog } from './prolog.ts';
import { solveSmt } from './smt.ts';
import { solveDatalog, solveLogicProgram } from './solve-rules.ts';
import type { Solved } from './solved.ts';

/**
 * Solves a program here and now, without limits on memory: inside a process that can be killed. `seconds` is when a solver
 * that can stop by itself should. Throws ProgramError, ContradictionError, UndecidedError and MissingPackageError.
 */
export async function solveProgram(formalism: Formalism, program: string, seconds: number): Promise<Solved> {
  switch (formalism) {
    case 'logic-program':
      return solveLogicProgram(program);
    case 'datalog':
      return solveDatalog(program);
    case 'first-order':
      return solveFirstOrder(program);
    case 'constraints':
      return solveConstraints(program, seconds);
    case 'probabilistic':
      return solveProbabilities(program);
    case 'prolog':
      return solveProlog(program);
    case 'smt':
      return solveSmt(program, seconds);
    default:
      return formalism satisfies never;
  }
}
