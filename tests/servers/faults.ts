/** The faults that the proxy can make, and the seeded dice that it throws for them. */

/** Changes what the server sends: one chunk in, any number out, in the order given. */
export type Rewrite = (chunk: Buffer) => Buffer | readonly Buffer[];

/**
 * "Down" is from the server to the client, and so are all faults that change bytes. A fault counts
 * for the bytes that arrive while it is set; a hole's bytes stay lost after it has been closed.
 */
export type Fault =
  | { readonly kind: 'pass' }
  /** Each chunk comes later by `delayMs` and up to `jitterMs` more, still in order. */
  | { readonly kind: 'latency'; readonly delayMs: number; readonly jitterMs?: number }
  /** Chunks are cut into pieces with a pause after each. */
  | { readonly kind: 'slice'; readonly sizeBytes: number; readonly pauseMs: number }
  /** After so many more bytes down: a reset, or an end. */
  | { readonly kind: 'limit-rst' | 'limit-fin'; readonly bytes: number }
  /** New connections only. */
  | { readonly kind: 'rst-on-accept' | 'close-on-accept' }
  /** New connections only: these bytes, then an end; the server sees nothing. */
  | { readonly kind: 'banner'; readonly data: string | Buffer }
  /** Bytes, ends and resets vanish: both ways, towards the server, towards the client. */
  | { readonly kind: 'blackhole' | 'blackhole-up' | 'blackhole-down' }
  /** With this probability a chunk gets one wrong bit. */
  | { readonly kind: 'corrupt'; readonly probability: number }
  | { readonly kind: 'rewrite'; readonly rewrite: Rewrite }
  /** Each chunk comes twice. */
  | { readonly kind: 'dup' };

export function isHoleUp({ kind }: Fault): boolean {
  return kind === 'blackhole' || kind === 'blackhole-up';
}

export function isHoleDown({ kind }: Fault): boolean {
  return kind === 'blackhole' || kind === 'blackhole-down';
}

/** Numbers in [0, 1), the same for the same seed (the generator known as mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy with one bit turned over. */
export function flipOneBit(chunk: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(chunk);
  const index = Math.floor(random() * copy.length);
  copy[index] = (copy[index] ?? 0) ^ (1 << Math.floor(random() * 8));
  return copy;
}
