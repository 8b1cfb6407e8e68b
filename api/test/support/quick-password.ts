import * as bcrypt from '@node-rs/bcrypt';
import { digest } from '../../src/modules/accounts/sessions/passwords.ts';
import { rowsOf } from './stage.ts';

/**
 * Gives an account a password whose check takes a millisecond and not 0.2 s, for tests that sign in by the way. A hash says itself how
 * much work it is.
 */
export async function setQuickPassword(databaseUrl: string, email: string, password: string): Promise<void> {
  await rowsOf(databaseUrl, 'UPDATE users SET password_hash = $2 WHERE email = $1', [
    email,
    await bcrypt.hash(digest(password), 4),
  ]);
}
