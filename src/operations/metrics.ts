/** `/metrics`: JSON for people and scripts, Prometheus text for a scraper that asks for it. */
import type { RequestHandler } from 'express';
import { metricsJson } from '../metrics/expose-json.js';
import { openPrometheus } from '../metrics/expose-prometheus.js';
import type { Reading } from '../metrics/reading.js';

export interface MetricsPages {
  /** By `Accept`. */
  readonly negotiated: RequestHandler;
  readonly prometheus: RequestHandler;
}

const TEXT_TYPES = ['application/openmetrics-text', 'text/plain'];

export function metricsPages(read: () => Reading): MetricsPages {
  const text = openPrometheus(read);
  const prometheus: RequestHandler = async (_req, res) => {
    const body = await text.text();
    res.set({ 'Content-Type': text.contentType, 'Cache-Control': 'no-store' }).send(body);
  };
  return {
    prometheus,
    negotiated(req, res, next) {
      // A browser and curl take anything, so JSON stands first; a scraper names its text types.
      const best = req.accepts(['application/json', ...TEXT_TYPES]);
      if (best !== false && best !== 'application/json') return prometheus(req, res, next);
      res.set('Cache-Control', 'no-store').json(metricsJson(read()));
      return undefined;
    },
  };
}
