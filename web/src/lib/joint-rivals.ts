import type { TaskDetail } from '../../../api/contract/tasks.ts';

/** One of the registrations that a joint task is about, in the order of the program's rules. */
export interface JointRival {
  readonly registrationId: string;
  readonly reference: string;
  readonly customerName: string;
  /** What put it behind the first; null for the first. */
  readonly behindBy: {
    readonly rule: string;
    readonly mine: number | null;
    readonly best: number | null;
  } | null;
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
    .map((rival) => {
      const behindBy = behindOf(ranking[place(rival.registrationId)]);
      return { ...rival, behindBy, level: behindBy === null || behindBy.rule === 'sharedReduced' };
    });
}

/** Whoever is not in the ranking is behind, for a reason that is not known. */
function behindOf(row: Readonly<Record<string, unknown>> | undefined): JointRival['behindBy'] {
  if (row?.['behindBy'] === null) return null;
  const behind = { ...(row?.['behindBy'] as object | undefined) } as Readonly<Record<string, unknown>>;
  const score = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return { rule: text(behind['rule']), mine: score(behind['mine']), best: score(behind['best']) };
}

function rowsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value)
    ? value.filter((row): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null)
    : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
