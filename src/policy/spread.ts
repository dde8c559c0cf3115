/** Spreading: what all keys would do in the same moment, each does in a moment of its own. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const WHOLE = 2 ** 32;

/** FNV-1a with a last stir, for a key's neighbours must land far apart. */
function hash32(text: string): number {
  let hashed = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) {
    hashed = Math.imul(hashed ^ text.charCodeAt(at), FNV_PRIME);
  }
  hashed = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  hashed = Math.imul(hashed ^ (hashed >>> 13), 0xc2b2ae35);
  return (hashed ^ (hashed >>> 16)) >>> 0;
}

/** A number from -1 to 1 that is the same on every node for this key and moment. */
export function spreadOf(key: string, moment: number): number {
  return (2 * hash32(`${key} ${Math.floor(moment)}`)) / WHOLE - 1;
}

/** When the window ends in which this key stands now; every node finds the same end. */
export function windowEndMs(key: string, windowMs: number, wallMs: number): number {
  const phaseMs = hash32(key) % windowMs;
  return (Math.floor((wallMs - phaseMs) / windowMs) + 1) * windowMs + phaseMs;
}
