import { score, tokenCount } from '../words.ts';
import type { PictureNode } from './picture.ts';

const STATUS: Readonly<Record<PictureNode['status'], string>> = {
  open: 'at work',
  done: 'finished',
  pruned: 'given up',
  failed: 'failed',
};

/** How a node stands, in a word. */
export function statusWord({ status }: Pick<PictureNode, 'status'>): string {
  return STATUS[status];
}

/** A node as a screen reader says it. */
export function nodeLabel(node: PictureNode): string {
  return [
    node.title,
    node.text,
    statusWord(node),
    node.chosen && 'on the way to the answer',
    node.score !== undefined && `score ${score(node.score)}`,
    node.tokens > 0 && tokenCount(node.tokens),
  ]
    .filter(Boolean)
    .join(', ');
}
