/** A run of warming: the addresses that were accepted together, and what became of each. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import type { GatewayRequest } from '../message.js';
import { leadMs } from '../policy/early.js';
import type { Fared } from './behind.js';
import type { Entry } from './entry.js';
import type { Asked } from './explain.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

/** A request as the gate would admit it, or why it would not. */
export type Admit = (url: string) => Asked | Failure;

export interface RefusedAddress {
  readonly url: string;
  readonly reason: string;
}

/** How far a run is. Whatever was accepted is done, waiting or running. */
export interface WarmProgress {
  readonly id: string;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly accepted: number;
  readonly done: number;
  readonly computed: number;
  /** They were fresh already, or somebody else was computing them. */
  readonly fresh: number;
  readonly failed: Readonly<Record<string, number>>;
  /** How often it waited because the upstream had too much to do. */
  readonly pauses: number;
}

export interface WarmStats {
  readonly waiting: number;
  readonly waitingMax: number;
  readonly computed: number;
  readonly fresh: number;
  readonly failed: number;
  readonly refused: number;
}

export interface Job {
  readonly request: GatewayRequest;
  /** To be computed again although it may still be fresh. */
  readonly replaced: Entry | undefined;
}

export interface Run {
  readonly id: string;
  readonly endsMs: number;
  readonly queue: Job[];
  readonly accepted: number;
  running: number;
  computed: number;
  fresh: number;
  readonly failed: Map<string, number>;
  pauses: number;
  cancelled: boolean;
  /** Those who want to hear when it is over. */
  readonly waiting: Set<() => void>;
}

export function newRun(jobs: Job[], endsMs: number): Run {
  return {
    ...{ id: randomUUID(), endsMs, queue: jobs, accepted: jobs.length },
    ...{ running: 0, computed: 0, fresh: 0, failed: new Map() },
    ...{ pauses: 0, cancelled: false, waiting: new Set() },
  };
}

export function isOver({ queue, running }: Run): boolean {
  return queue.length === 0 && running === 0;
}

export function tellIfOver(run: Run): void {
  if (isOver(run)) for (const tell of run.waiting) tell();
}

export async function untilOver(
  run: Run,
  waitMs: number,
  clock: Pick<Clock, 'after'>,
): Promise<void> {
  if (waitMs <= 0 || isOver(run)) return;
  let enough = (): void => undefined;
  const waited = new Promise<void>((resolve) => (enough = resolve));
  const timer = clock.after(waitMs, enough);
  run.waiting.add(enough);
  await waited;
  run.waiting.delete(enough);
  timer.cancel();
}

/** An answer with less than this part of its lifetime left is as good as old. */
const SOON_SHARE = 1 / 10;

export function isOldSoon(entry: Entry, nowMs: number): boolean {
  const { usual, storedAtMs, freshUntilMs } = entry;
  const soonMs = SOON_SHARE * (freshUntilMs - storedAtMs);
  return nowMs >= freshUntilMs - Math.max(soonMs, usual === undefined ? 0 : leadMs(usual));
}

/** Under which route and key it would be asked for now, or why nothing would be kept of it. */
export function taskOf(rooms: Rooms, request: GatewayRequest): Task | string {
  const match = rooms.rules.match('GET', request.path);
  if (match.kind === 'none') return 'no-route';
  if (match.kind === 'method') return 'method';
  const { route } = match;
  const plan = rooms.plans.get(route);
  if (plan === undefined) return 'no-cache-rule';
  const keyed = plan.key(route, request, rooms.credentials);
  if (keyed.kind === 'bypass') return keyed.reason;
  const forward = plan.forward(request);
  if (forward.kind === 'pass') return forward.reason;
  return { route, plan, keyed, request };
}

function requestOf(asked: Asked): GatewayRequest {
  const never = new AbortController().signal;
  const { host, path, query, headers } = asked;
  const nobody = { method: 'GET', body: undefined, peer: '', partition: 'anon', gone: never };
  return { id: randomUUID(), ...nobody, ...{ host, path, query, headers } };
}

export function progressOf(run: Run): WarmProgress {
  const { id, accepted, computed, fresh, pauses, cancelled } = run;
  const failed = Object.fromEntries(run.failed);
  const done = computed + fresh + Object.values(failed).reduce((sum, one) => sum + one, 0);
  const state = done < accepted ? 'running' : cancelled ? 'cancelled' : 'done';
  return { id, state, accepted, done, computed, fresh, failed, pauses };
}

/** Why nothing fresh is stored now; undefined when it is. */
export function faultOf(fared: Fared & { kind: 'landed' }): string | undefined {
  const { computed } = fared;
  if (computed.refused !== undefined) return computed.refused;
  const { status } = computed.entry;
  return status >= 400 ? `status-${status}` : undefined;
}

/** Those that may be warmed, and why the others may not. */
export function judgeAddresses(rooms: Rooms, urls: readonly string[], admit: Admit) {
  const jobs: Job[] = [];
  const refused: RefusedAddress[] = [];
  for (const url of urls) {
    const asked = admit(url);
    if (asked instanceof Failure) {
      refused.push({ url, reason: asked.code });
      continue;
    }
    const request = requestOf(asked);
    const task = taskOf(rooms, request);
    if (typeof task === 'string') refused.push({ url, reason: task });
    else jobs.push({ request, replaced: undefined });
  }
  return { jobs, refused };
}
