import type { Formalism } from '../core/solver.ts';
import { checkConstraints } from './check-constraints.ts';
import { checkFirstOrder } from './check-first-order.ts';
import { checkProbabilities } from './check-probabilities.ts';
import { checkProlog } from './check-prolog.ts';
import { checkDatalog, checkLogicProgram } from './check-rules.ts';
import { checkSmt } from './check-smt.ts';
import type { CheckVerdict } from './solved.ts';

/**
 * Checks an answer to a program against its certificate, with none of the solvers: `accepted` means that the answer follows,
 * `refused` that the certificate does not show it, `beyond` that the check would take too long. Throws ProgramError for a
 * program that is not in its grammar.
 */
export function checkCertificate(
  formalism: Formalism,
  program: string,
  answer: string,
  certificate: unknown,
): CheckVerdict {
  switch (formalism) {
    case 'logic-program':
      return checkLogicProgram(program, answer, certificate);
    case 'datalog':
      return checkDatalog(program, answer, certificate);
    case 'first-order':
      return checkFirstOrder(program, answer, certificate);
    case 'constraints':
      return checkConstraints(program, answer, certificate);
    case 'probabilistic':
      return checkProbabilities(program, answer, certificate);
    case 'smt':
      return checkSmt(program, answer, certificate);
    case 'prolog':
      return checkProlog(program, answer, certificate);
    default:
      return formalism satisfies never;
  }
}
