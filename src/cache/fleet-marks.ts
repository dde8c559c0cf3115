/** Marks: which of our own epochs stood when the fleet stood at a place of the journal. */

export interface Marks {
  /** A new order begins: nothing is known of what was before this place. */
  reset(seq: number, epoch: number): void;
  /** The record at the next place has been carried out. */
  reached(epoch: number): void;
  /**
   * What we did by ourselves after this epoch has come back in its place: to whoever stood before
   * that place it is news, whatever else we had heard of by then.
   */
  returned(epochBefore: number): void;
  /** The last place that was reached. */
  seq(): number;
  /** Undefined for what is too old to be known. */
  epochAt(seq: number): number | undefined;
  size(): number;
}

export function openMarks(placesMax: number): Marks {
  let epochs: number[] = [0];
  /** The place of the first of them. */
  let first = 0;
  const last = (): number => first + epochs.length - 1;
  return {
    reset(seq, epoch) {
      first = seq;
      epochs = [epoch];
    },
    reached(epoch) {
      epochs.push(epoch);
      if (epochs.length <= placesMax) return;
      // Half at once, so that most additions cost nothing.
      const dropped = Math.ceil(placesMax / 2);
      epochs = epochs.slice(dropped);
      first += dropped;
    },
    returned(epochBefore) {
      for (let at = epochs.length - 1; at >= 0; at -= 1) {
        if ((epochs[at] ?? 0) <= epochBefore) break;
        epochs[at] = epochBefore;
      }
    },
    seq: last,
    // Who stands further than we do has heard of more than we; what we know holds for him too.
    epochAt: (seq) => (seq < first ? undefined : epochs[Math.min(seq, last()) - first]),
    size: () => epochs.length,
  };
}
