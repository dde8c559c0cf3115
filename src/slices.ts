/** Slices: the part of the settings that each room is handed, in the words of that room. */
import { hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import type { Settings } from '../config/settings.js';
import type { AheadOptions } from './cache/ahead.js';
import type { AnswersOptions } from './cache/answers.js';
import type { CoderOptions } from './cache/coder.js';
import type { WarmOptions } from './cache/warm.js';
import type { EnergyOptions } from './energy/options.js';
import type { LogOptions } from './log.js';
import { OperatorError } from './errors.js';
import type { WebhookOptions } from './operations/webhook.js';
import type { GateOptions } from './server/gate.js';
import { isLoopback } from './server/host.js';
import { usualLimits, type ListenLimits } from './server/limits.js';
import type { TracingOptions } from './tracing.js';
import type { UpstreamOptions } from './upstream/directory.js';

export function logSlice(settings: Settings, sink: NodeJS.WritableStream): LogOptions {
  const { level, access, batchLinesMax, flush } = settings.log;
  return { level, access, batchLinesMax, flushMs: flush, sink };
}

const TRACES_PATH = '/v1/traces';

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** `name=value,name=value`, percent-encoded; the settings have checked its form. */
function pairsOf(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), decoded(pair.slice(at + 1))] as const;
  });
  return Object.fromEntries(pairs);
}

/** Undefined: there are no traces, and nothing is loaded for them. */
export function tracingSlice({ tracing }: Settings, version: string): TracingOptions | undefined {
  const { endpoint, tracesEndpoint, headers, flush: flushMs, timeout: timeoutMs } = tracing;
  const { serviceName, ratio, paths, queueMax } = tracing;
  const base = endpoint?.replace(/\/+$/, '');
  const added = base?.endsWith(TRACES_PATH) === true ? base : base && base + TRACES_PATH;
  const url = tracesEndpoint ?? added;
  if (url === undefined) return undefined;
  const fields = headers === undefined ? {} : pairsOf(headers);
  return {
    ...{ url, headers: fields, serviceName, version, ratio, paths },
    ...{ queueMax, flushMs, timeoutMs },
  };
}

export function webhookSlice({ alerts: { webhook } }: Settings): WebhookOptions {
  const { url, secret, timeout: timeoutMs, attempts, queueMax } = webhook;
  return { url, secret, timeoutMs, attempts, queueMax };
}

export function limitsSlice({ server }: Settings): ListenLimits {
  return {
    headersTimeoutMs: server.headersTimeout,
    requestTimeoutMs: server.requestTimeout,
    keepAliveTimeoutMs: server.keepAliveTimeout,
    checkIntervalMs: server.checkInterval,
    writeTimeoutMs: server.writeTimeout,
    lingerMs: server.linger,
    lingerBytesMax: server.lingerBytesMax,
    connectionsMax: server.connectionsMax,
    headBytesMax: server.headerBytesMax,
    pipelinedMax: usualLimits.pipelinedMax,
  };
}

export function aheadSlice({ ahead }: Settings): AheadOptions {
  const { max: watchedMax, concurrent, cost: costMinMs, margin } = ahead;
  return { watchedMax, concurrent, costMinMs, margin };
}

export function warmSlice({ warm }: Settings): WarmOptions {
  const { concurrent, waiting: waitingMax, deadline: deadlineMs } = warm;
  return { concurrent, waitingMax, deadlineMs };
}

export function answersSlice({ answers }: Settings): AnswersOptions {
  const { max, maxBytes: bytesMax, keep: keepMs, waitMax: waitMaxMs } = answers;
  return { max, bytesMax, keepMs, waitMaxMs };
}

/** The names that routes key: a Connection field must not take them off the request. */
function keyedNames(settings: Settings): readonly string[] {
  return settings.routes.flatMap(({ cache }) => (typeof cache === 'object' ? cache.headers : []));
}

export function publicGate(settings: Settings): GateOptions {
  return {
    hosts: settings.server.hosts,
    fieldsMax: settings.server.headersMax,
    credentials: settings.credentials,
    endToEnd: keyedNames(settings),
    // Purging is the operator's business, on the operator's listener.
    methodsRefused: ['PURGE'],
  };
}

