/** The memory store: what get and set cost, what it weighs, and how well it chooses its victims. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';
import type { Entry } from '../src/cache/entry.js';
import { openMemoryStore } from '../src/cache/memory-store.js';
import { systemClock } from '../src/clock.js';
import type { Weighed } from './store-bytes.js';
import { entryFor } from './store-entry.js';
import { policies } from './store-policies.js';
import { openRandom, traceOf, zipf } from './store-traces.js';
import { median, table, type Cell } from './table.js';

const ENTRIES = 100_000;
const BODY_BYTES = 300;
const ROUNDS = 11;
const READS = 200_000;
const REQUESTS = 500_000;

interface Held {
  get(key: string): unknown;
  set(entry: Entry): unknown;
}

type Opener = (entriesMax: number) => Held;

const holders: Readonly<Record<string, Opener>> = {
  Map() {
    const map = new Map<string, Entry>();
    return { get: (key) => map.get(key), set: (entry) => map.set(entry.key, entry) };
  },
  'lru-cache'(entriesMax) {
    const cache = new LRUCache<string, Entry>({
      ...{ max: entriesMax, maxSize: 2 ** 40 },
      sizeCalculation: ({ chargedBytes }) => chargedBytes,
    });
    return { get: (key) => cache.get(key), set: (entry) => cache.set(entry.key, entry) };
  },
  Leyden: (entriesMax) => openMemoryStore({ entriesMax, bytesMax: 2 ** 40 }, systemClock),
};

function nsEach(count: number, work: () => void): number {
  const beganMs = performance.now();
  work();
  return ((performance.now() - beganMs) * 1e6) / count;
}

/** Fill an empty one, read it, then set as many others into the full one. */
function round(open: Opener, entries: readonly Entry[], reads: readonly string[]): number[] {
  const half = entries.length / 2;
  const [first, second] = [entries.slice(0, half), entries.slice(half)];
  const held = open(half);
  const fill = nsEach(half, () => {
    for (const entry of first) held.set(entry);
  });
  const read = nsEach(reads.length, () => {
    for (const key of reads) held.get(key);
  });
  const full = nsEach(half, () => {
    for (const entry of second) held.set(entry);
  });
  return [read, fill, full];
}

function speed(): string {
  const random = openRandom(1);
  const entries = Array.from({ length: 2 * ENTRIES }, (_, nth) =>
    entryFor(nth, BODY_BYTES, 20 + 15_000 * random() ** 4),
  );
  const rank = zipf(ENTRIES, random);
  const reads = Array.from({ length: READS }, () => entries[rank()]?.key ?? '');
  const openers = Object.entries(holders);
  const taken = new Map(openers.map(([name]) => [name, [[], [], []] as number[][]]));
  for (let nth = 0; nth <= ROUNDS; nth += 1) {
    for (const [name, open] of nth % 2 === 0 ? openers : openers.toReversed()) {
      const ns = round(open, entries, reads);
      // The first round warms up.
      if (nth > 0) ns.forEach((one, at) => taken.get(name)?.[at]?.push(one));
    }
  }
  const rows = [...taken].map(([name, parts]): Cell[] => [
    name,
    ...parts.map((values) => Math.round(median(values))),
  ]);
  return table(['ns, 100,000 answers', 'get', 'set, room left', 'set, full'], rows);
}

function weight(): string {
  const file = fileURLToPath(new URL('./store-bytes.js', import.meta.url));
  const each = [
    [ENTRIES, BODY_BYTES],
    [10_000, 16_384],
  ] as const;
  const rows = each.map(([entries, bytes]): Cell[] => {
    const args = ['--expose-gc', file, String(entries), String(bytes)];
    const said = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Weighed;
    const perEntry = (of: number): number => Math.round(of / entries);
    const over = `${((100 * said.charged) / said.used - 100).toFixed(1)} %`;
    return [
      `${entries} of ${bytes} B`,
      ...[perEntry(said.charged), perEntry(said.used), over, perEntry(said.resident)],
    ];
  });
  const head = ['bytes an answer', 'charged', 'used', 'charged above used', 'resident pages'];
  return table(head, rows);
}

function choice(): string {
  const traces = {
    Zipf: traceOf({ requests: REQUESTS }),
    'with scans': traceOf({ requests: REQUESTS, scanShare: 0.5 }),
    'with drift': traceOf({ requests: REQUESTS, driftEach: REQUESTS / 200 }),
  };
  const rows: Cell[][] = [];
  for (const [name, trace] of Object.entries(traces)) {
    for (const share of [0.02, 0.1]) {
      for (const [chosen, open] of Object.entries(policies)) {
        const policy = open(Math.floor(trace.bytes * share));
        const seen = { asked: 0, hits: 0, costMs: 0, savedMs: 0 };
        trace.asked.forEach((asked, nth) => {
          const hit = policy.ask(asked);
          // The first tenth fills it.
          if (nth < REQUESTS / 10) return;
          seen.asked += 1;
          seen.costMs += asked.costMs;
          if (!hit) return;
          seen.hits += 1;
          seen.savedMs += asked.costMs;
        });
        const percent = (part: number, of: number): string => ((100 * part) / of).toFixed(1);
        rows.push([
          ...[`${name}, memory for ${100 * share} %`, chosen],
          ...[percent(seen.hits, seen.asked), percent(seen.savedMs, seen.costMs)],
          Math.round(seen.savedMs / 1000),
        ]);
      }
    }
  }
  return table(['trace', 'victims', 'hits %', 'seconds saved %', 'seconds saved'], rows);
}

export function store(): Promise<void> {
  for (const part of [weight, choice, speed]) process.stdout.write(`${part()}\n\n`);
  return Promise.resolve();
}
