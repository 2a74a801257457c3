import type { TraceEvent } from '../core/trace.ts';

/** What a reader of one request is shown of a run's thinking, in characters. */
export const LONGEST_NARRATION = 256 * 1024;

interface Passage {
  readonly node: number;
  text: string; // not yet told
  ended: boolean;
}

/**
 * Tells a run's hidden samples and tool calls as one text while they happen. Branches that work at the same time are told
 * one after the other, in the order in which they began: the first streams live, the others wait their turn.
 */
export class Narration {
  readonly #write: (text: string) => void;
  #passages: Passage[] = []; // the first is being told
  #begun = 0;
  #left = LONGEST_NARRATION;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes the run's next event. */
  tell(event: TraceEvent): void {
    switch (event.type) {
      case 'node-start':
        if (event.prompt) this.#begin(event.id);
        return;
      case 'text-delta':
      case 'reasoning-delta':
        this.#add(event.id, event.text);
        return;
      case 'tool-call': {
        const passage = this.#begin(-1);
        passage.text += `${event.tool}(${event.input}) → ${event.output}`;
        passage.ended = true;
        this.#advance();
        return;
      }
      case 'node-end': {
        const passage = this.#passages.find(({ node }) => node === event.id);
        if (!passage) return;
        if (event.error !== undefined) this.#add(event.id, `(failed: ${event.error})`);
        passage.ended = true;
        this.#advance();
        return;
      }
      case 'node-score':
      case 'node-prune':
      case 'solution':
        return;
      default:
        event satisfies never;
    }
  }

  #begin(node: number): Passage {
    const passage = { node, text: this.#begun++ === 0 ? '' : '\n\n', ended: false };
    this.#passages.push(passage);
    return passage;
  }

  #add(node: number, text: string): void {
    const passage = this.#passages.find((open) => open.node === node);
    if (!passage || this.#left <= 0) return;
    this.#left -= text.length;
    passage.text += this.#left > 0 ? text : '…';
    if (passage === this.#passages[0]) this.#advance();
  }

  /** Tells what the first passage has, and goes on to the next ones while they have ended. */
  #advance(): void {
    for (let first = this.#passages[0]; first; first = this.#passages[0]) {
      if (first.text !== '') this.#write(first.text);
      first.text = '';
      if (!first.ended) return;
      this.#passages.shift();
    }
  }
}
