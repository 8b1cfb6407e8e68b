/** Waits until no other live process has announced itself in the folder `lock`. @returns ends the turn */
export function takeTurn(lock: string, what: string): Promise<() => void>;
