import type { TaskKindKey } from '../../../../domain/words/en.ts';

const taskKinds = [
  'registration_review',
  'joint_review',
  'conflict_resolution',
  'extension',
  'amendment',
  'appeal',
  'pricing_approval',
] as const satisfies readonly TaskKindKey[];
const tones = ['breached', 'dueSoon', 'waiting', 'paused'] as const;
const shows = ['mine', 'claimed', 'all'] as const;

/** The inbox as its address says it. */
export interface InboxSearch {
  /** The task that is open at the right. */
  readonly task?: string | undefined;
  readonly show?: (typeof shows)[number] | undefined;
  readonly kind?: TaskKindKey | undefined;
  readonly tone?: (typeof tones)[number] | undefined;
  readonly queue?: string | undefined;
  readonly search?: string | undefined;
}

/** Reads an address, or the filters of a saved view; what is not a filter, or not a value of one, is left out. */
export function readInboxSearch(raw: Record<string, unknown>): InboxSearch {
  return {
    task: text(raw['task']),
    show: shows.find((one) => one === raw['show']),
    kind: taskKinds.find((one) => one === raw['kind']),
    tone: tones.find((one) => one === raw['tone']),
    queue: text(raw['queue']),
    search: text(raw['search']),
  };
}

function text(value: unknown): string | undefined {
  // The router reads a text of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 120) : undefined;
}
