/** A store that breaks on command; until then it is the one that it was given. */
import type { Store } from '../../src/cache/store.js';

export interface BreakableStore extends Store {
  /** From now on every reading, every writing, or both end in a throw. */
  alwaysThrow(what: 'get' | 'set' | 'both'): void;
  heal(): void;
}

export function breakableStore(inner: Store): BreakableStore {
  let broken: 'get' | 'set' | 'both' | undefined;
  const check = (what: 'get' | 'set'): void => {
    if (broken === what || broken === 'both') throw new Error('the store is broken');
  };
  return {
    get bodyBytesMax() {
      return inner.bodyBytesMax;
    },
    get(key) {
      check('get');
      return inner.get(key);
    },
    peek(key) {
      check('get');
      return inner.peek(key);
    },
    hosts: () => inner.hosts(),
    entries: () => inner.entries(),
    set(entry) {
      check('set');
      return inner.set(entry);
    },
    recode(entry, recoded) {
      check('set');
      return inner.recode(entry, recoded);
    },
    delete(key) {
      check('set');
      return inner.delete(key);
    },
    keysAt: (address) => inner.keysAt(address),
    clear() {
      inner.clear();
    },
    resize(entriesMax, bytesMax) {
      inner.resize(entriesMax, bytesMax);
    },
    stats: () => inner.stats(),
    alwaysThrow(what) {
      broken = what;
    },
    heal() {
      broken = undefined;
    },
  };
}
