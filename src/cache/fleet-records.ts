/** Records: what the journal says is carried out here once, and what it cannot say is counted. */
import type { BusRefusal, Seal } from '../redis/bus.js';
import type { JournalRecord, Place } from '../redis/journal.js';
import { decodeRecord, type ActRecord } from './fleet-acts.js';
import type { Marks } from './fleet-marks.js';
import type { Outbox } from './fleet-outbox.js';
import type { Act } from './spread.js';

export interface RecordsTools {
  readonly node: string;
  readonly seal: Seal;
  readonly marks: Marks;
  readonly outbox: Outbox;
  /** What another node did. */
  readonly carryOut: (act: Act) => void;
}

export interface Records {
  /** False: it cannot be understood, and may have said anything. */
  readonly carryOut: (record: JournalRecord, place: Place) => boolean;
  refused(): Readonly<Partial<Record<BusRefusal, number>>>;
}

/**
 * Not written by a node of any version: it is as if it did not stand there. What is signed by a
 * secret that we do not hold, or by us in a later version, may be a purge that means us; so may
 * one whose bits turned over on the way.
 */
const NOT_OURS = new Set<BusRefusal>(['form']);

export function openRecords({ node, seal, marks, outbox, carryOut }: RecordsTools): Records {
  const refused: Partial<Record<BusRefusal, number>> = {};
  const readIn = (bytes: Buffer): ActRecord | BusRefusal => {
    const opened = seal.open(bytes);
    if (opened.kind === 'refused') return opened.reason;
    return opened.kind === 'record' ? (decodeRecord(opened.payload) ?? 'version') : 'kind';
  };
  return {
    carryOut({ bytes }, place) {
      const read = readIn(bytes);
      if (typeof read === 'string') {
        refused[read] = (refused[read] ?? 0) + 1;
        return NOT_OURS.has(read);
      }
      if (read.node !== node) {
        for (const act of read.acts) carryOut(act);
        return true;
      }
      // Done here already; only its place is news.
      const epochBefore = outbox.returned(read.nth, place);
      if (epochBefore !== undefined) marks.returned(epochBefore);
      return true;
    },
    refused: () => ({ ...refused }),
  };
}
