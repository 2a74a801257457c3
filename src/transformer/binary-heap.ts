/** A priority queue: `pop` gives the item that comes before all others, in O(log n). */
export interface BinaryHeap<T> {
  push(item: T): void;
  pop(): T | undefined;
}

/** A heap in an array. `before` must be a strict order; equal items come out in no fixed order. */
export function binaryHeap<T>(before: (a: T, b: T) => boolean): BinaryHeap<T> {
  const items: T[] = [];
  return {
    push(item) {
      let at = items.length;
      items.push(item);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(item, items[parent] as T)) break;
        items[at] = items[parent] as T;
        at = parent;
      }
      items[at] = item;
    },

    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0 || last === undefined) return first;
      let at = 0;
      for (let child = 1; child < items.length; child = 2 * at + 1) {
        if (child + 1 < items.length && before(items[child + 1] as T, items[child] as T)) child++;
        if (!before(items[child] as T, last)) break;
        items[at] = items[child] as T;
        at = child;
      }
      items[at] = last;
      return first;
    },
  };
}
