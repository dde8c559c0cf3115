/** The first tier: answers in this process's memory, bounded by entries and bytes. */
import type { Clock } from '../clock.js';
import type { Entry } from './entry.js';
import { openEvicted } from './evicted.js';
import type { Store } from './store.js';
import type { Distribution } from './tally.js';

interface Slot {
  readonly entry: Entry;
  /** Set by each read, cleared by the hand that looks for a victim: a read never moves anything. */
  used: boolean;
}

/** No single answer may push out more than this part of all others. */
const LARGEST_SHARE = 1 / 8;

export interface MemoryStoreOptions {
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Where the age of each evicted answer is put. */
  readonly evictedAge?: Distribution | undefined;
}

function* entriesOf(slots: Iterable<Slot>): Generator<Entry, undefined> {
  for (const { entry } of slots) yield entry;
  return undefined;
}

export function openMemoryStore(options: MemoryStoreOptions, clock: Clock): Store {
  const slots = new Map<string, Slot>();
  // One iterator that lives on: a new one would step over every hole that evictions left behind.
  let hand = slots.values();
  let { entriesMax, bytesMax } = options;
  let bytes = 0;
  const evicted = openEvicted(clock, options.evictedAge);
  let replaced = 0;
  let refusedTooLarge = 0;

  const byAddress = new Map<string, Set<string>>();
  /** How many addresses of each host are held. */
  const byHost = new Map<string, number>();
  const countHost = (address: string, by: number): void => {
    const host = address.slice(0, address.indexOf('/'));
    const count = (byHost.get(host) ?? 0) + by;
    if (count === 0) byHost.delete(host);
    else byHost.set(host, count);
  };
  /** The one place that charges. */
  const put = (entry: Entry): void => {
    const there = byAddress.get(entry.address);
    if (there === undefined) {
      byAddress.set(entry.address, new Set([entry.key]));
      countHost(entry.address, 1);
    } else there.add(entry.key);
    slots.set(entry.key, { entry, used: false });
    bytes += entry.chargedBytes;
  };
  /** The one place that releases. */
  const take = ({ entry }: Slot): void => {
    slots.delete(entry.key);
    bytes -= entry.chargedBytes;
    const there = byAddress.get(entry.address);
    there?.delete(entry.key);
    if (there?.size !== 0) return;
    byAddress.delete(entry.address);
    countHost(entry.address, -1);
  };
  const oldest = (): Slot | undefined => {
    const next = hand.next();
    if (next.done !== true) return next.value;
    hand = slots.values();
    return hand.next().value;
  };
  /** Second chance: whoever was read since the hand last passed goes to the back once. */
  const makeRoom = (entries: number, size: number): void => {
    for (;;) {
      const tooMany = slots.size + entries > entriesMax;
      if (slots.size === 0 || (!tooMany && bytes + size <= bytesMax)) return;
      const first = oldest();
      if (first === undefined) return;
      if (first.used) {
        first.used = false;
        slots.delete(first.entry.key);
        slots.set(first.entry.key, first);
      } else {
        take(first);
        evicted.note(first.entry, tooMany);
      }
    }
  };

  return {
    get bodyBytesMax() {
      return Math.floor(bytesMax * LARGEST_SHARE);
    },
    get(key) {
      const slot = slots.get(key);
      if (slot === undefined) {
        evicted.askedFor(key);
        return undefined;
      }
      slot.used = true;
      return slot.entry;
    },
    set(entry) {
      const older = slots.get(entry.key);
      if (older !== undefined) {
        take(older);
        replaced += 1;
      }
      if (entry.chargedBytes > bytesMax * LARGEST_SHARE) {
        refusedTooLarge += 1;
        return false;
      }
      // Before it comes in: where all others were just read, it would be the first to go.
      makeRoom(1, entry.chargedBytes);
      put(entry);
      return true;
    },
    delete(key) {
      const slot = slots.get(key);
      if (slot === undefined) return false;
      take(slot);
      return true;
    },
    peek: (key) => slots.get(key)?.entry,
    hosts: () => [...byHost.keys()],
    entries: () => entriesOf(slots.values()),
    keysAt: (address) => [...(byAddress.get(address) ?? [])],
    clear() {
      slots.clear();
      byAddress.clear();
      byHost.clear();
      bytes = 0;
    },
    resize(entries, size) {
      entriesMax = entries;
      bytesMax = size;
      makeRoom(0, 0);
    },
    stats: () => ({
      ...{ entries: slots.size, bytes, entriesMax, bytesMax, replaced, refusedTooLarge },
      ...evicted.stats(),
      // The scan is paid by whoever wants to know, never by a hit nor by what looks every second.
      get oldestMs() {
        const nowMs = clock.nowMs();
        let oldestMs = 0;
        for (const { entry } of slots.values())
          oldestMs = Math.max(oldestMs, nowMs - entry.storedAtMs);
        return oldestMs;
      },
    }),
  };
}
