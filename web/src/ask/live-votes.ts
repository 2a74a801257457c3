import { canonicalAnswer, extractAnswer } from '../../../src/core/answer.ts';
import type { Vote } from '../../../src/core/solution.ts';
import type { Trace, TraceNode } from '../../../src/core/trace.ts';

/** Methods that sample one question several times call the branches so. */
const SAMPLE = 'sample';

/** How the finished samples of a vote stand before the method has counted them; undefined where nothing is voted on. */
export function liveVotes(trace: Trace): readonly Vote[] | undefined {
  const nodes = [...trace.nodes.values()];
  const samples = nodes.filter(({ parent, label }) => parent === 0 && label === SAMPLE);
  if (samples.length < 2) return undefined;
  const votes = new Map<string, { answer: string; count: number }>();
  for (const sample of samples) {
    if (sample.status !== 'done') continue;
    const answer = extractAnswer(lastText(trace, sample), {});
    if (answer === null) continue;
    const key = canonicalAnswer(answer, {});
    const known = votes.get(key);
    if (known) known.count++;
    else votes.set(key, { answer, count: 1 });
  }
  const total = [...votes.values()].reduce((sum, { count }) => sum + count, 0);
  return [...votes.values()]
    .map(({ answer, count }) => ({ answer, count, weight: count / total }))
    .sort((a, b) => b.count - a.count);
}

function lastText(trace: Trace, node: TraceNode): string {
  for (const id of node.children.toReversed()) {
    const child = trace.nodes.get(id);
    const text = child ? lastText(trace, child) : '';
    if (text !== '') return text;
  }
  return node.text;
}
