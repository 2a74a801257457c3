import { z } from '@hono/zod-openapi';
import {
  MOST_BIASES,
  MOST_CHOICES,
  MOST_COMPLETION_TOKENS,
  MOST_MESSAGES,
  MOST_METADATA,
  MOST_NAME_CHARACTERS,
  MOST_PARTS,
  MOST_SECONDS,
  MOST_STOP_CHARACTERS,
  MOST_STOPS,
  MOST_TOOL_CALLS,
  MOST_TOOLS,
  MOST_TOP_LOGPROBS,
} from './limits.ts';

export const name = z.string().min(1).max(MOST_NAME_CHARACTERS);
/** A JSON Schema, or any other object that is only handed on. */
export const jsonObject = z.record(z.string(), z.unknown());
const functionName = z.string().regex(/^[\w-]{1,64}$/, 'a function name has 1 to 64 letters, digits, _ or -');

export const imageAddress = z
  .string()
  .regex(/^(?:https?:\/\/|data:image\/)/i, 'an image is given as an https: or data:image/ address');

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const userPart = z.discriminatedUnion('type', [
  textPart,
  z.object({
    type: z.literal('image_url'),
    image_url: z.object({ url: imageAddress, detail: z.enum(['auto', 'low', 'high']).nullish() }),
  }),
]);
const assistantPart = z.discriminatedUnion('type', [
  textPart,
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
]);
const texts = z.union([z.string(), z.array(textPart).min(1).max(MOST_PARTS)]);

const toolCall = z.object({
  id: name,
  type: z.literal('function'),
  function: z.object({ name: functionName, arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: texts, name: name.nullish() }),
  z.object({ role: z.literal('developer'), content: texts, name: name.nullish() }),
  z.object({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(userPart).min(1).max(MOST_PARTS)]),
    name: name.nullish(),
  }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantPart).max(MOST_PARTS)]).nullish(),
    refusal: z.string().nullish(),
    name: name.nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
    tool_calls: z.array(toolCall).max(MOST_TOOL_CALLS).nullish(),
  }),
  z.object({ role: z.literal('tool'), content: texts, tool_call_id: name }),
]);

export const toolSpec = z.object({
  type: z.literal('function'),
  function: z.object({
    name: functionName,
    description: z.string().nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
});

export const toolMode = z.enum(['none', 'auto', 'required']);
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
export const jsonSchemaFormat = z.object({
  name: functionName,
  schema: jsonObject.nullish(),
  strict: z.boolean().nullish(),
  description: z.string().nullish(),
});

const amount = z.number().min(0);

/** What Reckon takes beyond the protocol. */
export const extension = z.strictObject({
  method: z.string().max(200).nullish(),
  limits: z
    .strictObject({
      tokens: z.int().min(1).nullish(),
      calls: z.int().min(1).nullish(),
      seconds: z.number().positive().max(MOST_SECONDS).nullish(),
      usd: amount.nullish(),
    })
    .nullish(),
  seed: z.int().nullish(),
  /** Below this confidence the answer is a refusal. */
  abstain: z.number().min(0).max(1).nullish(),
});

/** Fields of a body that say how one answer is sampled; shared with /v1/responses. */
export const sampling = {
  model: name,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  metadata: z
    .record(z.string(), z.string())
    .refine((map) => Object.keys(map).length <= MOST_METADATA, `at most ${MOST_METADATA} entries`)
    .nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  user: z.string().max(MOST_NAME_CHARACTERS).nullish(),
  service_tier: name.nullish(),
  prompt_cache_key: z.string().max(MOST_NAME_CHARACTERS).nullish(),
  safety_identifier: z.string().max(MOST_NAME_CHARACTERS).nullish(),
  reckon: extension.nullish(),
  optillm_approach: name.nullish(),
};

const tokens = z.int().min(1).max(MOST_COMPLETION_TOKENS).nullish();
const penalty = z.number().min(-2).max(2).nullish();
const stop = z.string().min(1).max(MOST_STOP_CHARACTERS);

/** The body of POST /v1/chat/completions. Unknown keys stay in it. */
export const chatBody = z
  .looseObject({
    ...sampling,
    messages: z.array(message).min(1).max(MOST_MESSAGES),
    max_tokens: tokens,
    max_completion_tokens: tokens,
    n: z.int().min(1).max(MOST_CHOICES).nullish(),
    seed: z.int().nullish(),
    stop: z.union([stop, z.array(stop).max(MOST_STOPS)]).nullish(),
    frequency_penalty: penalty,
    presence_penalty: penalty,
    logit_bias: z
      .record(z.string(), z.number().min(-100).max(100))
      .refine((map) => Object.keys(map).length <= MOST_BIASES, `at most ${MOST_BIASES} entries`)
      .nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(MOST_TOP_LOGPROBS).nullish(),
    tools: z.array(toolSpec).max(MOST_TOOLS).nullish(),
    tool_choice: z
      .union([
        toolMode,
        z.object({ type: z.literal('function'), function: z.object({ name: functionName }) }),
      ])
      .nullish(),
    response_format: z
      .discriminatedUnion('type', [
        z.object({ type: z.literal('text') }),
        z.object({ type: z.literal('json_object') }),
        z.object({ type: z.literal('json_schema'), json_schema: jsonSchemaFormat }),
      ])
      .nullish(),
    reasoning_effort: effort.nullish(),
    reasoning: z
      .looseObject({
        effort: effort.nullish(),
        max_tokens: tokens,
        exclude: z.boolean().nullish(),
        enabled: z.boolean().nullish(),
      })
      .nullish(),
    stream_options: z
      .looseObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
      .nullish(),
    modalities: z
      .array(z.enum(['text', 'audio']))
      .min(1)
      .max(2)
      .nullish(),
  })
  .openapi('ChatCompletionRequest');

export type ChatBody = z.infer<typeof chatBody>;
export type ChatBodyMessage = ChatBody['messages'][number];

/** Keys of a chat body that the schema knows. */
export const CHAT_KEYS: ReadonlySet<string> = new Set(Object.keys(chatBody.shape));
