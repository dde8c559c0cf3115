/** Where a request stands in somebody's app: its full target, its mount, its parameters. */
import type { IncomingMessage } from 'node:http';
import type { Parameters } from './detached-request.js';

export interface Place {
  /** Path and query as the outside world says them. */
  readonly target: string;
  /** The part of the path that the mounts above have taken off. */
  readonly baseUrl: string;
  readonly params: Parameters;
}

interface Mounted {
  readonly originalUrl?: unknown;
  readonly baseUrl?: unknown;
  readonly params?: unknown;
}

/** What is left of a target below a mount, as Express writes it. */
function below(target: string, baseUrl: string): string | undefined {
  if (!target.startsWith(baseUrl)) return undefined;
  const rest = target.slice(baseUrl.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The texts among them: a `param` callback of the app may have put anything there. */
function parametersOf(params: unknown): Parameters {
  const kept: Record<string, string | string[]> = {};
  if (typeof params !== 'object' || params === null) return kept;
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string') kept[name] = value;
    else if (Array.isArray(value)) kept[name] = value.map(String);
  }
  return kept;
}

export function placeOf(req: IncomingMessage): Place {
  const { originalUrl, baseUrl: mount, params }: Mounted = req as Mounted;
  const url = req.url ?? '';
  const baseUrl = typeof mount === 'string' ? mount : '';
  const original = typeof originalUrl === 'string' ? originalUrl : url;
  // Where the app has rewritten the target, the handler would answer the new one: so it is keyed.
  const target = below(original, baseUrl) === url ? original : `${baseUrl}${url}`;
  return { target, baseUrl, params: parametersOf(params) };
}
