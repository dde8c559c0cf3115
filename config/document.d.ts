export declare function settingsMarkdown(): string;
