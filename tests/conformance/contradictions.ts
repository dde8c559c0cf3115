/** Tests of the public suite that contradict a standard, each with the standard's sentence. */

export interface Contradiction {
  /** The document and its section. */
  readonly section: string;
  /** The sentence that a cache cannot obey and pass the test. */
  readonly sentence: string;
}

export const contradictions: Readonly<Record<string, Contradiction>> = {};
