import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { costOf, listPrice } from './prices.ts';

describe('prices', () => {
  it('knows a model and its dated versions at its own host only', () => {
    const price = listPrice('api.openai.com', 'gpt-4o-mini');
    assert.deepEqual(price, { input: 0.15, cachedInput: 0.075, output: 0.6 });
    assert.deepEqual(listPrice('API.openai.com', 'gpt-4o-mini-2024-07-18'), price);
    for (const [host, model] of [
      ['127.0.0.1', 'gpt-4o-mini'],
      ['openrouter.ai', 'gpt-4o-mini'],
      ['api.openai.com', 'gpt-4o-mini-audio'],
      ['api.openai.com', 'constructor'],
      ['constructor', 'name'],
    ] as const)
      assert.equal(listPrice(host, model), undefined);
  });

  it('charges cached tokens at their own rate', () => {
    const usage = { promptTokens: 1_000_000, cachedTokens: 400_000, completionTokens: 500_000 };
    assert.equal(costOf({ input: 2, cachedInput: 0.5, output: 8 }, usage), 1.2 + 0.2 + 4);
    assert.equal(costOf({ input: 2, output: 8 }, usage), 2 + 4);
  });
});
