/** Settings of the traces: where they go, in whose name, and how many of them. */
import { duration, flag, group, integer, percent, setting, text, textThat } from '../setting.js';

function isCollector(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value) || /\s/.test(value)) return false;
  const { username, password, search, hash } = new URL(value);
  return username === '' && password === '' && search === '' && hash === '';
}

const collector = () =>
  textThat(
    'an address that begins with http:// or https://, without a user or a query',
    isCollector,
  );

/** As OpenTelemetry writes them: `name=value`, separated by commas, values percent-encoded. */
const HEADER_PAIRS =
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]+=[^\s,]*(?:,[A-Za-z0-9!#$%&'*+.^_`|~-]+=[^\s,]*)*$/;

export const tracing = group(
  {
    endpoint: setting(
      collector().optional(),
      'The OpenTelemetry collector that takes traces by HTTP; /v1/traces is added. Without it ' +
        'there are none.',
      { aliases: ['OTEL_EXPORTER_OTLP_ENDPOINT'] },
    ),
    tracesEndpoint: setting(
      collector().optional(),
      'The whole address for traces, used as it is in place of `tracing.endpoint`.',
      { aliases: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] },
    ),
    headers: setting(
      text(
        'name=value pairs separated by commas, values percent-encoded',
        HEADER_PAIRS,
        4096,
      ).optional(),
      'Fields that are sent to the collector, such as its key.',
      { secret: true, aliases: ['OTEL_EXPORTER_OTLP_HEADERS'] },
    ),
    serviceName: setting(
      text('1 to 255 characters without line breaks', /^[^\r\n\0]{1,255}$/).prefault('leyden'),
      'The name under which the spans are found.',
      { aliases: ['OTEL_SERVICE_NAME'] },
    ),
    ratio: setting(
      percent().prefault('10%'),
      'The part of all requests that is recorded. A proxy of `server.trustedProxies` that sends ' +
        'a traceparent has decided already.',
    ),
    paths: setting(
      flag().prefault(false),
      'Whether spans carry the path that was asked for; without it only the pattern of the route.',
    ),
    queueMax: setting(
      integer(1, 1_000_000).prefault(4096),
      'Spans that may wait to be sent; more are dropped and counted.',
    ),
    flush: setting(
      duration('10ms', '1m').prefault('2s'),
      'How long spans are gathered before they are sent.',
    ),
    timeout: setting(
      duration('100ms', '1m').prefault('10s'),
      'The longest that sending a batch may take; what did not arrive by then is lost.',
    ),
  },
  'Traces, by OTLP over HTTP.',
);
