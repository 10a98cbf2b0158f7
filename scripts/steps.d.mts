export declare const step: <Result>(
  title: string,
  run: (note: (line: string) => void) => Promise<Result> | Result,
) => Promise<Result>;
