/**
 * Direct answer: the model says the result and nothing else. The baseline that every other method has to beat.
 * Cost: 1 call.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import { answerForm, finalAnswerFields, instruct, toSolution, wantsJson } from './parts/prompt.ts';

export interface DirectOptions {
  readonly model: Model;
  readonly temperature?: number; // default 0
  readonly maxTokens?: number;
}

/** Asks for the final answer alone. */
export function direct({ model, temperature = 0, maxTokens }: DirectOptions): Method {
  return {
    name: 'direct',
    async solve(question, run) {
      const completion = await run.sample(model, {
        messages: instruct(
          question,
          wantsJson(question)
            ? 'Reply with the JSON that was asked for and nothing else.'
            : `Give only the final answer (${answerForm(question)}), no steps.`,
        ),
        temperature,
        ...(maxTokens !== undefined && { maxTokens }),
        ...finalAnswerFields(question),
      });
      return toSolution(completion, question);
    },
  };
}

export const entry: MethodEntry = {
  name: 'direct',
  summary: 'the final answer alone, no steps',
  paper: 'the baseline',
  aliases: ['io'],
  calls: '1',
  wraps: false,
  oneCall: true,
  options: {},
  build: (_options, { model, settings }) => direct({ model, ...settings }),
};
