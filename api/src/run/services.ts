import { extname, join } from 'node:path';
import { launchServices } from '../gateway/launch.ts';

/** The services, a worker and a gateway, each a process of its own on this machine. Takes the same environment as the monolith. */
await launchServices((name) => join(import.meta.dirname, `${name}${extname(import.meta.filename)}`));
