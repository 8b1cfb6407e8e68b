// Builds the web app into web/dist. buildWebWhenStale() runs it as a process of its own.
import { buildWeb } from './web.ts';

// It ends with who started it.
if (process.channel) {
  process.once('disconnect', () => process.exit(1));
  process.channel.unref();
}
await buildWeb();
