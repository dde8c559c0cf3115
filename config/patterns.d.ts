/** Path patterns of routes: their syntax, the reserved paths, and which pattern covers which. */
/** What is wrong with a pattern, as the end of a sentence; undefined when nothing is. */
export declare function patternFault(pattern: string): string | undefined;
/** Does `first` match every path that `second` matches? */
export declare function covers(first: string, second: string): boolean;
