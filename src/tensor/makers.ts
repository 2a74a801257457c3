import { type Equation, isLiteral, type Literal, type Operand } from './program.ts';

/** Which equation made an operand, and how often the program reads it. */
export interface Makers {
  readonly of: Map<Operand, Equation>;
  readonly uses: ReadonlyMap<Operand, number>;
}

/** The number that every element of an operand has, where that is known. */
export function fillOf(operand: Operand, makers: Makers): Literal | undefined {
  if (isLiteral(operand)) return operand;
  const maker = makers.of.get(operand);
  if (maker?.primitive === 'stop_gradient') return fillOf(maker.inputs[0] as Operand, makers);
  const [only] = maker?.inputs ?? [];
  return maker?.primitive === 'broadcast' && only && isLiteral(only) ? only : undefined;
}
