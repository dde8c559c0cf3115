/** An origin whose answers say whose they are, by each rule of what an answer depends on. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an answer depends on beside its target, and what the origin says of keeping it. */
export const kinds = {
  /** A lifetime rule: each credential and each tenant has its own. */
  plain: { of: ['credential', 'tenant'], says: undefined, vary: undefined },
  /** A lifetime rule that keys a cookie. */
  cookie: { of: ['credential', 'cookie'], says: undefined, vary: undefined },
  /** `cache: http` from here on: nobody else may have it. */
  private: { of: ['credential'], says: 'private, max-age=60', vary: undefined },
  /** Not for a shared cache where there is a credential (RFC 9111 section 3.5). */
  usual: { of: ['credential'], says: 'max-age=60', vary: undefined },
  vary: { of: ['tenant'], says: 'public, max-age=60', vary: 'X-Tenant' },
  public: { of: [], says: 'public, max-age=60', vary: undefined },
} as const;
export type Kind = keyof typeof kinds;

export interface Asker {
  readonly credential: string | undefined;
  readonly tenant: string;
  readonly cookie: string | undefined;
}

const signatures = new Map<string, string>();

/** Nobody but the origin, and the check of its answers, can make one up. */
export function ownerFor(kind: Kind, asker: Asker): string {
  const { of } = kinds[kind];
  const text = JSON.stringify([kind, ...of.map((part) => asker[part] ?? null)]);
  const known = signatures.get(text);
  if (known !== undefined) return known;
  const owner = createHmac('sha256', 'origin').update(text).digest('base64url');
  signatures.set(text, owner);
  return owner;
}

/** Every byte follows from these three, so that a mixed or cut body shows. */
export function bodyFor(owner: string, target: string, serial: number): string {
  const filler = owner.repeat((serial % 8) * (serial % 3));
  return JSON.stringify({ serial, owner, target, filler });
}

export const serialIn = (body: string): number => Number(/^\{"serial":(\d+),/.exec(body)?.[1]);

/** `/plain/plain/3` and `/http/vary/3` have their kind in front of the number. */
export function kindIn(target: string): Kind | undefined {
  const word = target.split('/').at(-2);
  return word !== undefined && word in kinds ? (word as Kind) : undefined;
}

function askerOf({ headers }: IncomingMessage): Asker {
  return {
    credential: headers.authorization,
    tenant: String(headers['x-tenant']),
    cookie: headers.cookie,
  };
}

export interface OwnerOrigin {
  readonly url: string;
  /** How many questions have come; also the serial of the next answer. */
  asked(): number;
  close(): Promise<void>;
}

export async function openOwnerOrigin(): Promise<OwnerOrigin> {
  let asked = 0;
  const server = createServer((req, res) => {
    const serial = asked;
    asked += 1;
    const kind = kindIn(req.url ?? '');
    if (kind === undefined) {
      res.writeHead(404).end();
      return;
    }
    const owner = ownerFor(kind, askerOf(req));
    const { says, vary } = kinds[kind];
    res.setHeader('X-Owner', owner);
    res.setHeader('Content-Type', 'application/json');
    if (says !== undefined) res.setHeader('Cache-Control', says);
    if (vary !== undefined) res.setHeader('Vary', vary);
    res.end(bodyFor(owner, req.url ?? '', serial));
  });
  // A busy machine stands still for seconds: a connection that the origin has ended by then would
  // break a request for a reason that is none of Redis's.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
