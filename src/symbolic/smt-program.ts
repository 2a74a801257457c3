import { ProgramError } from './program-error.ts';
import type { Ask, ProgramLine } from './program-lines.ts';
import { cut, programSections, readOption, readQuery } from './program-lines.ts';
import type { SExpression } from './s-expressions.ts';
import { readSExpressions } from './s-expressions.ts';

/** An SMT program: what it declares, what must hold, and which options are sought; without options a model is. */
export interface SmtProgram {
  readonly declarations: readonly SExpression[];
  readonly constraints: readonly { readonly term: SExpression; readonly source: string }[];
  readonly ask: Ask;
  readonly options?: readonly { readonly label: string; readonly term: SExpression }[];
}

/** Commands that only name things: nothing else of SMT-LIB reaches the solver. */
const DECLARATIONS = new Set([
  'declare-const',
  'declare-fun',
  'declare-sort',
  'define-fun',
  'declare-datatypes',
]);

/**
 * Reads sections Declarations (SMT-LIB, as `(declare-const x Int)`), Constraints and Query (one SMT-LIB term a line, options
 * with `A)` before them, or `solve`) and Ask (entailed, possible or impossible). Throws ProgramError.
 */
export function readSmt(text: string): SmtProgram {
  const sections = programSections(
    text,
    ['Declarations', 'Constraints', 'Ask', 'Query'],
    ['Constraints', 'Ask'],
  );
  const { ask, solve } = readQuery(sections);
  return {
    declarations: sections.Declarations.map((line) => {
      const declaration = readTerm(line, line.text);
      const [command] = Array.isArray(declaration) ? declaration : [];
      if (typeof command !== 'string' || !DECLARATIONS.has(command))
        throw new ProgramError(
          `"${cut(line.text)}" declares nothing; write (declare-const x Int)`,
          line.line,
        );
      return declaration;
    }),
    constraints: sections.Constraints.map((line) => ({
      term: readTerm(line, line.text),
      source: line.note ?? line.text,
    })),
    ask,
    ...(!solve && {
      options: sections.Query.map((line) => {
        const { label, rest } = readOption(line);
        return { label, term: readTerm(line, rest) };
      }),
    }),
  };
}

/** One term, without the (assert …) that authors like to put around it. */
function readTerm({ line }: ProgramLine, text: string): SExpression {
  let terms: SExpression[];
  try {
    terms = readSExpressions(text);
  } catch (cause) {
    throw new ProgramError((cause as Error).message, line);
  }
  const [term, second] = terms;
  if (term === undefined || second !== undefined)
    throw new ProgramError(`"${cut(text)}" is not one SMT-LIB term`, line);
  return Array.isArray(term) && term[0] === 'assert' && term.length === 2 ? (term[1] as SExpression) : term;
}

/** What must hold of an option to decide it: its negation where entailed options are asked for. */
export function decidingTerm({ ask }: SmtProgram, option: SExpression): SExpression {
  return ask === 'entailed' ? ['not', option] : option;
}
