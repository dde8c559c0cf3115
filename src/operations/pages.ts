/** The operations listener: everything that an operator or a scraper may ask. */
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Log } from '../log.js';
import type { Reading } from '../metrics/reading.js';
import { admin, type AdminOptions } from './admin.js';
import { purgeMethod } from './cache-orders.js';
import type { Dashboard } from './dashboard.js';
import { failures, notFound, type Reply } from './failures.js';
import { live, ready, type Readiness } from './health.js';
import { metricsPages } from './metrics.js';
import { performance, type PerformanceOptions } from './performance.js';
import type { TokenGuard } from './token.js';

export interface OperationsOptions {
  readonly log: Log;
  readonly token: TokenGuard;
  readonly read: () => Reading;
  readonly performance: Omit<PerformanceOptions, 'read'>;
  readonly readiness: () => Readiness;
  readonly admin: AdminOptions;
  readonly dashboard: Dashboard;
  readonly replyWithError: Reply;
}

/**
 * Helmet's defaults, less what makes no sense before TLS: a plain listener cannot promise https.
 */
export function securityFields(): ReturnType<typeof helmet> {
  return helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
}

export function plainExpress(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', 'simple');
  return app;
}

export function operationsPages(options: OperationsOptions): Express {
  const metrics = metricsPages(options.read);
  const app = plainExpress();
  app.use(securityFields());
  app.use(options.token.check);
  app.use(purgeMethod(options.admin.cache));
  app.get('/health', live);
  app.get('/health/ready', ready(options.readiness));
  app.get('/metrics', metrics.negotiated);
  app.get('/metrics/prometheus', metrics.prometheus);
  app.use('/api/performance', performance({ ...options.performance, read: options.read }));
  options.dashboard.mount(app);
  app.use('/admin', admin(options.admin));
  app.use(notFound);
  app.use(failures(options.log, options.replyWithError));
  return app;
}
