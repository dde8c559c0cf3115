/** Notices: tells gateways elsewhere that the state changed, until each of them has heard it. */
import type { Clock, Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import type { Fetch } from '../message.js';

export interface NoticesOptions {
  /** The operations listener of each gateway, and how to reach it. */
  readonly gateways: readonly { readonly url: string; readonly fetch: Fetch }[];
  /** The operator token that opens them. */
  readonly token: string;
  /** Longest that an act waits for its notices; afterwards they go on by themselves. */
  readonly waitMs: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
}

export interface NoticeStats {
  readonly url: string;
  readonly heard: number;
  readonly failed: number;
  /** The gateway has not heard of the newest change yet. */
  readonly pending: boolean;
}

export interface Notices {
  /** What gateways hold of the state is old from now on. */
  tell(): void;
  /**
   * Resolves when all gateways have heard of what was told so far. One that could not be reached
   * just now is not waited for: it would make every act as slow as its time limit.
   */
  settled(): Promise<void>;
  stats(): readonly NoticeStats[];
  close(): void;
}

export const usualNotices = { waitMs: 2000, retryFirstMs: 200, retryMaxMs: 30_000 };

const PATH = '/admin/cache/invalidate';
const BODY = Buffer.from('{"type":"tag","selectors":["energy"],"mode":"delete"}');

/** One gateway. All notices say the same, so however many are due, one call says them all. */
class Notice {
  #told = 0;
  #heardUpTo = 0;
  #heard = 0;
  #failed = 0;
  #failuresInARow = 0;
  #isRunning = false;
  #closed = false;
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(
    private readonly gateway: NoticesOptions['gateways'][number],
    private readonly options: NoticesOptions,
    private readonly deps: { readonly clock: Clock; readonly log: Log },
  ) {}

  tell(): void {
    this.#told += 1;
    if (!this.#isRunning && !this.#closed) void this.#run();
  }

  settled(): Promise<void> {
    if (this.#heardUpTo === this.#told || this.#failuresInARow > 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  stats(): NoticeStats {
    const pending = this.#heardUpTo < this.#told;
    return { url: this.gateway.url, heard: this.#heard, failed: this.#failed, pending };
  }

  close(): void {
    this.#closed = true;
    this.#pause?.timer.cancel();
    this.#pause?.end();
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#heardUpTo < this.#told && !this.#closed) {
      const upTo = this.#told;
      const fault = await this.#send();
      if (fault === undefined) this.#wasHeard(upTo);
      else await this.#wasNot(fault);
    }
    this.#isRunning = false;
  }

  #wasHeard(upTo: number): void {
    if (this.#failuresInARow > 0) this.deps.log.info('notice.heard', { url: this.gateway.url });
    this.#failuresInARow = 0;
    this.#heard += 1;
    this.#heardUpTo = upTo;
    if (upTo === this.#told) this.#release();
  }

  async #wasNot(fault: Readonly<Record<string, string | number>>): Promise<void> {
    const { retryFirstMs, retryMaxMs } = this.options;
    this.#failed += 1;
    this.#failuresInARow += 1;
    if (this.#failuresInARow === 1) {
      this.deps.log.warn('notice.failed', { url: this.gateway.url, ...fault });
    }
    this.#release();
    if (this.#closed) return;
    const delayMs = Math.min(retryMaxMs, retryFirstMs * 2 ** (this.#failuresInARow - 1));
    await new Promise<void>((resolve) => {
      this.#pause = { timer: this.deps.clock.after(delayMs, resolve), end: resolve };
    });
    this.#pause = undefined;
  }

  /** What went wrong, if anything did. */
  async #send(): Promise<Readonly<Record<string, string | number>> | undefined> {
    try {
      const { status, body } = await this.gateway.fetch({
        ...{ upstream: this.gateway.url, id: '', method: 'POST', target: PATH, body: BODY },
        headers: [
          ...['Authorization', `Bearer ${this.options.token}`],
          ...['Content-Type', 'application/json'],
        ],
        signal: undefined,
        priority: 'foreground',
      });
      if (body !== undefined && !Buffer.isBuffer(body)) body.on('error', ignore).resume();
      // 202: this node has forgotten, and it sees to the others.
      return status === 200 || status === 202 ? undefined : { status };
    } catch (thrown) {
      return describeThrown(thrown);
    }
  }
}

const ignore = (): void => undefined;

export function openNotices(
  options: NoticesOptions,
  deps: { readonly clock: Clock; readonly log: Log },
): Notices {
  const all = options.gateways.map((gateway) => new Notice(gateway, options, deps));
  return {
    tell() {
      for (const one of all) one.tell();
    },
    settled() {
      return new Promise((resolve) => {
        const limit = deps.clock.after(options.waitMs, resolve);
        void Promise.all(all.map((one) => one.settled())).then(() => {
          limit.cancel();
          resolve();
        });
      });
    },
    stats: () => all.map((one) => one.stats()),
    close() {
      for (const one of all) one.close();
    },
  };
}
