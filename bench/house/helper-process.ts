/** The other end of `startHelper`: says that it is ready, then answers one question after the other. */
export const answerQuestions = (
  answer: (question: unknown) => Promise<object>,
  stop: () => Promise<void>,
): void => {
  const send = (message: object): void => {
    process.send?.(message);
  };
  process.on('message', (question) => {
    answer(question).then(send, (cause: unknown) =>
      send({ fault: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
    );
  });
  process.once('SIGTERM', () => {
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  send({ ready: true });
};
