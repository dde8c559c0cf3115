/** The stack: its file is sound, nothing is open that need not be, and no password stands in it. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../config/settings.js';
import { runCommand } from '../servers/commands.js';
import { repositoryRoot } from '../servers/fetch.js';
import { findCompose, runProgram, type Program } from './programs.js';
import { composeText, dockerFolder, networksOf, serviceOf, services, stack } from './stack.js';

const DEADLINE_MS = 50_000;
let compose: Program;

/** Runs docker-compose over a copy of the stack, with an .env of the given lines. */
async function configured(environment: string, words: readonly string[], text = composeText) {
  const root = mkdtempSync(join(tmpdir(), 'leyden-stack-'));
  try {
    cpSync(dockerFolder, join(root, 'docker'), { recursive: true });
    writeFileSync(join(root, '.env'), environment);
    const file = join(root, 'docker', 'docker-compose.yml');
    // Version 1 has its project's name from the folder or a variable, and not from the file.
    writeFileSync(file, compose.version === 1 ? text.replace(/^name: .*$/m, '') : text);
    const all = ['--env-file', join(root, '.env'), '-f', file, ...words];
    return await runProgram(compose, all, { deadlineMs: DEADLINE_MS, directory: root });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('the file of the stack', () => {
  it('has nothing that dclint and the schema of Compose complain about', async () => {
    const program = join(repositoryRoot, 'node_modules', 'dclint', 'bin', 'dclint.cjs');
    const file = join(dockerFolder, 'docker-compose.yml');
    const rules = join(dockerFolder, '.dclintrc.json');
    const words = [program, '--config', rules, '--max-warnings', '0', file];
    const { succeeded, output } = await runCommand(process.execPath, words, {
      deadlineMs: DEADLINE_MS,
      directory: repositoryRoot,
    });
    expect([output.trim(), succeeded]).toEqual(['', true]);
  });
});

describe('docker-compose', () => {
  // Where it cannot be had, these fail with the sentence that says what to install.
  beforeAll(async () => {
    compose = await findCompose();
  });

  it('understands the stack, with the .env that the example becomes', async () => {
    const result = await configured('', ['config', '-q']);
    expect(result).toEqual({ succeeded: true, output: '' });
  });

  it('refuses it when a service waits for one that is not there', async () => {
    const broken = composeText.replace(
      '    energy:\n      condition',
      '    none:\n      condition',
    );
    expect(broken).not.toBe(composeText);
    expect(await configured('', ['config', '-q'], broken)).toMatchObject({ succeeded: false });
  });
});

describe('every service', () => {
  it.each(services)(
    '%s has ceilings, a health check, and no more rights than it needs',
    (...one) => {
      const [, service] = one;
      const { cpus, memory } = service.deploy?.resources.limits ?? {};
      expect(cpus).toMatch(/^(\d|\$\{ENERGY_CPUS:-2\})/);
      expect(memory).toMatch(/^\d+[MG]$/);
      expect(service).toMatchObject({
        restart: 'unless-stopped',
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.image).toMatch(/:[\w.-]*\d|:local$/);
      const ours = service.image.startsWith('leyden-gateway');
      // Of our own image the check stands in the Dockerfile.
      expect(service.healthcheck !== undefined || ours).toBe(true);
    },
  );

  it('waits for the health of the others, not only for their start', () => {
    const conditions = services.flatMap(([, { depends_on: waits = {} }]) =>
      Object.values(waits).map(({ condition }) => condition),
    );
    expect(conditions.length).toBeGreaterThan(4);
    expect(new Set(conditions)).toEqual(new Set(['service_healthy']));
  });

  it('that can do with it has a root file system that cannot be written', () => {
    const writable = services.filter(([, { read_only: closed }]) => closed !== true);
    expect(writable.map(([name]) => name)).toEqual(['postgres', 'mariadb', 'neo4j', 'grafana']);
  });
});

describe('from outside', () => {
  it('only the load balancer is published, the consoles to this machine alone', () => {
    const ports = services.flatMap(([name, { ports: open = [] }]) =>
      open.map((port) => [name, port]),
    );
    expect(ports).toEqual([
      ['lb', '${PUBLIC_ADDRESS:-127.0.0.1}:${PUBLIC_PORT:-8080}:8080'],
      ['prometheus', expect.stringMatching(/^127\.0\.0\.1:/)],
      ['grafana', expect.stringMatching(/^127\.0\.0\.1:/)],
    ]);
  });

  it('what keeps data is on a network without a way out, with the gateways alone', () => {
    expect(stack.networks['data']).toEqual({ internal: true });
    const keepers = /^(redis|postgres|pgbouncer|mariadb|neo4j)/;
    for (const [name, service] of services) {
      if (keepers.test(name)) expect([name, networksOf(service)]).toEqual([name, ['data']]);
    }
    const onData = services.filter(([, service]) => networksOf(service).includes('data'));
    const others = onData.map(([name]) => name).filter((name) => !keepers.test(name));
    expect(others).toEqual(['gateway-1', 'gateway-2', 'energy']);
  });

  it('the operations listeners are bound to a name that only the observers know', () => {
    for (const name of ['gateway-1', 'gateway-2']) {
      const { environment = {}, networks } = serviceOf(name);
      const bound = environment['OPERATIONS_HOST'];
      const aliases = Object.entries(networks).filter(([, more]) =>
        (more as { aliases?: string[] } | null)?.aliases?.includes(bound ?? ''),
      );
      expect(aliases.map(([network]) => network)).toEqual(['observability']);
      expect(serviceOf('energy').environment?.['ENERGY_NOTIFY']).toContain(
        `http://${bound ?? ''}:`,
      );
    }
  });
});

describe('secrets', () => {
  it('come from files, and none stands in the stack', () => {
    const spoken = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const secretive = spoken.filter(([name]) => /(PASSWORD|TOKEN|SECRET|AUTH|DSN)/.test(name));
    expect(secretive.length).toBeGreaterThan(8);
    for (const [name, value] of secretive) {
      expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.anything()]);
      expect(Object.keys(stack.secrets)).toContain(value.replace('/run/secrets/', ''));
    }
  });

  it('that a service is given are declared, and all that are declared are given', () => {
    const given = services.flatMap(([, { secrets = [] }]) => secrets);
    // DSN_FILE is for those who use the databases: .env names the file.
    expect([...new Set(given)].sort()).toEqual(Object.keys(stack.secrets).sort());
  });
});

describe('the gateways of the stack', () => {
  const settings = (file: string) =>
    loadSettings({ file, environment: {}, packageRoot: repositoryRoot });

  it('keep the routes of the package, and ask the energy service', () => {
    const own = settings(join(dockerFolder, 'gateway', 'gateway.yaml'));
    const shipped = settings(join(repositoryRoot, 'config', 'gateway.yaml'));
    expect(own.routes).toEqual(shipped.routes);
    expect(own.upstreams['energy']?.url).toEqual(['http://energy-compute:8091']);
    expect(own.upstreams['energy']?.timeout.head).toBe(shipped.upstreams['energy']?.timeout.head);
  });

  it('are given longer to stop than they take to drain', () => {
    const { drain } = settings(join(dockerFolder, 'gateway', 'gateway.yaml')).server;
    const { environment = {}, stop_grace_period: grace = '' } = serviceOf('gateway-1');
    const preStop = Number.parseInt(environment['LEYDEN_SERVER_PRE_STOP'] ?? '', 10);
    expect(Number.parseInt(grace, 10)).toBeGreaterThan(drain / 1000 + preStop);
  });
});
