import type {
  LanguageModelV3CallOptions,
  LanguageModelV4CallOptions,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Image, Json, Message, ResponseFormat, SampleRequest, ToolCall } from '../core/model.ts';

/** Prompts of V3 and V4 differ in how files are held, and both are read. */
export type CallOptions = LanguageModelV4CallOptions | LanguageModelV3CallOptions;

/** What a call asked for that is not passed on. */
export type Warnings = Extract<SharedV4Warning, { type: 'unsupported' }>[];

/** A call of the AI SDK as a request, with warnings for what it has no place for. */
export function readCall(call: CallOptions): { request: SampleRequest; warnings: Warnings } {
  const warnings: Warnings = [];
  const unsupported = (feature: string, details: string) => {
    warnings.push({ type: 'unsupported', feature, details });
  };
  for (const feature of ['temperature', 'topP', 'topK', 'presencePenalty', 'frequencyPenalty'] as const)
    if (call[feature] !== undefined) unsupported(feature, 'The method sets how its hidden samples are drawn');
  const tools = (call.tools ?? []).flatMap((tool) => {
    if (tool.type === 'function') {
      const { name, description, inputSchema } = tool;
      return [{ name, ...(description !== undefined && { description }), parameters: inputSchema as Json }];
    }
    unsupported(`tool ${tool.id}`, 'Tools that a provider executes are not passed on');
    return [];
  });
  const choice = call.toolChoice;
  const format = responseFormat(call.responseFormat);
  const request: SampleRequest = {
    messages: call.prompt.flatMap((message) => readMessage(message, unsupported)),
    ...(call.maxOutputTokens !== undefined && { maxTokens: call.maxOutputTokens }),
    ...(call.stopSequences && { stop: call.stopSequences }),
    ...(call.seed !== undefined && { seed: call.seed }),
    ...(tools.length > 0 && { tools }),
    ...(choice && { toolChoice: choice.type === 'tool' ? { name: choice.toolName } : choice.type }),
    ...(format && { responseFormat: format }),
    ...(call.abortSignal && { signal: call.abortSignal }),
  };
  return { request, warnings };
}

function responseFormat(format: CallOptions['responseFormat']): ResponseFormat | undefined {
  if (format?.type !== 'json') return undefined;
  return format.schema
    ? { type: 'json-schema', name: format.name ?? 'response', schema: format.schema as Json }
    : { type: 'json' };
}

type AnyMessage = CallOptions['prompt'][number];

/** One message of theirs is one of ours, but for tool results, of which each becomes a message. */
function readMessage(
  message: AnyMessage,
  unsupported: (feature: string, details: string) => void,
): Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', text: message.content }];
    case 'user': {
      const texts: string[] = [];
      const images: Image[] = [];
      for (const part of message.content) {
        if (part.type === 'text') {
          texts.push(part.text);
          continue;
        }
        const url = part.mediaType.startsWith('image/') ? imageUrl(part.data, part.mediaType) : undefined;
        if (url !== undefined) images.push({ url });
        else unsupported(`file of type ${part.mediaType}`, 'Only images are passed on');
      }
      return [{ role: 'user', text: texts.join('\n'), ...(images.length > 0 && { images }) }];
    }
    case 'assistant': {
      const texts: string[] = [];
      const toolCalls: ToolCall[] = [];
      for (const part of message.content) {
        if (part.type === 'text') texts.push(part.text);
        if (part.type === 'tool-call')
          toolCalls.push({
            id: part.toolCallId,
            name: part.toolName,
            input: typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}),
          });
      }
      return [{ role: 'assistant', text: texts.join(''), ...(toolCalls.length > 0 && { toolCalls }) }];
    }
    case 'tool':
      return message.content.flatMap((part) =>
        part.type === 'tool-result'
          ? [{ role: 'tool' as const, text: outputText(part.output), toolCallId: part.toolCallId }]
          : [],
      );
    default:
      return message satisfies never;
  }
}

/** V4 wraps data and says what it is; V3 gives it bare. Base64 text may come without its `data:` head. */
function imageUrl(data: unknown, mediaType: string): string | undefined {
  if (data instanceof URL) return data.href;
  if (data instanceof Uint8Array) return `data:${mediaType};base64,${Buffer.from(data).toString('base64')}`;
  if (typeof data === 'string')
    return /^(?:https?|data):/.test(data) ? data : `data:${mediaType};base64,${data}`;
  const { type, data: inner, url } = (data ?? {}) as { type?: unknown; data?: unknown; url?: unknown };
  if (type === 'data') return imageUrl(inner, mediaType);
  return type === 'url' ? imageUrl(url, mediaType) : undefined;
}

function outputText(output: {
  readonly type: string;
  readonly value?: unknown;
  readonly reason?: unknown;
}): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return String(output.value);
    case 'execution-denied':
      return `The call was denied${output.reason === undefined ? '' : `: ${output.reason}`}`;
    case 'content':
      return (Array.isArray(output.value) ? output.value : [])
        .map((part: { type?: unknown; text?: unknown }) =>
          part.type === 'text' ? String(part.text) : `(${part.type})`,
        )
        .join('\n');
    default:
      return JSON.stringify(output.value ?? null);
  }
}
