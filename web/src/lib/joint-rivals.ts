import type { TaskDetail } from '../../../api/contract/tasks.ts';

/** One of the registrations that a joint task is about, in the order of the program's rules. */
export interface JointRival {
  readonly registrationId: string;
  readonly reference: string;
  readonly customerName: string;
  /** Whether the rules find it level with the first: those may share, where the task offers it. */
  readonly level: boolean;
}

/** The rivals of a joint task, first of the ranking first; empty for any other task. */
export function jointRivalsOf(task: Pick<TaskDetail, 'kind' | 'facts'>): JointRival[] {
  if (task.kind !== 'joint_review') return [];
  const ranking = rowsOf(task.facts['ranking']);
  const place = (id: string): number => ranking.findIndex((row) => row['registrationId'] === id);
  return rowsOf(task.facts['rivals'])
    .map((row) => ({
      registrationId: text(row['registrationId']),
      reference: text(row['reference']),
      customerName: text(row['customerName']),
    }))
    .toSorted((left, right) => place(left.registrationId) - place(right.registrationId))
    .map((rival) => ({ ...rival, level: isLevel(ranking[place(rival.registrationId)]) }));
}

function isLevel(row: Readonly<Record<string, unknown>> | undefined): boolean {
  const behind = row?.['behindBy'];
  if (behind === null) return true;
  return typeof behind === 'object' && 'rule' in behind && behind.rule === 'sharedReduced';
}

function rowsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value)
    ? value.filter((row): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null)
    : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
