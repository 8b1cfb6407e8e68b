import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { authorizedFetch } from './client';
import { ApiProblem, readProblem, toProblem } from './problem';

/** Nothing for this long means that the connection is dead: the API sends a heartbeat every 15 seconds. */
const SILENCE_MS = 40_000;

/**
 * The messages of `GET /api/v1/events/stream` on one connection, until it ends. With `fetch`, since EventSource cannot send a token.
 * @param lastEventId the `id` of the last message heard, to go on from there
 * @throws {ApiProblem} when the API refuses, or does not answer; silence beyond two heartbeats ends it as `network`
 */
export async function* readEventStream(
  lastEventId: string | null,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage, void> {
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    const request = new Request(new URL('/api/v1/events/stream', window.location.origin), {
      headers: lastEventId === null ? {} : { 'last-event-id': lastEventId },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const response = await authorizedFetch(request);
    if (!response.ok || !response.body) throw await readProblem(response);
    const listening = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        heard();
        controller.enqueue(chunk);
      },
    });
    const messages = response.body
      .pipeThrough(listening)
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
      .pipeThrough(new EventSourceParserStream())
      .getReader();
    for (;;) {
      const { done, value } = await messages.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiProblem) throw error;
    throw toProblem(error);
  } finally {
    clearTimeout(alarm);
  }
}
