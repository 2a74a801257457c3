import type {
  LanguageModelV2,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
} from '@ai-sdk/provider';
import type { Image, Message, SampleRequest } from '../core/model.ts';

/** A model of the AI SDK, of any of its specifications in use. */
export type AiSdkModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4;

/** A request in the words of V4. */
export function callOptions(request: SampleRequest, model: AiSdkModel): LanguageModelV4CallOptions {
  const {
    maxTokens,
    temperature,
    topP,
    stop,
    seed,
    tools,
    toolChoice,
    responseFormat,
    reasoningEffort,
    signal,
  } = request;
  const options: LanguageModelV4CallOptions = { prompt: toPrompt(request.messages) };
  if (maxTokens !== undefined) options.maxOutputTokens = maxTokens;
  if (temperature !== undefined) options.temperature = temperature;
  if (topP !== undefined) options.topP = topP;
  if (stop) options.stopSequences = [...stop];
  if (seed !== undefined) options.seed = seed;
  if (signal) options.abortSignal = signal;
  if (reasoningEffort) options.reasoning = reasoningEffort;
  if (tools)
    options.tools = tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      inputSchema: parameters as object,
    }));
  if (toolChoice !== undefined)
    options.toolChoice =
      typeof toolChoice === 'string' ? { type: toolChoice } : { type: 'tool', toolName: toolChoice.name };
  if (responseFormat?.type === 'json') options.responseFormat = { type: 'json' };
  if (responseFormat?.type === 'json-schema')
    options.responseFormat = {
      type: 'json',
      name: responseFormat.name,
      schema: responseFormat.schema as object,
    };
  const own = providerOptions(request, model);
  if (Object.keys(own).length > 0) options.providerOptions = { [providerKey(model)]: own };
  return options;
}

/** Specifications before V4 name effort in provider options and hold files without a wrapper. */
export function olderOptions(request: SampleRequest, model: AiSdkModel): object {
  const { reasoning, prompt, providerOptions: own = {}, ...rest } = callOptions(request, model);
  const key = providerKey(model);
  return {
    ...rest,
    prompt: prompt.map((message) =>
      message.role === 'user' ? { ...message, content: message.content.map(withBareData) } : message,
    ),
    providerOptions: { ...own, ...(reasoning && { [key]: { ...own[key], reasoningEffort: reasoning } }) },
  };
}

function withBareData(part: { type: string } | LanguageModelV4FilePart): object {
  if (!('data' in part) || part.type !== 'file') return part;
  const { data } = part;
  return { ...part, data: data.type === 'url' ? data.url : data.type === 'data' ? data.data : data };
}

/** What the specification has no words for travels under the provider's name. */
function providerOptions({ topLogProbs, parallelToolCalls }: SampleRequest, model: AiSdkModel) {
  const openai = providerKey(model) === 'openai';
  return {
    ...(topLogProbs !== undefined &&
      (openai ? { logprobs: topLogProbs || true } : { logprobs: true, top_logprobs: topLogProbs })),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
  };
}

/** Under which name options and metadata travel: `openai.chat` → `openai`. */
export function providerKey({ provider }: AiSdkModel): string {
  return provider.split('.')[0] ?? provider;
}

function toPrompt(messages: readonly Message[]): LanguageModelV4Prompt {
  const toolNames = new Map(
    messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])),
  );
  return messages.map((message): LanguageModelV4Message => {
    const { role, text, images = [], toolCalls = [], toolCallId = '' } = message;
    switch (role) {
      case 'system':
        return { role, content: text };
      case 'user':
        return { role, content: [{ type: 'text', text }, ...images.map(toFile)] };
      case 'assistant':
        return {
          role,
          content: [
            ...(text === '' ? [] : [{ type: 'text' as const, text }]),
            ...toolCalls.map(({ id, name, input }) => ({
              type: 'tool-call' as const,
              toolCallId: id,
              toolName: name,
              input: parseInput(input),
            })),
          ],
        };
      case 'tool':
        return {
          role,
          content: [
            {
              type: 'tool-result',
              toolCallId,
              toolName: toolNames.get(toolCallId) ?? 'unknown',
              output: { type: 'text', value: text },
            },
          ],
        };
      default:
        return role satisfies never;
    }
  });
}

function toFile({ url }: Image): LanguageModelV4FilePart {
  const [, mediaType, data] = /^data:([^;,]{1,100});base64,(.*)$/s.exec(url) ?? [];
  return mediaType !== undefined && data !== undefined
    ? { type: 'file', mediaType, data: { type: 'data', data } }
    : { type: 'file', mediaType: 'image/*', data: { type: 'url', url: new URL(url) } };
}

function parseInput(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input; // shown to the model as it wrote it
  }
}
