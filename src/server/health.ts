import type { Handler } from './parts/exchange.ts';
import type { Metrics } from './parts/metrics.ts';
import { jsonReply } from './parts/reply.ts';

/** GET /healthz: the process answers. */
export function healthz(version: string): Handler {
  return () => jsonReply({ status: 'ok', version });
}

/** GET /readyz: requests are taken; no longer once the server is closing. */
export function readyz(closing: AbortSignal): Handler {
  return () =>
    closing.aborted
      ? jsonReply({ status: 'closing' }, 503, { 'retry-after': '5' })
      : jsonReply({ status: 'ready' });
}

/** GET /metrics, in the Prometheus text format. */
export function metricsText(metrics: Metrics): Handler {
  return () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: metrics.text(),
  });
}
