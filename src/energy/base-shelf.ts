/** Keeps the prepared bases that a worker used last, up to a number of bytes. */
import { baseBytes, prepareBase, seededBase, type Base, type PreparedBase } from './state/base.js';

export class BaseShelf {
  readonly #shelved = new Map<string, PreparedBase>();
  readonly #loaded: Base | undefined;
  readonly #bytesMax: number;

  constructor(loaded: Base | undefined, bytesMax: number) {
    this.#loaded = loaded;
    this.#bytesMax = bytesMax;
  }

  take(source: 'seed' | 'file', seed: number, agents: number): PreparedBase {
    const key = `${source} ${seed} ${agents}`;
    const known = this.#shelved.get(key);
    if (known !== undefined) {
      this.#shelved.delete(key);
      this.#shelved.set(key, known);
      return known;
    }
    // Room is made before the next base is built, so that both never stand in memory together.
    this.#makeRoom(baseBytes(agents));
    const base = source === 'file' ? this.#loaded : seededBase(seed, agents);
    if (base === undefined) throw new Error('no state was loaded');
    const prepared = prepareBase(base);
    this.#shelved.set(key, prepared);
    return prepared;
  }

  #makeRoom(bytes: number): void {
    for (const key of this.#shelved.keys()) {
      let kept = bytes;
      for (const base of this.#shelved.values()) kept += baseBytes(base.agents);
      if (kept <= this.#bytesMax) return;
      this.#shelved.delete(key);
    }
  }
}
