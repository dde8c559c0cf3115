/** The second tier under `cache: http`: from a request to the one variant that answers it. */
import type { Clock } from '../clock.js';
import type { GatewayRequest } from '../message.js';
import { hasField } from '../policy/headers.js';
import { keyOf } from '../policy/key.js';
import { variantValues } from '../policy/vary.js';
import { addressOf, endMsOf, type Entry, type HttpPart } from './entry.js';
import { listedFor, listedOf } from './listed.js';
import type { SecondStep, Task } from './plan.js';
import type { Place, RedisStore } from './redis-store.js';
import type { Look } from './second-tier.js';
import { variantKey, type FieldsFor } from './variants.js';

export interface SecondHttpTools {
  readonly store: RedisStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly familyOf: (route: string, key: string) => string | undefined;
  /** Looks at what was read well: whether it belongs here, and no purge has come between. */
  readonly placed: (
    task: Task,
    read: { readonly entry: Entry; readonly marks: readonly number[] },
    place: Place,
  ) => Look;
  /** Names of request fields that are credentials, in lower case. */
  readonly isCredential: (name: string) => boolean;
}

export interface SecondHttp {
  look(task: Task, step: SecondStep, waitMs: number): Promise<Look>;
  /** Whether this very answer still lies there: others that answer the request do not count. */
  lookAgain(task: Task, entry: Entry, http: HttpPart, waitMs: number): Promise<Look>;
  /** Undefined where it has none: what callers prove themselves with stays in this process. */
  placeOf(entry: Entry, http: HttpPart): Place | undefined;
  /** What goes with an answer that is kept: its word on which queries are alike. */
  keepSearch(entry: Entry, http: HttpPart): void;
  /** What callers of all nodes must agree in to wait for one computation. */
  leadKey(task: Task, step: SecondStep): string;
}

/** All of them lie in the one shared slot. */
const PARTITION = 'shared';
/** Resources of which we remember what they vary by, for the next look. */
const SHAPES_MAX = 10_000;
/** Variants that answer one request, and are tried one after the other. */
const TRIES_MAX = 3;

const ABSENT: Look = { kind: 'absent' };
/** It was listed, and has been taken away. */
const EMPTY: Look = { kind: 'absent', isEmpty: true };
const FAILED: Look = { kind: 'failed' };

function openShapes(max: number) {
  const shapes = new Map<string, readonly string[]>();
  return {
    of: (base: string): readonly string[] => shapes.get(base) ?? [],
    learn(base: string, names: readonly string[]): void {
      shapes.delete(base);
      // Without a Vary there is nothing to remember.
      if (names.length === 0) return;
      shapes.set(base, names);
      const [oldest] = shapes.keys();
      if (shapes.size > max && oldest !== undefined) shapes.delete(oldest);
    },
  };
}

/** Whether this is an answer to the request, by its own signed words. */
function answersThis(base: string, { key, http }: Entry, fieldsFor: FieldsFor): boolean {
  if (http?.base !== base) return false;
  return listedFor(base, [listedOf(base, { key, ...http })], fieldsFor).length > 0;
}

function searchKey(address: string): string {
  return keyOf(['search', address]);
}

/** One request that is looked for. */
interface Looking {
  readonly task: Task;
  readonly step: SecondStep;
  readonly fieldsFor: FieldsFor;
  readonly leftMs: () => number;
}

