/** Bytes in memory of their own, as an answer must be that stays. */

function copied(chunks: readonly Buffer[], bytes: number): Buffer {
  // Node cuts what is small from a pool of 8 KiB, and one survivor would keep all of it.
  const own = Buffer.alloc(bytes);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(own, at);
  return own;
}

/** Joins what arrived in pieces. */
export function joinedBytes(chunks: readonly Buffer[], bytes: number): Buffer {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? ownBytes(only) : copied(chunks, bytes);
}

/** The same bytes; a copy where they are a part of something larger that they would pin. */
export function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.byteLength) return bytes;
  return copied([bytes], bytes.byteLength);
}
