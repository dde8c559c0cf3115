import type { Environment } from './environment.js';
import { type Problem } from './problems.js';
import type { Path } from './walk.js';
export interface Place {
    readonly line: number;
    readonly column: number;
}
export interface Source {
    readonly value: unknown;
    readonly problems: readonly Problem[];
    /** Paths whose text came, in part or whole, from a variable. */
    readonly filled: readonly Path[];
    /** The values of the variables that were filled in; no sentence may repeat them. */
    readonly fillings: readonly string[];
    /** Where a value stands, or the nearest thing above it. */
    placeOf(path: Path): Place;
    /** Where the name of a value stands. */
    placeOfName(path: Path): Place;
}
export declare const FILE_BYTES_MAX: number;
/** Reads YAML; whatever is wrong with it as YAML is among the problems. */
export declare function readSource(text: string, label: string, environment: Environment): Source;
