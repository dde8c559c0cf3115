/** The Host field: which names are ours, and the one way in which each of them is written. */
import { isIP } from 'node:net';
import type { FailureCode } from '../errors.js';

export interface OwnAddress {
  readonly address: string;
  readonly port: number;
}

/** The canonical host ('' where any is taken, so that it is not keyed), or why it is refused. */
export type HostVerdict =
  | { readonly kind: 'ours'; readonly host: string }
  | { readonly kind: 'refused'; readonly code: Extract<FailureCode, 'bad_host' | 'unknown_host'> };

export type HostJudge = (value: string) => HostVerdict;

const bad: HostVerdict = { kind: 'refused', code: 'bad_host' };
const unknown: HostVerdict = { kind: 'refused', code: 'unknown_host' };
const anyHost: HostVerdict = { kind: 'ours', host: '' };

/**
 * RFC 3986 section 3.2.2, narrowed: no user information, no percent-encoding, no empty port, no
 * leading zero in it. What is left has one reading only.
 */
const hostShape = /^(?:[a-z0-9._-]{1,255}|\[([0-9a-f:.]{2,45})\])(?::([1-9][0-9]{0,4}))?$/;

/** Lower case, without the default port; undefined when it is not well formed. */
export function canonicalHost(value: string): string | undefined {
  const lower = value.toLowerCase();
  const match = hostShape.exec(lower);
  if (match === null) return undefined;
  const [, ipv6, port] = match;
  if (ipv6 !== undefined && isIP(ipv6) !== 6) return undefined;
  if (port === undefined) return lower;
  if (Number(port) > 65_535) return undefined;
  return port === '80' ? lower.slice(0, -':80'.length) : lower;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

function hasPort(host: string): boolean {
  return /:[0-9]+$/.test(host) && !host.endsWith(']');
}

function ownNames(own: OwnAddress): string[] {
  const address = isIP(own.address) === 6 ? `[${own.address}]` : own.address;
  return [`${address}:${own.port}`, `localhost:${own.port}`];
}

/** A configured name without a port is taken with none, and with the port we listen on. */
function configuredNames(hosts: readonly string[], own: OwnAddress): string[] {
  return hosts.flatMap((host) => (hasPort(host) ? [host] : [host, `${host}:${own.port}`]));
}

/** A name with a trailing dot is another name than the one without. */
export function hostJudge(hosts: readonly string[], own: OwnAddress): HostJudge {
  if (hosts.length === 0 && !isLoopback(own.address)) {
    let last = '';
    return (value) => {
      // Callers come in runs with one Host; only a change is looked at.
      if (value === last && last !== '') return anyHost;
      if (canonicalHost(value) === undefined) return bad;
      last = value;
      return anyHost;
    };
  }
  const names = hosts.length === 0 ? ownNames(own) : configuredNames(hosts, own);
  const ours = new Map<string, HostVerdict>();
  for (const name of names) {
    const host = canonicalHost(name);
    if (host !== undefined) ours.set(host, { kind: 'ours', host });
  }
  return (value) => {
    const known = ours.get(value);
    if (known !== undefined) return known;
    const host = canonicalHost(value);
    return host === undefined ? bad : (ours.get(host) ?? unknown);
  };
}
