/** Listed: how a variant is told apart where nobody shall read what callers have sent. */
import { bestLanguage, variantValues } from '../policy/vary.js';
import { variantKey, type FieldsFor, type Variant } from './variants.js';

export interface Listed {
  readonly key: string;
  readonly names: readonly string[];
  readonly language: string | undefined;
  /** Of all values but that of Accept-Language; undefined where that is none of the names. */
  readonly rest: string | undefined;
}

const LANGUAGE = 'accept-language';

function restOf(base: string, names: readonly string[], values: readonly (string | undefined)[]) {
  const at = names.indexOf(LANGUAGE);
  if (at < 0) return undefined;
  return variantKey(base, names, values.with(at, undefined));
}

export function listedOf(base: string, variant: Omit<Variant, 'storedAtMs'>): Listed {
  const { key, names, values, language } = variant;
  return { key, names, language, rest: restOf(base, names, values) };
}

/** The keys of the variants that answer these fields: in their order, by language last. */
export function listedFor(
  base: string,
  listed: readonly Listed[],
  fieldsFor: FieldsFor,
): readonly string[] {
  const exact: string[] = [];
  const byLanguage: string[] = [];
  for (const { key, names, language, rest } of listed) {
    const request = fieldsFor(names);
    const values = variantValues(names, request);
    if (variantKey(base, names, values) === key) exact.push(key);
    else if (rest !== undefined && language !== undefined && bestLanguage(request) === language) {
      if (restOf(base, names, values) === rest) byLanguage.push(key);
    }
  }
  return [...exact, ...byLanguage];
}
