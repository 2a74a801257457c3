import { MissingPackageError } from '../core/errors.ts';
import type { Execution } from '../core/interpreter.ts';
import { processPool } from '../host/process-pool.ts';
import { siblingScript } from '../host/sibling-script.ts';
import { OUT_OF_MEMORY } from '../host/worker-pool.ts';
import type { ExecutionRequest, WarmInterpreter } from './execution.ts';
import {
  executionRequest,
  GRACE_MILLISECONDS,
  memoryError,
  missingModuleError,
  timeoutError,
  tooLong,
} from './execution.ts';
import type { MontyReply, MontyRequest } from './python-monty-worker.ts';
import { RELATIVEDELTA_FUNCTION } from './python-relativedelta.ts';
import { namesIn, pythonStatements } from './python-statements.ts';
import { withoutUnusedImports } from './unused-imports.ts';

export interface MontyOptions {
  readonly processes?: number; // programs at once
}

const ENGINE = 'monty';
/** What a process may hold above the program's own limit before it is killed, in MiB. */
const SLACK_MIB = 48;

/**
 * Python in Monty, an interpreter without any operating system, inside killable processes: fractions of a millisecond a
 * program, but no classes, generators or most of the standard library. What it lacks ends as `unsupported`. A process,
 * not a thread, since its big integers compute in native code that a thread cannot be stopped in.
 */
export function monty({ processes = 2 }: MontyOptions = {}): WarmInterpreter {
  requirePackage();
  const pool = processPool<MontyRequest, MontyReply>({
    script: siblingScript(import.meta.url, 'python-monty-worker'),
    size: processes,
    memoryMiB: ({ memoryMiB }) => memoryMiB + SLACK_MIB,
  });
  return {
    language: 'python',
    async execute(code, options) {
      const request = executionRequest(code, options);
      const refusal = tooLong(ENGINE, code);
      if (refusal) return refusal;
      const { seconds, memoryMiB, outputBytes } = request;
      const { program, linesBefore } = montyProgram(withoutUnusedImports(code).code, request.result);
      const outcome = await pool.run(
        { program, seconds, memoryMiB, outputBytes },
        {
          milliseconds: seconds * 1000 + GRACE_MILLISECONDS,
          ...(options?.signal && { signal: options.signal }),
        },
      );
      const failed = (status: Execution['status'], error: string) =>
        ({ status, stdout: '', error, seconds, engine: ENGINE }) satisfies Execution;
      switch (outcome.status) {
        case 'ok':
          return { ...executionOf(outcome.value, request, linesBefore), engine: ENGINE };
        case 'timeout':
          return failed('timeout', timeoutError(seconds));
        case 'crashed':
          return outcome.error === OUT_OF_MEMORY
            ? failed('memory', memoryError(memoryMiB))
            : failed('error', `The interpreter failed: ${outcome.error}`);
        default:
          return outcome satisfies never;
      }
    },
    warm: () => pool.warm(),
    close: () => pool.close(),
  };
}

function requirePackage(): void {
  try {
    import.meta.resolve('@pydantic/monty');
  } catch (cause) {
    throw new MissingPackageError('@pydantic/monty', 'Running Python in Monty', cause);
  }
}

function executionOf(
  reply: MontyReply,
  { seconds, memoryMiB }: ExecutionRequest,
  linesBefore: number,
): Omit<Execution, 'engine'> {
  const { stdout, truncated, value, error } = reply;
  const printed = { stdout, seconds: reply.seconds, ...(truncated && { truncated }) };
  const ended = (status: Execution['status'], text: string) => ({ ...printed, status, error: text });
  if (!error) return { ...printed, status: 'ok' as const, ...(value !== undefined && { value }) };
  const { type, message, line } = error;
  const text = message ? `${type}: ${message}` : type;
  if (type === 'TimeoutError' && message.startsWith('time limit exceeded'))
    return ended('timeout', timeoutError(seconds));
  if (type === 'MemoryError') return ended('memory', memoryError(memoryMiB));
  const missing = /^No module named '([^']*)'/.exec(message)?.[1];
  if (type === 'ModuleNotFoundError' && missing) return ended('unsupported', missingModuleError(missing));
  if (type === 'NotImplementedError' || message.includes('Monty')) return ended('unsupported', text);
  const inProgram = line !== undefined && line > linesBefore ? ` (line ${line - linesBefore})` : '';
  return ended('error', text + inProgram);
}

