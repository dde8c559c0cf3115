/** The threads of the service: they harm the process neither by computing nor by ending. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { ask, closeAll, service } from './service-kit.js';

afterEach(closeAll);

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

/** How far each thread of this process stands back behind others: field 19 of its stat. */
function niceOfThreads(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[16]);
  });
}

describe('threads that compute', () => {
  it('give way to the thread that serves', async () => {
    const usual = Math.min(...niceOfThreads());
    const energy = service({ workers: 2 });
    await Promise.all([1, 2, 3].map((seed) => ask(energy, 'GET', `/energy/gradient?seed=${seed}`)));
    const all = niceOfThreads();
    expect(all.filter((nice) => nice === 10).length).toBeGreaterThan(0);
    expect(Math.min(...all)).toBe(usual);
  });
});
