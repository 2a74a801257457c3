import { ApiError } from './api-error.ts';
import {
  MOST_REPLAY_CHARACTERS,
  MOST_REPLAYED_CHARACTERS,
  MOST_REPLAYS,
  REPLAY_MILLISECONDS,
} from './limits.ts';
import type { Reply } from './reply.ts';
import { isWhole } from './reply.ts';

interface Entry {
  readonly fingerprint: string; // of the request
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly reply: Promise<Reply>;
  readers: number;
  finished: boolean;
  characters: number; // of a finished answer
}

/**
 * Remembers answers by Idempotency-Key: whoever asks the same again, at the same time or later, gets the one answer.
 * Answers that are worth another try, and those that nobody waited for, are forgotten.
 */
export class Replays {
  readonly #entries = new Map<string, Entry>();
  #characters = 0; // of all finished answers

  /** `work` is begun once per name; its signal aborts when every client that waits for it has gone. */
  async run(
    name: string,
    fingerprint: string,
    gone: AbortSignal,
    work: (signal: AbortSignal) => Promise<Reply>,
  ): Promise<Reply> {
    this.#forgetOld();
    let entry = this.#entries.get(name);
    if (entry && entry.fingerprint !== fingerprint)
      throw new ApiError(422, 'This Idempotency-Key was used for another request; use a new one', {
        code: 'idempotency_key_reused',
      });
    const replayed = entry !== undefined;
    if (!entry) {
      entry = this.#begin(name, fingerprint, work);
      this.#entries.set(name, entry);
    }
    const leave = this.#join(name, entry, gone);
    try {
      const reply = await entry.reply;
      const headers = replayed ? { ...reply.headers, 'x-reckon-replayed': 'true' } : reply.headers;
      if (isWhole(reply.body)) {
        leave();
        return { ...reply, headers };
      }
      return { ...reply, headers, body: reading(reply.body, leave) };
    } catch (cause) {
      leave();
      throw cause;
    }
  }

  #begin(name: string, fingerprint: string, work: (signal: AbortSignal) => Promise<Reply>): Entry {
    const controller = new AbortController();
    const entry: Entry = {
      fingerprint,
      startedAt: performance.now(),
      controller,
      readers: 0,
      finished: false,
      characters: 0,
      reply: work(controller.signal).then((reply) => {
        if (isWhole(reply.body)) {
          const again = reply.status >= 500 || reply.status === 429 || reply.status === 408;
          this.#finish(name, entry, again ? undefined : reply.body.length);
          return reply;
        }
        const tape = new Tape(reply.body, (characters) => this.#finish(name, entry, characters));
        return { ...reply, body: tape };
      }),
    };
    entry.reply.catch(() => this.#forget(name, entry));
    return entry;
  }

  /** Counts a client in; the returned function counts it out, once. */
  #join(name: string, entry: Entry, gone: AbortSignal): () => void {
    entry.readers++;
    let here = true;
    const leave = () => {
      if (!here) return;
      here = false;
      gone.removeEventListener('abort', leave);
      if (--entry.readers > 0 || entry.finished) return;
      this.#forget(name, entry);
      entry.controller.abort();
    };
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
    return leave;
  }

  /** The answer is whole, with so many characters; undefined: it shall not be given again. */
  #finish(name: string, entry: Entry, characters: number | undefined): void {
    entry.finished = true;
    if (characters === undefined || characters > MOST_REPLAY_CHARACTERS) this.#forget(name, entry);
    else if (this.#entries.get(name) === entry) {
      entry.characters = characters;
      this.#characters += characters;
      this.#forgetOld();
    }
  }

  #forget(name: string, entry: Entry): void {
    if (this.#entries.get(name) !== entry) return;
    this.#entries.delete(name);
    this.#characters -= entry.characters;
  }

  #forgetOld(): void {
    const since = performance.now() - REPLAY_MILLISECONDS;
    for (const [name, entry] of this.#entries) {
      const room = this.#entries.size < MOST_REPLAYS && this.#characters <= MOST_REPLAYED_CHARACTERS;
      if (entry.startedAt >= since && room) return; // oldest first
      this.#forget(name, entry);
    }
  }
}

/** A stream that several may read from its beginning, while it is still being written. */
class Tape implements AsyncIterable<string> {
  readonly #parts: string[] = [];
  #ended = false;
  #failure: unknown;
  #wake: (() => void)[] = [];

  constructor(source: AsyncIterable<string>, onEnd: (characters: number | undefined) => void) {
    void this.#record(source, onEnd);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (let index = 0; ; index++) {
      while (index >= this.#parts.length && !this.#ended)
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      if (index >= this.#parts.length) break;
      yield this.#parts[index] as string;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #record(
    source: AsyncIterable<string>,
    onEnd: (characters: number | undefined) => void,
  ): Promise<void> {
    let characters = 0;
    let failed = false;
    try {
      for await (const part of source) {
        this.#parts.push(part);
        characters += part.length;
        this.#wakeAll();
      }
    } catch (cause) {
      failed = true;
      this.#failure = cause;
    }
    this.#ended = true;
    onEnd(failed ? undefined : characters);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const woken = this.#wake;
    this.#wake = [];
    for (const wake of woken) wake();
  }
}

async function* reading(tape: AsyncIterable<string>, leave: () => void): AsyncGenerator<string> {
  try {
    yield* tape;
  } finally {
    leave();
  }
}
