/** The key ring: from a list of secrets one key for each purpose; the first signs, all verify. */
import { createHash, createHmac, createSecretKey, hash, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What is signed for one purpose means nothing for another: each has a label of its own. */
export type KeyPurpose = 'entries' | 'bus' | 'snapshot';

export interface SigningKey {
  /** Names the key beside what it signed; it says nothing of the secret. */
  readonly id: number;
  readonly key: KeyObject;
  /** The key as RFC 2104 section 2 mixes it into the inner and the outer hash. */
  readonly pads: { readonly inner: Buffer; readonly outer: Buffer };
}

export interface KeyRing {
  /** Signs everything new. */
  readonly first: SigningKey;
  /** The key of this name; undefined when it is not ours. */
  find(id: number): SigningKey | undefined;
}

const KEY_BYTES = 32;
const BLOCK_BYTES = 64;
/** To copy more of it would cost more than it spares. */
const SMALL_BYTES = 16_384;

/**
 * Sixteen bytes of each HMAC are kept: as RFC 2104 section 5 allows, half of it, which leaves a
 * forger one chance in 2^128 for each try, and he cannot try without us.
 */
export const MAC_BYTES = 16;

/** The key, filled up with zeros to one block of SHA-256, each byte mixed with this one. */
function padOf(key: Buffer, byte: number): Buffer {
  return Buffer.alloc(BLOCK_BYTES, byte).map((mixed, at) => mixed ^ (key[at] ?? 0)) as Buffer;
}

function signingKey(secret: string, purpose: KeyPurpose): SigningKey {
  // RFC 5869: the label keeps the keys of different purposes apart.
  const bytes = hkdfSync('sha256', Buffer.from(secret), '', `leyden ${purpose} 1`, KEY_BYTES);
  const key = Buffer.from(bytes);
  const name = createHash('sha256').update('leyden key name 1').update(key).digest();
  const pads = { inner: padOf(key, 0x36), outer: padOf(key, 0x5c) };
  return { id: name.readUInt32LE(0), key: createSecretKey(key), pads };
}

/** Undefined without a secret: then nothing may leave the process that would have to be signed. */
export function openKeyRing(secrets: readonly string[], purpose: KeyPurpose): KeyRing | undefined {
  const keys = secrets.map((secret) => signingKey(secret, purpose));
  const [first] = keys;
  if (first === undefined) return undefined;
  return { first, find: (id) => keys.find((one) => one.id === id) };
}

/** The shortened HMAC over all parts, one after the other; whoever calls fixes their lengths. */
export function macOf(signing: SigningKey, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return (bytes <= SMALL_BYTES ? smallMac(signing, parts) : largeMac(signing, parts)).subarray(
    0,
    MAC_BYTES,
  );
}

const innerBytes = Buffer.alloc(BLOCK_BYTES + SMALL_BYTES);
const outerBytes = Buffer.alloc(BLOCK_BYTES + KEY_BYTES);

/** The same HMAC as two hashes, each in one call: half the time for what is as small as most. */
function smallMac({ pads }: SigningKey, parts: readonly Uint8Array[]): Buffer {
  innerBytes.set(pads.inner);
  let end = BLOCK_BYTES;
  for (const part of parts) {
    innerBytes.set(part, end);
    end += part.byteLength;
  }
  const inner = hash('sha256', innerBytes.subarray(0, end), 'binary');
  outerBytes.set(pads.outer);
  outerBytes.write(inner, BLOCK_BYTES, 'binary');
  return Buffer.from(hash('sha256', outerBytes, 'binary'), 'binary');
}

function largeMac({ key }: SigningKey, parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}
