import type { Schemas } from '../api/client';

type Job = Schemas['Job'];

/** How each kind and status of a job looks, everywhere: never by colour alone. */
export const KIND_ICONS = {
  import: 'i-lucide-file-up',
  generate: 'i-lucide-sparkles',
  distribute: 'i-lucide-split',
  undo: 'i-lucide-undo-2',
} as const satisfies Record<Job['kind'], string>;

export const STATUS_LOOKS = {
  queued: { color: 'neutral', icon: 'i-lucide-clock' },
  running: { color: 'info', icon: 'i-lucide-loader' },
  completed: { color: 'success', icon: 'i-lucide-circle-check' },
  failed: { color: 'error', icon: 'i-lucide-circle-x' },
  cancelled: { color: 'warning', icon: 'i-lucide-circle-slash' },
} as const satisfies Record<Job['status'], { color: string; icon: string }>;
