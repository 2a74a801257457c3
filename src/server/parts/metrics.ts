import type { LoggedRequest } from './server-state.ts';

/** Upper bounds of the duration histogram, in seconds. */
const BOUNDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300] as const;
/** Combinations of labels that are told apart; more count as `other`. */
const MOST_SERIES = 1_000;

interface Series {
  requests: number;
  seconds: number;
  readonly buckets: number[];
}

/** Counts requests for /metrics, in the Prometheus text format. */
export class Metrics {
  readonly #series = new Map<string, Series>();
  readonly #totals = { calls: 0, prompt: 0, completion: 0, usd: 0 };
  inFlight = 0;
  bodyBytes = 0; // of the requests in flight

  add({ route, model, method, status, milliseconds, usage }: LoggedRequest): void {
    const labels = `route=${quote(route)},model=${quote(model)},method=${quote(method)},status="${status}"`;
    const key = this.#series.has(labels) || this.#series.size < MOST_SERIES ? labels : 'route="other"';
    let series = this.#series.get(key);
    if (!series) {
      series = { requests: 0, seconds: 0, buckets: BOUNDS.map(() => 0) };
      this.#series.set(key, series);
    }
    const seconds = milliseconds / 1000;
    series.requests++;
    series.seconds += seconds;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
    this.#totals.calls += usage.calls;
    this.#totals.prompt += usage.promptTokens;
    this.#totals.completion += usage.completionTokens;
    this.#totals.usd += usage.usd ?? 0;
  }

  text(): string {
    const lines = ['# TYPE gen_ai_server_request_duration_seconds histogram'];
    for (const [labels, { requests, seconds, buckets }] of this.#series) {
      let sum = 0;
      BOUNDS.forEach((bound, index) => {
        sum += buckets[index] ?? 0;
        lines.push(`gen_ai_server_request_duration_seconds_bucket{${labels},le="${bound}"} ${sum}`);
      });
      lines.push(`gen_ai_server_request_duration_seconds_bucket{${labels},le="+Inf"} ${requests}`);
      lines.push(`gen_ai_server_request_duration_seconds_sum{${labels}} ${seconds}`);
      lines.push(`gen_ai_server_request_duration_seconds_count{${labels}} ${requests}`);
    }
    const { calls, prompt, completion, usd } = this.#totals;
    lines.push('# TYPE gen_ai_client_token_usage_total counter');
    lines.push(`gen_ai_client_token_usage_total{gen_ai_token_type="input"} ${prompt}`);
    lines.push(`gen_ai_client_token_usage_total{gen_ai_token_type="output"} ${completion}`);
    lines.push('# TYPE reckon_upstream_calls_total counter', `reckon_upstream_calls_total ${calls}`);
    lines.push('# TYPE reckon_usd_total counter', `reckon_usd_total ${usd}`);
    lines.push('# TYPE reckon_requests_in_flight gauge', `reckon_requests_in_flight ${this.inFlight}`);
    lines.push('# TYPE process_resident_memory_bytes gauge');
    lines.push(`process_resident_memory_bytes ${process.memoryUsage.rss()}`);
    return `${lines.join('\n')}\n`;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100)).replaceAll('\\u', '\\\\u');
}
