/** What the scenarios of energy share: the shipped settings, small states, and answers as JSON. */
import { readFileSync } from 'node:fs';
import { defaultConfigPath } from '../../config/settings.js';
import { ask, type Ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';

/** The gateway as it is shipped, with a small state so that tests are quick. */
export function shippedGateway(environment: Record<string, string> = {}): Promise<RunningGateway> {
  return openGateway(readFileSync(defaultConfigPath(), 'utf8'), {
    environment: { ENERGY_AGENTS: '16', ENERGY_WORKERS: '2', ...environment },
  });
}

/** The shipped routes, with other origins behind them than the built-in service. */
export function shippedRoutesTo(...urls: readonly string[]): string {
  const shipped = readFileSync(defaultConfigPath(), 'utf8');
  const elsewhere = shipped.replace('{ url: local }', `{ url: ${JSON.stringify(urls)} }`);
  if (elsewhere === shipped) throw new Error('the shipped settings have no built-in service');
  return elsewhere;
}

export interface Told {
  readonly status: number;
  /** The word of X-Cache. */
  readonly cache: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

export async function tell(port: number, path: string, more: Ask = {}): Promise<Told> {
  const { status, headers, body } = await ask(port, path, more);
  const json = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
  return { status, cache: headers['x-cache'], headers, json };
}

export function post(port: number, path: string, body?: object): Promise<Told> {
  const json = { headers: { 'Content-Type': 'application/json' } };
  const sent = body === undefined ? {} : { ...json, body: JSON.stringify(body) };
  return tell(port, path, { method: 'POST', ...sent });
}

export function versionOf({ json }: Told): number {
  const state = json['state'] as { readonly version: number } | undefined;
  // What a calibration changed has a newer version than the state that it was computed from.
  return (json['state_version'] as number | undefined) ?? state?.version ?? NaN;
}

export const EVENT = {
  metric: 'pair_outcome',
  agents: ['agent_1', 'agent_2'],
  success: true,
};

/** One act after another, of every kind that changes the state. */
export async function act(port: number, nth: number): Promise<Told> {
  if (nth % 10 === 9) return await post(port, '/energy/calibrate', { tasks: 1, swarm: false });
  return nth % 5 === 2 ? await post(port, '/energy/reset') : await post(port, '/energy/log', EVENT);
}
