import type { Schemas } from '../api/client';

type Color = 'success' | 'warning' | 'error' | 'neutral';

export const HEALTH_COLORS: Record<Schemas['Webhook']['health'], Color> = {
  untried: 'neutral',
  healthy: 'success',
  failing: 'warning',
  disabled: 'error',
};

export const DELIVERY_COLORS: Record<Schemas['WebhookDelivery']['status'], Color> = {
  pending: 'neutral',
  delivered: 'success',
  failed: 'error',
};

/** What people call it: by its name, or by the machine it leads to. */
export const nameOf = ({ description, url }: Schemas['Webhook']): string => description || new URL(url).host;
