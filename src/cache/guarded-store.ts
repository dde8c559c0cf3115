/** A store whose failures cost its callers the cache, and never their answers. */
import type { Entry } from './entry.js';
import type { Store, Stored } from './store.js';

/** Answers that could not be taken away; more of them, and nothing is believed any more. */
const DOOMED_MAX = 10_000;

/**
 * What is to be gone and lies there yet, because taking it away failed: nobody gets it. Where that
 * fails again and again nothing that lies there is given out, until all of it is gone.
 */
function openDoomed(inner: Store, failed: (thrown: unknown) => void) {
  const doomed = new Set<string>();
  let isAll = false;
  const clear = (): void => {
    inner.clear();
    doomed.clear();
    isAll = false;
  };
  return {
    clear,
    /** For each time that somebody looks. */
    hides: (key: string): boolean => isAll || (doomed.size > 0 && doomed.has(key)),
    /** Something newer has taken its place. */
    replaced: (key: string): void => void doomed.delete(key),
    add(key: string): void {
      doomed.add(key);
      if (doomed.size <= DOOMED_MAX) return;
      isAll = true;
      try {
        clear();
      } catch (thrown) {
        failed(thrown);
      }
    },
    all(): void {
      isAll = true;
    },
    /** Nothing can be stored beside what must not be seen. */
    isClosed: (): boolean => isAll,
    retry(key: string): boolean {
      const isGone = inner.delete(key);
      // It was gone for everybody already.
      return doomed.delete(key) ? false : isGone;
    },
  };
}

function* shown(
  entries: Iterator<Entry, undefined>,
  hides: (key: string) => boolean,
): Generator<Entry, undefined> {
  for (let one = entries.next(); one.done !== true; one = entries.next()) {
    if (!hides(one.value.key)) yield one.value;
  }
  return undefined;
}

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
  const doomed = openDoomed(inner, failed);
  const { hides } = doomed;
  return {
    get bodyBytesMax() {
      return inner.bodyBytesMax;
    },
    get: (key) => (hides(key) ? undefined : attempt(() => inner.get(key), undefined)),
    peek: (key) => (hides(key) ? undefined : attempt(() => inner.peek(key), undefined)),
    hosts: () => attempt(() => inner.hosts(), []),
    entries: () => shown(inner.entries(), hides),
    set: (entry) =>
      attempt<Stored>(() => {
        if (doomed.isClosed()) doomed.clear();
        const stored = inner.set(entry);
        if (stored !== 'store-failed') doomed.replaced(entry.key);
        return stored;
      }, 'store-failed'),
    recode: (entry, recoded) =>
      !hides(entry.key) && attempt(() => inner.recode(entry, recoded), false),
    delete: (key) =>
      attempt(() => {
        try {
          return doomed.retry(key);
        } catch (thrown) {
          doomed.add(key);
          throw thrown;
        }
      }, false),
    keysAt: (address) => attempt(() => inner.keysAt(address), []),
    clear() {
      attempt(() => {
        doomed.all();
        doomed.clear();
      }, undefined);
    },
    resize(entriesMax, bytesMax) {
      inner.resize(entriesMax, bytesMax);
    },
    stats: () => inner.stats(),
  };
}
