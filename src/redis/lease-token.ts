/** What a lease says of its holder: who it is, and where in the order of purges he began. */
import { scriptOf } from './script.js';

/** What parts one computation of a key from the next. */
export interface Began {
  /** Where a computation of ours that begins now stands; the other nodes read it. */
  word(): string;
  /** Whether one that began there is too old for who asks here now. */
  isTooOld(word: string): boolean;
}

const WORD_AT = ' ';

export function tokenOf(name: string, word: string): string {
  return word === '' ? name : `${name}${WORD_AT}${word}`;
}

/** Empty where it is not said. */
export function beganIn(token: string): string {
  const at = token.indexOf(WORD_AT);
  return at < 0 ? '' : token.slice(at + 1);
}

/** Of many who find the same holder too old one comes first, and the others are told of him. */
export const OVERTAKE = scriptOf(
  1,
  `local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then
  return holder
end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false`,
);
