import type { SampleRequest } from '../core/model.ts';
import { CHARACTERS_PER_TOKEN } from './estimate-tokens.ts';

/** A text held to a request's `stop` and `maxTokens`, the way a server would, counting four characters as a token. */
export function boundText(
  text: string,
  { stop = [], maxTokens = Number.POSITIVE_INFINITY }: Pick<SampleRequest, 'stop' | 'maxTokens'>,
): { readonly text: string; readonly finish: 'stop' | 'length'; readonly cut: boolean } {
  let end = text.length;
  for (const sequence of stop) {
    const found = sequence === '' ? -1 : text.indexOf(sequence);
    if (found >= 0) end = Math.min(end, found);
  }
  const most = maxTokens * CHARACTERS_PER_TOKEN;
  return end > most
    ? { text: text.slice(0, most), finish: 'length', cut: true }
    : { text: text.slice(0, end), finish: 'stop', cut: end < text.length };
}
