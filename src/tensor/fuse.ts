/** Equations that do in one step what several did. */
import { fillOf, type Makers } from './makers.ts';
import type { Equation, Operand, Variable } from './program.ts';

/** The equation, or others that do the same in fewer steps. */
export function improved(equation: Equation, makers: Makers): Equation[] {
  const single =
    asSingleReshape(equation, makers) ??
    asSigmoid(equation, makers) ??
    asSoftmax(equation, makers) ??
    asRmsNorm(equation, makers) ??
    asRotation(equation, makers) ??
    asSilu(equation, makers) ??
    asQuotient(equation, makers);
  return single ? [single] : (asTransposedFactors(equation, makers) ?? [equation]);
}

/** A reshape of a reshape. */
function asSingleReshape(equation: Equation, makers: Makers): Equation | undefined {
  const first = equation.primitive === 'reshape' ? maker(equation.inputs[0], 'reshape', makers) : undefined;
  return first && { ...equation, inputs: first.inputs };
}

/** A transposed product is the product of transposed factors; written so, the order of its axes is the one asked for. */
function asTransposedFactors(equation: Equation, makers: Makers): Equation[] | undefined {
  const [source] = equation.inputs;
  const dot = equation.primitive === 'transpose' ? maker(source, 'dot', makers) : undefined;
  const rank = equation.outputs[0]?.shape.length as number;
  if (
    !dot ||
    makers.uses.get(source as Operand) !== 1 ||
    dot.inputs.some(({ shape }) => shape.length !== rank + 1)
  )
    return undefined;
  const perm = [...(equation.parameters.perm as number[]), rank];
  const factors = dot.inputs.map(
    ({ shape, type }): Variable => ({ shape: perm.map((axis) => shape[axis] as number), type }),
  );
  const transposes = factors.map(
    (factor, index): Equation => ({
      primitive: 'transpose',
      inputs: [dot.inputs[index] as Operand],
      parameters: { perm },
      outputs: [factor],
    }),
  );
  return [...transposes, { ...dot, inputs: factors, outputs: equation.outputs }];
}

/** `1 / (exp(-x) + 1)` */
function asSigmoid(equation: Equation, makers: Makers): Equation | undefined {
  if (equation.primitive !== 'reciprocal') return undefined;
  const sum = maker(equation.inputs[0], 'add', makers);
  const one = sum?.inputs.find((input) => fillOf(input, makers)?.value === 1);
  const power = maker(
    sum?.inputs.find((input) => input !== one),
    'exp',
    makers,
  );
  const negative = one && maker(power?.inputs[0], 'neg', makers);
  return negative && { ...equation, primitive: 'sigmoid', inputs: negative.inputs };
}

/** `x * sigmoid(x)` where the sigmoid serves nothing else: in a backward pass it does. */
function asSilu(equation: Equation, makers: Makers): Equation | undefined {
  if (equation.primitive !== 'mul') return undefined;
  const [x, gate] = equation.inputs as [Operand, Operand];
  const sigmoid = makers.uses.get(gate) === 1 ? maker(gate, 'sigmoid', makers, 'stop_gradient') : undefined;
  return sigmoid?.inputs[0] === x ? { ...equation, primitive: 'silu', inputs: [x] } : undefined;
}

/** `x * (1 / y)` where the inverse is as large as the product and serves nothing else. */
function asQuotient(equation: Equation, makers: Makers): Equation | undefined {
  if (equation.primitive !== 'mul') return undefined;
  const [numerator, factor] = equation.inputs as [Operand, Operand];
  const inverse = makers.uses.get(factor) === 1 ? maker(factor, 'reciprocal', makers) : undefined;
  if (!inverse || `${factor.shape}` !== `${equation.outputs[0]?.shape}`) return undefined;
  return { ...equation, primitive: 'divide', inputs: [numerator, inverse.inputs[0] as Operand] };
}

/** `e / sum(e)` with `e = exp(x - max(x))`, over the last axis. */
function asSoftmax(equation: Equation, makers: Makers): Equation | undefined {
  if (equation.primitive !== 'mul') return undefined;
  const [exponential, factor] = equation.inputs;
  const inverse = maker(factor, 'reciprocal', makers);
  const sum = maker(inverse?.inputs[0], 'reduce', makers, 'reshape');
  const power = maker(exponential, 'exp', makers);
  const shifted = maker(power?.inputs[0], 'add', makers);
  const negative = maker(shifted?.inputs[1], 'neg', makers);
  const maximum = maker(negative?.inputs[0], 'reduce', makers, 'reshape', 'stop_gradient');
  const x = shifted?.inputs[0];
  if (!x || !sum || !maximum || sum.inputs[0] !== exponential || maximum.inputs[0] !== x) return undefined;
  const overLast = ({ parameters }: Equation, operation: string): boolean =>
    parameters.op === operation && `${parameters.axis}` === `${x.shape.length - 1}`;
  const isSoftmax = overLast(sum, 'Add') && overLast(maximum, 'Max');
  return isSoftmax ? { ...equation, primitive: 'softmax', inputs: [x], parameters: {} } : undefined;
}

