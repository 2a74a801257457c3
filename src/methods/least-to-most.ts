/**
 * Least-to-most: split the question into simpler ones, answer them in order, each with the earlier answers at hand.
 * Zhou et al. 2022, arXiv:2205.10625.
 * Cost: 1 call to split + 1 per sub-question + 1 for the question itself.
 * Deviation: zero-shot instead of the paper's worked examples.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model } from '../core/model.ts';
import { questionText } from '../core/problem.ts';
import { closing, finalAnswerFields, instruct, toSolution } from './parts/prompt.ts';

export interface LeastToMostOptions {
  readonly model: Model;
  readonly subquestions?: number; // at the most; default 6
  readonly temperature?: number; // default 0
  readonly maxTokens?: number;
}

/** Answers simpler questions first and the asked one last. */
export function leastToMost({
  model,
  subquestions = 6,
  temperature = 0,
  maxTokens,
}: LeastToMostOptions): Method {
  const settings = { temperature, ...(maxTokens !== undefined && { maxTokens }) };
  return {
    name: 'least-to-most',
    async solve(question, run) {
      const split = await run.sample(model, {
        messages: instruct(
          question,
          'List the simpler questions to answer first, one per line. Do not answer them.',
        ),
        ...settings,
      });
      const parts = readList(split.text).slice(0, subquestions);
      const turns: Message[] = [...question.messages];
      const steps: string[] = [];
      for (const part of parts) {
        // the first sub-question joins the question's own turn, so that turns keep alternating
        const messages =
          steps.length === 0 ? instruct(question, part) : [...turns, { role: 'user' as const, text: part }];
        const { text } = await run.sample(model, { messages, ...settings });
        turns.splice(0, turns.length, ...messages, { role: 'assistant', text });
        steps.push(`${part} ${text}`);
      }
      const last = `Now answer: ${questionText(question)}\n${sentence(closing(question))}`;
      const completion = await run.sample(model, {
        messages: steps.length === 0 ? instruct(question, last) : [...turns, { role: 'user', text: last }],
        ...settings,
        ...finalAnswerFields(question),
      });
      const solution = toSolution(completion, question);
      return { ...solution, steps: [...steps, ...solution.steps] };
    },
  };
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** The items of a list, without bullets and numbers. */
function readList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/^[\s\-*•]{0,8}(?:\d{1,2}[.)])?\s{0,8}/, '').trim())
    .filter((line) => line !== '');
}

export const entry: MethodEntry = {
  name: 'least-to-most',
  summary: 'simpler questions first, each with the earlier answers at hand',
  paper: 'Zhou et al. 2022, arXiv:2205.10625',
  aliases: ['ltm'],
  calls: '2 + one per sub-question',
  wraps: false,
  count: 'subquestions',
  options: {
    subquestions: { summary: 'at the most', type: 'integer', default: 6, minimum: 1, maximum: 20 },
  },
  build: (options, { model, settings }) =>
    leastToMost({
      model,
      subquestions: Number(options.subquestions),
      ...(settings.temperature !== undefined && { temperature: settings.temperature }),
    }),
};
