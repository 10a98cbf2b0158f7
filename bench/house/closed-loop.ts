/** How a contestant is driven: as many deals under way at once as said, a new one whenever one ends, until the time is up. */
export interface LoadAsked {
  readonly forMs: number;
  readonly atOnce: number;
}

export interface LoadSeen {
  readonly deals: number;
  /** From the first begin to the last end: those under way when the time is up are finished and counted. */
  readonly wallMs: number;
  readonly dealMs: readonly number[];
}

export const runClosedLoop = async (
  load: LoadAsked,
  deal: (number: number) => Promise<void>,
): Promise<LoadSeen> => {
  const dealMs: number[] = [];
  const beganMs = performance.now();
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - beganMs < load.forMs) {
      const startedMs = performance.now();
      begun += 1;
      await deal(begun);
      dealMs.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, lane));
  return { deals: dealMs.length, wallMs: performance.now() - beganMs, dealMs };
};
