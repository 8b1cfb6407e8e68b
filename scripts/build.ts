// `npm run build`: the web app, into web/dist. Everything else runs as it is.
import { buildWeb } from './web.ts';

await buildWeb();
