import { UnsupportedPrimitiveError } from './errors.ts';
import { GraphBuilder } from './graph-builder.ts';
import { lowerDot } from './lower-dot.ts';
import { isElementwise, lowerElementwise, lowerSilu } from './lower-elementwise.ts';
import {
  lowerConcatenate,
  lowerFlip,
  lowerGather,
  lowerPad,
  lowerScatter,
  lowerShrink,
  lowerSplit,
} from './lower-move.ts';
import { lowerReduce, lowerRmsNorm, lowerSoftmax } from './lower-reduce.ts';
import { lowerRotation } from './lower-rotation.ts';
import type { OnnxGraph, OnnxNode, OnnxPort } from './onnx-model.ts';
import {
  type Equation,
  isLiteral,
  type Literal,
  type Operand,
  type Program,
  type Variable,
} from './program.ts';
import { broadcast, contiguous, scaled, transpose, type View } from './view.ts';

/**
 * Translates a program into an ONNX graph, one equation at a time. Values are views of buffers, so transposes, reshapes and
 * broadcasts cost nothing; each primitive reads its operands in the order they lie wherever its operator can.
 */
export function lower(
  program: Program,
  inputNames: readonly string[],
  outputNames: readonly string[],
): OnnxGraph {
  const graph = new GraphBuilder();
  const views = new Map<Variable, View>();
  for (const [variable, value] of program.constants)
    views.set(variable, contiguous(graph.constant(value), variable.shape));
  const inputs = program.inputs.map(
    ({ type, shape }, index): OnnxPort => ({ name: inputNames[index] as string, type, shape }),
  );
  for (const [index, variable] of program.inputs.entries()) {
    const name = inputNames[index] as string;
    views.set(variable, contiguous({ name, type: variable.type, shape: variable.shape }, variable.shape));
  }
  const operand = (input: Operand): View | Literal => (isLiteral(input) ? input : (views.get(input) as View));
  for (const equation of program.equations) {
    const results = lowerEquation(graph, equation, equation.inputs.map(operand));
    for (const [index, output] of equation.outputs.entries()) views.set(output, results[index] as View);
  }
  const results = program.outputs.map((output) => graph.written(asView(graph, operand(output))).name);
  const outputs = program.outputs.map(
    ({ type, shape }, index): OnnxPort => ({ name: outputNames[index] as string, type, shape }),
  );
  const nodes = nameOutputs(usedNodes(graph.nodes, results), results, outputNames);
  return { nodes, inputs, outputs, constants: graph.constants };
}

/** The nodes that results are made of: a shape that was asked for and then passed over leaves a node behind. */
function usedNodes(nodes: readonly OnnxNode[], results: readonly string[]): OnnxNode[] {
  const needed = new Set(results);
  const used: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    used.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return used.reverse();
}

/** Gives results their output names where they are made; a result that is an input, a constant or asked for twice is copied. */
function nameOutputs(
  nodes: readonly OnnxNode[],
  results: readonly string[],
  names: readonly string[],
): OnnxNode[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  for (const [index, result] of results.entries()) {
    const name = names[index] as string;
    if (made.has(result) && !renamed.has(result)) renamed.set(result, name);
    else copies.push({ operator: 'Identity', inputs: [renamed.get(result) ?? result], outputs: [name] });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  const direct = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return [...direct, ...copies];
}

function asView(graph: GraphBuilder, operand: View | Literal): View {
  if (!('value' in operand)) return operand;
  const { type, value } = operand;
  return contiguous({ name: graph.scalar(value, type), type, shape: [] }, []);
}

function lowerEquation(
  graph: GraphBuilder,
  equation: Equation,
  operands: readonly (View | Literal)[],
): View[] {
  const { primitive, parameters, outputs } = equation;
  const output = outputs[0] as Variable;
  if (isElementwise(primitive))
    return [lowerElementwise(graph, primitive, operands, parameters, output.type)];
  const views = operands.map((value) => asView(graph, value));
  const [view] = views as [View];
  switch (primitive) {
    case 'stop_gradient':
      return [view];
    case 'transpose':
      return [transpose(view, parameters.perm as number[])];
    case 'broadcast':
      return [broadcast(view, output.shape, parameters.axis as number[])];
    case 'reshape':
      return [graph.reshaped(view, output.shape)];
    case 'reduce':
      return [lowerReduce(graph, view, String(parameters.op), parameters.axis as number[])];
    case 'silu':
      return [lowerSilu(graph, view)];
    case 'softmax':
      return [lowerSoftmax(graph, view)];
    case 'rms_norm':
      return [lowerRmsNorm(graph, view, views[1] as View, parameters.epsilon as number)];
    case 'rotation': {
      const [, cosine, sine] = views as [View, View, View];
      return [lowerRotation(graph, view, cosine, scaled(sine, parameters.sign as number))];
    }
    case 'dot':
      return [lowerDot(graph, view, views[1] as View)];
    case 'gather':
      return [
        lowerGather(graph, view, views.slice(1), parameters.axis as number[], parameters.outDim as number),
      ];
    case 'scatter':
      return [
        lowerScatter(graph, view, views.slice(1), {
          op: String(parameters.op),
          shape: output.shape,
          axes: parameters.axis as number[],
          outDim: parameters.outDim as number,
        }),
      ];
    case 'concatenate':
      return [lowerConcatenate(graph, views, parameters.axis as number)];
    case 'split':
      return lowerSplit(graph, view, parameters.axis as number, parameters.sizes as number[]);
    case 'shrink':
      return [lowerShrink(graph, view, parameters.slice as [number, number][])];
    case 'pad':
      return [lowerPad(graph, view, parameters.width as [number, number][])];
    case 'flip':
      return [lowerFlip(graph, view, parameters.axis as number[])];
    default:
      throw new UnsupportedPrimitiveError(primitive);
  }
}
