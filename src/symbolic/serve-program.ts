import { MissingPackageError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { Formalism, SolverOutcome } from '../core/solver.ts';
import { checkCertificate } from './check-program.ts';
import { ContradictionError, ProgramError, UndecidedError } from './program-error.ts';
import { solveProgram } from './solve-program.ts';
import type { CheckVerdict, Solved } from './solved.ts';

export interface SolverRequest {
  readonly formalism: Formalism;
  readonly program: string;
  readonly seconds: number;
  readonly outputCharacters: number;
  readonly memoryMiB: number;
}

export type SolverReply = Omit<SolverOutcome, 'engine'> & { readonly missing?: string };
type Untimed = Omit<SolverReply, 'seconds'>;

/** Solves a request and has the answer checked; what is wrong with a program is a value. */
export async function serveProgram(request: SolverRequest): Promise<SolverReply> {
  const startedAt = performance.now();
  const reply = await solveAndCheck(request);
  return { ...reply, seconds: (performance.now() - startedAt) / 1000 };
}

async function solveAndCheck({
  formalism,
  program,
  seconds,
  outputCharacters,
}: SolverRequest): Promise<Untimed> {
  let solved: Solved;
  try {
    solved = await solveProgram(formalism, program, seconds);
  } catch (cause) {
    return failure(cause as Error);
  }
  const reply = {
    answer: solved.answer,
    proof: solved.proof,
    ...(solved.certificate !== undefined && { certificate: solved.certificate }),
  };
  const characters = JSON.stringify(reply).length;
  if (characters > outputCharacters)
    return {
      status: 'output',
      error: `The answer with its proof has ${characters} characters; at most ${outputCharacters} are kept`,
    };
  return { status: 'answered', ...reply, ...checked(formalism, program, solved.answer, solved.certificate) };
}

/** The verdict of the independent checker. A refused certificate is a fault of ours: the answer is withheld. */
function checked(
  formalism: Formalism,
  program: string,
  answer: string,
  certificate: Json | undefined,
): Partial<Untimed> {
  if (certificate === undefined) return {};
  const verdict: CheckVerdict = checkCertificate(formalism, program, answer, certificate);
  if (verdict.verdict === 'accepted') return { checked: true };
  if (verdict.verdict === 'beyond') return {};
  return { status: 'failed', checked: false, error: `The certificate was refused: ${verdict.reason}` };
}

function failure(cause: Error): Untimed {
  const error = (cause.message.split('\n', 1)[0] ?? '').slice(0, 500);
  if (cause instanceof ContradictionError) return { status: 'contradictory', error };
  if (cause instanceof UndecidedError) return { status: 'undecided', error };
  if (cause instanceof ProgramError) return { status: 'malformed', error };
  if (cause instanceof MissingPackageError) return { status: 'refused', error, missing: error };
  if (cause instanceof RangeError) return { status: 'failed', error: `The program is too large: ${error}` };
  throw cause;
}
