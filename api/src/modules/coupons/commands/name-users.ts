import type { Database } from '../../../database/connection.ts';
import { findIdsByExternalId } from '../../accounts/people/queries.ts';
import type { SubmittedCommand } from './command.ts';

/** An id that no account has. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

export const isForNobody = ({ userId }: Pick<SubmittedCommand, 'userId'>) => userId === NOBODY;

/**
 * Finds out whom the commands of a group are for that have an external id: one question for all of them, none when nobody has one, and
 * anew when a command is tried again. To who may name nobody else, others are nobody, whether or not they exist.
 */
export async function nameUsers(db: Database, commands: SubmittedCommand[]): Promise<SubmittedCommand[]> {
  const asked = new Set(commands.flatMap(({ externalUserId }) => externalUserId ?? []));
  if (asked.size === 0) return commands;
  const ids = await findIdsByExternalId(db, [...asked]);
  return commands.map((command) => {
    const { actor, externalUserId } = command;
    if (externalUserId === undefined) return command;
    const id = ids.get(externalUserId) ?? NOBODY;
    return { ...command, userId: actor.role === 'ADMIN' || id === actor.id ? id : NOBODY };
  });
}
