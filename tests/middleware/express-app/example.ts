/** The example of docs/middleware.md, word for word but for the path of the package. */
import express from 'express';
import { createCache, responseCache } from '../../../src/index.js';

/** Whatever takes long. */
async function computeReport(month: string): Promise<{ month: string; madeAt: string }> {
  await new Promise((resolve) => setImmediate(resolve));
  return { month, madeAt: new Date().toISOString() };
}

// One memory for all the handlers of an app: its ceilings, its purges, its numbers.
export const cache = createCache({ memory: { maxBytes: '64MiB', maxEntries: 10_000 } });
export const app = express();

app.use(
  '/slow',
  responseCache({ ttl: '30s', cache, name: 'slow', tags: ['reports'] }, async (req, res) => {
    res.json(await computeReport(req.path.slice(1)));
  }),
);

const users = express.Router();
users.get('/:id/profile', (req, res) => {
  res.json({ id: req.params.id, asked: req.headers.authorization !== undefined });
});
app.use('/users', responseCache({ ttl: '5m', staleIfError: '1h', cache, name: 'users' }, users));

app.delete('/reports', (_req, res) => {
  cache.purge({ tags: ['reports'] });
  res.sendStatus(204);
});
app.get('/cache', (_req, res) => {
  res.json(cache.stats());
});
