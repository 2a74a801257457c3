import type { Limits } from './budget.ts';

/** Base of every error Reckon throws on purpose. */
export class ReasoningError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The caller's mistake. The message names the value and the remedy. Exit code 2, HTTP 400. */
export class InputError extends ReasoningError {}

/** How a model call failed. */
export type ModelErrorKind =
  | 'rate-limit'
  | 'server'
  | 'overloaded'
  | 'connection'
  | 'timeout'
  | 'protocol' // the answer is not what the protocol allows: wrong type, cut short, bad JSON, bad UTF-8
  | 'too-large'
  | 'auth'
  | 'not-found'
  | 'rejected' // another 4xx
  | 'quota'
  | 'unavailable' // the circuit breaker is open
  | 'not-recorded';

/** A model call failed for good, or would be worth another try (`retryable`). */
export class ModelError extends ReasoningError {
  readonly kind: ModelErrorKind;
  readonly retryable: boolean;
  readonly status?: number; // HTTP
  readonly retryAfterSeconds?: number;

  constructor(
    message: string,
    options: {
      kind: ModelErrorKind;
      retryable?: boolean;
      status?: number;
      retryAfterSeconds?: number;
      cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind;
    this.retryable = options.retryable ?? false;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A tool failed; its message goes back to the model as text. */
export class ToolError extends ReasoningError {}

/** A verifier could not give a verdict. */
export class VerifierError extends ReasoningError {}

/** A file of a checkpoint is damaged, too large, or not what this version reads. The message names file and remedy. */
export class CheckpointError extends ReasoningError {}

/** A limit of the budget was reached. */
export class BudgetExceededError extends ReasoningError {
  readonly limit: keyof Limits;
  readonly value: number;

  constructor(limit: keyof Limits, value: number) {
    super(`Budget of ${value} ${limit} is used up`);
    this.limit = limit;
    this.value = value;
  }
}

/** A package that a feature needs is not installed. */
export class MissingPackageError extends InputError {
  constructor(packageName: string, feature: string, cause?: unknown) {
    super(
      `${feature} needs the package ${packageName}. Install it: npm install ${packageName}`,
      cause === undefined ? undefined : { cause },
    );
  }
}
