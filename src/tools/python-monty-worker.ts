import { Monty, MontyError, MontyRuntimeError } from '@pydantic/monty';
import { serveWorker } from '../host/worker-pool.ts';
import { boundedOutput } from './bounded-output.ts';
import { pythonFloat } from './python-number.ts';

/** A program whose last expression gives `[name of a type, value]` or None. */
export interface MontyRequest {
  readonly program: string;
  readonly seconds: number;
  readonly memoryMiB: number;
  readonly outputBytes: number;
}

export interface MontyReply {
  readonly stdout: string;
  readonly truncated: boolean;
  readonly seconds: number;
  readonly value?: string;
  readonly error?: {
    readonly type: string;
    readonly message: string; // one line
    readonly line?: number; // in `program`
  };
}

serveWorker<MontyRequest, MontyReply>(({ program, seconds, memoryMiB, outputBytes }) => {
  const output = boundedOutput(outputBytes);
  const startedAt = performance.now();
  const printed = () => ({
    stdout: output.text,
    truncated: output.truncated,
    seconds: (performance.now() - startedAt) / 1000,
  });
  try {
    const value = new Monty(program).run({
      limits: { maxDurationSecs: seconds, maxMemory: memoryMiB * 2 ** 20 },
      printCallback: (_stream: string, text: string) => output.add(text),
    });
    if (!Array.isArray(value)) return printed();
    const text = boundedOutput(outputBytes);
    text.add(valueText(value[0], value[1]));
    return { ...printed(), value: text.text, truncated: output.truncated || text.truncated };
  } catch (cause) {
    if (!(cause instanceof MontyError)) throw cause;
    const line = cause instanceof MontyRuntimeError ? cause.traceback().at(-1)?.line : undefined;
    return {
      ...printed(),
      error: {
        type: cause.exception.typeName,
        message: cause.exception.message.split('\n', 1)[0] as string,
        ...(line !== undefined && { line }),
      },
    };
  }
});

/** Monty's own text of a float differs from Python's for large, small and special ones. */
function valueText(type: unknown, value: unknown): string {
  return type === 'float' ? pythonFloat(value as number) : String(value);
}
