/** Who stays: a window for what is new, and behind it the main part for what has proved itself. */
import type { Slot } from './worth.js';
import { IN_WINDOW } from './worth.js';

export interface Residents {
  /** Lets it in at the window, or past it. */
  add(slot: Slot, at: 'window' | 'main'): void;
  remove(slot: Slot): void;
  clear(): void;
  readonly windowEntries: number;
  readonly windowBytes: number;
  /** The one that has been in the window for longest moves on to the main part. */
  promote(): Slot | undefined;
  /** Of a few in the main part, the one of least worth; the older one where they are alike. */
  least(worth: (slot: Slot) => number, except: Slot | undefined): Slot | undefined;
  /** The one that has been in the window for longest. */
  oldest(): Slot | undefined;
}

/** More choose a little better, and each costs several misses of the processor's own cache. */
const SAMPLE = 8;

/** Marsaglia's xorshift: whom we look at need not be secret, only spread. */
function openDice(): (below: number) => number {
  let state = 0x2545f491;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

export function openResidents(): Residents {
  const main: Slot[] = [];
  const window = new Set<Slot>();
  let windowBytes = 0;
  // One iterator that lives on: a new one would step over every hole that others left behind.
  let hand = window.values();
  const dice = openDice();
  const leaveWindow = (slot: Slot): void => {
    if (window.delete(slot)) windowBytes -= slot.entry.chargedBytes;
  };
  const join = (slot: Slot): void => {
    slot.place = main.length;
    main.push(slot);
  };
  const oldest = (): Slot | undefined => {
    const next = hand.next();
    if (next.done !== true) return next.value;
    hand = window.values();
    return hand.next().value;
  };
  return {
    add(slot, at) {
      if (at === 'main') {
        join(slot);
        return;
      }
      window.add(slot);
      windowBytes += slot.entry.chargedBytes;
    },
    remove(slot) {
      if (slot.place === IN_WINDOW) {
        leaveWindow(slot);
        return;
      }
      const last = main.pop();
      if (last === undefined || last === slot) return;
      // The last one takes over its place; the order in the main part means nothing.
      last.place = slot.place;
      main[slot.place] = last;
    },
    clear() {
      main.length = 0;
      window.clear();
      windowBytes = 0;
    },
    get windowEntries() {
      return window.size;
    },
    get windowBytes() {
      return windowBytes;
    },
    promote() {
      const slot = oldest();
      if (slot === undefined) return undefined;
      leaveWindow(slot);
      join(slot);
      return slot;
    },
    least(worth, except) {
      let least: Slot | undefined;
      let leastWorth = Infinity;
      const few = main.length <= SAMPLE;
      for (let nth = 0; nth < (few ? main.length : SAMPLE); nth += 1) {
        const slot = main[few ? nth : dice(main.length)];
        if (slot === undefined || slot === except) continue;
        const itsWorth = worth(slot);
        const older = least === undefined || slot.serial < least.serial;
        if (itsWorth < leastWorth || (itsWorth === leastWorth && older)) {
          least = slot;
          leastWorth = itsWorth;
        }
      }
      return least;
    },
    oldest,
  };
}
