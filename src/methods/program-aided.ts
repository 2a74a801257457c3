/**
 * Program-aided: the model writes a program, an interpreter computes the answer.
 * Gao et al. 2022 (PAL), arXiv:2211.10435; Chen et al. 2022 (Program of Thoughts), arXiv:2211.12588.
 * Cost: 1 call, + at most `repairs` when the program fails, + the fallback's when it keeps failing.
 * Deviations: zero-shot instead of the papers' worked examples; errors go back to the model for repair, and a program that
 * still fails gives way to another method (chain of thought).
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Interpreter } from '../core/interpreter.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model } from '../core/model.ts';
import { finalAnswerFields, instruct } from './parts/prompt.ts';

export interface ProgramAidedOptions {
  readonly model: Model;
  readonly interpreter: Interpreter;
  /** Takes over when no program ran. Absent: the solution then has no answer. */
  readonly fallback?: Method;
  readonly repairs?: number; // rounds; default 2
  readonly temperature?: number; // default 0
  readonly maxTokens?: number;
  readonly seconds?: number; // of one program; default 5
}

const INSTRUCTION = {
  python:
    'Write a Python function solution() that computes and returns the answer. Reply with one code block.',
  javascript:
    'Write a JavaScript function solution() that computes and returns the answer. Reply with one code block.',
};

/** Asks for a program, runs it in the sandbox, and answers with its value. */
export function programAided({
  model,
  interpreter,
  fallback,
  repairs = 2,
  temperature = 0,
  maxTokens,
  seconds = 5,
}: ProgramAidedOptions): Method {
  return {
    name: 'program-aided',
    async solve(question, run) {
      const turns: Message[] = instruct(question, INSTRUCTION[interpreter.language]);
      for (let round = 0; round <= repairs; round++) {
        const { text, finish } = await run.sample(model, {
          messages: turns,
          temperature,
          ...(maxTokens !== undefined && { maxTokens }),
          ...finalAnswerFields(question),
        });
        const program = readProgram(text);
        const execution = await interpreter.execute(program, {
          result: 'solution()',
          seconds,
          signal: run.signal,
        });
        const { status, value, error } = execution;
        if (status === 'ok' && value !== undefined && value !== 'None' && value !== 'undefined')
          return {
            steps: program.split('\n'),
            text: `${text}\n\nThe program returned ${value}`,
            answer: unquote(value),
            complete: finish !== 'length',
            details: { program, repairs: round },
          };
        const problem = error ?? (status === 'ok' ? 'solution() returned nothing' : status);
        turns.push(
          { role: 'assistant', text },
          { role: 'user', text: `The program failed: ${problem.slice(0, 500)}\nWrite it again, corrected.` },
        );
      }
      if (fallback) return run.branch('fallback', (branch) => fallback.solve(question, branch));
      return { steps: [], complete: true, text: 'No program ran', details: { repairs } };
    },
  };
}

/** The last fenced block, else an unfinished one, else the whole text. */
export function readProgram(text: string): string {
  const fences = text.split('```');
  if (fences.length < 2) return text;
  const block = fences.length % 2 === 0 ? fences.at(-1) : fences.at(-2);
  return (block ?? '').replace(/^[A-Za-z0-9+_-]{0,24}[ \t]*\r?\n/, '');
}

/** A string value without the quotes of its printed form. */
function unquote(value: string): string {
  const text = value.trim();
  const quoted = text.length >= 2 && text[0] === text.at(-1) && (text[0] === "'" || text[0] === '"');
  return quoted ? text.slice(1, -1) : text;
}

export const entry: MethodEntry = {
  name: 'program-aided',
  summary: 'the model writes a program, a sandbox computes the answer',
  paper: 'Gao et al. 2022, arXiv:2211.10435',
  aliases: ['pal', 'program-of-thoughts', 'pot'],
  calls: '1, + repairs when the program fails, + chain of thought when it keeps failing',
  wraps: true,
  cannot: ['tools', 'format', 'log-probabilities'], // the answer is what the program returns
  options: {
    repairs: { summary: 'rounds of repair', type: 'integer', default: 2, minimum: 0, maximum: 3 },
    seconds: { summary: 'limit of one program', type: 'number', default: 5, minimum: 0.1, maximum: 60 },
  },
  build: (options, parts) =>
    programAided({
      model: parts.model,
      interpreter: parts.interpreter(),
      fallback: parts.inner('chain-of-thought', parts.settings),
      repairs: Number(options.repairs),
      seconds: Number(options.seconds),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    }),
};
