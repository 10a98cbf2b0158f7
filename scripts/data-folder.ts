import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { holdFile } from './held-file.ts';
import { readPid } from './process-table.ts';
import { reachableDataFolder } from './postgres-server.ts';

/** Where a development installation keeps everything that outlives a run. */
export type DataFolder = {
  root: string;
  /** Lies elsewhere when Postgres' user cannot enter `root`; then `postgresMoved` is true. */
  postgres: string;
  postgresMoved: boolean;
  temporalState: string;
  mails: string;
  logs: string;
  /** Pid files of the parts, and of the launcher. */
  run: string;
};

const MARKER = 'fairlead-data';
const LAUNCHER_PID = 'launcher.pid';
const LAUNCHER_LOCK = 'launcher.lock';

/** Names the places below `wanted` and makes them; nothing is started. Throws when the folder holds something else. */
export const openDataFolder = (wanted: string): DataFolder => {
  const root = resolve(wanted);
  if (existsSync(root) && !existsSync(join(root, MARKER)) && readdirSync(root).length > 0) {
    throw new Error(`${root} holds something that is not Fairlead's data: choose an empty folder`);
  }
  const postgres = reachableDataFolder(join(root, 'postgres'));
  const folder: DataFolder = {
    root,
    postgres: postgres.folder,
    postgresMoved: postgres.moved,
    temporalState: join(root, 'temporal.db'),
    mails: join(root, 'mails'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
  };
  for (const path of [root, folder.logs, folder.run]) mkdirSync(path, { recursive: true });
  writeFileSync(
    join(root, MARKER),
    "Fairlead's development data. npm start -- --fresh empties this folder.\n",
  );
  return folder;
};

/** Forgets everything an installation knew. Call it with all parts stopped and the folder claimed. */
export const emptyDataFolder = (folder: DataFolder): void => {
  rmSync(folder.postgres, { recursive: true, force: true });
  for (const name of readdirSync(folder.root)) {
    if (name !== MARKER && name !== 'run') rmSync(join(folder.root, name), { recursive: true, force: true });
  }
  mkdirSync(folder.logs, { recursive: true });
};

/** Makes this process the one launcher of the folder, until it ends. Throws when another one is alive. */
export const claimDataFolder = (folder: DataFolder): void => {
  const letGo = holdFile(join(folder.run, LAUNCHER_LOCK));
  if (letGo === undefined) {
    const pid = readPid(join(folder.run, LAUNCHER_PID));
    const address = readEnvironment(folder.root)?.['FAIRLEAD_PUBLIC_URL'];
    throw new Error(
      `Fairlead already runs on ${folder.root} (${[...(pid === undefined ? [] : [`process ${pid}`]), address ?? 'still starting'].join(', ')}): ` +
        'stop it, or choose another folder with --data',
    );
  }
  // What a killed launcher left would name an address that is none any more.
  rmSync(join(folder.root, ENVIRONMENT), { force: true });
  writeFileSync(join(folder.run, LAUNCHER_PID), `${process.pid}\n`);
};

/** Says that nothing runs on the folder any more. The lock itself goes with the process, so that no one comes in between. */
export const releaseDataFolder = (folder: DataFolder): void => {
  rmSync(join(folder.run, LAUNCHER_PID), { force: true });
  rmSync(join(folder.root, ENVIRONMENT), { force: true });
};

const KEYS = ['FAIRLEAD_FIELD_KEY', 'FAIRLEAD_SESSION_KEY', 'FAIRLEAD_AUDIT_KEY'] as const;

/** The installation's three keys, made once; without them encrypted fields and signed anchors are unreadable for ever. */
export const keysOf = (folder: DataFolder): Record<string, string> => {
  const path = join(folder.root, 'keys.json');
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
  const keys = Object.fromEntries(
    KEYS.map((name) => [name, known[name] ?? randomBytes(32).toString('base64')]),
  );
  writePrivately(path, keys);
  return keys;
};

const ENVIRONMENT = 'environment.json';

/** Leaves the variables of a running installation for scripts that work on it (demo, verify, reconcile). */
export const writeEnvironment = (folder: DataFolder, variables: Readonly<Record<string, string>>): void =>
  writePrivately(join(folder.root, ENVIRONMENT), variables);

/** The variables of the installation that runs on this folder; undefined when none was started. */
export const readEnvironment = (root: string): Record<string, string> | undefined => {
  const path = join(root, ENVIRONMENT);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : undefined;
};

const writePrivately = (path: string, content: unknown): void => {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
};
