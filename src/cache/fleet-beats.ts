/** Beats: this node says that it lives and how far it has read, and hears it of all others. */
import type { Place } from '../redis/journal.js';
import type { Roster } from '../redis/roster.js';
import type { Seal } from '../redis/bus.js';
import { decodeWord, encodeWord } from './fleet-words.js';

export interface BeatsTools {
  readonly node: string;
  readonly seal: Seal;
  readonly roster: Roster;
  /** How far it has read; undefined when it could not say, or nobody could take it down. */
  readonly place: () => Place | undefined;
  readonly listed: (places: ReadonlyMap<string, Place>) => void;
}

export interface Beats {
  /** One at a time: who comes meanwhile waits for the one that is under way. */
  readonly beat: () => Promise<void>;
  /** One that begins from now on; returns how many will have ended with it. */
  ask(failed: (thrown: unknown) => void): number;
}

export function openBeats({ node, seal, roster, place, listed }: BeatsTools): Beats {
  let beating: Promise<void> | undefined;
  let again = false;
  const once = async (): Promise<void> => {
    const at = place();
    // Without a place of its own a node is no witness.
    if (at === undefined) return;
    const words = await roster.beat(node, seal.seal('word', encodeWord({ node, ...at })));
    const places = new Map<string, Place>();
    for (const [name, bytes] of words) {
      const opened = seal.open(bytes);
      const word = opened.kind === 'word' ? decodeWord(opened.payload) : undefined;
      if (word?.node === name) places.set(name, word);
    }
    listed(places);
  };
  const isWanted = (): boolean => again;
  const all = async (): Promise<void> => {
    do {
      again = false;
      await once();
    } while (isWanted());
  };
  const beat = (): Promise<void> => {
    beating ??= all().finally(() => {
      beating = undefined;
    });
    return beating;
  };
  return {
    beat,
    ask(failed) {
      if (beating === undefined) {
        beat().catch(failed);
        return 1;
      }
      again = true;
      return 2;
    },
  };
}
