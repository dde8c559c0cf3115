import type { Settings } from './settings.js';
import type { SettingMeta } from './setting.js';
export declare const MASK = "***";
/** Takes the user, the password and secret-looking query fields out of an address. */
export declare function maskAddress(text: string): string;
export interface Shown {
    readonly name: string;
    readonly meta: SettingMeta;
    readonly value: unknown;
}
type Visit = (shown: Shown) => unknown;
/** Visits every value of the settings with its name and marks. */
export declare function visitSettings(settings: Settings, visit: Visit): unknown;
/** The settings as a dump may show them. */
export declare function maskSettings(settings: Settings): unknown;
/** One setting that differs; values are as a dump may show them. */
export interface Change {
    readonly name: string;
    readonly from: unknown;
    readonly to: unknown;
    readonly needsRestart: boolean;
}
/** What differs between two settings, by name. */
export declare function settingsDiff(a: Settings, b: Settings): readonly Change[];
export {};
