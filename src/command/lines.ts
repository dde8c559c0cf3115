/** An object as lines for people: names in one column, values in the other. */

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** Objects inside are indented below their name; no value may bring control characters along. */
export function linesOf(value: object, indent = ''): string[] {
  const entries = Object.entries(value);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.flatMap(([name, one]: [string, unknown]) => {
    if (typeof one === 'object' && one !== null && !Array.isArray(one)) {
      return [`${indent}${name}`, ...linesOf(one, `${indent}  `)];
    }
    const text = textOf(one).replace(/[^\t -~\u00a0-\uffff]/g, '?');
    return [`${indent}${name.padEnd(width)}  ${text}`];
  });
}
