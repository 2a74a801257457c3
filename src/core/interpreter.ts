/** Limits of one execution. Each has a hard wall behind it: the guest is killed, not asked. */
export interface ExecutionLimits {
  readonly seconds?: number; // default 5
  readonly memoryMiB?: number; // default 128
  readonly outputBytes?: number; // default 1 MiB; more is cut and marked
  readonly signal?: AbortSignal;
}

/** What running a program gave. A program that fails, hangs or floods is an expected outcome, so it is a value. */
export interface Execution {
  readonly status: 'ok' | 'error' | 'timeout' | 'memory' | 'unsupported' | 'refused';
  /** Text of the value of the last expression, or of the variable or function asked for. */
  readonly value?: string;
  readonly stdout: string;
  /** One line that names what went wrong: the exception, the limit, or the missing module. */
  readonly error?: string;
  readonly truncated?: boolean; // stdout was cut at outputBytes
  readonly seconds: number;
  readonly engine: string; // which jail ran it
}

/** Runs model-written programs where they can do no harm. */
export interface Interpreter {
  readonly language: 'python' | 'javascript';
  /**
   * Runs `code` and reads `result` afterwards: the name of a variable, or of a function to call without arguments when
   * it ends in `()`. Absent: the value of the last expression statement.
   */
  execute(code: string, options?: ExecutionLimits & { readonly result?: string }): Promise<Execution>;
  close(): Promise<void>;
}
