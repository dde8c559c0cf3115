/** The live state of the service: one ledger, one version, and word to everyone when it changes. */
import { serialize } from 'node:v8';
import type { Clock } from '../clock.js';
import type { Ledger } from './state/ledger.js';

export type StateListener = (version: number) => void;

export class LiveState {
  #ledger: Ledger;
  #version = 1;
  #changedAtMs: number;
  #shared: SharedArrayBuffer | undefined;
  readonly #clock: Clock;
  readonly #listeners = new Set<StateListener>();

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#changedAtMs = clock.wallMs();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get version(): number {
    return this.#version;
  }

  get changedAtMs(): number {
    return this.#changedAtMs;
  }

  /** The ledger as bytes that all jobs of one version share, so that a job costs no copy here. */
  shared(): SharedArrayBuffer {
    if (this.#shared === undefined) {
      const bytes = serialize(this.#ledger);
      this.#shared = new SharedArrayBuffer(bytes.byteLength);
      new Uint8Array(this.#shared).set(bytes);
    }
    return this.#shared;
  }

  /** Everything that `change` does is one step of the version. It must not fail half-way. */
  change(change: (ledger: Ledger) => void): void {
    change(this.#ledger);
    this.#moved();
  }

  replace(ledger: Ledger): void {
    this.#ledger = ledger;
    this.#moved();
  }

  onChanged(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #moved(): void {
    this.#shared = undefined;
    this.#version += 1;
    this.#changedAtMs = this.#clock.wallMs();
    for (const listener of this.#listeners) listener(this.#version);
  }
}
