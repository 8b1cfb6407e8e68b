// `npm start`: the web app built when it is stale, then the whole product in this process.
import { buildWebWhenStale } from './web.ts';

await buildWebWhenStale();
await import('../api/src/run/monolith.ts');
