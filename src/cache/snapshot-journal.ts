/** The snapshot and the journal: which purges an answer has outlived that was read from a file. */
import type { Fleet, FleetMark } from './fleet.js';
import type { Purges } from './purge.js';

/** How far purges had come that the answers of a snapshot have seen. */
export type Standpoint =
  /** Our own epoch that stood there: what came later is judged by it. */
  | { readonly kind: 'known'; readonly epoch: number }
  /** The journal does not say any more what came since, or another one counts. */
  | { readonly kind: 'gap' }
  /** Nobody knows yet; when the journal is read for the first time everything held is dropped. */
  | { readonly kind: 'unknown' };

export interface SnapshotJournal {
  /** Resolves when the journal was read, or will not be for a while. */
  ready(): Promise<void>;
  /** Where this node stands; undefined when that is not known. */
  place(): FleetMark | undefined;
  standpoint(place: FleetMark | undefined): Standpoint;
}

/** What of a fleet is needed, of which in tests there is often less. */
export interface JournalParts extends Pick<Fleet, 'mark' | 'epochAt'> {
  ready?: () => Promise<void>;
  stats?: () => { readonly attached: boolean };
}

export function journalOf(
  fleet: JournalParts,
  purges: Pick<Purges, 'forgottenEpoch'>,
): SnapshotJournal {
  return {
    ready: () => fleet.ready?.() ?? Promise.resolve(),
    place: () => fleet.mark(),
    standpoint(place) {
      const now = fleet.mark();
      // It has begun to read, and what it dropped then did not hold what comes only now.
      if (now === undefined) return { kind: fleet.stats?.().attached === true ? 'gap' : 'unknown' };
      // Whoever has read further than the journal reaches has read another past of it.
      if (place?.journal !== now.journal || place.seq > now.seq) return { kind: 'gap' };
      const epoch = fleet.epochAt(place);
      const isKnown = epoch !== undefined && epoch >= purges.forgottenEpoch();
      return isKnown ? { kind: 'known', epoch } : { kind: 'gap' };
    },
  };
}
