import { messageExamples } from '../src/modules/webhooks/event-examples.ts';
import { messageTypes } from '../src/modules/webhooks/event-types.ts';

/** The types of messages for docs/events-out.md, each with what it tells and an example. */
export function describeEvents(): string {
  return messageTypes
    .map(
      ({ name, about }) =>
        `### \`${name}\`\n\n${about}\n\n\`\`\`json\n${JSON.stringify(messageExamples[name], null, 2)}\n\`\`\``,
    )
    .join('\n\n');
}
