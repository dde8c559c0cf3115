/** The last events that were logged, oldest first, up to a ceiling. */

export interface LoggedEvent {
  readonly metric: string;
  readonly received_at: number;
  readonly event: unknown;
}

export class EventLog {
  #events: LoggedEvent[] = [];
  #dropped = 0;
  readonly #eventsMax: number;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  get count(): number {
    return this.#events.length;
  }

  /** How many made room for later ones. */
  get dropped(): number {
    return this.#dropped;
  }

  add(event: LoggedEvent): void {
    this.#events.push(event);
    // Cut in larger pieces, so that a full log does not move all of itself for each event.
    const spare = Math.ceil(this.#eventsMax / 10);
    if (this.#events.length > this.#eventsMax + spare) {
      this.#dropped += spare;
      this.#events = this.#events.slice(spare);
    }
  }

  /** The newest ones last; `offset` counts back from the newest. */
  page(limit: number, offset: number): readonly LoggedEvent[] {
    const end = Math.max(0, this.#events.length - offset);
    return this.#events.slice(Math.max(0, end - limit), end);
  }

  clear(): void {
    this.#events = [];
  }
}
