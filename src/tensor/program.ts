import type { ElementType, Tensor } from './tensor.ts';

/** A value of the program: made once, used anywhere after. */
export interface Variable {
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** A scalar written into the program. */
export interface Literal {
  readonly value: number; // booleans as 0 and 1
  readonly type: ElementType;
  readonly shape: readonly [];
}

export type Operand = Variable | Literal;

/** One primitive applied to operands; operands of element-wise primitives broadcast as in NumPy. */
export interface Equation {
  readonly primitive: string;
  readonly inputs: readonly Operand[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Variable[];
}

/** A traced function: straight-line code without names, calls or control flow. */
export interface Program {
  readonly inputs: readonly Variable[];
  readonly constants: ReadonlyMap<Variable, Tensor>;
  readonly equations: readonly Equation[];
  readonly outputs: readonly Operand[];
}

export function isLiteral(operand: Operand): operand is Literal {
  return 'value' in operand;
}

export function literal(value: number, type: ElementType): Literal {
  return { value, type, shape: [] };
}

/** The program without equations that no output needs. */
export function dropDead(program: Program): Program {
  const needed = new Set<Operand>(program.outputs);
  const alive: Equation[] = [];
  for (const equation of program.equations.toReversed()) {
    if (!equation.outputs.some((output) => needed.has(output))) continue;
    alive.push(equation);
    for (const input of equation.inputs) needed.add(input);
  }
  const constants = new Map([...program.constants].filter(([variable]) => needed.has(variable)));
  return { ...program, constants, equations: alive.reverse() };
}
