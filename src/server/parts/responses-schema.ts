import { z } from '@hono/zod-openapi';
import {
  effort,
  imageAddress,
  jsonObject,
  jsonSchemaFormat,
  name,
  sampling,
  toolMode,
} from './chat-schema.ts';
import {
  MOST_COMPLETION_TOKENS,
  MOST_MESSAGES,
  MOST_PARTS,
  MOST_TOOLS,
  MOST_TOP_LOGPROBS,
} from './limits.ts';

const functionName = z.string().regex(/^[\w-]{1,64}$/, 'a function name has 1 to 64 letters, digits, _ or -');

const part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('input_text'), text: z.string() }),
  z.looseObject({ type: z.literal('output_text'), text: z.string() }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
  z.looseObject({
    type: z.literal('input_image'),
    image_url: imageAddress,
    detail: z.enum(['auto', 'low', 'high']).nullish(),
  }),
]);

const message = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(part).max(MOST_PARTS)]),
});
const item = z.union([
  message,
  z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('function_call'),
      call_id: name,
      name: functionName,
      arguments: z.string(),
    }),
    z.looseObject({
      type: z.literal('function_call_output'),
      call_id: name,
      output: z.union([z.string(), z.array(part).max(MOST_PARTS)]),
    }),
    z.looseObject({ type: z.literal('reasoning') }),
  ]),
]);

export const responseTool = z.looseObject({
  type: z.literal('function'),
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
  strict: z.boolean().nullish(),
});

/** The body of POST /v1/responses. Unknown keys stay in it. */
export const responsesBody = z
  .looseObject({
    ...sampling,
    input: z.union([z.string(), z.array(item).min(1).max(MOST_MESSAGES)]),
    instructions: z.string().nullish(),
    previous_response_id: name.nullish(),
    max_output_tokens: z.int().min(1).max(MOST_COMPLETION_TOKENS).nullish(),
    top_logprobs: z.int().min(0).max(MOST_TOP_LOGPROBS).nullish(),
    include: z.array(name).max(32).nullish(),
    tools: z.array(responseTool).max(MOST_TOOLS).nullish(),
    tool_choice: z
      .union([toolMode, z.looseObject({ type: z.literal('function'), name: functionName })])
      .nullish(),
    text: z
      .looseObject({
        format: z
          .discriminatedUnion('type', [
            z.object({ type: z.literal('text') }),
            z.object({ type: z.literal('json_object') }),
            jsonSchemaFormat.extend({ type: z.literal('json_schema') }),
          ])
          .nullish(),
      })
      .nullish(),
    reasoning: z.looseObject({ effort: effort.nullish(), summary: z.string().max(32).nullish() }).nullish(),
    truncation: z.enum(['auto', 'disabled']).nullish(),
    background: z.literal(false).nullish(),
  })
  .openapi('ResponsesRequest');

export type ResponsesBody = z.infer<typeof responsesBody>;
export type ResponsesItem = Exclude<ResponsesBody['input'], string>[number];

/** Keys of a responses body that the schema knows. */
export const RESPONSES_KEYS: ReadonlySet<string> = new Set(Object.keys(responsesBody.shape));
