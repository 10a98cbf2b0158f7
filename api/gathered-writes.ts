/**
 * Gathers what nobody waits for and writes it together a moment later: one transaction for many. `write` deals with its own
 * failure; what is still gathered is lost with this process.
 */
export function gatherWrites<Item>(input: {
  afterMs: number;
  write: (items: readonly Item[]) => Promise<void>;
}): (item: Item) => void {
  let gathered: Item[] = [];
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    timer = null;
    const items = gathered;
    gathered = [];
    void input.write(items);
  }

  return (item) => {
    gathered.push(item);
    timer ??= setTimeout(flush, input.afterMs).unref();
  };
}
