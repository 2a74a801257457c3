import type { Execution } from '../core/interpreter.ts';
import { siblingScript } from '../host/sibling-script.ts';
import { OUT_OF_MEMORY, workerPool } from '../host/worker-pool.ts';
import type { ExecutionRequest, WarmInterpreter } from './execution.ts';
import { executionRequest, GRACE_MILLISECONDS, memoryError, timeoutError, tooLong } from './execution.ts';
import type { QuickjsReply } from './javascript-worker.ts';

export interface JavascriptOptions {
  readonly threads?: number; // programs at once
}

const ENGINE = 'quickjs';
/** JavaScript heap of the thread itself, beside the guest's WebAssembly memory, in MiB. */
const HEAP_MIB = 128;

/**
 * Runs JavaScript in QuickJS, a WebAssembly interpreter with nothing of Node in it, inside killable threads. Each program
 * gets a fresh instance with a bounded memory. `console.log` writes to stdout; there are no timers and no modules.
 */
export function javascript({ threads = 2 }: JavascriptOptions = {}): WarmInterpreter {
  const pool = workerPool<ExecutionRequest, QuickjsReply>({
    script: siblingScript(import.meta.url, 'javascript-worker'),
    size: threads,
    memoryMiB: HEAP_MIB,
  });
  return {
    language: 'javascript',
    async execute(code, options) {
      const request = executionRequest(code, options);
      const refusal = tooLong(ENGINE, code);
      if (refusal) return refusal;
      const { seconds, memoryMiB } = request;
      const outcome = await pool.run(request, {
        milliseconds: seconds * 1000 + GRACE_MILLISECONDS,
        ...(options?.signal && { signal: options.signal }),
      });
      const failed = (status: Execution['status'], error: string) =>
        ({ status, stdout: '', error, seconds, engine: ENGINE }) satisfies Execution;
      switch (outcome.status) {
        case 'ok':
          return executionOf(outcome.value, request);
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

function executionOf(reply: QuickjsReply, { seconds, memoryMiB }: ExecutionRequest): Execution {
  const { truncated, ...rest } = reply;
  return {
    ...rest,
    engine: ENGINE,
    ...(truncated && { truncated }),
    ...(reply.status === 'timeout' && { error: timeoutError(seconds) }),
    ...(reply.status === 'memory' && { error: memoryError(memoryMiB) }),
  };
}
