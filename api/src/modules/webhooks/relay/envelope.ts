import { bookIdOf, groupOf, type Message } from './message.ts';

export interface Receiver {
  /** Who sends: the public address of the service, or its name. */
  source: string;
  /** Whether it is given whole codes: otherwise it learns which coupon, and the first two characters. */
  includeCodes: boolean;
}

/** Enough to recognise a code by, and too little to guess the rest. */
const maskCode = (code: string) => (code.length < 8 ? '***' : `${code.slice(0, 2)}***`);

/** SQS takes a message only if XML could hold its characters: these two are the only ones that JSON leaves as they are. */
const escapeForXml = (json: string) =>
  json.replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/** A message as JSON: CloudEvents 1.0 in the structured mode. The same bytes for each try. */
export function writeEnvelope(message: Message, { source, includeCodes }: Receiver): string {
  const json = JSON.stringify({
    specversion: '1.0',
    id: message.id,
    source,
    type: message.type,
    subject: groupOf(message),
    time: message.occurredAt.toISOString(),
    datacontenttype: 'application/json',
    data: dataOf(message, includeCodes),
  });
  return escapeForXml(json);
}

function dataOf(message: Message, includeCodes: boolean): Record<string, unknown> {
  const { event, notice } = message;
  if (event) {
    const { code } = event;
    return {
      eventId: event.id,
      book: { id: event.bookId, name: event.bookName },
      coupon: { id: event.couponId, code: code === null || includeCodes ? code : maskCode(code) },
      user: { id: event.userId, externalId: event.userExternalId },
      actorId: event.actorId,
      details: event.data,
    };
  }
  if (notice) return { noticeId: notice.id, bookId: bookIdOf(message), ...notice.data };
  return { note: 'Somebody asked for this test message.' };
}
