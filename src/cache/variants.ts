/** Variants: the answers of one resource that differ by request fields (RFC 9111 section 4.1). */
import type { RawHeaders } from '../message.js';
import { keyOf } from '../policy/key.js';
import { bestLanguage, variantValues } from '../policy/vary.js';

export interface Variant {
  /** The key under which the store holds it. */
  readonly key: string;
  /** The request fields that Vary named, in lower case and sorted. */
  readonly names: readonly string[];
  /** Their values in the request that it answered; undefined where the field was absent. */
  readonly values: readonly (string | undefined)[];
  /** What its Content-Language says, in lower case; undefined when it says nothing or several. */
  readonly language: string | undefined;
  /** On our steady clock: of two that answer a request, the newer one does. */
  readonly storedAtMs: number;
}

/** The fields of a request as far as answers depend on these names. */
export type FieldsFor = (names: readonly string[]) => RawHeaders;

/** The key of the variant that answers requests with these values (RFC 9111 section 4.1). */
export function variantKey(
  base: string,
  names: readonly string[],
  values: readonly (string | undefined)[],
): string {
  const parts = names.flatMap((name, n) => [name, values[n] === undefined ? '-' : `+${values[n]}`]);
  return keyOf([base, ...parts]);
}

export interface VariantsOptions {
  readonly basesMax: number;
  /** More variants of one resource than this, and the oldest gives way. */
  readonly perBaseMax: number;
}

export interface Variants {
  /** The newest variant that a request selects which went upstream with these fields. */
  select(base: string, fieldsFor: FieldsFor): Variant | undefined;
  /** All field names that any variant of the resource depends on. */
  names(base: string): readonly string[];
  /** Returns the variant that had to give way, if one had to. */
  add(base: string, variant: Variant): Variant | undefined;
  remove(base: string, key: string): void;
  /** Every key of the resource; it is forgotten. */
  take(base: string): readonly string[];
  stats(): { readonly bases: number; readonly basesMax: number; readonly evicted: number };
}

function answers(variant: Variant, fieldsFor: FieldsFor): boolean {
  const values = variantValues(variant.names, fieldsFor(variant.names));
  return values.every((value, at) => value === variant.values[at]);
}

/** A caller's best language is there already, whatever else his list has (RFC 9111 section 4.1). */
function answersByLanguage(variant: Variant, fieldsFor: FieldsFor): boolean {
  const place = variant.names.indexOf('accept-language');
  if (place < 0 || variant.language === undefined) return false;
  const request = fieldsFor(variant.names);
  if (bestLanguage(request) !== variant.language) return false;
  const values = variantValues(variant.names, request);
  return values.every((value, at) => at === place || value === variant.values[at]);
}

export function openVariants(options: VariantsOptions): Variants {
  const byBase = new Map<string, Variant[]>();
  let evicted = 0;
  // One iterator that lives on: a new one would step over every slot that was emptied before.
  let oldest = byBase.keys();
  const dropOldest = (): void => {
    let next = oldest.next();
    if (next.done === true) {
      oldest = byBase.keys();
      next = oldest.next();
    }
    if (next.done !== true) byBase.delete(next.value);
  };
  return {
    select(base, fieldsFor) {
      const variants = byBase.get(base);
      return (
        variants?.find((variant) => answers(variant, fieldsFor)) ??
        variants?.find((variant) => answersByLanguage(variant, fieldsFor))
      );
    },
    names(base) {
      const names = new Set((byBase.get(base) ?? []).flatMap((variant) => variant.names));
      return [...names].sort();
    },
    add(base, variant) {
      let variants = byBase.get(base);
      if (variants === undefined) {
        if (byBase.size >= options.basesMax) dropOldest();
        byBase.set(base, (variants = []));
      }
      const place = variants.findIndex(({ key }) => key === variant.key);
      if (place >= 0) variants.splice(place, 1);
      // One from the second tier may be older than what came here meanwhile.
      const behind = variants.findIndex((one) => one.storedAtMs <= variant.storedAtMs);
      variants.splice(behind < 0 ? variants.length : behind, 0, variant);
      if (variants.length <= options.perBaseMax) return undefined;
      evicted += 1;
      return variants.pop();
    },
    remove(base, key) {
      const variants = byBase.get(base);
      const place = variants?.findIndex((variant) => variant.key === key) ?? -1;
      if (variants === undefined || place < 0) return;
      variants.splice(place, 1);
      if (variants.length === 0) byBase.delete(base);
    },
    take(base) {
      const keys = (byBase.get(base) ?? []).map(({ key }) => key);
      byBase.delete(base);
      return keys;
    },
    stats: () => ({ bases: byBase.size, basesMax: options.basesMax, evicted }),
  };
}
