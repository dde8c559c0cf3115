/** The threads of the service: whenever they end, the process around them goes on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';

/** In a process of its own, for what it looks for is that process's end. */
const PROGRAM = (folder: string): string => `
import { systemClock } from '${folder}/clock.js';
import { createEnergyService } from '${folder}/energy/service.js';
const nothing = () => undefined;
const log = { error: nothing, warn: nothing, info: nothing };
const gradient = { method: 'GET', path: '/energy/gradient', headers: [] };
for (let round = 0; round < 5; round += 1) {
  // The first thread that is ready answers; the others are still loading when they are ended.
  const service = createEnergyService({ agents: 4, workers: 6 }, { clock: systemClock, log });
  const { status } = await service.answer(gradient);
  await service.close();
  process.stdout.write(status + ' ');
}`;

describe('a service that is closed while its threads are loading', () => {
  it('ends them without ending the process', async () => {
    const folder = pathToFileURL(join(packageRoot(), 'dist', 'src')).href;
    const program = ['--input-type=module', '-e', PROGRAM(folder)];
    const { stdout } = await promisify(execFile)(process.execPath, program);
    expect(stdout).toBe('200 '.repeat(5));
  });
});
