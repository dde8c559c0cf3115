/** Collecting a body up to a ceiling; beyond it the bytes flow on and nothing is kept. */
import { Readable } from 'node:stream';
import { asFailure } from '../errors.js';
import { joinedBytes, ownBytes } from './own-bytes.js';

export type Collected =
  | { readonly kind: 'whole'; readonly body: Buffer }
  /** Too large to keep: everything, from the first byte on, as a stream. */
  | { readonly kind: 'over'; readonly stream: Readable };

const EMPTY = Buffer.alloc(0);

/** What was read already, then the rest, with the reader's own pace. */
function rejoined(
  chunks: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
  source: Readable,
): Readable {
  const flow = async function* (): AsyncGenerator<Buffer> {
    yield* chunks;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  };
  const stream = Readable.from(flow(), { objectMode: false });
  // A reader who leaves lets go of the upstream too, even while the next chunk is awaited.
  stream.once('close', () => {
    source.destroy();
  });
  return stream;
}

/** Rejects with a `Failure` when the body breaks off. */
export async function collect(
  body: Buffer | Readable | undefined,
  bytesMax: number,
): Promise<Collected> {
  if (body === undefined) return { kind: 'whole', body: EMPTY };
  if (Buffer.isBuffer(body)) {
    if (body.byteLength <= bytesMax) return { kind: 'whole', body: ownBytes(body) };
    return { kind: 'over', stream: Readable.from([body], { objectMode: false }) };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A stream of bytes yields Buffers; its type does not say so.
  const rest = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await rest.next();
      if (next.done === true) break;
      chunks.push(next.value);
      bytes += next.value.byteLength;
      if (bytes > bytesMax) return { kind: 'over', stream: rejoined(chunks, rest, body) };
    }
  } catch (thrown) {
    throw asFailure(thrown);
  }
  return { kind: 'whole', body: joinedBytes(chunks, bytes) };
}
