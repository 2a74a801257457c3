import type { Json } from '../core/model.ts';
import { assignmentText, decidingExpression, wantedWithout } from './check-constraints.ts';
import type { ConstraintProgram, Expression } from './constraint-program.ts';
import { readConstraints } from './constraint-program.ts';
import { ContradictionError, UndecidedError } from './program-error.ts';
import type { SExpression } from './s-expressions.ts';
import type { Solved } from './solved.ts';
import { checkCommands, readCheck, runZ3 } from './z3.ts';

type Values = ReadonlyMap<string, number>;

/**
 * Solves a constraint program with Z3: the labels of the options that are entailed, possible or impossible as it asks, or an
 * assignment. The certificate holds an assignment that satisfies the constraints, and for each option one that decides it or
 * the constraints that leave none. Throws ContradictionError when the constraints have no solution and options are asked for.
 */
export async function solveConstraints(text: string, seconds: number): Promise<Solved> {
  const program = readConstraints(text);
  const names = [...program.variables.keys()];
  const { options = [], constraints } = program;
  const check = checkCommands(names.map((_, index) => `v${index}`));
  const commands = [
    '(set-option :produce-unsat-cores true)',
    ...names.map((name, index) => declaration(`v${index}`, program.variables.get(name) ?? [])),
    ...constraints.map(
      ({ expression }, index) => `(assert (! ${condition(expression, names)} :named c${index}))`,
    ),
    check,
    ...options.map(
      ({ expression }) =>
        `(push)\n(assert (! ${condition(decidingExpression(program, expression), names)} :named goal))\n${check}(pop)`,
    ),
  ].join('\n');
  const printed = await runZ3(commands, seconds);
  const results = Array.from({ length: options.length + 1 }, (_, index) =>
    readCheck(printed.slice(3 * index)),
  );
  const [first, ...decisions] = results;
  const cores = (core: readonly string[]) =>
    core.flatMap((name) => (name.startsWith('c') ? [Number(name.slice(1))] : []));
  if (!first?.satisfiable) {
    const clash = cores(first?.core ?? []).map((index) => constraints[index]?.source);
    if (program.options)
      throw new ContradictionError(
        `No assignment satisfies the constraints together: ${clash.join(' · ').slice(0, 500)}`,
      );
    return {
      answer: 'none',
      proof: ['These constraints leave no assignment:', ...clash.map(String)],
      certificate: { kind: 'assignments' },
    };
  }
  const witness = readValues(names, first.values);
  if (!program.options)
    return {
      answer: assignmentText(program, witness),
      proof: ['This assignment satisfies all constraints.'],
      certificate: { kind: 'assignments', witness: valuesJson(witness) },
    };
  const decided = decisions.map(({ satisfiable, values, core }) =>
    satisfiable ? readValues(names, values) : { core: cores(core) },
  );
  const wanted = options.filter(
    (_, index) => 'core' in (decided[index] as object) === wantedWithout(program),
  );
  return {
    answer: wanted.length === 0 ? 'none' : wanted.map(({ label }) => label).join('; '),
    proof: [
      `The constraints hold with ${assignmentText(program, witness)}.`,
      ...options.map(({ label }, index) => decisionText(program, label, decided[index] as Values)),
    ],
    certificate: {
      kind: 'assignments',
      witness: valuesJson(witness),
      options: decided.map((one) => ('core' in one ? one : valuesJson(one))),
    },
  };
}

/** Constraints, or an option, that an assignment decides: what it shows in words. */
function decisionText(
  program: ConstraintProgram,
  label: string,
  decided: Values | { readonly core: readonly number[] },
): string {
  const { ask, constraints } = program;
  if ('core' in decided) {
    const core = decided.core.map((index) => constraints[index]?.source).join(' · ');
    return `${label}) is ${ask === 'entailed' ? 'entailed' : 'impossible'} by: ${core === '' ? 'the domains alone' : core}`;
  }
  return `${label}) is ${ask === 'entailed' ? 'not entailed' : 'possible'}: ${assignmentText(program, decided)}`;
}

function declaration(name: string, values: readonly number[]): string {
  const equalities = values.map((value) => `(= ${name} ${integer(value)})`);
  return `(declare-const ${name} Int)\n(assert (or ${equalities.join(' ')}))`;
}

function integer(value: number): string {
  return value < 0 ? `(- ${-value})` : String(value);
}

/** An expression where a truth value is wanted: a number is true unless it is 0. */
function condition(expression: Expression, names: readonly string[]): string {
  switch (expression.kind) {
    case 'compare': {
      const [left, right] = [expression.left, expression.right].map((side) => quantity(side, names));
      if (expression.relation === '!=') return `(not (= ${left} ${right}))`;
      return `(${expression.relation === '==' ? '=' : expression.relation} ${left} ${right})`;
    }
    case 'not':
      return `(not ${condition(expression.of, names)})`;
    case 'and':
    case 'or':
      return `(${expression.kind} ${expression.parts.map((part) => condition(part, names)).join(' ')})`;
    case 'different':
      if (expression.parts.length < 2) return 'true';
      return `(distinct ${expression.parts.map((part) => quantity(part, names)).join(' ')})`;
    default:
      return `(not (= ${quantity(expression, names)} 0))`;
  }
}

/** An expression where a number is wanted: a condition is 1 or 0. */
function quantity(expression: Expression, names: readonly string[]): string {
  switch (expression.kind) {
    case 'number':
      return integer(expression.value);
    case 'variable':
      return `v${names.indexOf(expression.name)}`;
    case '+':
    case '-':
    case '*':
      return `(${expression.kind} ${quantity(expression.left, names)} ${quantity(expression.right, names)})`;
    case 'abs':
      return `(abs ${quantity(expression.of, names)})`;
    default:
      return `(ite ${condition(expression, names)} 1 0)`;
  }
}

function readValues(names: readonly string[], pairs: readonly SExpression[]): Values {
  return new Map(
    names.map((name, index) => {
      const value = pairs[index]?.[1];
      const number = Array.isArray(value) ? -Number(value[1]) : Number(value ?? Number.NaN);
      if (pairs.length !== names.length || !Number.isInteger(number))
        throw new UndecidedError(
          `Z3 gives no whole number for ${name}: ${JSON.stringify(pairs).slice(0, 200)}`,
        );
      return [name, number];
    }),
  );
}

function valuesJson(values: Values): Json {
  return [...values];
}
