/**
 * Chain of thought: the model writes its steps before the answer.
 * Few-shot: Wei et al. 2022, arXiv:2201.11903. Zero-shot: Kojima et al. 2022, arXiv:2205.11916.
 * Cost: 1 call.
 * Deviation: zero-shot asks for steps and a fixed final line in one call, where Kojima et al. ask for the answer in a second.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model } from '../core/model.ts';
import { closing, finalAnswerFields, instruct, toSolution } from './parts/prompt.ts';

/** A worked example: a question and its steps, ending in the answer. */
export interface Example {
  readonly question: string;
  readonly solution: string;
}

export interface ChainOfThoughtOptions {
  readonly model: Model;
  readonly temperature?: number; // default 0; use about 0.7 when several samples are wanted
  readonly maxTokens?: number;
  /** Worked examples shown as earlier turns. Default none: zero-shot. */
  readonly examples?: readonly Example[];
  /** Ask for log-probabilities, so that votes can be weighted by them. */
  readonly logProbs?: boolean;
}

/** Asks for the steps, then the answer. */
export function chainOfThought({
  model,
  temperature = 0,
  maxTokens,
  examples = [],
  logProbs = false,
}: ChainOfThoughtOptions): Method {
  const shots = examples.flatMap<Message>(({ question, solution }) => [
    { role: 'user', text: question },
    { role: 'assistant', text: solution },
  ]);
  return {
    name: 'chain-of-thought',
    async solve(question, run) {
      const turns = instruct(question, `Think step by step, then ${closing(question)}.`);
      const system = turns.filter((message) => message.role === 'system');
      const others = turns.filter((message) => message.role !== 'system');
      const completion = await run.sample(model, {
        messages: [...system, ...shots, ...others],
        temperature,
        ...(maxTokens !== undefined && { maxTokens }),
        ...(logProbs && { topLogProbs: 0 }),
        ...finalAnswerFields(question),
      });
      return toSolution(completion, question);
    },
  };
}

export const entry: MethodEntry = {
  name: 'chain-of-thought',
  summary: 'steps before the answer',
  paper: 'Wei et al. 2022, arXiv:2201.11903; Kojima et al. 2022, arXiv:2205.11916',
  aliases: ['cot'],
  calls: '1',
  wraps: false,
  options: {},
  build: (_options, { model, settings }) => chainOfThought({ model, ...settings }),
};
