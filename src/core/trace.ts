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
      /** The node is a state of a search: this is it in words, and the calls below it are about it. */
      readonly state?: string;
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
  readonly state?: string; // a state of a search, in words
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
  readonly usage: Usage; // of this branch's own samples and those of the branches it opened
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
  const folding = new TraceFold();
  for (const event of events) folding.add(event);
  return folding;
}

type Changing = { -readonly [K in keyof TraceNode]: TraceNode[K] } & { children: number[] };

/** A trace that grows event by event. Its nodes are changed in place. */
export class TraceFold implements Trace {
  readonly nodes = new Map<number, Changing>();
  solution?: Solution;

  /** Takes the run's next event. */
  add(event: TraceEvent): void {
    if (event.type === 'solution') {
      this.solution = event.solution;
      return;
    }
    if (event.type === 'node-start') {
      const { id, parent, label, state, prompt } = event;
      this.nodes.set(id, {
        id,
        parent,
        label,
        ...(state !== undefined && { state }),
        ...(prompt && { prompt }),
        text: '',
        reasoning: '',
        scores: [],
        tools: [],
        status: 'open',
        usage: noUsage,
        children: [],
      });
      if (parent !== null) this.nodes.get(parent)?.children.push(id);
      return;
    }
    const node = this.nodes.get(event.id);
    if (!node) return;
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
}

/** Total spent in a trace: the usage of its root nodes. */
export function traceUsage(trace: Trace): Usage {
  let total = noUsage;
  for (const node of trace.nodes.values()) if (node.parent === null) total = addUsage(total, node.usage);
  return total;
}
