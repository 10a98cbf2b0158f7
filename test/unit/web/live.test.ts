import { leadOne } from '../../../web/src/lib/live.ts';

describe('one tab holds the live stream', () => {
  test('one that was stopped between the grant and its call begins nothing and gives the lock back', async () => {
    const stop = new AbortController();
    let began = 0;
    const locks: Pick<LockManager, 'request'> = {
      request: ((_name: string, _options: LockOptions, granted: LockGrantedCallback<unknown>) => {
        stop.abort();
        return Promise.resolve(granted(null));
      }) as LockManager['request'],
    };
    await leadOne({ locks, name: 'a', stopped: stop.signal, begin: () => (began += 1) });
    expect(began).toBe(0);
  });

  test('the next one leads when the first is stopped, and none at the same time', async () => {
    const stops = [new AbortController(), new AbortController()];
    const began: number[] = [];
    const led = stops.map((stop, index) =>
      leadOne({
        locks: navigator.locks,
        name: 'fairlead-live-test',
        stopped: stop.signal,
        begin: () => began.push(index),
      }),
    );
    await new Promise(setImmediate);
    expect(began).toEqual([0]);
    stops[0]?.abort();
    await led[0];
    await new Promise(setImmediate);
    expect(began).toEqual([0, 1]);
    stops[1]?.abort();
    await led[1];
  });

  test('one that is stopped while it waits ends quietly', async () => {
    const stops = [new AbortController(), new AbortController()];
    const [first, second] = stops.map((stop) =>
      leadOne({
        locks: navigator.locks,
        name: 'fairlead-live-quiet',
        stopped: stop.signal,
        begin: () => undefined,
      }),
    );
    stops[1]?.abort();
    await expect(second).resolves.toBeUndefined();
    stops[0]?.abort();
    await first;
  });
});