/**
 * On loopback a public name is ours too, so that PURGE can say which one it means; off it any
 * well-formed Host is taken anyway, and the token is what counts.
 */
function operationsHosts({ server, operations }: Settings): readonly string[] {
  const { host } = operations;
  if (server.hosts.length === 0 || !(isLoopback(host) || host === 'localhost')) return [];
  const own = isIP(host) === 6 ? `[${host}]` : host;
  return [...new Set([...server.hosts, own, 'localhost'])];
}

export function operationsGate(settings: Settings): GateOptions {
  const { headersMax: fieldsMax } = settings.server;
  const { credentials } = settings;
  const hosts = operationsHosts(settings);
  return { hosts, fieldsMax, credentials, endToEnd: [], methodsRefused: [] };
}

/** Answers that may wait to be coded or opened; more than that is no queue but a flood. */
const CODING_WAITING_MAX = 256;
/** The part of the memory budget that plain forms of coded answers may take besides. */
const PLAIN_FORMS_SHARE = 1 / 16;

export function coderSlice({ memory }: Settings): CoderOptions {
  return {
    on: memory.compress === 'auto',
    waitingMax: CODING_WAITING_MAX,
    plainBytesMax: Math.floor(memory.maxBytes * PLAIN_FORMS_SHARE),
  };
}

export function energySlice({ energy }: Settings): Partial<EnergyOptions> {
  const { agents, seed, state: stateFile, workers, queueMax, jobTimeout } = energy;
  return {
    ...{ agents, seed, stateFile, jobMs: jobTimeout, waitingMax: queueMax },
    // Zero leaves the number of threads to the service, which counts the cores.
    ...(workers === 0 ? {} : { workers }),
  };
}

function readCertificates(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new OperatorError(`upstreams.${name}.ca: the file of certificates cannot be read.`);
  }
}

export function upstreamsSlice(settings: Settings): Readonly<Record<string, UpstreamOptions>> {
  const { http, server } = settings;
  const entries = Object.entries(settings.upstreams).map(([name, upstream]) => {
    const options: UpstreamOptions = {
      url: upstream.url,
      ca: upstream.ca === undefined ? undefined : readCertificates(name, upstream.ca),
      connections: upstream.connections,
      queued: http.pool.queued,
      queueMs: http.pool.wait,
      connectMs: upstream.timeout.connect,
      headMs: upstream.timeout.head,
      idleBodyMs: upstream.timeout.idle,
      keepAliveMs: http.pool.idleTimeout,
      headBytesMax: http.headBytesMax,
      fieldsMax: http.headersMax,
      interimMax: http.interimMax,
      requestBytesMax: server.requestBodyMax,
      localBodyBytesMax: Math.min(server.requestBodyMax, LOCAL_BODY_BYTES_MAX),
      sickAfter: upstream.sick.failures,
      sickShare: upstream.sick.share,
      sickCallsMin: upstream.sick.calls,
      sickWindowMs: upstream.sick.within,
      sickForMs: upstream.sick.retry,
      retryShare: upstream.retries,
      ownerEcho: upstream.ownerEcho,
    };
    return [name, options] as const;
  });
  return Object.fromEntries(entries);
}

/** The built-in service reads bodies whole, so they are bounded more tightly than what streams. */
const LOCAL_BODY_BYTES_MAX = 16 * 2 ** 20;
const KEY_BYTES = 32;

/** One key for one purpose: what signs credentials must not be what signs anything else. */
export function credentialKey(settings: Settings): Buffer {
  const [first] = settings.secret;
  const secret = first === undefined ? randomBytes(KEY_BYTES) : Buffer.from(first);
  return Buffer.from(hkdfSync('sha256', secret, '', 'leyden credential 1', KEY_BYTES));
}

/** Whether a peer may vouch for the address and the scheme of those behind it. */
export function trustOf(settings: Settings): (peer: string) => boolean {
  const list = new BlockList();
  for (const network of settings.server.trustedProxies) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (peer) => {
    const address = peer.replace(/^::ffff:(?=\d+\.)/, '');
    return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  };
}
