/** Fields that only insiders may set: a client's are taken away at the door. */

/** The second one switched off a framework's own checks when a client sent it. */
const internalNames = ['x-middleware-subrequest'];
const internalPrefixes = ['x-leyden-', 'x-gw-'];

export function isInternalField(name: string): boolean {
  // Cheap doubts first, for this is asked of each field of each request.
  if ((name.charCodeAt(0) | 0x20) !== 0x78 || name.charCodeAt(1) !== 0x2d) return false;
  const third = name.charCodeAt(2) | 0x20;
  if (third !== 0x6c && third !== 0x67 && third !== 0x6d) return false;
  const lower = name.toLowerCase();
  return internalNames.includes(lower) || internalPrefixes.some((start) => lower.startsWith(start));
}

interface FieldBag {
  readonly rawHeaders: string[];
  readonly headers: Record<string, unknown>;
}

/** Removes them where they stand, for everybody behind the gate reads one of these two views. */
export function removeInternalFields(request: FieldBag): void {
  const { rawHeaders, headers } = request;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const name = rawHeaders[at] ?? '';
    if (!isInternalField(name)) continue;
    rawHeaders.splice(at, 2);
    Reflect.deleteProperty(headers, name.toLowerCase());
  }
}
