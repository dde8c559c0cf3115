import { type Environment } from './environment.js';
import { type Parsed } from './schema/all.js';
export { processEnvironment, type Environment } from './environment.js';
export { maskSettings, settingsDiff, type Change } from './mask.js';
export { notYetSet, settingsWarnings } from './notice.js';
type Frozen<T> = T extends readonly (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? {
    readonly [Key in keyof T]: Frozen<T[Key]>;
} : T;
type ParsedUpstream = Parsed['upstreams'][string];
type ParsedRoute = Parsed['routes'][number];
type ParsedRule = Exclude<ParsedRoute['cache'], 'http' | undefined>;
/** An upstream with every number filled in. */
export type UpstreamSettings = Frozen<Omit<ParsedUpstream, 'connections' | 'timeout'> & {
    connections: number;
    timeout: {
        connect: number;
        head: number;
        idle: number;
    };
}>;
/** A lifetime rule with every number filled in. */
export type RuleSettings = Frozen<Omit<ParsedRule, 'maxBytes'> & {
    maxBytes: number;
}>;
export type RouteSettings = Frozen<Omit<ParsedRoute, 'cache'>> & {
    readonly cache?: 'http' | RuleSettings | undefined;
};
/** Every setting; times are milliseconds, sizes bytes, percentages ratios. */
export type Settings = Frozen<Omit<Parsed, 'upstreams' | 'routes'>> & {
    readonly upstreams: Readonly<Record<string, UpstreamSettings>>;
    readonly routes: readonly RouteSettings[];
};
export interface LoadOptions {
    /** Without it `LEYDEN_CONFIG` names the file, and without that it is the shipped one. */
    readonly file?: string | undefined;
    readonly environment: Environment;
    readonly packageRoot: string;
}
/** The folder of the package, seen from the source and from what is built out of it. */
export declare function packageRoot(): string;
/** The settings file that comes with the package. */
export declare function defaultConfigPath(root?: string): string;
/** Which file holds the settings. */
export declare function settingsFile({ file, environment, packageRoot: root }: LoadOptions): string;
/** Reads, checks and freezes the settings; throws an OperatorError with every mistake. */
export declare function loadSettings(options: LoadOptions): Settings;
