// `npm run demo`: as start.ts, with demo data.
import { buildWebWhenStale } from './web.ts';

await buildWebWhenStale();
await import('../api/demo/demo.ts');
