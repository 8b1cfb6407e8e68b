// `npm run build`: the web app, into web/dist. Everything else runs as it is.
import { buildWeb } from './web.ts';

// Started by buildWebWhenStale(), it ends with who did that.
if (process.channel) {
  process.once('disconnect', () => process.exit(1));
  process.channel.unref();
}
await buildWeb();
