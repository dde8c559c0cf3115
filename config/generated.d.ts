/** The generated files, by their path from the root of the package. */
export declare function generatedFiles(): Readonly<Record<string, string>>;
/** Writes the files that differ, and says which. */
export declare function writeGenerated(root: string): readonly string[];
