/** What is being computed now, for whoever purges it and for whoever wants to see it. */

export interface Computing {
  /** Shared by all who wait, or on its way past the cache for one caller. */
  readonly kind: 'flight' | 'pass';
  readonly route: string;
  readonly address: string;
  readonly query: string | undefined;
  /** Whose slot it will lie in. */
  readonly partition: string;
  /** The purge epoch that stood when it began. */
  readonly epoch: number;
  readonly startedMs: number;
  /** How long it took last time; undefined when nobody knows. */
  readonly usualMs: number | undefined;
  /** Callers who still wait for it. */
  readonly waiters: () => number;
}

export interface Underway {
  /** Returns what must be called when it has ended. */
  begin(one: Computing): () => void;
  all(): Iterable<Computing>;
  size(): number;
}

export function openUnderway(): Underway {
  // Bounded by the flights and the requests that are open: each of them holds one at most.
  const computing = new Set<Computing>();
  return {
    begin(one) {
      computing.add(one);
      return () => {
        computing.delete(one);
      };
    },
    all: () => computing,
    size: () => computing.size,
  };
}
