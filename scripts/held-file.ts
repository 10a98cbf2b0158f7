import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * One process of several: holds `path` until it lets go or ends. SQLite takes the lock from the kernel, which frees it however
 * the process ends, and which two that begin at the same instant cannot both get; a pid file can do neither.
 * Gives how to let go, or undefined when another process holds it.
 */
export const holdFile = (path: string): (() => void) | undefined => {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    if (typeof cause === 'object' && cause !== null && 'errcode' in cause && cause.errcode === SQLITE_BUSY)
      return undefined;
    throw cause;
  }
  held.add(database);
  return () => {
    held.delete(database);
    database.close();
  };
};

/** What is forgotten is collected, and its lock goes with it. */
const held = new Set<DatabaseSync>();
const SQLITE_BUSY = 5;
const LOOK_EVERY_MS = 100;

/** Runs `work` while this process holds `path`, after whoever holds it now. */
export const whileHolding = async <Result>(path: string, work: () => Promise<Result>): Promise<Result> => {
  let letGo = holdFile(path);
  for (; letGo === undefined; letGo = holdFile(path)) await pause(LOOK_EVERY_MS);
  try {
    return await work();
  } finally {
    letGo();
  }
};
