/** Prints what a memory store is charged for and what it takes up; run with --expose-gc. */
import { readFileSync } from 'node:fs';
import { openMemoryStore } from '../src/cache/memory-store.js';
import { systemClock } from '../src/clock.js';
import { entryFor } from './store-entry.js';

export interface Weighed {
  readonly charged: number;
  /** On the heap and in buffers, as the engine reckons. */
  readonly used: number;
  /** Pages of the process, as the kernel reckons. */
  readonly resident: number;
}

const [entries = 0, bytes = 0] = process.argv.slice(2).map(Number);

function reading(): { readonly used: number; readonly resident: number } {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const pages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]);
  return { used: heapUsed + arrayBuffers, resident: pages * 4096 };
}

// Whatever is only made once is made before.
openMemoryStore({ entriesMax: 10, bytesMax: 1e6 }, systemClock).set(entryFor(0, bytes, 1));
const store = openMemoryStore({ entriesMax: entries, bytesMax: 2 ** 32 }, systemClock);
const before = reading();
for (let nth = 1; nth <= entries; nth += 1) store.set(entryFor(nth, bytes, 1));
const after = reading();
const weighed: Weighed = {
  charged: store.stats().bytes,
  used: after.used - before.used,
  resident: after.resident - before.resident,
};
process.stdout.write(JSON.stringify({ ...weighed, entries: store.stats().entries }));
