import { type Problem } from './problems.js';
import type { SettingKind } from './setting.js';
import type { Leaf } from './walk.js';
export type Environment = Readonly<Record<string, string | undefined>>;
export declare function processEnvironment(): Environment;
/** `server.headersTimeout` is `LEYDEN_SERVER_HEADERS_TIMEOUT`. */
export declare function environmentName(path: readonly string[]): string;
interface Variable {
    readonly name: string;
    readonly leaf: Leaf;
    /** A plain number in it is seconds. */
    readonly seconds: boolean;
    /** It names a file that holds the value. */
    readonly file: boolean;
}
/** All variables of one setting: its own name, the documents' names, and `*_FILE` for secrets. */
export declare function variablesOf(leaf: Leaf): readonly Variable[];
/** Text from outside the file becomes what the file would have held. */
export declare function coerce(kind: SettingKind | undefined, text: string): unknown;
export interface Override {
    readonly path: readonly string[];
    readonly name: string;
    readonly value: unknown;
}
export interface Overrides {
    readonly overrides: readonly Override[];
    readonly problems: readonly Problem[];
}
/** Everything that the environment says about the settings. */
export declare function readOverrides(environment: Environment, leaves: readonly Leaf[]): Overrides;
export {};
