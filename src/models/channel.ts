/** Hands values from callbacks to one reader, in order. What is pushed after the end is dropped. */
export class Channel<T> implements AsyncIterable<T> {
  #values: T[] = [];
  #outcome: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  push(value: T): void {
    if (this.#outcome) return;
    this.#values.push(value);
    this.#wake();
  }

  /** No more will come; with an error, the reader throws it after the last value. */
  end(outcome: { readonly error?: unknown } = {}): void {
    this.#outcome ??= outcome;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const values = this.#values;
      this.#values = [];
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#outcome) {
        if ('error' in this.#outcome) throw this.#outcome.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
