/** For every method, streamed or not, finished or given up: what the upstream gave out = the log = the answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pantry } from '../../src/catalog/methods.ts';
import { methodEntries, openPantry } from '../../src/catalog/methods.ts';
import type { SampleRequest, Usage } from '../../src/core/model.ts';
import { addUsage, noUsage } from '../../src/core/model.ts';
import type { Retriever } from '../../src/core/retriever.ts';
import type { Tool } from '../../src/core/tool.ts';
import { estimatePromptTokens } from '../../src/models/estimate-tokens.ts';
import type { LoggedRequest } from '../../src/server/parts/server-state.ts';
import { capable, served } from '../fixtures/served.ts';
import { until } from '../fixtures/until.ts';

const messages = [{ role: 'user', content: 'What is 17 + 25 * 3?' }];

/** What the catalog has, with a passage for every query and a tool. */
async function pantry(): Promise<Pantry> {
  const passage = { id: 'p', text: '25 * 3 = 75' };
  const retriever: Retriever = { name: 'one', retrieve: async () => [{ passage, score: 1 }] };
  const clock: Tool = {
    name: 'clock',
    description: 'The time',
    parameters: { type: 'object' },
    reach: 'inside',
    call: async () => '12:00',
  };
  const opened = await openPantry({ retriever });
  return { ...opened, with: (model) => ({ ...opened.with(model), toolUse: { tools: [clock] } }) };
}

/** An upstream whose calls all cost differently, with the sum of what it gave out. */
function account() {
  let sum: Usage = noUsage;
  let calls = 0;
  return {
    sum: () => sum,
    clear: () => {
      sum = noUsage;
    },
    answer: (request: Parameters<typeof capable>[0]) => {
      const written = capable(request);
      calls++;
      const usage = {
        calls: 1,
        promptTokens: 100 + calls,
        completionTokens: 7 * calls,
        cachedTokens: calls,
        reasoningTokens: 3,
      };
      sum = addUsage(sum, usage);
      return { ...(typeof written === 'string' ? { text: written } : written), usage };
    },
  };
}

function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

interface WrittenUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
  readonly x_reckon: { readonly calls: number; readonly usd: number };
}

function checkSame(upstream: Usage, log: Usage, written: WrittenUsage): void {
  assert.ok(upstream.calls > 0);
  for (const usage of [log, fromWritten(written)]) {
    assert.equal(usage.calls, upstream.calls);
    assert.equal(usage.promptTokens, upstream.promptTokens);
    assert.equal(usage.completionTokens, upstream.completionTokens);
    assert.equal(usage.cachedTokens, upstream.cachedTokens);
    assert.equal(usage.reasoningTokens, upstream.reasoningTokens);
    assert.ok((usage.usd ?? 0) > 0);
  }
  assert.equal(log.usd, written.x_reckon.usd);
}

function fromWritten(written: WrittenUsage): Usage {
  return {
    calls: written.x_reckon.calls,
    promptTokens: written.prompt_tokens,
    completionTokens: written.completion_tokens,
    cachedTokens: written.prompt_tokens_details.cached_tokens,
    reasoningTokens: written.completion_tokens_details.reasoning_tokens,
    usd: written.x_reckon.usd,
  };
}

describe('the ledger', async () => {
  const methods = [...(await methodEntries()).keys()];
  for (const model of ['m', ...methods.map((name) => `m+${name}`)]) {
    test(model, async () => {
      const { answer, sum, clear } = account();
      const server = await served({ answer }, { pantry });
      try {
        const whole = await post(server.url, { model, messages, n: 2, seed: 1 });
        assert.equal(whole.status, 200);
        const { usage } = (await whole.json()) as { usage: WrittenUsage };
        checkSame(sum(), server.state.requests(1)[0]?.usage as Usage, usage);

        clear();
        const streamed = await post(server.url, {
          model,
          messages,
          stream: true,
          stream_options: { include_usage: true },
        });
        const events = (await streamed.text()).trim().split('\n\n');
        assert.equal(events.at(-1), 'data: [DONE]');
        const last = JSON.parse(events.at(-2)?.slice('data: '.length) ?? '') as { usage: WrittenUsage };
        checkSame(sum(), server.state.requests(1)[0]?.usage as Usage, last.usage);
      } finally {
        await server.close();
      }
    });
  }

  for (const model of ['m', ...methods.map((name) => `m+${name}`)])
    for (const hangsFrom of [0, 1])
      for (const stream of [false, true])
        test(`${model} given up at call ${hangsFrom}${stream ? ', streamed' : ''}`, async () => {
          const { answer, sum } = account();
          const hanging: SampleRequest[] = [];
          let calls = 0;
          const server = await served(
            {
              answer: async (request) => {
                if (calls++ < hangsFrom) return answer(request);
                hanging.push(request);
                return new Promise(() => {}); // for ever
              },
            },
            { pantry },
          );
          try {
            const controller = new AbortController();
            let over = false;
            const asked = post(server.url, { model, messages, stream, seed: 1 }, controller.signal)
              .then((response) => response.text())
              .catch(() => {}) // the abort is what is tested
              .finally(() => {
                over = true;
              });
            await until(
              () => over || (hanging.length > 0 && server.upstream.stats.openNow === hanging.length),
            );
            // what the upstream has said is on its way through this very process
            for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
            controller.abort();
            await asked;
            await until(() => server.upstream.stats.openNow === 0 && server.state.requests(1).length === 1);
            const log = server.state.requests(1)[0] as LoggedRequest;
            const cut = hanging.reduce((tokens, request) => tokens + estimatePromptTokens(request), 0);
            assert.equal(log.usage.calls, calls);
            assert.equal(log.usage.promptTokens, sum().promptTokens + cut);
            assert.equal(log.usage.completionTokens, sum().completionTokens);
            assert.equal(log.usage.estimated ?? false, hanging.length > 0);
            assert.equal(log.status, over && hanging.length === 0 ? 200 : 499);
            // a price is known once a call has ended
            if (hangsFrom > 0) assert.ok((log.usage.usd ?? 0) > 0);
          } finally {
            await server.close();
          }
        });
});