/**
 * `x / sqrt(mean(x²) + epsilon) * weight` over the last axis, where nothing else reads the normalised x: a backward pass
 * does.
 */
function asRmsNorm(equation: Equation, makers: Makers): Equation | undefined {
  if (equation.primitive !== 'mul') return undefined;
  const [scaled, weight] = equation.inputs as [Operand, Operand];
  const normal = makers.uses.get(scaled) === 1 ? maker(scaled, 'mul', makers, 'stop_gradient') : undefined;
  const [x, factor] = normal?.inputs ?? [];
  const width = x?.shape.at(-1);
  if (!x || width === undefined || `${weight.shape}` !== `${width}`) return undefined;
  const inverse = maker(factor, 'reciprocal', makers, 'stop_gradient');
  const sum = maker(maker(inverse?.inputs[0], 'sqrt', makers)?.inputs[0], 'add', makers);
  const epsilon = sum?.inputs[1] && fillOf(sum.inputs[1], makers)?.value;
  const mean = maker(sum?.inputs[0], 'mul', makers);
  const share = mean?.inputs[1] && fillOf(mean.inputs[1], makers)?.value;
  const total = maker(mean?.inputs[0], 'reduce', makers, 'reshape');
  const square = maker(total?.inputs[0], 'mul', makers);
  const isMean = share === Math.fround(1 / width) && total?.parameters.op === 'Add';
  const overLast = `${total?.parameters.axis}` === `${x.shape.length - 1}`;
  const isSquare = square?.inputs[0] === x && square.inputs[1] === x;
  if (epsilon === undefined || !isMean || !overLast || !isSquare) return undefined;
  return { ...equation, primitive: 'rms_norm', inputs: [x, weight], parameters: { epsilon } };
}

/** `a c - b s` beside `b c + a s` for the halves a and b of the last axis: pairs of numbers turned by an angle, or back again. */
function asRotation(equation: Equation, makers: Makers): Equation | undefined {
  const { primitive, inputs, parameters, outputs } = equation;
  const last = (outputs[0]?.shape.length as number) - 1;
  if (primitive !== 'concatenate' || inputs.length !== 2 || parameters.axis !== last) return undefined;
  const [first, second] = inputs.map((input) => {
    const terms = maker(input, 'add', makers)?.inputs.map((term) => asTermOfPart(term, makers));
    return terms?.toSorted((p, q) => (p?.part ?? 0) - (q?.part ?? 0));
  });
  const [ac, bs, as, bc] = [...(first ?? []), ...(second ?? [])];
  if (!ac || !bs || !as || !bc) return undefined;
  const [x] = ac.split.inputs as [Operand];
  const isOfHalves =
    [ac, bs, as, bc].every(({ split, part }, index) => split === ac.split && part === index % 2) &&
    ac.split.parameters.axis === last &&
    ac.split.outputs.length === 2 &&
    x.type === 'float32' &&
    `${x.shape}` === `${outputs[0]?.shape}` &&
    `${inputs[0]?.shape}` === `${inputs[1]?.shape}`;
  const isTurn = ac.factor === bc.factor && as.factor === bs.factor && as.negative !== bs.negative;
  if (!isOfHalves || !isTurn || ac.negative || bc.negative) return undefined;
  return {
    ...equation,
    primitive: 'rotation',
    inputs: [x, ac.factor, as.factor],
    parameters: { sign: as.negative ? -1 : 1 },
  };
}

/** A term `part * factor` of a sum, or the negative of one, where the part comes out of a split. */
function asTermOfPart(
  term: Operand,
  makers: Makers,
): { split: Equation; part: number; factor: Operand; negative: boolean } | undefined {
  const outside = maker(term, 'neg', makers);
  const factors = maker(outside?.inputs[0] ?? term, 'mul', makers)?.inputs ?? [];
  for (const [index, operand] of factors.entries()) {
    const inside = maker(operand, 'neg', makers);
    const part = inside?.inputs[0] ?? operand;
    const split = maker(part, 'split', makers);
    if (!split) continue;
    return {
      split,
      part: split.outputs.indexOf(part as Variable),
      factor: factors[1 - index] as Operand,
      negative: (outside === undefined) !== (inside === undefined),
    };
  }
  return undefined;
}

/** The equation of a given primitive that made an operand, looking through the named primitives on the way. */
function maker(
  operand: Operand | undefined,
  primitive: string,
  makers: Makers,
  ...through: string[]
): Equation | undefined {
  let equation = operand && makers.of.get(operand);
  while (equation && through.includes(equation.primitive))
    equation = makers.of.get(equation.inputs[0] as Operand);
  return equation?.primitive === primitive ? equation : undefined;
}
