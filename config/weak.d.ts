/** Weak secrets: the placeholders and patterns that people leave in place of something random. */
/** Is it a placeholder, a few characters again and again, or a run such as 0123456789? */
export declare function isWeakToken(value: string): boolean;
