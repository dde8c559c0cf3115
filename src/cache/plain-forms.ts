/** The plain forms of coded answers that are asked for now, so that a hit need not open them. */
import type { Coded } from './coding.js';
import type { Entry } from './entry.js';

export interface PlainForms {
  keep(coded: Coded, plain: Entry): void;
  drop(coded: Coded): void;
  resize(bytesMax: number): void;
  stats(): { readonly bytes: number; readonly bytesMax: number };
}

export function openPlainForms(most: number): PlainForms {
  const kept = new Set<Coded>();
  let bytesMax = most;
  let bytes = 0;
  const drop = (coded: Coded): void => {
    if (!kept.delete(coded)) return;
    bytes -= coded.bytes;
    coded.plain = undefined;
  };
  /** The oldest goes, unless it was asked for since the last time that it was the oldest. */
  const shrink = (): void => {
    for (const coded of kept) {
      if (bytes <= bytesMax) return;
      if (coded.used) {
        coded.used = false;
        // At the end of the same walk it is met again, and then it goes.
        kept.delete(coded);
        kept.add(coded);
      } else drop(coded);
    }
  };
  return {
    keep(coded, plain) {
      if (coded.bytes > bytesMax || kept.has(coded)) return;
      coded.plain = plain;
      kept.add(coded);
      bytes += coded.bytes;
      shrink();
    },
    drop,
    resize(next) {
      bytesMax = next;
      shrink();
    },
    stats: () => ({ bytes, bytesMax }),
  };
}
