import type { Json, Message, ResponseFormat, ToolChoice, ToolSpec } from './model.ts';
import type { Verifier } from './verifier.ts';

/**
 * The shape of the short final answer, which tells extraction and voting what to look for:
 * `number` a rational · `math` any LaTeX value · `choice` one of `choices` · `expression` arithmetic over given numbers ·
 * `text` a short phrase.
 */
export type AnswerKind = 'number' | 'math' | 'choice' | 'expression' | 'text';

/** One option of a multiple-choice question. */
export interface Choice {
  readonly label: string; // as published: 'A', '1', …
  readonly text: string;
}

/** What a method may see. */
export interface Question {
  readonly id: string;
  readonly messages: readonly Message[];
  readonly answerKind?: AnswerKind; // absent: free text
  readonly choices?: readonly Choice[]; // with answerKind 'choice'
  /** Facts of the question in machine form, for verifiers that need no key (the numbers of a Game of 24). */
  readonly given?: Json;
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly topLogProbs?: number; // 0..20; present asks for the final answer's log-probabilities
}

/** A question with its answer key; only verifiers read `reference`. */
export interface Problem<Reference = unknown> extends Question {
  readonly reference: Reference;
}

export type Split = 'train' | 'validation' | 'test';

/** Problems together with the check that grades them. */
// biome-ignore lint/suspicious/noExplicitAny: a Dataset of any reference is a Dataset
export interface Dataset<P extends Problem = Problem<any>> {
  readonly name: string;
  readonly verifier: Verifier<P>;
  readonly splits: readonly Split[];
  /** Where the rows came from: path or hub id, and the commit where known. Stored with every run. */
  readonly source?: string;
  /** Rows in a fixed order with unique, stable ids. */
  load(split: Split, options?: LoadOptions): AsyncIterable<P>;
}

export interface LoadOptions {
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** The part of a problem that a method may see. */
export function withoutReference(problem: Problem): Question {
  const { reference: _key, ...question } = problem;
  return question;
}

/** The key of a problem in words: itself, the first of several accepted answers, or its `answer`. */
export function keyText({ reference }: Problem): string {
  const key: unknown = Array.isArray(reference) ? reference[0] : reference;
  if (typeof key === 'string') return key;
  const worked = typeof key === 'object' && key !== null && 'answer' in key ? key.answer : undefined;
  return typeof worked === 'string' ? worked : (JSON.stringify(key) ?? '');
}

/** The text a person would read as the question. */
export function questionText(question: Question): string {
  return question.messages.findLast((message) => message.role === 'user')?.text ?? '';
}
