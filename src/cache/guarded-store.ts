/** A store whose failures cost its callers the cache, and never their answers. */
import type { Store, Stored } from './store.js';

/** `failed` hears of each failure; reading then finds nothing, and writing keeps nothing. */
export function guardStore(inner: Store, failed: (thrown: unknown) => void): Store {
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (thrown) {
      failed(thrown);
      return otherwise;
    }
  };
  return {
    get bodyBytesMax() {
      return inner.bodyBytesMax;
    },
    get: (key) => attempt(() => inner.get(key), undefined),
    peek: (key) => attempt(() => inner.peek(key), undefined),
    hosts: () => attempt(() => inner.hosts(), []),
    entries: () => inner.entries(),
    set: (entry) => attempt<Stored>(() => inner.set(entry), 'store-failed'),
    recode: (entry, recoded) => attempt(() => inner.recode(entry, recoded), false),
    delete: (key) => attempt(() => inner.delete(key), false),
    keysAt: (address) => attempt(() => inner.keysAt(address), []),
    clear() {
      attempt(() => {
        inner.clear();
      }, undefined);
    },
    resize(entriesMax, bytesMax) {
      inner.resize(entriesMax, bytesMax);
    },
    stats: () => inner.stats(),
  };
}