export function openSecondHttp(tools: SecondHttpTools): SecondHttp {
  const { store, clock, familyOf, placed, isCredential } = tools;
  const shapes = openShapes(SHAPES_MAX);

  const readVariant = (family: string, variant: string, waitMs: number) => {
    const identity = { key: variant, partition: PARTITION };
    return store.read({ family, variant }, identity, Math.max(1, waitMs));
  };
  /**
   * The list of variants, and in the same round the one that answers if the resource still varies
   * by what we know: usually it does.
   */
  const lookAt = async (base: string, looking: Looking, isLikely: boolean): Promise<Look> => {
    const { task, step, fieldsFor, leftMs } = looking;
    const { request, route } = task;
    const family = familyOf(route.pattern, base);
    if (family === undefined || leftMs() <= 0) return FAILED;
    const names = shapes.of(base);
    const guess = variantKey(base, names, variantValues(names, fieldsFor(names)));
    const [listed, guessed] = await Promise.all([
      store.index.variants(family, base, leftMs()),
      isLikely ? readVariant(family, guess, leftMs()) : undefined,
    ]);
    if (listed === undefined) return FAILED;
    shapes.learn(base, listed[0]?.names ?? []);
    let isEmpty = false;
    for (const key of listedFor(base, listed, fieldsFor).slice(0, TRIES_MAX)) {
      const isGuess = key === guess && guessed !== undefined;
      if (!isGuess && leftMs() <= 0) return FAILED;
      const read = isGuess ? guessed : await readVariant(family, key, leftMs());
      if (read.kind === 'failed') return FAILED;
      // Evicted, or over: an older one may answer as well.
      if (read.kind === 'absent') {
        isEmpty ||= read.isEmpty === true;
        continue;
      }
      const { entry } = read;
      if (!answersThis(base, entry, fieldsFor)) continue;
      return step.mayServe(entry, request) ? placed(task, read, { family, variant: key }) : ABSENT;
    }
    return isEmpty ? EMPTY : ABSENT;
  };
  const placeOf = ({ key, route }: Entry, { base, names }: HttpPart) => {
    if (names.some(isCredential)) return undefined;
    const family = familyOf(route, base);
    return family === undefined ? undefined : { family, variant: key };
  };
  /** The key that queries share by the newest word that any node has heard. */
  const learntBase = async ({ task, step, leftMs }: Looking): Promise<string | undefined> => {
    const { route, keyed, request } = task;
    const address = addressOf(request.host, request.path);
    const family = familyOf(route.pattern, searchKey(address));
    const said = family && (await store.index.search(family, address, Math.max(1, leftMs())));
    if (typeof said === 'object') step.learn(keyed, request, said);
    return step.baseOf(keyed, request);
  };

  return {
    async look(task, step, waitMs) {
      const endMs = clock.nowMs() + waitMs;
      const fieldsFor = step.fieldsFor(task.request);
      const leftMs = (): number => endMs - clock.nowMs();
      const looking: Looking = { task, step, fieldsFor, leftMs };
      const { key } = task.keyed;
      const known = step.baseOf(task.keyed, task.request);
      const [exact, reduced, learnt] = await Promise.all([
        lookAt(key, looking, known === undefined),
        known === undefined ? undefined : lookAt(known, looking, true),
        learntBase(looking),
      ]);
      if (exact.kind !== 'absent' || learnt === undefined) return exact;
      if (learnt === known && reduced !== undefined) return reduced;
      return await lookAt(learnt, looking, true);
    },
    async lookAgain(task, entry, http, waitMs) {
      const place = placeOf(entry, http);
      if (place === undefined) return ABSENT;
      const read = await readVariant(place.family, place.variant, waitMs);
      return read.kind === 'good' ? placed(task, read, place) : read;
    },
    placeOf,
    keepSearch(entry, { search: variation }) {
      const { address, route, arrivedWallMs: wallMs } = entry;
      const family = familyOf(route, searchKey(address));
      if (variation === undefined || family === undefined) return;
      void store.writeSearch(family, address, { variation, wallMs }, endMsOf(entry));
    },
    leadKey({ keyed, request }, step) {
      const base = step.baseOf(keyed, request) ?? keyed.key;
      const names = shapes.of(base);
      const values = variantValues(names, step.fieldsFor(request)(names));
      return keyOf([variantKey(base, names, values), credentialOf(request)]);
    },
  };
}

/** Who shows a credential may be given what others are not, and the other way round. */
function credentialOf({ headers, partition }: GatewayRequest): string {
  return hasField(headers, 'authorization') ? partition : '';
}
