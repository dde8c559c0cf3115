/** Waiting in tests: for what is ready, for a condition, for an end; never for a time. */
import type { Readable } from 'node:stream';

/** Lets everything that is ready in this process run. */
export async function settle(rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** So often it is asked at once; what takes longer comes from a socket, a timer or a process. */
const LOOKS_AT_ONCE = 100;
const LOOK_AGAIN_MS = 2;
/** Five minutes at least: longer than any test waits for one thing. */
const LOOKS_MAX = 150_000;

/**
 * Waits until `ready` holds; the limit of the test ends a wait that never does, and ours the loop
 * that is left behind then and would not let the process end. A loop that spun
 * would take the processor from the very process that is waited for.
 */
export async function until(ready: () => boolean): Promise<void> {
  for (let looks = 1; !ready(); looks += 1) {
    if (looks > LOOKS_MAX) throw new Error('What was waited for never came.');
    if (looks <= LOOKS_AT_ONCE) await settle(1);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

export async function bytesOf(body: Buffer | Readable | undefined): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function textOf(body: Buffer | Readable | undefined): Promise<string> {
  return (await bytesOf(body)).toString('latin1');
}
