/** `npm ci` in `folder` when something its lock names is absent or of another version; one at a time in the clone `root`. */
export function installWhenStale(folder: string, root: string): Promise<void>;
