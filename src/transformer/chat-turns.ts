import type { Message } from '../core/model.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A turn as the embedded model sees it: its role and its text. */
export type Turn = Pick<Message, 'role' | 'text'>;

/**
 * The ids of a conversation: bos, then each turn as its role's marker and its text; eos closes an assistant turn.
 * With `answerNext`, the marker that opens the assistant's next turn follows. Markers written in a text stay plain text.
 */
export function encodeTurns(
  tokenizer: Tokenizer,
  turns: readonly Turn[],
  { answerNext = false }: { readonly answerNext?: boolean } = {},
): Int32Array {
  const { special } = tokenizer;
  const ids: number[] = [special.bos];
  for (const { role, text } of turns) {
    ids.push(special[role]);
    for (const id of tokenizer.encode(text)) ids.push(id);
    if (role === 'assistant') ids.push(special.eos);
  }
  if (answerNext) ids.push(special.assistant);
  return Int32Array.from(ids);
}

/** The Jinja template that renders the same conversation in other programs. */
export function chatTemplate(tokenizer: Tokenizer): string {
  const { specialTokens: names } = tokenizer.definition;
  const markers = (['system', 'user', 'assistant', 'tool'] as const)
    .map((role) => `'${role}': '${names[role]}'`)
    .join(', ');
  return [
    `{%- set markers = {${markers}} -%}`,
    `{{- '${names.bos}' -}}`,
    "{%- for message in messages -%}{{- markers[message['role']] + message['content'] -}}",
    `{%- if message['role'] == 'assistant' -%}{{- '${names.eos}' -}}{%- endif -%}{%- endfor -%}`,
    `{%- if add_generation_prompt -%}{{- '${names.assistant}' -}}{%- endif -%}`,
  ].join('');
}
