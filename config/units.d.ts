/** Units: durations, sizes and percentages, as people write them and as the program counts them. */
/** `250ms`, `30s`, `10m`, `2h`, `1d` as milliseconds; undefined when it is not a duration. */
export declare function parseDuration(text: string): number | undefined;
/** `512`, `64KiB`, `5MiB`, `1GiB`, `10KB`, `3MB` as bytes; undefined when it is not a size. */
export declare function parseSize(text: string): number | undefined;
/** `10%` as 0.1; undefined when it is not a percentage from 0 to 100. */
export declare function parsePercent(text: string): number | undefined;
/** Milliseconds in the largest unit that stays whole: 90000 is `90s`. */
export declare function formatDuration(ms: number): string;
/** Bytes in the largest binary unit that stays whole: 65536 is `64KiB`. */
export declare function formatSize(bytes: number): string;
