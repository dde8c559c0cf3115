/** Child processes of the doors: one at a time, signals reach it, none outlives us. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** How long a child may take to leave after a signal before it is killed. */
const LEAVE_MS = 5_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

let current; // { child, group, ended }
let stopping;
let lastWords = () => undefined;

/** From now on a signal ends the running child and then us, with the shell's exit code for it. */
export function catchSignals(beforeLeaving = () => undefined) {
  lastWords = beforeLeaving;
  for (const signal of SIGNALS) process.on(signal, stop);
}

/** Gives signals back, so that the gateway in this same process can take them. */
export function releaseSignals() {
  for (const signal of SIGNALS) process.off(signal, stop);
}

function stop(signal) {
  // A second signal does not wait.
  if (stopping !== undefined) {
    end('SIGKILL');
    leave(signal);
  }
  stopping = signal;
  if (current === undefined) return leave(signal);
  const { child, group, ended } = current;
  setTimeout(() => end('SIGKILL'), LEAVE_MS).unref();
  void ended
    .then(() => (group ? clearGroup(child.pid, LEAVE_MS) : undefined))
    .then(() => leave(signal));
  end(signal);
}

function leave(signal) {
  lastWords(signal);
  process.exit(128 + constants.signals[signal]);
}

function end(signal) {
  if (current !== undefined) signalChild(current, signal);
}

function signalChild({ child, group }, signal) {
  try {
    if (group) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has gone already, which is what we wanted.
  }
}

/**
 * Runs one child to its end. `group` gives it a process group of its own, so that whatever it
 * started can be ended with it. With `quiet` its output is returned instead of shown.
 * @returns {Promise<{ code: number, output: string, late: boolean, pid: number | undefined }>}
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, quiet = false, group = false, deadlineMs, onStart } = options;
  const pipe = quiet ? 'pipe' : 'inherit';
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      detached: group,
      stdio: ['ignore', pipe, pipe],
    });
    const pieces = [];
    child.stdout?.on('data', (piece) => pieces.push(piece));
    child.stderr?.on('data', (piece) => pieces.push(piece));
    let gone;
    const mine = { child, group, ended: new Promise((told) => (gone = told)) };
    current = mine;
    let late = false;
    const deadline = setTimeout(
      () => {
        late = true;
        signalChild(mine, 'SIGTERM');
        setTimeout(() => signalChild(mine, 'SIGKILL'), LEAVE_MS).unref();
      },
      deadlineMs ?? 2 ** 31 - 1,
    );
    const done = () => {
      clearTimeout(deadline);
      if (current === mine) current = undefined;
      gone();
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    if (child.pid !== undefined) onStart?.(child.pid, () => signalChild(mine, 'SIGKILL'));
    child.once('close', (code, signal) => {
      done();
      // While we are leaving, nothing may go on to its next step.
      if (stopping !== undefined) return;
      const output = Buffer.concat(pieces).toString('utf8');
      resolve({ code: code ?? 128 + constants.signals[signal], output, late, pid: child.pid });
    });
  });
}

/** When a process began, so that a number used again is not mistaken for it; undefined: gone. */
export function bornAt(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return undefined;
  }
  const fields = statOf(pid);
  if (fields === undefined) return 'unknown';
  // A zombie has ended; only its parent has not looked yet.
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** The fields of /proc/PID/stat from the state on; the name before them may hold anything. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The living members of a process group. */
function membersOf(groupId) {
  let names;
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // Not Linux: there is no cheap way to look.
  }
  return names.map(Number).filter((pid) => {
    const fields = statOf(pid);
    return fields !== undefined && fields[0] !== 'Z' && Number(fields[2]) === groupId;
  });
}

/** Waits for a group to empty itself; ends what is left, and says how many that were. */
export async function clearGroup(groupId, waitMs) {
  const untilMs = performance.now() + waitMs;
  while (membersOf(groupId).length > 0 && performance.now() < untilMs) await pause(50);
  const left = membersOf(groupId).length;
  if (left === 0) return 0;
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    try {
      process.kill(-groupId, signal);
    } catch {
      return left;
    }
    await pause(1_000);
  }
  return left;
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
