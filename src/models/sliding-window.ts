/** A sum over the last so many milliseconds. */
export class SlidingWindow {
  readonly #length: number;
  #entries: { readonly at: number; readonly amount: number }[] = [];
  #head = 0;
  #total = 0;

  constructor(milliseconds: number) {
    this.#length = milliseconds;
  }

  add(amount: number): void {
    this.#entries.push({ at: performance.now(), amount });
    this.#total += amount;
    if (this.#head > 10_000) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  total(): number {
    const since = performance.now() - this.#length;
    for (
      let entry = this.#entries[this.#head];
      entry && entry.at <= since;
      entry = this.#entries[++this.#head]
    )
      this.#total -= entry.amount;
    return this.#total;
  }

  /** Until the oldest entry leaves the window. */
  milliseconds(): number {
    const oldest = this.#entries[this.#head];
    return oldest ? Math.max(0, oldest.at + this.#length - performance.now()) : 0;
  }
}
