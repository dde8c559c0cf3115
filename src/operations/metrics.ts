/** `/metrics`: JSON for people and scripts, Prometheus text for a scraper that asks for it. */
import type { RequestHandler } from 'express';
import { metricsJson } from '../metrics/expose-json.js';
import { openPrometheus } from '../metrics/expose-prometheus.js';
import type { Reading } from '../metrics/reading.js';
import { parseWeighted, type Weighted } from '../policy/weighted-list.js';

export interface MetricsPages {
  /** By `Accept`. */
  readonly negotiated: RequestHandler;
  readonly prometheus: RequestHandler;
}

const TEXT_TYPES = ['application/openmetrics-text', 'text/plain'];

/** The heaviest member that stands for this type; the most exact one decides (RFC 9110 12.5.1). */
function weightOf(type: string, accepted: readonly Weighted[]): number {
  const group = `${type.split('/', 1)[0] ?? ''}/*`;
  for (const name of [type, group, '*/*']) {
    // What a parameter says of the version is no reason to send something else altogether.
    const weights = accepted.filter(({ item }) => item.split(';', 1)[0] === name);
    if (weights.length > 0) return Math.max(...weights.map(({ weight }) => weight));
  }
  return 0;
}

/** A browser and curl take anything and get JSON; a scraper names its text types. */
function wantsText(accept: string | undefined): boolean {
  const accepted = accept === undefined ? [] : (parseWeighted(accept) ?? []);
  const text = Math.max(...TEXT_TYPES.map((type) => weightOf(type, accepted)));
  return text > weightOf('application/json', accepted);
}

export function metricsPages(read: () => Reading): MetricsPages {
  const text = openPrometheus(read);
  const prometheus: RequestHandler = async (_req, res) => {
    const body = await text.text();
    res.vary('Accept');
    res.set({ 'Content-Type': text.contentType, 'Cache-Control': 'no-store' }).send(body);
  };
  return {
    prometheus,
    negotiated(req, res, next) {
      if (wantsText(req.headers.accept)) return prometheus(req, res, next);
      res.vary('Accept');
      res.set('Cache-Control', 'no-store').json(metricsJson(read()));
      return undefined;
    },
  };
}
