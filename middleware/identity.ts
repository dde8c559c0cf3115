/** Identity: whose slot a request reads and writes, from the exact bytes of its credential. */
import { createHmac } from 'node:crypto';

export interface Identity {
  /** `anon`, or the HMAC of the Authorization value: never the value, never an unkeyed hash. */
  partitionOf(authorization: string | undefined): string;
  stats(): { readonly entries: number; readonly entriesMax: number };
}

export interface IdentityOptions {
  /** Already derived for this one purpose. */
  readonly key: Buffer;
  /** Credentials whose HMAC is remembered. */
  readonly memoMax: number;
}

export function openIdentity(options: IdentityOptions): Identity {
  const memo = new Map<string, string>();
  // One iterator that lives on: a new one would step over every hole that it left behind.
  let oldest = memo.keys();
  return {
    partitionOf(authorization) {
      if (authorization === undefined) return 'anon';
      const known = memo.get(authorization);
      if (known !== undefined) return known;
      const partition = createHmac('sha256', options.key)
        .update(authorization, 'latin1')
        .digest('base64url');
      if (memo.size >= options.memoMax) {
        let next = oldest.next();
        if (next.done === true) next = (oldest = memo.keys()).next();
        if (next.done !== true) memo.delete(next.value);
      }
      memo.set(authorization, partition);
      return partition;
    },
    stats: () => ({ entries: memo.size, entriesMax: options.memoMax }),
  };
}
