/** For every method, streamed or not, finished or given up: what the upstream gave out = the log = the answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { methodEntries } from '../../src/catalog/methods.ts';
import type { Usage } from '../../src/core/model.ts';
import { addUsage, noUsage } from '../../src/core/model.ts';
import { estimatePromptTokens } from '../../src/models/estimate-tokens.ts';
import { capable, served } from '../fixtures/served.ts';
import { until } from '../fixtures/until.ts';

const messages = [{ role: 'user', content: 'What is 17 + 25 * 3?' }];

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
      const server = await served({ answer });
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

  test('given up: the calls that ended count exactly, the cut one as estimated', async () => {
    const { answer, sum } = account();
    let hanging = false;
    const server = await served({
      answer: async (request) => {
        if (/simpler questions/.test(request.messages.at(-1)?.text ?? '')) return answer(request);
        hanging = true;
        await new Promise(() => {}); // for ever
        return '';
      },
    });
    try {
      for (const stream of [false, true]) {
        hanging = false;
        const before = sum();
        const controller = new AbortController();
        const asked = post(server.url, { model: 'm+ltm', messages, stream }, controller.signal)
          .then((response) => response.text())
          .catch(() => {}); // the abort is what is tested
        await until(() => hanging);
        controller.abort();
        await asked;
        await until(() => server.state.requests(10).length === (stream ? 2 : 1));
        const [line] = server.state.requests(1);
        assert.equal(line?.status, 499);
        assert.equal(line?.usage.calls, 2);
        assert.equal(line?.usage.estimated, true);
        const ended = sum().promptTokens - before.promptTokens;
        const cut = (line?.usage.promptTokens ?? 0) - ended;
        assert.ok(
          cut >= estimatePromptTokens({ messages: [{ role: 'user', text: 'What is 17 + 25 * 3?' }] }),
          String(cut),
        );
        assert.ok((line?.usage.usd ?? 0) > 0);
      }
    } finally {
      await server.close();
    }
  });
});
