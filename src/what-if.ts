/** Puts a request that nobody sent through the gate, so that it can be explained. */
import type { Asked } from './cache/explain.js';
import { Failure } from './errors.js';
import { createGate, type Gate, type GateOptions } from './server/gate.js';
import type { OwnAddress } from './server/host.js';

export interface WhatIfTools {
  readonly gate: GateOptions;
  readonly own: OwnAddress;
  readonly partitionOf: (authorization: string | undefined) => string;
}

export interface WhatIfRequest {
  readonly method: string;
  readonly url: string;
  /** Each as `Name: value`. */
  readonly headers: readonly string[];
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/i;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/;

/** The name by which callers reach us, where the URL does not say it. */
function usualHost({ gate, own }: WhatIfTools): string {
  const [first] = gate.hosts;
  if (first !== undefined) return first;
  const address = own.address.includes(':') ? `[${own.address}]` : own.address;
  return `${address}:${own.port}`;
}

function targetOf(url: string, tools: WhatIfTools): { host: string; target: string } {
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return { host: usualHost(tools), target: url };
  const [, scheme = '', authority = '', rest = ''] = absolute;
  // What comes over TLS names its port as seldom as what comes without.
  const host = scheme.toLowerCase() === 'https' ? authority.replace(/:443$/, '') : authority;
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** The request as the gate would admit it, or the failure with which it would be refused. */
export function whatIf(what: WhatIfRequest, tools: WhatIfTools): Asked | Failure {
  return gateFor(tools)(what);
}

/** The same for many requests, which all pass one gate. */
export function gateFor(tools: WhatIfTools): (what: WhatIfRequest) => Asked | Failure {
  const gate = createGate(tools.gate, tools.own);
  return (what) => admitted(gate, what, tools);
}

function admitted(
  gate: Gate,
  { method, url, headers }: WhatIfRequest,
  tools: WhatIfTools,
): Asked | Failure {
  const fields = headers.flatMap((line) => {
    const field = FIELD.exec(line);
    if (field === null) {
      throw new Failure('unprocessable', { detail: 'header must be `Name: value`.' });
    }
    return [field[1] ?? '', field[2] ?? ''];
  });
  const { host, target } = targetOf(url, tools);
  const named = fields.some((text, at) => at % 2 === 0 && text.toLowerCase() === 'host');
  const rawHeaders = named ? fields : ['Host', host, ...fields];
  const verdict = gate({ method, httpVersion: '1.1', url: target, rawHeaders });
  if (verdict.kind === 'refused') return new Failure(verdict.code);
  const { path, query, authorization } = verdict;
  const partition = tools.partitionOf(authorization);
  return { method, host: verdict.host, path, query, headers: rawHeaders, partition };
}
