import type { Finding } from './useFindingWords';

export const SEVERITY_LOOKS = {
  error: { color: 'error', icon: 'i-lucide-circle-alert' },
  warning: { color: 'warning', icon: 'i-lucide-triangle-alert' },
  notice: { color: 'neutral', icon: 'i-lucide-info' },
} as const satisfies Record<Finding['severity'], object>;

/** Where something can be done about it, and the name of that place. */
export function placeOf({ reason, values }: Finding) {
  if (values.bookId !== undefined) return { to: `/books/${values.bookId}`, name: 'book' } as const;
  if (reason === 'jobs-failed') return { to: '/jobs?status=failed', name: 'jobs' } as const;
  if (reason === 'jobs-not-run') return { to: '/jobs?status=queued', name: 'jobs' } as const;
  if (reason === 'webhooks-failing') return { to: '/webhooks', name: 'webhooks' } as const;
  if (reason === 'email-clashes') return { to: '/users?state=emailClash', name: 'users' } as const;
  return undefined;
}
