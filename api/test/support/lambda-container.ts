// A container of AWS Lambda: the handler of one function, one event at a time. Started by lambda-platform.ts.
interface Call {
  event: object;
  timeMs: number;
}

const { handler } = (await import(process.argv[2]!)) as {
  handler: (event: object, context: object) => Promise<unknown>;
};
process.on('message', ({ event, timeMs }: Call) => {
  const endsAt = performance.now() + timeMs;
  const context = { getRemainingTimeInMillis: () => endsAt - performance.now() };
  handler(event, context).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
process.send!({ started: true });
