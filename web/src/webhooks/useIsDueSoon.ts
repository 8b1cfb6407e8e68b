import type { Schemas } from '../api/client';
import { useRoughNow } from '../ui/serverClock';

const SOON_MS = 20_000;

/** Whether something is about to become of a delivery. One that is tried again in an hour need not be watched. */
export function useIsDueSoon(webhook: () => Schemas['Webhook']) {
  const now = useRoughNow();
  return ({ nextTryAt }: Pick<Schemas['WebhookDelivery'], 'nextTryAt'>): boolean =>
    nextTryAt !== null && webhook().disabledAt === null && Date.parse(nextTryAt) < now.value + SOON_MS;
}
