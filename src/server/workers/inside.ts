/** The door inside: what the processes of one gateway ask each other over HTTP, and nobody else. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { describeThrown } from '../../errors.js';
import type { Log } from '../../log.js';

const INSIDE_TOKEN = 'leyden-inside';

export interface InsideOptions {
  /** Whoever knocks must know it. */
  readonly token: string;
  readonly connectionsMax: number;
}

export interface InsideDoor {
  /** Where it is; of no use to whoever does not know the token. */
  readonly path: string;
  close(): Promise<void>;
}

const NAME_BYTES = 16;

/**
 * On Linux a name that is in no folder, so that nothing is left behind by whoever is killed, and a
 * file system that may not be written to does no harm.
 */
function insidePath(platform: string): string {
  const name = `leyden-${randomBytes(NAME_BYTES).toString('hex')}`;
  return platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * What opens this one door: whoever takes the name of a door whose process has ended learns
 * nothing that opens another.
 */
function keyFor(token: string, path: string): string {
  return createHmac('sha256', token).update(path).digest('base64url');
}

/** Express's prototypes stay out of it: what comes here is rare, or is answered by hand. */
export function openInside(
  { token, connectionsMax }: InsideOptions,
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  log: Pick<Log, 'error'>,
): Promise<InsideDoor> {
  const path = insidePath(process.platform);
  const wanted = digest(keyFor(token, path));
  const server = createServer((req, res) => {
    const given = req.headers[INSIDE_TOKEN];
    // Both digests have one length, and comparing them takes one time.
    if (typeof given !== 'string' || !timingSafeEqual(digest(given), wanted)) {
      res.writeHead(401).end();
      return;
    }
    try {
      handle(req, res);
    } catch (thrown) {
      log.error('inside_failed', describeThrown(thrown));
      res.destroy();
    }
  });
  server.maxConnections = connectionsMax;
  server.keepAliveTimeout = KEPT_MS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: in a worker it would otherwise be shared with all of them.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', (thrown) => {
        log.error('inside_failed', describeThrown(thrown));
      });
      resolve({
        path,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed();
            });
            server.closeAllConnections();
          }),
      });
    });
  });
}

const KEPT_MS = 60_000;

export interface InsideAsk {
  readonly door: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
}

export interface InsideAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface InsideCaller {
  /** The whole answer; rejects when it has not come in time, or is larger than that. */
  ask(ask: InsideAsk, waitMs: number): Promise<InsideAnswer>;
  /** The answer as it comes, for whoever passes it on; its head must be there by then. */
  open(ask: InsideAsk, signal: AbortSignal, headMs: number): Promise<IncomingMessage>;
  close(): void;
}

export interface CallerOptions {
  readonly token: string;
  readonly bytesMax: number;
  readonly socketsMax: number;
}

/** Each question has a connection of its own: what one was told can reach no other. */
export function openCaller(options: CallerOptions, clock: Clock): InsideCaller {
  let asking = 0;
  let closed = false;
  const open: InsideCaller['open'] = ({ door, method, path, headers, body }, signal, headMs) =>
    new Promise((resolve, reject) => {
      if (closed || asking >= options.socketsMax) {
        reject(new Error('Too much is asked already.'));
        return;
      }
      asking += 1;
      const sent = request(
        {
          ...{ socketPath: door, method, path, agent: false, signal },
          headers: {
            ...headers,
            [INSIDE_TOKEN]: keyFor(options.token, door),
            ...(body === undefined ? {} : { 'content-length': body.byteLength }),
          },
        },
        resolve,
      );
      const limit = clock.after(headMs, () => {
        sent.destroy(new Error('No answer came in time.'));
      });
      sent.once('error', reject);
      sent.once('response', () => {
        limit.cancel();
      });
      sent.once('close', () => {
        limit.cancel();
        asking -= 1;
      });
      sent.end(body);
    });
  const collect = async (answer: IncomingMessage): Promise<InsideAnswer> => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > options.bytesMax) throw new Error('The answer is larger than it may be.');
    }
    const { statusCode = 0, rawHeaders, headers } = answer;
    return { status: statusCode, rawHeaders, headers, body: Buffer.concat(chunks, bytes) };
  };
  return {
    open,
    async ask(ask, waitMs) {
      const controller = new AbortController();
      const limit = clock.after(waitMs, () => {
        controller.abort();
      });
      try {
        return await collect(await open(ask, controller.signal, waitMs));
      } finally {
        limit.cancel();
      }
    },
    close() {
      closed = true;
    },
  };
}
