/** The Grafana dashboards as code; `node docker/grafana/write.mjs` makes their files of it. */
import { cache } from './cache.js';
import { pools } from './pools.js';

/** By the name of the file below docker/grafana/dashboards. */
export const dashboards: Readonly<Record<string, object>> = {
  'cache.json': cache,
  'pools.json': pools,
};
