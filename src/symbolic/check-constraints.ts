/**
 * Checks answers to constraint programs without the solver: assignments are put into the constraints; that there is no
 * assignment is shown by going through all of them, cutting off where a constraint already fails.
 */
import { z } from 'zod';
import type { ConstraintProgram, Expression } from './constraint-program.ts';
import { readConstraints } from './constraint-program.ts';
import { evaluateExpression } from './evaluate-expression.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, beyond, refused } from './solved.ts';

/** Partial assignments of one check before it gives up. */
const MOST_NODES = 3_000_000;

const assignmentSchema = z.array(z.tuple([z.string(), z.int()]));
const certificateSchema = z.object({
  kind: z.literal('assignments'),
  witness: assignmentSchema.optional(), // satisfies the constraints
  /** Of each option: an assignment that decides it, or the constraints that leave none. */
  options: z.array(z.union([assignmentSchema, z.object({ core: z.array(z.int().min(0)) })])).optional(),
});
type Assignment = z.infer<typeof assignmentSchema>;

/** Checks the answer to a constraint program against its assignments. */
export function checkConstraints(text: string, answer: string, certificate: unknown): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of assignments');
  const program = readConstraints(text);
  const { witness, options = [] } = parsed.data;
  try {
    if (!witness) {
      if (program.options || answer !== 'none') return refused('The certificate shows no assignment');
      return exhausted(
        program,
        program.constraints.map(({ expression }) => expression),
      )
        ? accepted
        : refused('There is an assignment');
    }
    const values = complete(program, witness);
    if (!values) return refused('The assignment is incomplete or breaks a constraint');
    if (!program.options)
      return answer === assignmentText(program, values)
        ? accepted
        : refused('The answer is another assignment');
    const wanted = wantedLabels(program, options);
    if (typeof wanted === 'string') return refused(wanted);
    return answer === (wanted.length === 0 ? 'none' : wanted.map(({ label }) => label).join('; '))
      ? accepted
      : refused('The assignments point to other options');
  } catch (cause) {
    if (cause instanceof RangeError) return beyond(cause.message);
    throw cause;
  }
}

/** What an assignment must do to an option to decide it: make it false where entailed options are asked for, else true. */
export function decidingExpression({ ask }: ConstraintProgram, option: Expression): Expression {
  return ask === 'entailed' ? { kind: 'not', of: option } : option;
}

/** Whether an option without a deciding assignment is one that was asked for. */
export function wantedWithout({ ask }: ConstraintProgram): boolean {
  return ask !== 'possible';
}

/** The options that were asked for, each decision checked; or what is wrong. */
function wantedLabels(
  program: ConstraintProgram,
  decisions: readonly (Assignment | { readonly core: readonly number[] })[],
): readonly { readonly label: string }[] | string {
  const { options = [], constraints } = program;
  if (decisions.length !== options.length) return 'The certificate does not decide each option';
  for (const [index, decision] of decisions.entries()) {
    const { label, expression } = options[index] as { label: string; expression: Expression };
    const deciding = decidingExpression(program, expression);
    if ('core' in decision) {
      const used = decision.core.map((number) => constraints[number]?.expression);
      if (used.includes(undefined)) return `Option ${label} rests on a constraint that there is not`;
      if (!exhausted(program, [...(used as Expression[]), deciding]))
        return `Option ${label} is not decided by its constraints`;
    } else {
      const values = complete(program, decision);
      if (!values || evaluateExpression(deciding, values) !== 1)
        return `Option ${label} is not decided by its assignment`;
    }
  }
  return options.filter((_, index) => 'core' in (decisions[index] as object) === wantedWithout(program));
}

/** The values of a full assignment that satisfies all constraints. */
function complete(
  { variables, constraints }: ConstraintProgram,
  assignment: Assignment,
): ReadonlyMap<string, number> | undefined {
  const values = new Map(assignment);
  for (const [name, domain] of variables)
    if (!domain.includes(values.get(name) ?? Number.NaN)) return undefined;
  return constraints.every(({ expression }) => isTrue(evaluateExpression(expression, values)))
    ? values
    : undefined;
}

function isTrue(value: number | undefined): boolean {
  return value !== undefined && value !== 0;
}

/** Whether no assignment satisfies the expressions. */
function exhausted({ variables }: ConstraintProgram, expressions: readonly Expression[]): boolean {
  const used = new Set(expressions.flatMap(variablesIn));
  const names = [...variables.keys()].filter((name) => used.has(name));
  const values = new Map<string, number>();
  let nodes = 0;
  const search = (depth: number, open: readonly Expression[]): boolean => {
    if (++nodes > MOST_NODES) throw new RangeError(`There are more than ${MOST_NODES} partial assignments`);
    const left: Expression[] = [];
    for (const expression of open) {
      const value = evaluateExpression(expression, values);
      if (value === 0) return false;
      if (value === undefined) left.push(expression);
    }
    const name = names[depth];
    if (name === undefined || left.length === 0) return true;
    for (const value of variables.get(name) ?? []) {
      values.set(name, value);
      if (search(depth + 1, left)) return true;
    }
    values.delete(name);
    return false;
  };
  return !search(0, expressions);
}

function variablesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'variable':
      return [expression.name];
    case 'abs':
    case 'not':
      return variablesIn(expression.of);
    case 'and':
    case 'or':
    case 'different':
      return expression.parts.flatMap(variablesIn);
    default:
      return [...variablesIn(expression.left), ...variablesIn(expression.right)];
  }
}

/** `a = 1, b = red` */
export function assignmentText(
  { variables, words }: ConstraintProgram,
  values: ReadonlyMap<string, number>,
): string {
  return [...variables.keys()]
    .map((name) => {
      const value = values.get(name) ?? Number.NaN;
      return `${name} = ${words.get(value) ?? value}`;
    })
    .join(', ');
}
