/** How the methods of one call are taught. */
import type { Interpreter } from '../../core/interpreter.ts';
import { chainOfThought } from '../../methods/chain-of-thought.ts';
import { direct } from '../../methods/direct.ts';
import { programAided } from '../../methods/program-aided.ts';
import type { Course } from './plan.ts';

/** The answer and nothing else. */
export const directCourse: Course = ({ reference }) => ({
  method: (model) => direct({ model }),
  reply: () => ({ text: reference.answer }),
});

/** The worked steps, then the ending that the method asks for. */
export const chainOfThoughtCourse: Course = ({ reference: { steps, answer } }) => ({
  method: (model) => chainOfThought({ model }),
  reply: () => ({ text: [...steps.slice(0, -1), `The answer is ${answer}`].join('\n') }),
});

/** The worked program in a code block. */
export const programAidedCourse: Course = ({ reference: { program, answer } }) => {
  if (program === undefined) return undefined;
  const interpreter: Interpreter = {
    language: 'python',
    execute: async () => ({ status: 'ok', value: answer, stdout: '', seconds: 0, engine: 'teacher' }),
    close: async () => {},
  };
  return {
    method: (model) => programAided({ model, interpreter }),
    reply: () => ({ text: `\`\`\`python\n${program}\n\`\`\`` }),
  };
};
