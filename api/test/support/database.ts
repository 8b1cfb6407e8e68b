import { inject } from 'vitest';
import { cloneTemplate, type TestDatabase } from './test-postgres.ts';

export type { TestDatabase } from './test-postgres.ts';

/** A migrated, empty database of the caller's own, with all rights. drop() also ends the connections left to it. */
export const createTestDatabase = (): Promise<TestDatabase> => cloneTemplate(inject('adminUrl'));
