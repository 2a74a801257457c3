import type { Tokenizer } from '../../transformer/tokenizer.ts';
import { trainTokenizer } from '../../transformer/tokenizer.ts';
import type { MixturePart } from '../lessons.ts';
import { lessons } from '../lessons.ts';

export interface LessonTokenizerOptions {
  readonly mixture: readonly MixturePart[];
  readonly vocabularySize: number; // special tokens and bytes included
  readonly lessons?: number; // read from the beginning of the stream; default 20,000
  readonly seed?: number | string; // default 0
}

/** Learns a tokenizer with single digits from the first lessons of a mixture: the same options give the same tokenizer. */
export async function lessonTokenizer({
  mixture,
  vocabularySize,
  lessons: count = 20_000,
  seed = 0,
}: LessonTokenizerOptions): Promise<Tokenizer> {
  const stream = await lessons({ mixture, seed });
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const { messages, completion } = await stream.next();
    for (const { text } of messages) texts.push(text);
    texts.push(completion);
  }
  return trainTokenizer(texts, { vocabularySize, digits: 'single' });
}
