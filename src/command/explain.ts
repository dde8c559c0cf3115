/** `leyden explain`: why a request is, or is not, answered from the cache; nothing is fetched. */
import { createHmac } from 'node:crypto';
import type { Settings } from '../../config/settings.js';
import { explain, explainRefusal, type Explanation } from '../cache/explain.js';
import { openMemoryStore } from '../cache/memory-store.js';
import { plansOf } from '../cache/plans.js';
import { openPurges } from '../cache/purge.js';
import { openSearches } from '../cache/searches.js';
import { openVariants } from '../cache/variants.js';
import { systemClock } from '../clock.js';
import { Failure, OperatorError } from '../errors.js';
import { compileRules } from '../policy/rules.js';
import * as slices from '../slices.js';
import { whatIf, type WhatIfRequest } from '../what-if.js';
import { linesOf } from './lines.js';
import { callOperations, mustAnswer, type OperationsPlace } from './operations-client.js';

const USUAL_PORT = 80;

/** What the settings alone say: as in a gateway that has just started. */
export function explainFromSettings(settings: Settings, what: WhatIfRequest): Explanation {
  const key = slices.credentialKey(settings);
  const { host: address, port } = settings.server;
  const asked = whatIf(what, {
    gate: slices.publicGate(settings),
    // A port that is not chosen yet is nobody's name.
    own: { address, port: port === 0 ? USUAL_PORT : port },
    partitionOf: (authorization) =>
      authorization === undefined
        ? 'anon'
        : createHmac('sha256', key).update(authorization, 'latin1').digest('base64url'),
  });
  if (asked instanceof Failure) return explainRefusal(`${what.method} ${what.url}`, asked);
  const rules = compileRules(settings.routes);
  const tools = { bodyBytesMax: () => 0, trusts: () => () => false, searches: openSearches(1) };
  return explain(
    {
      rules,
      plans: plansOf(rules.routes, tools),
      store: openMemoryStore({ entriesMax: 1, bytesMax: 1 }, systemClock),
      variants: openVariants({ basesMax: 1, perBaseMax: 1 }),
      purges: openPurges(1, systemClock),
      clock: systemClock,
      credentials: new Set(settings.credentials),
    },
    asked,
  );
}

function fromSettings(settings: Settings, what: WhatIfRequest): Explanation {
  try {
    return explainFromSettings(settings, what);
  } catch (thrown) {
    if (thrown instanceof Failure) throw new OperatorError(thrown.detail ?? thrown.message, 64);
    throw thrown;
  }
}

function pathFor({ method, url, headers }: WhatIfRequest): string {
  const query = new URLSearchParams({ url, method });
  for (const header of headers) query.append('header', header);
  return `/admin/cache/explain?${query.toString()}`;
}

/** Asks the running gateway; where none runs, the settings alone have to do. */
export async function explainCommand(
  settings: Settings,
  place: OperationsPlace,
  what: WhatIfRequest,
): Promise<string[]> {
  const call = { method: 'GET', path: pathFor(what) } as const;
  const answer = await callOperations(place, call);
  if (answer.kind === 'nobody') {
    const said = fromSettings(settings, what);
    const note = `No gateway answers at ${place.url}: this is what the settings alone say.`;
    return [note, ...linesOf(said)];
  }
  const body = answer.status === 200 ? answer.body : await mustAnswer(place, call);
  return linesOf(typeof body === 'object' && body !== null ? body : {});
}
