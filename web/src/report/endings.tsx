import { count } from '../../../src/evaluation/format.ts';
import type { MethodReport } from '../../../src/evaluation/report.ts';
import { share } from './scales.ts';

/** How attempts ended, in the order in which a bar shows them. */
export const ENDINGS = [
  { key: 'correct', name: 'right' },
  { key: 'wrong', name: 'wrong' },
  { key: 'extractionFailures', name: 'no answer' },
  { key: 'exhausted', name: 'limit' },
  { key: 'errors', name: 'error' },
  { key: 'missing', name: 'not run' },
] as const;

/** A bar of how the attempts of a method ended. */
export function EndingsBar({ method }: { readonly method: MethodReport }) {
  const all = Math.max(1, method.attempts + method.missing);
  const used = ENDINGS.filter(({ key }) => method[key] > 0);
  let start = 0;
  const parts = used.map(({ key, name }) => {
    const x = start;
    start += method[key] / all;
    return (
      <rect
        key={key}
        class={`ending-${key}`}
        x={share(x)}
        y="0"
        width={share(method[key] / all)}
        height="100%"
      >
        <title>
          {name} {count(method[key])}
        </title>
      </rect>
    );
  });
  return (
    <svg
      class="endings"
      role="img"
      aria-label={used.map(({ key, name }) => `${name} ${method[key]}`).join(', ')}
    >
      {parts}
    </svg>
  );
}