/**
 * Keeps the builtins that reading the value needs out of the program's reach, and rounds as Python does: Monty rounds
 * the decimal digits, Python the double, and they differ where a double lies just beside a half (2.675). The fraction is
 * taken in two steps because Monty's int() of a float ends at 2**63, and the new round is assigned because a `def` does
 * not replace a builtin there.
 */
const PRELUDE = `__str__ = str; __type__ = type; __name__ = '__main__'; __round__ = round; __float__ = float
def __rounded__(number, ndigits=None):
    if __type__(number) is not __float__ or ndigits is None or not 0 < ndigits < 16 or number != number: return __round__(number, ndigits)
    if abs(number) * 10.0**ndigits > 2.0**53: return number
    size = abs(number); whole = int(size); scaled = (size - whole) * 2.0**60; high = int(scaled)
    part = (high * 2**60 + int((scaled - high) * 2.0**60)) * 10**ndigits; rest = part % 2**120; part = part // 2**120
    if rest > 2**119 or (rest == 2**119 and part % 2 == 1): part = part + 1
    return (1 if number >= 0 else -1) * ((whole * 10**ndigits + part) / 10**ndigits)
round = __rounded__
`;
const READ =
  '[__type__(__value__).__name__, __value__ if __type__(__value__) is __float__ else __str__(__value__)]';
const RELATIVEDELTA_IMPORT = /^from\s+dateutil\.relativedelta\s+import\s+relativedelta$/;

/** The program for Monty, and how many lines of ours stand before it. */
function montyProgram(source: string, result: string | undefined): { program: string; linesBefore: number } {
  const { code, prelude } = withRelativedelta(source);
  const linesBefore = prelude.split('\n').length - 1;
  if (result !== undefined)
    return { program: `${prelude}${code}\n__value__ = ${result}\n${READ}`, linesBefore };
  const last = lastExpression(code);
  if (!last) return { program: `${prelude}${code}\nNone`, linesBefore };
  const expression = `__value__ = (${code.slice(last.start, last.end)})`;
  return {
    program: `${prelude}${code.slice(0, last.start)}${expression}\n${READ} if __value__ is not None else None`,
    linesBefore,
  };
}

/** Date programs need `relativedelta` mostly for days, which a function can give. */
function withRelativedelta(code: string): { readonly code: string; readonly prelude: string } {
  const found = pythonStatements(code).find(({ start, end }) =>
    RELATIVEDELTA_IMPORT.test(code.slice(start, end)),
  );
  if (!found) return { code, prelude: PRELUDE };
  return {
    code: `${code.slice(0, found.start)}relativedelta = __relativedelta__${code.slice(found.end)}`,
    prelude: `${PRELUDE}from datetime import timedelta as __timedelta__\n${RELATIVEDELTA_FUNCTION}`,
  };
}

const STATEMENT_WORDS = new Set(
  `assert async break class continue def del elif else except finally for from global if import nonlocal pass raise
  return try while with yield`.split(/\s+/),
);

/** Where the last expression statement of a program is, if the program ends with one. */
function lastExpression(code: string): { readonly start: number; readonly end: number } | undefined {
  const last = pythonStatements(code).at(-1);
  const first = last?.tokens[0];
  if (!last || !first || last.indented || STATEMENT_WORDS.has(first.text) || first.text === '@')
    return undefined;
  let depth = 0;
  let lambdas = 0;
  for (const [index, token] of last.tokens.entries()) {
    if (token.kind !== 'operator') {
      if (depth === 0 && namesIn(token)[0] === 'lambda') lambdas++;
      continue;
    }
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) depth--;
    else if (depth > 0) continue;
    else if (token.text === ':') {
      if (lambdas-- === 0) return undefined; // an annotation, or a compound statement on one line
    } else if (token.text === '=' && isAssignment(code, last.tokens[index] as { start: number })) {
      if (lambdas === 0) return undefined;
    }
  }
  return last;
}

/** Whether the `=` at this place is not part of `==`, `<=`, `>=` or `!=`. */
function isAssignment(code: string, { start }: { readonly start: number }): boolean {
  return code[start + 1] !== '=' && !'=<>!'.includes(code[start - 1] as string);
}
