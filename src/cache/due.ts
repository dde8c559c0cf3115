/** What is due next: a heap of moments, one for each key, the earliest on top. */

interface Due {
  readonly key: string;
  atMs: number;
  place: number;
}

export interface DueList {
  /** Sets when the key is due, or moves it; false when there is no room for one more. */
  put(key: string, atMs: number): boolean;
  delete(key: string): void;
  /** When the first is due. */
  firstMs(): number | undefined;
  /** Takes the first if it is due by then. */
  take(nowMs: number): string | undefined;
  size(): number;
}

export function openDueList(max: number): DueList {
  const heap: Due[] = [];
  const byKey = new Map<string, Due>();

  const set = (one: Due, place: number): void => {
    heap[place] = one;
    one.place = place;
  };
  const rise = (one: Due): void => {
    let { place } = one;
    while (place > 0) {
      const above = heap[(place - 1) >> 1];
      if (above === undefined || above.atMs <= one.atMs) break;
      const to = above.place;
      set(above, place);
      place = to;
    }
    set(one, place);
  };
  const sink = (one: Due): void => {
    let { place } = one;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const least =
        right !== undefined && left !== undefined && right.atMs < left.atMs ? right : left;
      if (least === undefined || one.atMs <= least.atMs) break;
      const to = least.place;
      set(least, place);
      place = to;
    }
    set(one, place);
  };
  const remove = (one: Due): void => {
    byKey.delete(one.key);
    const last = heap.pop();
    if (last === undefined || last === one) return;
    set(last, one.place);
    rise(last);
    sink(last);
  };
  return {
    put(key, atMs) {
      const found = byKey.get(key);
      if (found !== undefined) {
        found.atMs = atMs;
        rise(found);
        sink(found);
        return true;
      }
      if (byKey.size >= max) return false;
      const one = { key, atMs, place: heap.length };
      byKey.set(key, one);
      heap.push(one);
      rise(one);
      return true;
    },
    delete(key) {
      const found = byKey.get(key);
      if (found !== undefined) remove(found);
    },
    firstMs: () => heap[0]?.atMs,
    take(nowMs) {
      const [first] = heap;
      if (first === undefined || first.atMs > nowMs) return undefined;
      remove(first);
      return first.key;
    },
    size: () => byKey.size,
  };
}
