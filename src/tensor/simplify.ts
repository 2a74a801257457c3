import { improved } from './fuse.ts';
import { fillOf, type Makers } from './makers.ts';
import {
  dropDead,
  type Equation,
  isLiteral,
  literal,
  type Operand,
  type Program,
  type Variable,
} from './program.ts';

/** The same program with fewer and larger equations, and none that no output needs. */
export function simplify(program: Program): Program {
  return rewrite(rewrite(program)); // what the first round joins, the second one can see
}

function rewrite(program: Program): Program {
  const replaced = new Map<Operand, Operand>();
  const makers: Makers = { of: new Map(), uses: countUses(program) };
  const equations: Equation[] = [];
  const resolve = (operand: Operand): Operand => replaced.get(operand) ?? operand;
  for (const original of program.equations) {
    const equation = { ...original, inputs: original.inputs.map(resolve) };
    const known = constantResult(equation, makers);
    const same = known ? undefined : unchangedOperand(equation, makers);
    if (same) {
      replaced.set(equation.outputs[0] as Variable, same);
      continue;
    }
    const kept = known ?? improved(equation, makers);
    for (const item of kept) for (const output of item.outputs) makers.of.set(output, item);
    equations.push(...kept);
  }
  return dropDead({ ...program, equations, outputs: program.outputs.map(resolve) });
}

function countUses({ equations, outputs }: Program): Map<Operand, number> {
  const uses = new Map<Operand, number>();
  for (const operand of [...outputs, ...equations.flatMap(({ inputs }) => inputs)])
    uses.set(operand, (uses.get(operand) ?? 0) + 1);
  return uses;
}

function filled(output: Variable, value: number): Equation[] {
  const axis = [...output.shape.keys()];
  const inputs = [literal(value, output.type)];
  return [{ primitive: 'broadcast', inputs, parameters: { axis }, outputs: [output] }];
}

/** Equations for outputs that are one number each: what derivatives of constants leave behind. */
function constantResult(equation: Equation, makers: Makers): Equation[] | undefined {
  const { primitive, inputs, outputs } = equation;
  const values = inputs.map((input) => fillOf(input, makers)?.value);
  const [output] = outputs as [Variable];
  if (primitive === 'add' && isZeroDifference(inputs, makers)) return filled(output, 0);
  if ((primitive === 'mul' || primitive === 'dot') && values.includes(0)) return filled(output, 0);
  if (values.length === 0 || values.some((value) => value === undefined)) return undefined;
  const [value] = values as [number];
  switch (primitive) {
    case 'broadcast':
      return isLiteral(inputs[0] as Operand) ? undefined : filled(output, value);
    case 'reshape':
    case 'transpose':
    case 'stop_gradient':
      return filled(output, value);
    case 'neg':
      return filled(output, -value);
    case 'reduce':
      return value === 0 && equation.parameters.op === 'Add' ? filled(output, 0) : undefined;
    case 'concatenate':
      return values.every((other) => other === value) ? filled(output, value) : undefined;
    case 'split':
      return outputs.flatMap((piece) => filled(piece, value));
    default:
      return undefined;
  }
}

/** `x - stop_gradient(x)`: nothing in the forward pass, a way to give a derivative (see `functions.ts`). */
function isZeroDifference(inputs: readonly Operand[], makers: Makers): boolean {
  const [x, negative] = inputs as [Operand, Operand];
  const negated = makers.of.get(negative);
  const stopped = negated?.primitive === 'neg' ? makers.of.get(negated.inputs[0] as Operand) : undefined;
  return stopped?.primitive === 'stop_gradient' && stopped.inputs[0] === x;
}

/** The operand that an equation passes on: a sum with zero, a product with one, a reshape to the same shape. */
function unchangedOperand({ primitive, inputs, outputs }: Equation, makers: Makers): Operand | undefined {
  const [a, b] = inputs as [Operand, Operand];
  const sameShape = (operand: Operand): boolean => `${operand.shape}` === `${outputs[0]?.shape}`;
  if (primitive === 'reshape' && sameShape(a)) return a;
  const neutral = { add: 0, mul: 1 }[primitive];
  if (neutral === undefined) return undefined;
  if (fillOf(b, makers)?.value === neutral && sameShape(a)) return a;
  if (fillOf(a, makers)?.value === neutral && sameShape(b)) return b;
  return undefined;
}
