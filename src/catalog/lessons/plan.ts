import type { Method } from '../../core/method.ts';
import type { Message, Model, SampleRequest } from '../../core/model.ts';
import { noUsage } from '../../core/model.ts';
import type { Dataset, Problem } from '../../core/problem.ts';
import { withoutReference } from '../../core/problem.ts';
import type { Random } from '../../core/random.ts';
import { attempt } from '../../core/solve.ts';
import type { Worked } from '../../datasets/parts/worked.ts';

/** What a teacher says to one call. */
export interface Reply {
  readonly text: string;
  /** False for a deliberate error, made so that a later call has something to find wrong. Default true. */
  readonly taught?: boolean;
}

/** One problem as a teacher would take it on: a method, and a reply to each of its calls. */
export interface Plan {
  readonly method: (model: Model) => Method;
  readonly reply: (request: SampleRequest) => Reply;
}

/** A kind of call that can be taught. Undefined: this problem has nothing to teach of it. */
export type Course = (
  problem: Problem<Worked>,
  random: Random,
  dataset: Dataset<Problem<Worked>>,
) => Plan | undefined;

/** A call that a method made, and what the teacher replied. */
export interface Call {
  readonly messages: readonly Message[];
  readonly completion: string;
}

/** Runs the method of a plan on its question with the teacher as its model: the calls it made are the lessons. */
export async function callsOf({ method, reply }: Plan, problem: Problem): Promise<Call[]> {
  const calls: Call[] = [];
  const teacher: Model = {
    id: 'teacher',
    async *sample(request) {
      const { text, taught = true } = reply(request);
      if (taught) calls.push({ messages: request.messages, completion: text });
      yield { type: 'sample-end', completion: { text, finish: 'stop', usage: noUsage } };
    },
  };
  const { error } = await attempt(method(teacher), withoutReference(problem));
  if (error !== undefined) throw error;
  return calls;
}
