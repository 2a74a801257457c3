/** Both ways between our models and methods and the AI SDK (`ai` 6 and 7). */
export type { AiSdkModel } from './ai-sdk-options.ts';
export { type FromAiSdkOptions, fromAiSdk } from './from-ai-sdk.ts';
export { type AiSdkMethod, type ToAiSdkOptions, toAiSdk } from './to-ai-sdk.ts';
