/** Lists of preferences with weights: Accept, Accept-Language, Accept-Encoding (RFC 9110 12). */

export interface Weighted {
  /** Lower case but for parameter values, without spaces around its parts. */
  readonly item: string;
  /** From 0 to 1000; 0 means: not acceptable. */
  readonly weight: number;
}

/** Splits at a separator that stands outside quoted strings; undefined when a quote never ends. */
export function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted && letter === '\\') at += 1;
    else if (!quoted && letter === separator) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return quoted ? undefined : parts;
}

const WEIGHT = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;
const PARAMETER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(.*)$/;
const ITEM = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/;

function weightedItem(text: string): Weighted | undefined {
  const [item, ...parameters] = splitOutsideQuotes(text, ';') ?? [];
  if (item === undefined || !ITEM.test(item)) return undefined;
  let weight = 1000;
  const kept: string[] = [];
  for (const parameter of parameters) {
    if (parameter === '') continue;
    const [, name, value] = PARAMETER.exec(parameter) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (name.toLowerCase() !== 'q') kept.push(`;${name.toLowerCase()}=${value}`);
    else if (WEIGHT.test(value)) weight = Math.round(Number(value) * 1000);
    else return undefined;
  }
  return { item: item.toLowerCase() + kept.sort().join(''), weight };
}

/** The members of the list; undefined when one of them cannot be read. */
export function parseWeighted(value: string): Weighted[] | undefined {
  const members: Weighted[] = [];
  for (const part of splitOutsideQuotes(value, ',') ?? ['"']) {
    if (part === '') continue;
    const member = weightedItem(part);
    if (member === undefined) return undefined;
    members.push(member);
  }
  return members;
}

/** Heaviest first, and by name where the weights are equal, for then their order says nothing. */
export function canonicalWeighted(members: readonly Weighted[]): string {
  const texts = [...members]
    .sort((one, other) => other.weight - one.weight || (one.item < other.item ? -1 : 1))
    .map(({ item, weight }) => (weight === 1000 ? item : `${item};q=${weight / 1000}`));
  return [...new Set(texts)].join(',');
}
