/** The first tier: answers in this process's memory, bounded by entries and bytes. */
import type { Clock } from '../clock.js';
import { openAddressIndex } from './address-index.js';
import { savedBytesOf } from './coding.js';
import type { Entry } from './entry.js';
import { openEvicted } from './evicted.js';
import { openResidents } from './residents.js';
import { openSketch } from './sketch.js';
import type { Store, Stored } from './store.js';
import type { Distribution } from './tally.js';
import { AGE_USES_EACH, IN_WINDOW, ONE_USE, openAges, worthOf, type Slot } from './worth.js';

/** No single answer may push out more than this part of all others. */
const LARGEST_SHARE = 1 / 8;
/** What is kept free for answers of which nobody can know yet how often they are asked for. */
const WINDOW_SHARE = 1 / 20;
/** Ageing the sketch looks at all of it; that has to be paid by so many notes at least. */
const NOTES_EACH_MIN = 4096;

export interface MemoryStoreOptions {
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Where the age of each evicted answer is put. */
  readonly evictedAge?: Distribution | undefined;
  /** Hears of each answer that goes, whatever takes it away. */
  readonly left?: ((entry: Entry) => void) | undefined;
}

function* entriesOf(slots: Iterable<Slot>): Generator<Entry, undefined> {
  for (const { entry } of slots) yield entry;
  return undefined;
}

/**
 * A new answer enters a window. Whoever leaves the window must be worth at least as much as a
 * victim in the main part, or goes itself: so what is asked for once, be it ever so many keys,
 * only drives out its like.
 */
export function openMemoryStore(options: MemoryStoreOptions, clock: Clock): Store {
  const slots = new Map<string, Slot>();
  const residents = openResidents();
  const index = openAddressIndex();
  const ages = openAges(() => slots.size);
  const sketch = openSketch(options.entriesMax);
  const evicted = openEvicted(clock, options.evictedAge);
  let { entriesMax, bytesMax } = options;
  let bytes = 0;
  let codedEntries = 0;
  let codedSavedBytes = 0;
  let serial = 0;
  let noted = 0;
  let replaced = 0;
  let refusedTooLarge = 0;
  let refusedNotAdmitted = 0;

  const isOver = (): boolean => slots.size > entriesMax || bytes > bytesMax;
  const windowIsOver = (): boolean =>
    residents.windowEntries > Math.max(1, entriesMax * WINDOW_SHARE) ||
    residents.windowBytes > bytesMax * WINDOW_SHARE;
  const remember = (key: string, frequency: number): void => {
    sketch.note(key, Math.round(frequency / ONE_USE));
    noted += 1;
    if (noted < Math.max(NOTES_EACH_MIN, AGE_USES_EACH * slots.size)) return;
    noted = 0;
    sketch.age();
  };
  /** The one place that charges. */
  const put = (slot: Slot, at: 'window' | 'main'): void => {
    const { entry } = slot;
    slots.set(entry.key, slot);
    residents.add(slot, at);
    index.add(entry);
    bytes += entry.chargedBytes;
    codedEntries += savedBytesOf(entry) > 0 ? 1 : 0;
    codedSavedBytes += savedBytesOf(entry);
  };
  /** The one place that releases. */
  const release = (slot: Slot): void => {
    const { entry } = slot;
    slots.delete(entry.key);
    residents.remove(slot);
    index.remove(entry);
    bytes -= entry.chargedBytes;
    codedEntries -= savedBytesOf(entry) > 0 ? 1 : 0;
    codedSavedBytes -= savedBytesOf(entry);
  };
  /** What is known of its use outlives it. */
  const take = (slot: Slot): void => {
    const { entry } = slot;
    release(slot);
    remember(entry.key, ages.frequencyOf(slot));
    options.left?.(entry);
  };
  const evict = (slot: Slot, why: 'displaced' | 'not-admitted'): void => {
    const forEntries = slots.size > entriesMax;
    take(slot);
    evicted.note(slot.entry, forEntries, why);
  };
  /** Makes room below both ceilings; a newcomer past the window has to earn what it takes. */
  const settle = (newcomer?: Slot): void => {
    let contender = newcomer;
    const nowMs = clock.nowMs();
    const bytesEach = bytesMax / entriesMax;
    const worth = (slot: Slot): number =>
      worthOf(slot.entry, ages.frequencyOf(slot), bytesEach, nowMs);
    for (;;) {
      if (contender === undefined && windowIsOver()) contender = residents.promote();
      const over = isOver();
      if (!over && contender === undefined) return;
      if (over) {
        const victim = residents.least(worth, contender);
        if (contender === undefined) {
          const leaving = victim ?? residents.oldest();
          if (leaving === undefined) return;
          evict(leaving, 'displaced');
        } else if (victim === undefined || worth(contender) < worth(victim)) {
          // What was never let in is a refusal, not an eviction.
          if (contender === newcomer) take(contender);
          else evict(contender, 'not-admitted');
          contender = undefined;
        } else evict(victim, 'displaced');
      } else contender = undefined;
    }
  };
  const frequencyAtFirst = (key: string): number => {
    const before = sketch.countOf(key);
    if (before > 0) ages.missed();
    return ONE_USE * (before + 1);
  };

  const set = (entry: Entry): Stored => {
    const older = slots.get(entry.key);
    if (older !== undefined) {
      take(older);
      replaced += 1;
    }
    if (entry.chargedBytes > bytesMax * LARGEST_SHARE) {
      refusedTooLarge += 1;
      return 'too-large';
    }
    const frequency = older?.frequency ?? frequencyAtFirst(entry.key);
    serial += 1;
    const slot: Slot = { entry, frequency, age: ages.now(), serial, place: IN_WINDOW };
    const proved = older !== undefined && older.place !== IN_WINDOW;
    const wide = entry.chargedBytes > bytesMax * WINDOW_SHARE;
    put(slot, proved || wide ? 'main' : 'window');
    settle(proved || wide ? slot : undefined);
    if (slots.get(entry.key) === slot) return 'stored';
    refusedNotAdmitted += 1;
    return 'not-admitted';
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
      ages.used(slot);
      return slot.entry;
    },
    set,
    recode(entry, recoded) {
      const slot = slots.get(entry.key);
      if (slot?.entry !== entry) return false;
      release(slot);
      const isNew = slot.place === IN_WINDOW;
      put({ ...slot, entry: recoded, place: IN_WINDOW }, isNew ? 'window' : 'main');
      settle();
      return true;
    },
    delete(key) {
      const slot = slots.get(key);
      if (slot === undefined) return false;
      take(slot);
      return true;
    },
    peek: (key) => slots.get(key)?.entry,
    hosts: () => index.hosts(),
    entries: () => entriesOf(slots.values()),
    keysAt: (address) => index.keysAt(address),
    clear() {
      const gone = [...slots.values()];
      slots.clear();
      residents.clear();
      index.clear();
      bytes = 0;
      codedEntries = 0;
      codedSavedBytes = 0;
      for (const { entry } of gone) options.left?.(entry);
    },
    resize(entries, size) {
      entriesMax = entries;
      bytesMax = size;
      settle();
    },
    stats: () => ({
      ...{ entries: slots.size, bytes, entriesMax, bytesMax, replaced },
      ...{ refusedTooLarge, refusedNotAdmitted, codedEntries, codedSavedBytes },
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
