/** The whole schema: every setting that there is. */
import * as z from 'zod';
import { alerts } from './alerts.js';
import { ahead, answers, budget, cache, energy, lease, memory, warm } from './cache.js';
import { database, http } from './pools.js';
import { routes } from './routes.js';
import { credentials, log, metrics, operations, secret, server } from './server.js';
import { mysql, neo4j, postgres } from './databases.js';
import { redis } from './stores.js';
import { tracing } from './tracing.js';
import { upstreams } from './upstreams.js';

export const schema = z.strictObject({
  server,
  operations,
  secret,
  log,
  tracing,
  metrics,
  alerts,
  memory,
  cache,
  answers,
  ahead,
  warm,
  budget,
  lease,
  credentials,
  energy,
  upstreams,
  routes,
  http,
  redis,
  database,
  postgres,
  mysql,
  neo4j,
});

export type Parsed = z.output<typeof schema>;
