import closeWithGrace from 'close-with-grace';

/**
 * Ends the process on the first signal, or error that nobody handled, when `work` is done; on the second at once.
 *
 * A signal always finds a listener: close-with-grace takes its own off before it puts others on, and a signal without any ends a process
 * as it is, its database left running. Ctrl-C below `npm start` comes twice, from the terminal and from npm, and met that moment.
 */
export function stopWithGrace(
  options: closeWithGrace.Options,
  work: closeWithGrace.CloseWithGraceAsyncCallback,
): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  closeWithGrace(options, work);
}
