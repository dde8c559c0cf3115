/** What the tests of the service share: a service on real worker threads, and how to ask it. */
import { systemClock, type Clock } from '../../src/clock.js';
import type { Log } from '../../src/log.js';
import type { EnergyOptions } from '../../src/energy/options.js';
import { createEnergyService, type EnergyService } from '../../src/energy/service.js';
import { bytesOf } from '../fakes/waiting.js';

export const quiet: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  access: () => undefined,
  level: () => 'error',
  setLevel: () => undefined,
  dropped: () => 0,
  close: () => Promise.resolve(),
};

const open: { close(): Promise<void> }[] = [];

/** Closed by `closeAll`, so that no test leaves a thread behind. */
export function kept<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
}

export function service(
  options: Partial<EnergyOptions> = {},
  clock: Clock = systemClock,
): EnergyService {
  return kept(createEnergyService({ agents: 16, workers: 2, ...options }, { clock, log: quiet }));
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  // Whatever JSON came; a test says by its expectations what must be there.
  readonly json: Record<string, unknown>;
}

export function field(json: unknown, ...names: (string | number)[]): unknown {
  return names.reduce<unknown>((at, name) => (at as Record<string | number, unknown>)[name], json);
}

export async function ask(
  from: EnergyService,
  method: string,
  target: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const [path = '', query] = target.split('?');
  const sent =
    body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const headers = sent === undefined ? [] : ['Content-Type', 'application/json'];
  const reply = await from.answer({ method, path, query, headers, body: sent, signal });
  const names = new Map<string, string>();
  for (let at = 0; at < reply.headers.length; at += 2) {
    names.set((reply.headers[at] ?? '').toLowerCase(), reply.headers[at + 1] ?? '');
  }
  const text = (await bytesOf(reply.body)).toString();
  return {
    status: reply.status,
    headers: names,
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** The answer without what tells one computation from another: when it ran, and how long. */
export function lasting(json: Record<string, unknown>): unknown {
  const moments = new Set([
    'ts',
    'timestamp',
    'computed_at',
    'computation_time_ms',
    'last_heartbeat',
    'last_energy_update',
  ]);
  return JSON.parse(
    JSON.stringify(json, (name, value: unknown) => (moments.has(name) ? undefined : value)),
  );
}
