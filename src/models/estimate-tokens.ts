import type { SampleRequest } from '../core/model.ts';

/** Ordinary English has about four characters to a token. */
export const CHARACTERS_PER_TOKEN = 4;
/** Role and separators of one message. */
const TOKENS_PER_MESSAGE = 3;
/** A low-detail image in the tile scheme that most chat APIs share. */
const TOKENS_PER_IMAGE = 85;

/** A count of tokens from the length of a text, for want of the model's tokenizer. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** An estimate of what a request's messages and tools weigh, in tokens. */
export function estimatePromptTokens(request: SampleRequest): number {
  let tokens = 0;
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE + estimateTokens(message.text);
    tokens += (message.images?.length ?? 0) * TOKENS_PER_IMAGE;
    for (const call of message.toolCalls ?? []) tokens += estimateTokens(call.name + call.input);
  }
  if (request.tools) tokens += estimateTokens(JSON.stringify(request.tools));
  return tokens;
}
