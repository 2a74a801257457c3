/** Rows of one relation may not exceed what row numbers can count. */
const FIRST_ROWS = 16;

/**
 * A growing set of rows of whole numbers, each with the reason it was added for. Row numbers count up in the order of
 * addition, so a range of them is what a round added.
 */
export class Relation {
  readonly arity: number;
  count = 0;
  #data: Int32Array;
  #why: Int32Array; // offset of the reason of a row
  #table: Int32Array; // open addressing: row + 1, or 0
  readonly #indexes: RowIndex[] = [];

  constructor(arity: number) {
    this.arity = arity;
    this.#data = new Int32Array(FIRST_ROWS * arity);
    this.#why = new Int32Array(FIRST_ROWS);
    this.#table = new Int32Array(FIRST_ROWS * 2);
  }

  get data(): Int32Array {
    return this.#data;
  }

  why(row: number): number {
    return this.#why[row] as number;
  }

  /** Adds a row; false when it was there. */
  add(values: ArrayLike<number>, why: number): boolean {
    let slot = this.#slot(values);
    if (this.#table[slot] !== 0) return false;
    if (this.count * 2 >= this.#table.length) {
      this.#grow();
      slot = this.#slot(values);
    }
    const row = this.count++;
    const at = row * this.arity;
    for (let column = 0; column < this.arity; column++) this.#data[at + column] = values[column] as number;
    this.#why[row] = why;
    this.#table[slot] = row + 1;
    for (const index of this.#indexes) index.add(row);
    return true;
  }

  /** Number of the row with these values, or -1. */
  find(values: ArrayLike<number>): number {
    return (this.#table[this.#slot(values)] as number) - 1;
  }

  /** The index over some columns, made when first asked for. */
  index(columns: readonly number[]): RowIndex {
    const known = this.#indexes.find((index) => index.columns.join() === columns.join());
    if (known) return known;
    const made = new RowIndex(this, columns);
    for (let row = 0; row < this.count; row++) made.add(row);
    this.#indexes.push(made);
    return made;
  }

  #slot(values: ArrayLike<number>): number {
    const mask = this.#table.length - 1;
    let hash = 0;
    for (let column = 0; column < this.arity; column++) hash = mix(hash, values[column] as number);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#table[slot] as number) - 1;
      if (row < 0 || this.#holds(row, values)) return slot;
    }
  }

  #holds(row: number, values: ArrayLike<number>): boolean {
    const at = row * this.arity;
    for (let column = 0; column < this.arity; column++)
      if (this.#data[at + column] !== values[column]) return false;
    return true;
  }

  #grow(): void {
    const data = new Int32Array(this.#table.length * this.arity);
    data.set(this.#data.subarray(0, this.count * this.arity));
    this.#data = data;
    const why = new Int32Array(this.#table.length);
    why.set(this.#why.subarray(0, this.count));
    this.#why = why;
    this.#table = new Int32Array(this.#table.length * 2);
    const mask = this.#table.length - 1;
    for (let row = 0; row < this.count; row++) {
      let hash = 0;
      for (let column = 0; column < this.arity; column++)
        hash = mix(hash, data[row * this.arity + column] as number);
      let slot = hash & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = row + 1;
    }
  }
}

/** The rows of a relation by the values of some columns: `first` of a key, then `next` of a row, latest rows first; -1 ends. */
export class RowIndex {
  readonly columns: readonly number[];
  readonly #relation: Relation;
  #table = new Int32Array(FIRST_ROWS * 2); // latest row of a key + 1
  #next = new Int32Array(FIRST_ROWS);
  #keys = 0;

  constructor(relation: Relation, columns: readonly number[]) {
    this.#relation = relation;
    this.columns = columns;
  }

  add(row: number): void {
    if (row >= this.#next.length) {
      const next = new Int32Array(this.#next.length * 2);
      next.set(this.#next);
      this.#next = next;
    }
    if (this.#keys * 2 >= this.#table.length) this.#growTable();
    const slot = this.#slotOf(row);
    const latest = this.#table[slot] as number;
    if (latest === 0) this.#keys++;
    this.#next[row] = latest - 1;
    this.#table[slot] = row + 1;
  }

  first(key: ArrayLike<number>): number {
    const mask = this.#table.length - 1;
    const { arity, data } = this.#relation;
    let hash = 0;
    for (let place = 0; place < this.columns.length; place++) hash = mix(hash, key[place] as number);
    search: for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#table[slot] as number) - 1;
      if (row < 0) return -1;
      for (let place = 0; place < this.columns.length; place++)
        if (data[row * arity + (this.columns[place] as number)] !== key[place]) continue search;
      return row;
    }
  }

  next(row: number): number {
    return this.#next[row] as number;
  }

  #slotOf(row: number): number {
    const mask = this.#table.length - 1;
    const { arity, data } = this.#relation;
    const value = (of: number, place: number) => data[of * arity + (this.columns[place] as number)] as number;
    let hash = 0;
    for (let place = 0; place < this.columns.length; place++) hash = mix(hash, value(row, place));
    search: for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const other = (this.#table[slot] as number) - 1;
      if (other < 0) return slot;
      for (let place = 0; place < this.columns.length; place++)
        if (value(other, place) !== value(row, place)) continue search;
      return slot;
    }
  }

  #growTable(): void {
    const old = this.#table;
    this.#table = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#table[this.#slotOf(entry - 1)] = entry;
  }
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
