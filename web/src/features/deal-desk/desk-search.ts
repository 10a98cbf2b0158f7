const tones = ['breached', 'dueSoon', 'waiting', 'paused'] as const;

/** The deal desk as its address says it: which part of the queue is shown. */
export interface DeskSearch {
  readonly band?: string | undefined;
  readonly queue?: string | undefined;
  readonly tone?: (typeof tones)[number] | undefined;
}

/** Reads an address; what is not a filter, or not a value of one, is left out. */
export function readDeskSearch(raw: Record<string, unknown>): DeskSearch {
  return {
    band: textOf(raw['band']),
    queue: textOf(raw['queue']),
    tone: tones.find((tone) => tone === raw['tone']),
  };
}

function textOf(value: unknown): string | undefined {
  // The router reads a text of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 60) : undefined;
}
