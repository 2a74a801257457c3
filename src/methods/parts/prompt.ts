import { extractAnswer } from '../../core/answer.ts';
import type { Completion, Message, SampleRequest } from '../../core/model.ts';
import type { Question } from '../../core/problem.ts';
import type { Solution } from '../../core/solution.ts';

/** How the final answer should be written, in a few words. */
export function answerForm(question: Question): string {
  switch (question.answerKind) {
    case 'number':
      return 'a number';
    case 'math':
      return 'in \\boxed{}';
    case 'choice':
      return 'one letter';
    case 'expression':
      return 'one expression';
    case 'text':
      return 'a few words';
    case undefined:
      return 'short';
    default:
      return question.answerKind satisfies never;
  }
}

/** How a worked answer should end. */
export function closing(question: Question): string {
  if (wantsJson(question)) return 'reply with the JSON that was asked for and nothing else';
  return `end with "The answer is" and the answer (${answerForm(question)})`;
}

/** Whether the final text has to be JSON. */
export function wantsJson({ responseFormat }: Pick<Question, 'responseFormat'>): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text';
}

/** The question's turns with an instruction added to the last user turn, so that turns keep alternating. */
export function instruct(question: Question, instruction: string): Message[] {
  const last = question.messages.findLastIndex((message) => message.role === 'user');
  return question.messages.map((message, index) =>
    index === last ? { ...message, text: `${message.text}\n\n${instruction}` } : message,
  );
}

/** Turns with a rule added to the system turn, which is made where there is none. */
export function addSystem(messages: readonly Message[], rule: string): Message[] {
  const [first, ...rest] = messages;
  return first?.role === 'system'
    ? [{ ...first, text: `${first.text}\n\n${rule}` }, ...rest]
    : [{ role: 'system', text: rule }, ...messages];
}

/** What a client asked of the final answer, as every sample that may become one must carry it. */
export function finalAnswerFields(question: Question): Partial<SampleRequest> {
  const { tools, toolChoice, parallelToolCalls, responseFormat, topLogProbs } = question;
  return {
    ...(tools && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(responseFormat && { responseFormat }),
    ...(topLogProbs !== undefined && { topLogProbs }),
  };
}

/** A completion as a solution: one step a line, the answer read from the text and never from the reasoning. */
export function toSolution(completion: Completion, question: Question): Solution {
  const { text, toolCalls, finish, logProbs } = completion;
  const answer = wantsJson(question) ? text.trim() || null : extractAnswer(text, question);
  return {
    steps: text.split('\n').filter((line) => line.trim() !== ''),
    text,
    complete: finish !== 'length',
    ...(answer !== null && { answer }),
    ...(toolCalls && { toolCalls }),
    ...(logProbs && logProbs.length > 0 && { meanLogProb: mean(logProbs.map((token) => token.logProb)) }),
    ...(logProbs && question.topLogProbs !== undefined && { logProbs }),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
