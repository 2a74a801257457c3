import { InputError } from '../core/errors.ts';

/** A program is not in its grammar. The message names the line and what was expected there, for whoever repairs it. */
export class ProgramError extends InputError {
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(line === undefined ? message : `Line ${line}: ${message}`);
    this.line = line;
  }
}

/** A program is in its grammar, but what it states cannot all hold. */
export class ContradictionError extends InputError {}

/** A solver gave up within the limits of its own search. */
export class UndecidedError extends InputError {}
