/** Writes an answer into a response of somebody's app, beside the fields that the app has set. */
import type { ServerResponse } from 'node:http';
import type { Presented } from '../src/cache/present.js';
import { send } from './send.js';

/** Lists to which the app's own members belong as well. */
const LISTS = new Set(['cache-status', 'server-timing', 'vary']);

interface Field {
  readonly name: string;
  readonly values: string[];
}

function textOf(value: number | string | readonly string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** The app's list first, and of ours what it does not say already. */
function joinedList(before: string, ours: readonly string[]): string {
  const said = new Set(before.split(',').map((member) => member.trim().toLowerCase()));
  const added = ours.filter((value) => !said.has(value.trim().toLowerCase()));
  return [before, ...added].join(', ');
}

function setField(res: ServerResponse, lowerName: string, { name, values }: Field): void {
  const before = textOf(res.getHeader(lowerName));
  if (before === undefined) res.setHeader(name, values.length === 1 ? (values[0] ?? '') : values);
  else if (LISTS.has(lowerName)) res.setHeader(name, joinedList(before, values));
  // The app has its own id for the request, and no word of ours may soften its no-store.
  else if (lowerName === 'x-request-id') return;
  else if (lowerName === 'cache-control' && /no-store/i.test(before)) return;
  else res.setHeader(name, values);
}

/** One by one, so that middleware which listens for fields (compression, sessions) hears them. */
export function setFields(res: ServerResponse, headers: readonly string[]): void {
  const fields = new Map<string, Field>();
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const field = fields.get(name.toLowerCase());
    if (field === undefined) fields.set(name.toLowerCase(), { name, values: [value] });
    else field.values.push(value);
  }
  for (const [lowerName, field] of fields) setField(res, lowerName, field);
}

export function sendInto(res: ServerResponse, method: string, answer: Presented): void {
  setFields(res, answer.headers);
  send(res, method, { ...answer, headers: [] });
}
