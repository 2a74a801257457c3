import type { Trace, TraceNode } from '../../../src/core/trace.ts';
import { plural } from '../../../src/evaluation/format.ts';

/** One node of the tree as it is drawn: a node of the trace, with those that are shown as part of it. */
export interface PictureNode {
  readonly id: number;
  readonly text: string; // what the node says, short
  readonly title: string; // what it is
  readonly status: TraceNode['status'];
  readonly score: number | undefined; // in [0, 1]
  readonly tokens: number; // of its own calls; of the root, of all of them
  readonly calls: readonly number[]; // trace nodes: its samples, in the order in which they began
  readonly members: readonly number[]; // every trace node that it stands for, itself included
  readonly chosen: boolean; // on the way to the answer
  readonly children: readonly PictureNode[];
}

/** Characters of a node's text that a picture needs at the most. */
const TEXT_CHARACTERS = 160;

/**
 * The tree to draw for a trace. Where a search recorded its states, they are the tree, and calls belong to the state they are
 * about; elsewhere every call is a node. A branch and the one sample in it are drawn as one.
 */
export function pictureOf(trace: Trace, everyCall = false): PictureNode | undefined {
  const root = [...trace.nodes.values()].find(({ parent }) => parent === null);
  if (!root) return undefined;
  const chosen = chosenNodes(trace);
  const states = !everyCall && [...trace.nodes.values()].some(({ state }) => state !== undefined);
  return draw(trace, root, { states, chosen, ordinal: '' });
}

/** Whether a trace has states of a search besides its calls. */
export function hasStates(trace: Trace): boolean {
  for (const { state } of trace.nodes.values()) if (state !== undefined) return true;
  return false;
}

interface Context {
  readonly states: boolean;
  readonly chosen: ReadonlySet<number>;
  readonly ordinal: string; // among siblings of one label
}

function draw(trace: Trace, node: TraceNode, context: Context): PictureNode {
  const { states, chosen } = context;
  const members = [node.id];
  const drawn: TraceNode[] = [];
  let only = node;
  if (states) split(trace, node, members, drawn);
  else {
    // a branch around a single sample, or around a single other branch, is one thing to look at
    while (only.parent !== null && only.children.length === 1 && !only.prompt) {
      const next = trace.nodes.get(only.children[0] as number);
      if (!next) break;
      members.push(next.id);
      only = next;
    }
    drawn.push(...childrenOf(trace, only));
  }
  const calls = members.filter((id) => trace.nodes.get(id)?.prompt);
  const counts = new Map<string, number>();
  for (const { label } of drawn) counts.set(label, (counts.get(label) ?? 0) + 1);
  const begun = new Map<string, number>();
  const children = drawn.map((child) => {
    const place = (begun.get(child.label) ?? 0) + 1;
    begun.set(child.label, place);
    const ordinal = (counts.get(child.label) ?? 0) > 1 ? ` ${place}` : '';
    return draw(trace, child, { states, chosen, ordinal });
  });
  const score = lastScore(trace, members);
  return {
    id: node.id,
    text: node.parent === null && children.length > 0 ? totalCalls(trace) : textOf(trace, node, calls),
    title: node.state === undefined ? `${node.label}${context.ordinal}` : 'state',
    status: statusOf(trace, node, members),
    score,
    tokens: (node.parent === null
      ? samplesOf(trace)
      : calls.flatMap((id) => trace.nodes.get(id) ?? [])
    ).reduce((sum, call) => sum + tokensOf(call), 0),
    calls,
    members,
    chosen: members.some((id) => chosen.has(id)),
    children,
  };
}

/** Sorts what lies below a node into states, which are drawn, and calls, which belong to it. */
function split(trace: Trace, node: TraceNode, members: number[], drawn: TraceNode[]): void {
  for (const child of childrenOf(trace, node)) {
    if (child.state !== undefined) drawn.push(child);
    else {
      members.push(child.id);
      split(trace, child, members, drawn);
    }
  }
}

function childrenOf(trace: Trace, node: TraceNode): TraceNode[] {
  return node.children.flatMap((id) => trace.nodes.get(id) ?? []);
}

function tokensOf({ usage }: TraceNode): number {
  return usage.promptTokens + usage.completionTokens;
}

function samplesOf(trace: Trace): TraceNode[] {
  return [...trace.nodes.values()].filter(({ prompt }) => prompt);
}

function totalCalls(trace: Trace): string {
  return plural(samplesOf(trace).length, 'call');
}

/** A state's own score, or the last one that anything it stands for was given. */
function lastScore(trace: Trace, members: readonly number[]): number | undefined {
  const own = members[0] === undefined ? undefined : trace.nodes.get(members[0])?.scores.at(-1)?.score;
  if (own !== undefined) return own;
  for (const id of members.toReversed()) {
    const score = trace.nodes.get(id)?.scores.at(-1)?.score;
    if (score !== undefined) return score;
  }
  return undefined;
}

function statusOf(trace: Trace, node: TraceNode, members: readonly number[]): TraceNode['status'] {
  if (node.status !== 'done') return node.status;
  return members.some((id) => trace.nodes.get(id)?.status === 'open') ? 'open' : 'done';
}

/** A state in its own words; else the end of what was last said, which is where an answer stands. */
function textOf(trace: Trace, node: TraceNode, calls: readonly number[]): string {
  if (node.state !== undefined) return node.state.slice(0, TEXT_CHARACTERS);
  if (node.error !== undefined) return node.error.slice(0, TEXT_CHARACTERS);
  for (const id of [node.id, ...calls].toReversed()) {
    const said = trace.nodes.get(id);
    const text = said?.text || said?.reasoning || '';
    if (text !== '') return lastLine(text);
  }
  const tool = node.tools.at(-1);
  return tool ? `${tool.tool} → ${tool.output}`.slice(0, TEXT_CHARACTERS) : '';
}

function lastLine(text: string): string {
  const end = text.slice(-4 * TEXT_CHARACTERS).trimEnd();
  return end
    .slice(end.lastIndexOf('\n') + 1)
    .trim()
    .slice(0, TEXT_CHARACTERS);
}

/**
 * The nodes on the way to the answer: the states that the solution's steps name, one below the other, or the sample whose
 * text became the answer's.
 */
function chosenNodes(trace: Trace): ReadonlySet<number> {
  const { solution } = trace;
  const chosen = new Set<number>();
  if (!solution) return chosen;
  const nodes = [...trace.nodes.values()];
  const { steps, text } = solution;
  const last =
    (steps.length > 0 ? nodes.find((node) => endsPath(trace, node, steps)) : undefined) ??
    (text ? nodes.find((node) => node.prompt && node.text === text) : undefined);
  for (let node = last; node; node = node.parent === null ? undefined : trace.nodes.get(node.parent))
    chosen.add(node.id);
  return chosen;
}

/** Whether the states from the root down to this node are these steps. */
function endsPath(trace: Trace, node: TraceNode, steps: readonly string[]): boolean {
  let below: TraceNode | undefined = node;
  for (const step of steps.toReversed()) {
    if (below?.state !== step) return false;
    below = below.parent === null ? undefined : trace.nodes.get(below.parent);
  }
  return below !== undefined && below.state === undefined;
}
