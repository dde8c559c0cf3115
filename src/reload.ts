/** Reload: a changed settings file is checked, swapped in at once, or refused and forgotten. */
import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { withLive } from '../config/live.js';
import { settingsDiff, type Change, type Settings } from '../config/settings.js';
import type { Clock, Timer } from './clock.js';
import { describeThrown, OperatorError } from './errors.js';
import type { Log } from './log.js';

export interface WatchOptions {
  readonly file: string;
  /** Reads and checks the file; it throws an `OperatorError` when the file is bad. */
  readonly load: () => Settings;
  /** What is running. */
  readonly current: Settings;
  /**
   * Puts new settings to work, all at once. What needs a restart has its running value in `next`,
   * and stands among the changes with `needsRestart`.
   */
  readonly apply: (next: Settings, changes: readonly Change[]) => void;
  readonly log: Log;
  readonly clock: Clock;
  /** Subscribes to SIGHUP and returns what ends the subscription. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Editors write a file in several steps; the last one counts. */
  readonly debounceMs?: number;
}

export interface SettingsWatch {
  /** The settings that hold now. */
  current(): Settings;
  stats(): { readonly reloads: number; readonly refused: number };
  close(): void;
}

const DEBOUNCE_MS = 250;
const VALUE_CHARS_MAX = 60;
const LIST_CHARS_MAX = 700;

function brief(value: unknown): string {
  const text = value === undefined ? 'unset' : JSON.stringify(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`;
}

function listed(changes: readonly Change[]): string {
  const text = changes.map(({ name, from, to }) => `${name}: ${brief(from)} to ${brief(to)}`);
  const joined = text.join('; ');
  return joined.length <= LIST_CHARS_MAX ? joined : `${joined.slice(0, LIST_CHARS_MAX)}…`;
}

class Reloader implements SettingsWatch {
  private settings: Settings;
  private reloads = 0;
  private refused = 0;
  private waiting: Timer | undefined;
  private watcher: FSWatcher | undefined;
  private readonly unsubscribe: () => void;

  constructor(private readonly options: WatchOptions) {
    this.settings = options.current;
    this.unsubscribe = options.onSignal(() => {
      this.reload(true);
    });
    this.watch();
  }

  current(): Settings {
    return this.settings;
  }

  stats() {
    return { reloads: this.reloads, refused: this.refused };
  }

  close(): void {
    this.waiting?.cancel();
    this.watcher?.close();
    this.watcher = undefined;
    this.unsubscribe();
  }

  /** The folder is watched: editors and Kubernetes replace a file by renaming another over it. */
  private watch(): void {
    const { file, log, clock, debounceMs = DEBOUNCE_MS } = this.options;
    const name = basename(file);
    try {
      this.watcher = watch(dirname(file), { persistent: false }, (_event, changed) => {
        // A mounted ConfigMap changes by its link `..data`.
        if (changed !== null && changed !== name && changed !== '..data') return;
        this.waiting?.cancel();
        this.waiting = clock.after(debounceMs, () => {
          this.reload(false);
        });
      });
      this.watcher.on('error', (thrown) => {
        log.warn('settings_not_watched', describeThrown(thrown));
        this.watcher?.close();
      });
    } catch (thrown) {
      log.warn('settings_not_watched', describeThrown(thrown));
    }
  }

  private reload(asked: boolean): void {
    const { load, apply, log } = this.options;
    this.waiting?.cancel();
    try {
      const loaded = load();
      const changes = settingsDiff(this.settings, loaded);
      if (changes.length === 0 && !asked) return;
      const next = withLive(this.settings, loaded);
      apply(next, changes);
      this.settings = next;
      this.reloads += 1;
      const restart = changes.filter(({ needsRestart }) => needsRestart);
      log.info('settings_reloaded', {
        changes: changes.length,
        changed: listed(changes.filter(({ needsRestart }) => !needsRestart)),
        needs_restart: listed(restart),
      });
    } catch (thrown) {
      this.refused += 1;
      log.warn('settings_refused', refusal(thrown));
    }
  }
}

function refusal(thrown: unknown): Readonly<Record<string, string | number>> {
  if (!(thrown instanceof OperatorError)) return describeThrown(thrown);
  const sentences = thrown.message.split('\n');
  return { sentence: sentences[0] ?? '', problems: sentences.length };
}

export function watchSettings(options: WatchOptions): SettingsWatch {
  return new Reloader(options);
}
