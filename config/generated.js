/** Writes what is made from the schema: config/gateway.schema.json and docs/settings.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingsMarkdown } from './document.js';
import { jsonSchema } from './json-schema.js';
import { packageRoot } from './settings.js';
/** The generated files, by their path from the root of the package. */
export function generatedFiles() {
    return {
        'config/gateway.schema.json': `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
        'docs/settings.md': settingsMarkdown(),
    };
}
/** Writes the files that differ, and says which. */
export function writeGenerated(root) {
    return Object.entries(generatedFiles()).flatMap(([name, content]) => {
        const path = join(root, name);
        if (existsSync(path) && readFileSync(path, 'utf8') === content)
            return [];
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content);
        return [name];
    });
}
if (process.argv[1] === fileURLToPath(import.meta.url))
    writeGenerated(packageRoot());
//# sourceMappingURL=generated.js.map