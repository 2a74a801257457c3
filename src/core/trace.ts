import type { Message, Usage } from './model.ts';
import { addUsage, noUsage } from './model.ts';
import type { Solution } from './solution.ts';

/** One thing that happened in a run. The stream of events is the record; a Trace is its fold. */
export type TraceEvent =
  | {
      readonly type: 'node-start';
      readonly id: number;
      readonly parent: number | null;
      readonly label: string;
      readonly prompt?: readonly Message[]; // sample nodes
    }
  | { readonly type: 'text-delta'; readonly id: number; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly id: number; readonly text: string }
  | {
      readonly type: 'node-score';
      readonly id: number;
      readonly verifier: string;
      readonly score: number;
      readonly note?: string;
    }
  | {
      readonly type: 'tool-call';
      readonly id: number;
      readonly tool: string;
      readonly input: string;
      readonly output: string;
      readonly failed: boolean;
    }
  | {
      readonly type: 'node-end';
      readonly id: number;
      readonly status: NodeStatus;
      readonly usage: Usage;
      readonly error?: string;
    }
  | { readonly type: 'node-prune'; readonly id: number } // after its node-end: the search gave it up
  | { readonly type: 'solution'; readonly solution: Solution };

export type NodeStatus = 'done' | 'pruned' | 'failed';

export interface TraceNode {
  readonly id: number;
  readonly parent: number | null;
  readonly label: string;
  readonly prompt?: readonly Message[];
  readonly text: string;
  readonly reasoning: string;
  readonly scores: readonly { readonly verifier: string; readonly score: number; readonly note?: string }[];
  readonly tools: readonly {
    readonly tool: string;
    readonly input: string;
    readonly output: string;
    readonly failed: boolean;
  }[];
  readonly status: NodeStatus | 'open';
  readonly usage: Usage; // of this node's own samples and those below it
  readonly error?: string;
  readonly children: readonly number[];
}

export interface Trace {
  readonly nodes: ReadonlyMap<number, TraceNode>;
  readonly solution?: Solution;
}

export const emptyTrace: Trace = { nodes: new Map() };

/** The fold of a run's events. */
export function foldTrace(events: Iterable<TraceEvent>): Trace {
  const nodes = new Map<number, { -readonly [K in keyof TraceNode]: TraceNode[K] }>();
  let solution: Solution | undefined;
  for (const event of events) {
    if (event.type === 'solution') {
      solution = event.solution;
      continue;
    }
    if (event.type === 'node-start') {
      nodes.set(event.id, {
        id: event.id,
        parent: event.parent,
        label: event.label,
        ...(event.prompt && { prompt: event.prompt }),
        text: '',
        reasoning: '',
        scores: [],
        tools: [],
        status: 'open',
        usage: noUsage,
        children: [],
      });
      const parent = event.parent === null ? undefined : nodes.get(event.parent);
      if (parent) parent.children = [...parent.children, event.id];
      continue;
    }
    const node = nodes.get(event.id);
    if (!node) continue;
    switch (event.type) {
      case 'text-delta':
        node.text += event.text;
        break;
      case 'reasoning-delta':
        node.reasoning += event.text;
        break;
      case 'node-score': {
        const { verifier, score, note } = event;
        node.scores = [...node.scores, { verifier, score, ...(note !== undefined && { note }) }];
        break;
      }
      case 'tool-call': {
        const { tool, input, output, failed } = event;
        node.tools = [...node.tools, { tool, input, output, failed }];
        break;
      }
      case 'node-end':
        node.status = event.status;
        node.usage = event.usage;
        if (event.error !== undefined) node.error = event.error;
        break;
      case 'node-prune':
        node.status = 'pruned';
        break;
      default:
        event satisfies never;
    }
  }
  return { nodes, ...(solution && { solution }) };
}

/** Total spent in a trace: the usage of its root nodes. */
export function traceUsage(trace: Trace): Usage {
  let total = noUsage;
  for (const node of trace.nodes.values()) if (node.parent === null) total = addUsage(total, node.usage);
  return total;
}
