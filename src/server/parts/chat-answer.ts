import type { FinishReason, Json, TokenLogProb, ToolCall, Usage } from '../../core/model.ts';
import type { Answered } from './answer.ts';
import type { Target } from './served-models.ts';

export type JsonObject = { readonly [key: string]: Json };

/** What stays the same over an answer and all its chunks. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number; // seconds since 1970
  readonly model: string; // as the client named it
}

/** The usage of a request: every hidden call, with the split beside it. */
export function usageObject(usage: Usage, ended: readonly Answered[]): JsonObject {
  const {
    promptTokens,
    completionTokens,
    cachedTokens = 0,
    reasoningTokens = 0,
    calls,
    usd,
    estimated,
  } = usage;
  const shares = ended.map(({ solution }) => solution?.confidence).filter((share) => share !== undefined);
  const samples = ended.reduce((sum, { solution }) => sum + (solution?.samples?.returned ?? 1), 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    x_reckon: {
      calls,
      samples,
      usd: usd ?? null,
      agreement: shares.length > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : null,
      ...(estimated && { estimated }),
    },
  };
}

/** What Reckon says of a choice beyond the protocol; undefined where no method worked. */
export function choiceFacts(
  { method }: Target,
  { solution, refusal, exhausted }: Answered,
): JsonObject | undefined {
  if (!method && exhausted === undefined) return undefined;
  const { answer, confidence, votes, complete } = solution ?? { complete: false };
  return {
    ...(method && { method: method.name }),
    complete: complete && exhausted === undefined,
    ...(exhausted !== undefined && { exhausted }),
    ...(answer !== undefined && { answer }),
    ...(confidence !== undefined && { confidence }),
    ...(votes && { votes: votes.map((vote) => ({ ...vote })) }),
    ...(refusal !== undefined && { abstained: true }),
  };
}

/** The object that answers without a stream. */
export function chatCompletion(
  head: AnswerHead,
  target: Target,
  ended: readonly Answered[],
  usage: Usage,
  showReasoning: boolean,
): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: ended.map((answered, index) => {
      const { completion, refusal } = answered;
      const { text, toolCalls, reasoning } = completion;
      const facts = choiceFacts(target, answered);
      return {
        index,
        message: {
          role: 'assistant',
          content: refusal !== undefined || (text === '' && toolCalls) ? null : text,
          refusal: refusal ?? null,
          ...(showReasoning && reasoning && { reasoning_content: reasoning, reasoning }),
          ...(toolCalls && toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallObject) }),
        },
        finish_reason: finishReason(completion.finish),
        logprobs: logProbsObject(completion.logProbs),
        ...(facts && { x_reckon: facts }),
      };
    }),
    usage: usageObject(usage, ended),
  };
}

export function toolCallObject({ id, name, input }: ToolCall) {
  return { id, type: 'function', function: { name, arguments: input } } as const;
}

export function finishReason(finish: FinishReason): string {
  switch (finish) {
    case 'tool-call':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    default:
      return finish;
  }
}

export function logProbsObject(tokens: readonly TokenLogProb[] | undefined): Json {
  if (!tokens) return null;
  const entry = ({ token, logProb }: { readonly token: string; readonly logProb: number }) => ({
    token,
    logprob: logProb,
    bytes: [...Buffer.from(token)],
  });
  return {
    content: tokens.map((token) => ({ ...entry(token), top_logprobs: (token.top ?? []).map(entry) })),
    refusal: null,
  };
}
