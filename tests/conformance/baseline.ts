/** Tests of the public suite that do not pass yet; this list may only shrink, until it is gone. */

export const baseline: readonly string[] = [
  'partial-store-partial-reuse-partial',
  'partial-store-partial-reuse-partial-byterange',
  'partial-store-partial-reuse-partial-absent',
  'partial-store-partial-reuse-partial-suffix',
  'partial-store-partial-complete',
];
