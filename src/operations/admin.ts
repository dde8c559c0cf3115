/** What an operator may ask of the running gateway, and what he may make it do. */
import express, { Router } from 'express';
import { z } from 'zod';
import { Failure } from '../errors.js';
import type { Log, LogLevel } from '../log.js';
import { cacheAdmin, type CacheAdminOptions } from './cache-admin.js';

export interface AdminOptions {
  readonly log: Log;
  /** The settings in force, secrets masked. */
  readonly settings: () => unknown;
  readonly drain: () => void;
  readonly cache: CacheAdminOptions;
}

const BODY_BYTES_MAX = 100 * 1024;
const WARM_BYTES_MAX = 2 * 1024 * 1024;
const levelBody = z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']) });

export function admin(options: AdminOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  // A thousand addresses take more room than any other order.
  router.use('/cache/warm', express.json({ limit: WARM_BYTES_MAX, strict: true }));
  router.use(express.json({ limit: BODY_BYTES_MAX, strict: true }));
  router.use('/cache', cacheAdmin(options.cache));
  router.get('/config', (_req, res) => {
    res.set('Cache-Control', 'no-store').json(options.settings());
  });
  router.put('/log-level', (req, res) => {
    const body = levelBody.safeParse(req.body);
    if (!body.success) {
      throw new Failure('unprocessable', { detail: 'level must be error, warn, info or debug.' });
    }
    const level: LogLevel = body.data.level;
    const before = options.log.level();
    const tell = (): void => {
      options.log.warn('log_level_changed', { from: before, to: level });
    };
    // At `error` nobody would read of it, so it is said while the lower level holds.
    if (before !== 'error') tell();
    options.log.setLevel(level);
    if (before === 'error') tell();
    res.json({ level, before });
  });
  router.post('/drain', (_req, res) => {
    options.log.warn('drain_asked');
    res.status(202).json({ draining: true });
    options.drain();
  });
  return router;
}
