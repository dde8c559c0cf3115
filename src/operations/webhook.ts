/** The webhook: one signed POST for each alert that begins or ends, tried again when it fails. */
import { createHmac, randomUUID } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isoTime, type Clock, type Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';

export interface WebhookOptions {
  /** Undefined: nobody is told. */
  readonly url: string | undefined;
  readonly secret: string | undefined;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly queueMax: number;
}

/** What is told. */
export interface Notice {
  readonly event: 'firing' | 'resolved';
  readonly name: string;
  readonly severity: string;
  readonly sentence: string;
  readonly value: number | undefined;
  readonly threshold: number;
}

export interface WebhookStats {
  readonly waiting: number;
  readonly queueMax: number;
  readonly sent: number;
  /** Attempts that failed and were, or will be, followed by another. */
  readonly retried: number;
  readonly failed: number;
  readonly dropped: number;
}

export interface Webhook {
  send(notice: Notice): void;
  stats(): WebhookStats;
  /** What still waits is given up: the next start judges anew. */
  close(): void;
}

type Verdict = 'taken' | 'again' | 'refused';

interface Waiting {
  readonly id: string;
  readonly body: string;
  readonly name: string;
  tries: number;
}

const BACK_OFF_FIRST_MS = 1_000;
const BACK_OFF_MAX_MS = 60_000;

/** The time is signed too, so that a notice that was caught cannot be sent again later. */
export function signature(secret: string, wallMs: number, body: string): string {
  const seconds = Math.floor(wallMs / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'taken';
  return status === 408 || status === 429 || status >= 500 ? 'again' : 'refused';
}

class Sender implements Webhook {
  private readonly queue: Waiting[] = [];
  private sent = 0;
  private retried = 0;
  private failed = 0;
  private dropped = 0;
  private busy = false;
  private closed = false;
  private pause: Timer | undefined;
  private breakOff: (() => void) | undefined;

  constructor(
    private readonly options: WebhookOptions,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  send(notice: Notice): void {
    if (this.options.url === undefined || this.closed) return;
    const id = randomUUID();
    const value = notice.value ?? null;
    const at = isoTime(this.clock.wallMs());
    const body = JSON.stringify({ service: 'leyden', id, at, ...notice, value });
    // The one that is on its way stays: it may have arrived.
    if (this.queue.length >= this.options.queueMax) {
      this.queue.splice(this.busy && this.queue.length > 1 ? 1 : 0, 1);
      this.dropped += 1;
    }
    this.queue.push({ id, body, name: notice.name, tries: 0 });
    this.next();
  }

  stats(): WebhookStats {
    const { sent, retried, failed, dropped, options } = this;
    const queueMax = options.url === undefined ? 0 : options.queueMax;
    return { waiting: this.queue.length, queueMax, sent, retried, failed, dropped };
  }

  close(): void {
    this.closed = true;
    this.pause?.cancel();
    this.breakOff?.();
    this.queue.length = 0;
  }

  private next(): void {
    const [first] = this.queue;
    if (first === undefined || this.busy || this.closed) return;
    this.busy = true;
    this.attempt(first).catch((thrown: unknown) => {
      this.log.error('alert_notice_failed', describeThrown(thrown));
    });
  }

  private async attempt(one: Waiting): Promise<void> {
    one.tries += 1;
    const verdict = await this.post(one);
    if (this.closed) return;
    if (verdict === 'again' && one.tries < this.options.attempts && this.queue.includes(one)) {
      this.retried += 1;
      const waitMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (one.tries - 1));
      this.pause = this.clock.after(waitMs, () => {
        this.busy = false;
        this.next();
      });
      return;
    }
    if (verdict === 'taken') this.sent += 1;
    else {
      this.failed += 1;
      this.log.warn('alert_notice_lost', { alert: one.name, tries: one.tries });
    }
    const at = this.queue.indexOf(one);
    if (at >= 0) this.queue.splice(at, 1);
    this.busy = false;
    this.next();
  }

  /** Never rejects. Redirects are not followed: an answer must not choose where alerts go. */
  private post({ id, body }: Waiting): Promise<Verdict> {
    const { url = '', secret, timeoutMs } = this.options;
    const signed =
      secret === undefined ? {} : { 'Leyden-Signature': signature(secret, this.wallMs(), body) };
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'leyden',
      'Leyden-Notice-Id': id,
      ...signed,
    };
    const send = url.startsWith('https:') ? secureRequest : plainRequest;
    return new Promise((resolve) => {
      const request = send(url, { method: 'POST', headers, agent: false });
      const end = (verdict: Verdict): void => {
        limit.cancel();
        this.breakOff = undefined;
        resolve(verdict);
        request.destroy();
      };
      const limit = this.clock.after(timeoutMs, () => {
        end('again');
      });
      this.breakOff = () => {
        end('again');
      };
      request.on('response', (response) => {
        // Its body says nothing that we could use.
        response.on('error', () => undefined).resume();
        end(verdictOf(response.statusCode ?? 0));
      });
      request.on('error', () => {
        end('again');
      });
      request.end(body);
    });
  }

  private wallMs(): number {
    return this.clock.wallMs();
  }
}

export function openWebhook(options: WebhookOptions, clock: Clock, log: Log): Webhook {
  return new Sender(options, clock, log);
}
