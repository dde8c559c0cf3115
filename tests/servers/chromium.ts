/** Debian's Chromium without a window, from PATH or fetched as any user with its libraries. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findOnPath, isExecutable, majorVersion } from './commands.js';
import { fetchPackages, libraryEnvironment } from './fetch.js';

const VERSION_MIN = 123;
const VERSION = /(?:Chromium|HeadlessShell|Chrome)[^\d]*(\d+)\./i;
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser'];
const LAUNCH_MS_MAX = 30_000;
const MISSING =
  `Chromium ${VERSION_MIN} or newer is not here and could not be fetched: install the Debian ` +
  'package chromium-headless-shell.';

interface Program {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function runs({ path, environment }: Program): Promise<boolean> {
  if (!isExecutable(path)) return false;
  const version = await majorVersion(path, VERSION, { environment });
  return version !== undefined && version >= VERSION_MIN;
}

async function inRoot(root: string): Promise<Program> {
  const { LD_LIBRARY_PATH: folders } = await libraryEnvironment(root);
  // One library keeps its other half in a folder of its own.
  const halves = folders.split(':').map((folder) => join(folder, 'pulseaudio'));
  return {
    path: join(root, 'usr', 'lib', 'chromium', 'chromium-headless-shell'),
    environment: {
      LD_LIBRARY_PATH: [folders, ...halves].join(':'),
      FONTCONFIG_FILE: join(root, 'fonts.conf'),
    },
  };
}

/** The same letters on every machine, so that pictures of the page can be compared. */
async function writeFonts(root: string): Promise<void> {
  const text = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${root}/font-cache</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
  await mkdir(join(root, 'font-cache'), { recursive: true });
  await writeFile(join(root, 'fonts.conf'), text);
}

async function find(): Promise<Program> {
  for (const path of NAMES.flatMap(findOnPath)) {
    const program = { path, environment: {} };
    if (await runs(program)) return program;
  }
  const root = await fetchPackages({
    name: 'chromium',
    packages: ['chromium-headless-shell', 'fonts-inter', 'fonts-dejavu-core'],
    works: async (folder) => runs(await inRoot(folder)),
  });
  if (root === undefined) throw new Error(MISSING);
  await writeFonts(root);
  return inRoot(root);
}

/** Starts it; the sentence it throws says what to install. */
export async function openChromium(): Promise<Browser> {
  const { path, environment } = await find();
  return chromium.launch({
    executablePath: path,
    timeout: LAUNCH_MS_MAX,
    // Containers have neither the rights for its sandbox nor much shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    env: { PATH: process.env['PATH'] ?? '', HOME: '/tmp', ...environment },
  });
}
