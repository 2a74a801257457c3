import type { Json } from '../core/model.ts';
import { ContradictionError, ProgramError } from './program-error.ts';
import type { SExpression } from './s-expressions.ts';
import { sExpressionText } from './s-expressions.ts';
import { decidingTerm, readSmt } from './smt-program.ts';
import type { Solved } from './solved.ts';
import type { CheckResult } from './z3.ts';
import { checkCommands, readCheck, runZ3 } from './z3.ts';

/**
 * Solves an SMT program with Z3: the labels of the options sought, or the values of the constants. The certificate holds a
 * model for what is possible and the constraints that exclude what is not. Throws ContradictionError when the constraints
 * cannot hold and options are asked for.
 */
export async function solveSmt(text: string, seconds: number): Promise<Solved> {
  const program = readSmt(text);
  const { declarations, constraints, options = [] } = program;
  const check = checkCommands([]);
  const printed = await runZ3(
    [
      '(set-option :produce-unsat-cores true)',
      ...declarations.map(sExpressionText),
      ...constraints.map(
        ({ term }, index) => `(assert (! ${sExpressionText(term)} :named reckon-c${index}))`,
      ),
      check,
      ...options.map(
        ({ term }) =>
          `(push)\n(assert (! ${sExpressionText(decidingTerm(program, term))} :named reckon-goal))\n${check}(pop)`,
      ),
    ].join('\n'),
    seconds,
  );
  if (printed.length !== 3 * (options.length + 1))
    throw new ProgramError(`Z3 refuses the program: ${faultOf(printed)}`);
  const [first, ...decisions] = Array.from({ length: options.length + 1 }, (_, index) =>
    readCheck(printed.slice(3 * index)),
  ) as [CheckResult, ...CheckResult[]];
  const coreOf = ({ core }: CheckResult) =>
    core.flatMap((name) => (name.startsWith('reckon-c') ? [Number(name.slice('reckon-c'.length))] : []));
  const said = (result: CheckResult) =>
    coreOf(result)
      .map((index) => constraints[index]?.source)
      .join(' · ');
  if (!first.satisfiable) {
    if (program.options)
      throw new ContradictionError(`The constraints cannot hold together: ${said(first).slice(0, 500)}`);
    return {
      answer: 'none',
      proof: [`These cannot hold together: ${said(first)}`],
      certificate: { kind: 'smt', results: [{ core: coreOf(first) }] },
    };
  }
  const results = [first, ...decisions].map((result) =>
    result.satisfiable ? { model: modelJson(result.values) } : { core: coreOf(result) },
  );
  if (!program.options)
    return {
      answer: modelText(first.values),
      proof: [modelText(first.values)],
      certificate: { kind: 'smt', results },
    };
  const wanted = options.filter((_, index) => decisions[index]?.satisfiable === (program.ask === 'possible'));
  return {
    answer: wanted.length === 0 ? 'none' : wanted.map(({ label }) => label).join('; '),
    proof: options.map(({ label }, index) => {
      const result = decisions[index] as CheckResult;
      const entailed = program.ask === 'entailed';
      if (!result.satisfiable)
        return `${label}) is ${entailed ? 'entailed' : 'impossible'} by: ${said(result) || 'itself alone'}`;
      return `${label}) is ${entailed ? 'not entailed' : 'possible'}: ${modelText(result.values)}`;
    }),
    certificate: { kind: 'smt', results },
  };
}

function faultOf(printed: readonly SExpression[]): string {
  const fault = printed.find((one) => Array.isArray(one) && one[0] === 'error');
  return sExpressionText(fault ?? printed.slice(0, 3)).slice(0, 300);
}

/** The definitions of a model as text, which the checker reads for itself. */
function modelJson(definitions: readonly SExpression[]): Json {
  return definitions.map(sExpressionText);
}

/** `x = 4, y = (- 1)` */
function modelText(definitions: readonly SExpression[]): string {
  return definitions
    .flatMap((one) => {
      if (!Array.isArray(one) || one[0] !== 'define-fun' || String(one[1]).startsWith('reckon-')) return [];
      const [, name, parameters, , body] = one as SExpression[];
      const of = Array.isArray(parameters) && parameters.length > 0 ? `(${parameters.length} arguments)` : '';
      return [`${sExpressionText(name ?? '')}${of} = ${sExpressionText(body ?? '').replaceAll(/\s+/g, ' ')}`];
    })
    .sort()
    .join(', ');
}
