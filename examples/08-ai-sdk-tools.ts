/** Tools and structured output through a vote, in a program of the AI SDK 7 and in one of the AI SDK 6. */
import * as ai7 from 'ai';
import * as ai6 from 'ai6';
import { z } from 'zod';
import { direct, selfConsistency } from '../src/index.ts';
import { toAiSdk } from '../src/models/ai-sdk.ts';
import { scripted } from '../src/models/scripted.ts';

// stands for fromAiSdk(…) or openaiCompatible(…): it looks the weather up, and writes JSON where that is asked for
const model = scripted({
  answer: ({ messages, tools, responseFormat }) => {
    const seen = messages.find(({ role }) => role === 'tool')?.text;
    if (seen) return `The weather is ${seen}.`;
    if (tools)
      return { finish: 'tool-call', toolCalls: [{ id: '1', name: 'weather', input: '{"city":"Oslo"}' }] };
    return responseFormat ? '{"city":"Oslo","degrees":-4}' : 'The answer is Oslo.';
  },
});
const voted = toAiSdk(selfConsistency({ method: direct({ model, temperature: 0.7 }), samples: 5 }));
const place = z.object({ city: z.string(), degrees: z.number() });
const weather = {
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }: { city: string }) => `cold in ${city}`,
};

const prompt = 'How is the weather in Oslo?';

async function withVersion7(): Promise<void> {
  const stopWhen = ai7.stepCountIs(3);
  const tools = { weather: ai7.tool(weather) };
  const { text, steps } = await ai7.generateText({ model: voted, prompt, tools, stopWhen });
  const { output } = await ai7.generateText({
    model: voted,
    prompt,
    output: ai7.Output.object({ schema: place }),
  });
  const streamed = ai7.streamText({ model: voted, prompt });
  for await (const part of streamed.textStream) process.stdout.write(part);
  console.log(` (AI SDK 7) ${text} In ${steps.length} steps;`, output);
}

async function withVersion6(): Promise<void> {
  const model = voted.asV3();
  const stopWhen = ai6.stepCountIs(3);
  const tools = { weather: ai6.tool(weather) };
  const { text, steps } = await ai6.generateText({ model, prompt, tools, stopWhen });
  const { output } = await ai6.generateText({ model, prompt, output: ai6.Output.object({ schema: place }) });
  const streamed = ai6.streamText({ model, prompt });
  for await (const part of streamed.textStream) process.stdout.write(part);
  console.log(` (AI SDK 6) ${text} In ${steps.length} steps;`, output);
}

await withVersion7();
await withVersion6();
