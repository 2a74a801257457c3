import { InputError } from '../core/errors.ts';
import type { Execution, ExecutionLimits, Interpreter } from '../core/interpreter.ts';

export const DEFAULT_SECONDS = 5;
export const DEFAULT_MEMORY_MIB = 128;
export const DEFAULT_OUTPUT_BYTES = 2 ** 20;
export const MOST_SECONDS = 600;
export const MOST_MEMORY_MIB = 1024;
export const MOST_OUTPUT_BYTES = 16 * 2 ** 20;
/** A longer program is not run. */
export const MOST_CODE_CHARACTERS = 2 ** 20;
/** A guest that has not stopped by itself this long after its limit is killed. */
export const GRACE_MILLISECONDS = 100;
const RESULT = /^[\p{ID_Start}_$][\p{ID_Continue}$]*(?:\(\))?$/u;

/** An interpreter whose guests can be started before they are needed, and awaited when they were replaced. */
export interface WarmInterpreter extends Interpreter {
  warm(): Promise<void>;
}

/** What to run, with every limit filled in. */
export interface ExecutionRequest {
  readonly code: string;
  readonly result?: string;
  readonly seconds: number;
  readonly memoryMiB: number;
  readonly outputBytes: number;
}

/** Fills in the default limits. Throws InputError for a limit out of range or a `result` that is no name. */
export function executionRequest(
  code: string,
  options: ExecutionLimits & { readonly result?: string } = {},
): ExecutionRequest {
  const {
    seconds = DEFAULT_SECONDS,
    memoryMiB = DEFAULT_MEMORY_MIB,
    outputBytes = DEFAULT_OUTPUT_BYTES,
    result,
  } = options;
  within('seconds', seconds, 0.001, MOST_SECONDS);
  within('memoryMiB', memoryMiB, 1, MOST_MEMORY_MIB);
  within('outputBytes', outputBytes, 0, MOST_OUTPUT_BYTES);
  if (result !== undefined && !RESULT.test(result))
    throw new InputError(
      `Cannot read the result "${result}"; give the name of a variable, or of a function followed by ()`,
    );
  return { code, seconds, memoryMiB, outputBytes, ...(result !== undefined && { result }) };
}

function within(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new InputError(`${name} is ${value}; it must lie between ${least} and ${most}`);
}

/** The execution of a program that never ran. */
export function notRun(engine: string, status: Execution['status'], error: string): Execution {
  return { status, stdout: '', error, seconds: 0, engine };
}

/** A program too long to run, as an execution; undefined for every other program. */
export function tooLong(engine: string, code: string): Execution | undefined {
  if (code.length <= MOST_CODE_CHARACTERS) return undefined;
  return notRun(
    engine,
    'refused',
    `The program has ${code.length} characters; at most ${MOST_CODE_CHARACTERS} are run`,
  );
}

export const timeoutError = (seconds: number) => `The program ran longer than ${seconds} s`;
export const memoryError = (memoryMiB: number) => `The program needed more than ${memoryMiB} MiB of memory`;

const MISSING_MODULE = 'The sandbox has no module named ';

/** The error of a program that needs a module the sandbox lacks. */
export function missingModuleError(name: string): string {
  return MISSING_MODULE + name;
}

/** The module for whose lack an execution is unsupported. */
export function missingModuleIn({ status, error }: Execution): string | undefined {
  if (status !== 'unsupported' || !error?.startsWith(MISSING_MODULE)) return undefined;
  return error.slice(MISSING_MODULE.length);
}
