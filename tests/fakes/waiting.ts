/** Waiting in tests: for what is ready, for a condition, for an end; never for a time. */
import type { Readable } from 'node:stream';

/** Lets everything that is ready in this process run. */
export async function settle(rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits until `ready` holds; the limit of the test ends a wait that never does. */
export async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await settle(1);
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
