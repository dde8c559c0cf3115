/** Asks the operations listener of a running gateway, in the words of its admin API. */
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';

export interface OperationsPlace {
  /** Such as http://127.0.0.1:9090. */
  readonly url: string;
  readonly token: string | undefined;
}

export interface AdminCall {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
}

/** What came back, or that nobody is there. */
export type AdminAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'nobody' };

const WAIT_MS = 30_000;
const ANSWER_CHARS_MAX = 16 * 2 ** 20;
const NOBODY_EXIT = 69;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function targetOf(place: OperationsPlace, path: string): URL {
  if (!/^https?:\/\/[^/?#]+\/?$/.test(place.url) || !URL.canParse(place.url)) {
    throw new OperatorError('--operations must be a URL such as http://127.0.0.1:9090.');
  }
  return new URL(path, place.url);
}

export function callOperations(place: OperationsPlace, call: AdminCall): Promise<AdminAnswer> {
  const url = targetOf(place, call.path);
  const text = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    ...(place.token === undefined ? {} : { Authorization: `Bearer ${place.token}` }),
    ...(text === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestTls : request;
    const sent = send(url, { method: call.method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > ANSWER_CHARS_MAX) sent.destroy();
      });
      answer.once('end', () => {
        resolve({ kind: 'answer', status: answer.statusCode ?? 0, body: parsed(body) });
      });
    });
    const timer = systemClock.after(WAIT_MS, () => sent.destroy());
    sent.once('close', () => {
      timer.cancel();
      // After an answer this changes nothing.
      reject(new OperatorError(`${place.url} broke off its answer.`, NOBODY_EXIT));
    });
    sent.once('error', (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ECONNREFUSED') resolve({ kind: 'nobody' });
    });
    sent.end(text);
  });
}

function fieldOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** The answer's body; anything but a 200 or 202 becomes one sentence. */
export async function mustAnswer(place: OperationsPlace, call: AdminCall): Promise<unknown> {
  const answer = await callOperations(place, call);
  if (answer.kind === 'nobody') {
    throw new OperatorError(
      `No gateway answers at ${place.url}; start one, or name its operations listener with ` +
        '--operations.',
      NOBODY_EXIT,
    );
  }
  if (answer.status === 200 || answer.status === 202) return answer.body;
  const said = fieldOf(answer.body, 'detail') ?? fieldOf(answer.body, 'title') ?? '';
  const hint = answer.status === 401 ? ' Set OPERATIONS_TOKEN to the token of the gateway.' : '';
  throw new OperatorError(`${place.url} answered ${answer.status}. ${said}${hint}`.trimEnd(), 1);
}
