/** The rooms of the cache path for one request of an app: one route, one handler, one mount. */
import type { Plan } from '../src/cache/plan.js';
import type { Rooms } from '../src/cache/rooms.js';
import type { GatewayRequest, Reply, UpstreamRequest } from '../src/message.js';
import { targetOf, type Keyed } from '../src/policy/key.js';
import type { Route } from '../src/policy/rules.js';
import type { DetachedAsk, Prototypes } from './detached.js';
import type { Place } from './mounted-url.js';

/** What all requests of all caches that share a memory have in common. */
export type SharedRooms = Omit<Rooms, 'rules' | 'plans' | 'fetch'>;

export interface Mount {
  readonly rooms: SharedRooms;
  /** Its pattern is the name in the numbers. */
  readonly route: Route;
  readonly plan: Plan;
  readonly detached: (ask: DetachedAsk) => Promise<Reply>;
}

/** The tag under which everything stored for a path can be purged, whatever its host and query. */
export function pathTag(path: string): string {
  return `path:${path}`;
}

/** The route as it stands at this mount: what the handler sees of the mount is keyed too. */
export function routeAt(route: Route, { baseUrl, params }: Place): Route {
  return {
    ...route,
    version: `${route.version} ${JSON.stringify([baseUrl, params])}`,
    strip: baseUrl === '' ? undefined : baseUrl,
    // A handler reads its content from the caller, so what has content is the caller's alone.
    contentMethods: new Set(),
  };
}

export interface Asked {
  readonly place: Place;
  readonly route: Route;
  readonly request: GatewayRequest;
  readonly keyed: Keyed | undefined;
  readonly prototypes: Prototypes;
}

export function roomsFor({ rooms, plan: usual, detached }: Mount, asked: Asked): Rooms {
  const { place, route, request, keyed, prototypes } = asked;
  const { baseUrl, params } = place;
  const tags = [...usual.tags, pathTag(request.path)];
  // It is keyed already, and a second time would only cost another hash.
  const plan: Plan = { ...usual, tags, ...(keyed === undefined ? {} : { key: () => keyed }) };
  const isForOne = (reply: Reply): boolean =>
    keyed === undefined || plan.judge({ route, plan, keyed, request }, reply).alone !== undefined;
  return {
    ...rooms,
    rules: { routes: [route], match: () => ({ kind: 'route', route }) },
    plans: new Map([[route, plan]]),
    fetch({ method, target, headers, signal, ...terms }: UpstreamRequest) {
      const mark = target.indexOf('?');
      const query = mark < 0 ? undefined : target.slice(mark + 1);
      const seen = {
        ...{ method, baseUrl, params, url: target },
        originalUrl: targetOf(request.path, query),
        headers: request.host === '' ? headers : ['Host', request.host, ...headers],
      };
      return detached({ seen, prototypes, signal, terms, isForOne });
    },
  };
}
