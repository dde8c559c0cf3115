/** A ring of moments: every series' value at each step of a span, the oldest overwritten. */

export interface Ring {
  push(atMs: number, values: Float64Array): void;
  /** The value at the oldest moment that is still within the span. */
  oldest(nowMs: number, place: number): number | undefined;
  /** Every kept moment of the span, in the order of time. */
  walk(nowMs: number, place: number, visit: (atMs: number, value: number) => void): void;
}

export function openRing(spanMs: number, stepMs: number): Ring {
  // One more than steps, so that the whole span lies between the oldest and the newest.
  const slots = Math.round(spanMs / stepMs) + 1;
  const atMs = new Float64Array(slots);
  const rows: Float64Array[] = [];
  let pushed = 0;

  /** Where the span begins: what a sleeping machine did not see does not count as within it. */
  const walkRows = (nowMs: number, visit: (at: number, row: Float64Array) => boolean): void => {
    const sinceMs = nowMs - spanMs - 1.5 * stepMs;
    for (let nth = Math.max(0, pushed - slots); nth < pushed; nth += 1) {
      const slot = nth % slots;
      const row = rows[slot];
      if (row === undefined || (atMs[slot] ?? 0) < sinceMs) continue;
      if (!visit(atMs[slot] ?? 0, row)) return;
    }
  };
  return {
    push(nowMs, values) {
      const slot = pushed % slots;
      const row = rows[slot];
      atMs[slot] = nowMs;
      if (row?.length === values.length) row.set(values);
      else rows[slot] = values.slice();
      pushed += 1;
    },
    oldest(nowMs, place) {
      let found: number | undefined;
      walkRows(nowMs, (_, row) => {
        // A series that is younger than this moment had counted nothing then.
        found = row[place] ?? 0;
        return false;
      });
      return found;
    },
    walk(nowMs, place, visit) {
      walkRows(nowMs, (at, row) => {
        const value = row[place];
        if (value !== undefined) visit(at, value);
        return true;
      });
    },
  };
}
