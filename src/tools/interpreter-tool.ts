import { ToolError } from '../core/errors.ts';
import type { Execution, ExecutionLimits, Interpreter } from '../core/interpreter.ts';
import type { Tool } from '../core/tool.ts';

export interface InterpreterToolOptions {
  readonly name?: string; // what the model calls
  readonly limits?: Omit<ExecutionLimits, 'signal'>;
}

/**
 * An interpreter as a tool: the model sends `{ "code": … }` and reads what the program printed, its value and its error.
 * A program that fails is an answer, not a failed call.
 */
export function interpreterTool(
  interpreter: Interpreter,
  { name = interpreter.language, limits = {} }: InterpreterToolOptions = {},
): Tool {
  return {
    name,
    description: `Runs a ${interpreter.language} program without files or network. Returns what it prints and the value of its last expression.`,
    parameters: {
      type: 'object',
      properties: { code: { type: 'string', description: `The ${interpreter.language} program` } },
      required: ['code'],
      additionalProperties: false,
    },
    reach: 'inside',
    outside: false,
    async call(input, { signal }) {
      if (typeof input !== 'object' || input === null || !('code' in input) || typeof input.code !== 'string')
        throw new ToolError(`The tool ${name} needs {"code": "<${interpreter.language} program>"}`);
      return report(await interpreter.execute(input.code, { ...limits, signal }));
    },
  };
}

function report({ stdout, truncated, value, error }: Execution): string {
  const parts = [stdout.trimEnd()];
  if (truncated) parts.push('[the output was cut here]');
  if (value !== undefined) parts.push(value);
  if (error !== undefined) parts.push(`Error: ${error}`);
  return parts.filter((part) => part !== '').join('\n') || 'The program printed nothing and has no value.';
}
