/** The key ring: from a list of secrets one key for each purpose; the first signs, all verify. */
import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What is signed for one purpose means nothing for another: each has a label of its own. */
export type KeyPurpose = 'entries' | 'bus' | 'snapshot';

export interface SigningKey {
  /** Names the key beside what it signed; it says nothing of the secret. */
  readonly id: number;
  readonly key: KeyObject;
}

export interface KeyRing {
  /** Signs everything new. */
  readonly first: SigningKey;
  /** The key of this name; undefined when it is not ours. */
  find(id: number): SigningKey | undefined;
}

const KEY_BYTES = 32;

/**
 * Sixteen bytes of each HMAC are kept: as RFC 2104 section 5 allows, half of it, which leaves a
 * forger one chance in 2^128 for each try, and he cannot try without us.
 */
export const MAC_BYTES = 16;

function signingKey(secret: string, purpose: KeyPurpose): SigningKey {
  // RFC 5869: the label keeps the keys of different purposes apart.
  const bytes = hkdfSync('sha256', Buffer.from(secret), '', `leyden ${purpose} 1`, KEY_BYTES);
  const key = Buffer.from(bytes);
  const name = createHash('sha256').update('leyden key name 1').update(key).digest();
  return { id: name.readUInt32LE(0), key: createSecretKey(key) };
}

/** Undefined without a secret: then nothing may leave the process that would have to be signed. */
export function openKeyRing(secrets: readonly string[], purpose: KeyPurpose): KeyRing | undefined {
  const keys = secrets.map((secret) => signingKey(secret, purpose));
  const [first] = keys;
  if (first === undefined) return undefined;
  return { first, find: (id) => keys.find((one) => one.id === id) };
}

/** The shortened HMAC over all parts, one after the other; whoever calls fixes their lengths. */
export function macOf({ key }: SigningKey, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest().subarray(0, MAC_BYTES);
}
