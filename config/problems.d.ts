/** Problems: what is wrong with the settings and where, and the nearest name to a mistyped one. */
import type { Path } from './walk.js';
/** One mistake; `where` is a place in the file or the name of a variable. */
export interface Problem {
    readonly where: string;
    readonly text: string;
}
/** `routes[2].cache.ttl`, as sentences and documents write it. */
export declare function nameOf(path: Path): string;
/** A name as it may be repeated in a sentence; what does not look like one may be a secret. */
export declare function shown(name: string, charsMax?: number): string;
/** The name that was probably meant; undefined when none is near enough. */
export declare function nearest(name: string, names: readonly string[]): string | undefined;
