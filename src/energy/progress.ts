/** How far each running calibration is, for whoever wants to watch. */

export interface CalibrationProgress {
  readonly id: string;
  readonly version: number;
  /** Whether its result will be applied to the live state. */
  readonly applied: boolean;
  readonly startedAtMs: number;
  readonly done: number;
  readonly total: number;
  readonly state: 'waiting' | 'running' | 'finished' | 'failed';
}

export type ProgressListener = (progress: CalibrationProgress) => void;

export class ProgressBoard {
  readonly #running = new Map<string, CalibrationProgress>();
  readonly #listeners = new Set<ProgressListener>();
  #nextId = 1;

  list(): readonly CalibrationProgress[] {
    return [...this.#running.values()];
  }

  /** Callers must end what they begin: whoever watches needs a last word. */
  begin(of: Pick<CalibrationProgress, 'version' | 'applied' | 'startedAtMs' | 'total'>): string {
    const id = `calibration-${this.#nextId}`;
    this.#nextId += 1;
    this.#tell({ id, ...of, done: 0, state: 'waiting' });
    return id;
  }

  move(id: string, done: number, total: number): void {
    const known = this.#running.get(id);
    if (known !== undefined) this.#tell({ ...known, done, total, state: 'running' });
  }

  end(id: string, state: 'finished' | 'failed'): void {
    const known = this.#running.get(id);
    if (known === undefined) return;
    // The last steps may still be on their way from the worker when its result is here.
    this.#tell({ ...known, state, done: state === 'finished' ? known.total : known.done });
    this.#running.delete(id);
  }

  onProgress(listener: ProgressListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #tell(progress: CalibrationProgress): void {
    this.#running.set(progress.id, progress);
    for (const listener of this.#listeners) listener(progress);
  }
}
