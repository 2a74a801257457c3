import type { Usage } from '../core/model.ts';

/** What a model costs, in USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly cachedInput?: number; // default: as input
  readonly output: number; // reasoning tokens count as output
}

/** The day the table below was last compared with the makers' price lists. */
export const PRICES_AS_OF = '2026-06-30';

/**
 * List prices of some well-known models at their makers' own hosts, short prompts, no batch discount. A convenience that
 * grows old: give `prices` yourself where money matters. Hosts and models that are not here have no known price.
 */
const LIST_PRICES: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  'api.openai.com': {
    'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30 },
    'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15 },
    'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5 },
    'gpt-5.4-nano': { input: 0.2, cachedInput: 0.02, output: 1.25 },
    'gpt-5.1': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
    'gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4 },
    'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
    'gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
    'gpt-4.1-nano': { input: 0.1, cachedInput: 0.025, output: 0.4 },
    'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 },
    'gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6 },
  },
  'api.anthropic.com': {
    'claude-opus-4-5': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-haiku-4-5': { input: 1, cachedInput: 0.1, output: 5 },
  },
};

/** The list price of a model at a host, or undefined. Dated versions of a model cost what the model costs. */
export function listPrice(hostname: string, model: string): Price | undefined {
  const host = hostname.toLowerCase();
  const prices = Object.hasOwn(LIST_PRICES, host) ? LIST_PRICES[host] : undefined;
  if (!prices) return undefined;
  const name = model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '');
  return Object.hasOwn(prices, name) ? prices[name] : undefined;
}

/** What a call cost, in USD. */
export function costOf(
  price: Price,
  usage: Pick<Usage, 'promptTokens' | 'completionTokens' | 'cachedTokens'>,
): number {
  const cached = Math.min(usage.cachedTokens ?? 0, usage.promptTokens);
  const fresh = usage.promptTokens - cached;
  return (
    (fresh * price.input +
      cached * (price.cachedInput ?? price.input) +
      usage.completionTokens * price.output) /
    1e6
  );
}
