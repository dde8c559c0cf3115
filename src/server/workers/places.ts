/** Places: which of our own purge epochs stood when the shared order of acts stood at a place. */

export interface Places {
  /** The last place that was reached. */
  seq(): number;
  /** The act at the next place has been carried out. */
  reached(seq: number, epoch: number): void;
  /**
   * What we did by ourselves after this epoch has come back in its place: to whoever stood before
   * that place it is news, whatever else we had heard of by then.
   */
  returned(epochBefore: number): void;
  /** Undefined for what is too old to be known. */
  epochAt(seq: number): number | undefined;
  /** The earliest place that a computation of this epoch may have begun at. */
  seqAt(epoch: number): number | undefined;
}

export function openPlaces(firstSeq: number, firstEpoch: number, placesMax: number): Places {
  let first = firstSeq;
  let epochs: number[] = [firstEpoch];
  const last = (): number => first + epochs.length - 1;
  return {
    seq: last,
    reached(seq, epoch) {
      // Acts come in their order, over one line; a gap would mean that something was lost.
      while (last() < seq - 1) epochs.push(epochs.at(-1) ?? firstEpoch);
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
    // Who stands further than we do has heard of more than we; what we know holds for him too.
    epochAt: (seq) => (seq < first ? undefined : epochs[Math.min(seq, last()) - first]),
    seqAt(epoch) {
      let at = epochs.length - 1;
      while (at >= 0 && (epochs[at] ?? 0) > epoch) at -= 1;
      if (at < 0) return undefined;
      while (at > 0 && epochs[at - 1] === epochs[at]) at -= 1;
      return first + at;
    },
  };
}
