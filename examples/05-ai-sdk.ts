/** Any method where the AI SDK wants a model: nothing else in the program changes. */
import { generateText, streamText } from 'ai';
import { chainOfThought, selfConsistency } from '../src/index.ts';
import { toAiSdk } from '../src/models/ai-sdk.ts';
import { noisySolver } from '../src/models/noisy-solver.ts';

const model = noisySolver({ errorRate: 0.3 }); // or fromAiSdk(any AI SDK model)
const voted = toAiSdk(selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: 9 }));

const { text, usage } = await generateText({ model: voted, prompt: 'What is 17 + 25 * 3?' });
console.log(`${text.split('\n').at(-1)}  (${usage.totalTokens} tokens in all nine samples)`);

const { textStream } = streamText({ model: voted, prompt: 'What is 9 * 9 - 8?' });
for await (const part of textStream) process.stdout.write(part);
console.log();
