/** The outbox: what this node purged and the journal does not hold yet, kept until it does. */
import type { Clock } from '../clock.js';
import type { Place } from '../redis/journal.js';
import { ALL_OF_IT, encodeRecord, type ActRecord } from './fleet-acts.js';
import type { Act } from './spread.js';

/** One that was told, for whoever wants to know what became of it. */
export interface Told {
  place: Place | undefined;
}

export interface OutboxOptions {
  readonly node: string;
  /** Purges that wait; one more turns all of them into one purge of everything. */
  readonly actsMax: number;
  readonly recordBytesMax: number;
  /** What came back so lately is sent again when the journal turns out to have forgotten it. */
  readonly doubtMs: number;
}

export interface OutboxTools {
  readonly clock: Clock;
  readonly append: (record: Buffer) => Promise<Place>;
  /** One more is in the journal. */
  readonly placed: (place: Place) => void;
}

interface Waiting {
  readonly act: Act;
  readonly epochBefore: number;
  readonly told: readonly Told[];
  readonly bytes: number;
}

/** So many in one record; sent again it is the same record. */
interface Batch {
  readonly nth: number;
  readonly epochBefore: number;
  readonly told: readonly Told[];
  readonly record: Buffer;
  place: Place | undefined;
  /** When it came back. */
  returnedMs: number;
}

export interface Outbox {
  add(act: Act, epochBefore: number): Told;
  /** Sends what waits, one record after the other; resolves when it has, or could not. */
  send(): Promise<void>;
  /**
   * One of ours has come back from the journal. Returns the epoch before it was done here;
   * undefined when it is known already.
   */
  returned(nth: number, place: Place): number | undefined;
  /**
   * We have read so far: what stands there and has not come back was lost on its way to us.
   * Returns the epoch before the first of it was done here; undefined when there is none.
   */
  passed(place: Place): number | undefined;
  /** Another journal, or another past of this one: what may not be in it is sent again. */
  readonly doubt: () => void;
  /** Everything we did is in the journal, and we have read it there. */
  isSettled(): boolean;
  stats(): {
    readonly waiting: number;
    readonly waitingMax: number;
    readonly merged: number;
    readonly unsent: number;
  };
}

const RETURNED_MAX = 100;

function bytesOf(act: Act): number {
  return Buffer.byteLength(JSON.stringify(act));
}

export function openOutbox(options: OutboxOptions, tools: OutboxTools): Outbox {
  const { node, actsMax, recordBytesMax, doubtMs } = options;
  const { clock, append } = tools;
  let waiting: Waiting[] = [];
  /** Sealed up, sent or to be sent; out of here when it has come back. */
  let batches: Batch[] = [];
  let returned: Batch[] = [];
  let nth = 0;
  let sending: Promise<void> | undefined;
  let merged = 0;
  let unsent = 0;

  const merge = (): void => {
    merged += 1;
    const epochBefore = Math.min(...waiting.map((one) => one.epochBefore));
    const told = waiting.flatMap((one) => one.told);
    waiting = [{ act: ALL_OF_IT, epochBefore, told, bytes: bytesOf(ALL_OF_IT) }];
  };
  const sealUp = (): Batch => {
    const taken: Waiting[] = [];
    let bytes = 0;
    for (const one of waiting) {
      bytes += one.bytes + 1;
      if (taken.length > 0 && bytes > recordBytesMax) break;
      taken.push(one);
    }
    waiting = waiting.slice(taken.length);
    nth += 1;
    const acts = taken.map(({ act }) => act);
    const record: ActRecord = { node, nth, wallMs: clock.wallMs(), acts };
    const batch: Batch = {
      nth,
      epochBefore: Math.min(...taken.map(({ epochBefore }) => epochBefore)),
      told: taken.flatMap(({ told }) => told),
      record: encodeRecord(record),
      ...{ place: undefined, returnedMs: Infinity },
    };
    batches.push(batch);
    return batch;
  };
  const next = (): Batch | undefined =>
    batches.find(({ place }) => place === undefined) ??
    (waiting.length === 0 ? undefined : sealUp());
  const placeAt = (batch: Batch, place: Place): void => {
    batch.place = place;
    for (const told of batch.told) told.place = place;
    tools.placed(place);
  };
  const end = (batch: Batch): void => {
    batches = batches.filter((one) => one !== batch);
    batch.returnedMs = clock.nowMs();
    returned = [...returned.slice(1 - RETURNED_MAX), batch];
  };
  const sendAll = async (): Promise<void> => {
    for (let batch = next(); batch !== undefined; batch = next()) {
      try {
        const place = await append(batch.record);
        // It may have come back before the reply did.
        if (batches.includes(batch)) placeAt(batch, place);
      } catch {
        // The pool counts why; here it stays until it is tried again.
        unsent += 1;
        return;
      }
    }
  };

  return {
    add(act, epochBefore) {
      const told: Told = { place: undefined };
      const bytes = bytesOf(act);
      const isTooMuch = bytes > recordBytesMax;
      const fit = isTooMuch ? ALL_OF_IT : act;
      waiting.push({ act: fit, epochBefore, told: [told], bytes: isTooMuch ? 0 : bytes });
      if (waiting.length > actsMax) merge();
      return told;
    },
    send() {
      sending ??= sendAll().finally(() => {
        sending = undefined;
      });
      return sending;
    },
    returned(number, place) {
      const batch = batches.find((one) => one.nth === number);
      if (batch === undefined) return undefined;
      placeAt(batch, place);
      end(batch);
      return batch.epochBefore;
    },
    passed({ journal, seq }) {
      const missed = batches.filter(({ place }) => place?.journal === journal && place.seq <= seq);
      for (const batch of missed) end(batch);
      if (missed.length === 0) return undefined;
      return Math.min(...missed.map(({ epochBefore }) => epochBefore));
    },
    doubt() {
      const sinceMs = clock.nowMs() - doubtMs;
      const again = returned.filter(({ returnedMs }) => returnedMs >= sinceMs);
      returned = [];
      batches = [...again, ...batches];
      for (const batch of batches) batch.place = undefined;
    },
    isSettled: () => waiting.length === 0 && batches.length === 0,
    stats: () => ({
      ...{ waitingMax: actsMax, merged, unsent },
      waiting: waiting.length + batches.reduce((sum, { told }) => sum + told.length, 0),
    }),
  };
}
