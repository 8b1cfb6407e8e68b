import { ref } from '../../schemas.ts';
import { messageExamples } from './event-examples.ts';
import { messageTypes } from './event-types.ts';

/** What a webhook is sent, as OpenAPI 3.0 says it: each type with its schema and an example. */
export const messageCallbacks = Object.fromEntries(
  messageTypes.map(({ name, about, schema }) => [
    name,
    {
      '{$request.body#/url}': {
        post: {
          summary: about,
          requestBody: {
            content: {
              'application/cloudevents+json': { schema: ref(schema), example: messageExamples[name] },
            },
          },
          responses: {
            '2XX': { description: 'taken; anything else is a failure, and the message comes again' },
            410: { description: 'the endpoint is gone: it is switched off' },
          },
        },
      },
    },
  ]),
);
