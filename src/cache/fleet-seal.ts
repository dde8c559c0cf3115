/** The seal: what nodes tell each other carries a version and a MAC, or it is not heard. */
import { timingSafeEqual } from 'node:crypto';
import type { BusRefusal, Seal, SealedKind } from '../redis/bus.js';
import { MAC_BYTES, macOf, type KeyRing } from './key-ring.js';

const MAGIC = Buffer.from('Ly');
export const SEAL_VERSION = 1;

/** In the order of their numbers, which must never change. */
const KINDS: readonly SealedKind[] = ['lease', 'purge', 'applied', 'record', 'word'];

// magic 2 · version 1 · kind 1 · key id 4 · MAC 16 · payload
const VERSION_AT = 2;
const KIND_AT = 3;
const KEY_AT = 4;
const MAC_AT = 8;
const PAYLOAD_AT = MAC_AT + MAC_BYTES;

export function openSeal(ring: KeyRing): Seal {
  const refused = (reason: BusRefusal) => ({ kind: 'refused' as const, reason });
  return {
    seal(kind, payload) {
      const head = Buffer.alloc(MAC_AT);
      MAGIC.copy(head);
      head[VERSION_AT] = SEAL_VERSION;
      head[KIND_AT] = KINDS.indexOf(kind);
      head.writeUInt32LE(ring.first.id, KEY_AT);
      return Buffer.concat([head, macOf(ring.first, head, payload), payload]);
    },
    open(bytes) {
      if (bytes.length < PAYLOAD_AT || bytes.compare(MAGIC, 0, 2, 0, 2) !== 0) {
        return refused('form');
      }
      const key = ring.find(bytes.readUInt32LE(KEY_AT));
      if (key === undefined) return refused('key');
      const head = bytes.subarray(0, MAC_AT);
      const payload = bytes.subarray(PAYLOAD_AT);
      const mac = bytes.subarray(MAC_AT, PAYLOAD_AT);
      if (!timingSafeEqual(mac, macOf(key, head, payload))) return refused('mac');
      // Only now: what another version wrote is known to be ours, and not understood.
      if (bytes[VERSION_AT] !== SEAL_VERSION) return refused('version');
      const kind = KINDS[bytes[KIND_AT] ?? KINDS.length];
      return kind === undefined ? refused('kind') : { kind, payload };
    },
  };
}
