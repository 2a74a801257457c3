import type { Json, Message } from '../core/model.ts';
import { encodeTurns } from '../transformer/chat-turns.ts';
import type { Tokenizer } from '../transformer/tokenizer.ts';

/** One call of a model, and what it ought to reply. */
export interface Lesson {
  readonly messages: readonly Message[];
  readonly completion: string;
}

/** An endless stream of lessons that can be continued from a saved place. */
export interface LessonSource {
  next(): Promise<Lesson>;
  /** Where the stream is, as plain JSON; whoever made the source makes it again from here. */
  readonly cursor: Json;
}

/** A lesson in tokens. */
export interface EncodedLesson {
  readonly ids: Int32Array; // bos, the conversation, the reply, eos
  readonly promptLength: number; // ids before the reply
}

/** The tokens of a lesson, as the policy will read and write them. */
export function encodeLesson(tokenizer: Tokenizer, { messages, completion }: Lesson): EncodedLesson {
  const reply = { role: 'assistant' as const, text: completion };
  const prompt = encodeTurns(tokenizer, messages, { answerNext: true });
  return { ids: encodeTurns(tokenizer, [...messages, reply]), promptLength: prompt.length };
}
