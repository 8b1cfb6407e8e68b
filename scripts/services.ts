// `npm run services`: the web app built when it is stale, then the product as services behind a gateway.
import { buildWebWhenStale } from './web.ts';

await buildWebWhenStale();
await import('../api/src/run/services.ts');
