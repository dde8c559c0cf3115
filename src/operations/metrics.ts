/** `/metrics`: JSON for people and scripts, Prometheus text for a scraper that asks for it. */
import type { RequestHandler, Response } from 'express';
import { metricsJson } from '../metrics/expose-json.js';
import { openExposition, type Exposition } from '../metrics/expose-prometheus.js';
import type { Reading } from '../metrics/reading.js';
import { parseWeighted, type Weighted } from '../policy/weighted-list.js';

export interface MetricsPages {
  /** By `Accept`. */
  readonly negotiated: RequestHandler;
  readonly prometheus: RequestHandler;
}

const OPENMETRICS = 'application/openmetrics-text';
const PLAIN = 'text/plain';
const JSON_TYPE = 'application/json';

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

type Form = 'json' | 'plain' | 'openmetrics';

/** A browser and curl take anything and get JSON; a scraper names its text types. */
function formOf(accept: string | undefined): Form {
  const accepted = accept === undefined ? [] : (parseWeighted(accept) ?? []);
  const open = weightOf(OPENMETRICS, accepted);
  const plain = weightOf(PLAIN, accepted);
  if (Math.max(open, plain) <= weightOf(JSON_TYPE, accepted)) return 'json';
  return open > plain ? 'openmetrics' : 'plain';
}

export function metricsPages(read: () => Reading): MetricsPages {
  const plain = openExposition('prometheus', read);
  const openMetrics = openExposition('openmetrics', read);
  const send = async (res: Response, exposition: Exposition): Promise<void> => {
    const body = await exposition.text();
    res.vary('Accept');
    res.set({ 'Content-Type': exposition.contentType, 'Cache-Control': 'no-store' }).send(body);
  };
  return {
    prometheus: (req, res) =>
      send(res, formOf(req.headers.accept) === 'openmetrics' ? openMetrics : plain),
    negotiated(req, res) {
      const form = formOf(req.headers.accept);
      if (form !== 'json') return send(res, form === 'openmetrics' ? openMetrics : plain);
      res.vary('Accept');
      res.set('Cache-Control', 'no-store').json(metricsJson(read()));
      return undefined;
    },
  };
}
