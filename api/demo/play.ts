import { forEachOf } from '../race/client.ts';
import type { Making } from './making.ts';
import type { Given } from './jobs.ts';
import { CHECKOUT } from './people.ts';
import { type Story, tellStories } from './stories.ts';

const AT_ONCE = 100;

interface Unassignment {
  key: string;
  code: string;
  /** The how-manieth act with the coupon. */
  number: number;
  at: number;
}

interface Redemption {
  id: number;
  redemptionNumber: number;
  rollbackOf: number | null;
}

/**
 * Lets people do what the stories tell, each story in its order and about as many at a time as the service settles together.
 * @returns the coupons to be taken back, which wait: claimed anew, they would have two stories
 */
export async function play(
  making: Making,
  given: Record<'weekend' | 'welcome' | 'flash', Given[]>,
): Promise<Unassignment[]> {
  const { stories, goOn } = tellStories(making.now);
  const odds = {
    weekend: [
      ['redeemed', 55],
      ['kept', 38],
      ['released', 4],
      ['undone', 3],
    ],
    welcome: [
      ['redeemed', 60],
      ['kept', 40],
    ],
    flash: [['redeemed', 1]],
  } as const;
  const withCoupons = (told: Story[], coupons: Given[]) =>
    told.map((story, index) => ({ story, coupon: coupons[index] }));
  const played = [
    ...withCoupons(stories, []),
    ...withCoupons(goOn('weekend', given.weekend.length, [19, 0], odds.weekend), given.weekend),
    ...withCoupons(goOn('welcome', given.welcome.length, [12, 0], odds.welcome), given.welcome),
    ...withCoupons(goOn('flash', 6, [5, 1], odds.flash), given.flash),
  ].sort((a, b) => startOf(a.story) - startOf(b.story));
  const unassigned: Unassignment[] = [];
  await forEachOf(played, AT_ONCE, async ({ story, coupon }) => {
    unassigned.push(...(await playStory(making, story, coupon)));
  });
  return unassigned;
}

const startOf = ({ acts }: Story) => acts[0]?.at ?? 0;

async function playStory(making: Making, story: Story, coupon: Given | undefined): Promise<Unassignment[]> {
  const { admin, actors, past, bookIds, userIds } = making;
  const userId = coupon?.userId ?? userIds.get(story.email!)!;
  const own = [...actors.values()].find(({ email }) => userIds.get(email) === userId);
  const actor = own ?? actors.get(CHECKOUT)!;
  const forWhom = own ? {} : { userId };
  let code = coupon?.code;
  for (const [index, act] of story.acts.entries()) {
    const key = `${story.key} ${index}`;
    const number = index + 1;
    switch (act.deed) {
      case 'assign': {
        const body = { bookId: bookIds.get(story.book), ...forWhom };
        code = (await actor.write<Given>(key, '/coupons/assign/random', { body })).code;
        break;
      }
      case 'lock':
      case 'unlock':
      case 'redeem': {
        const metadata = act.metadata && { metadata: act.metadata };
        await actor.write(key, `/coupons/${act.deed}/${code}`, { body: { ...forWhom, ...metadata } });
        break;
      }
      case 'rollback': {
        const count = story.acts.slice(0, index).filter(({ deed }) => deed === 'redeem').length;
        const { items } = await admin.read<{ items: Redemption[] }>(`/redemptions?code=${code}`);
        const { id } = items.find((one) => one.rollbackOf === null && one.redemptionNumber === count)!;
        await admin.write(key, `/redemptions/${id}/rollback`, { body: { reason: act.reason } });
        break;
      }
      case 'unassign':
        return [{ key, code: code!, number, at: act.at }];
    }
    past.acts.push({ code: code!, number, at: act.at });
  }
  return [];
}

/** Takes coupons back from their owners. */
export async function takeBack({ admin, past }: Making, unassignments: Unassignment[]): Promise<void> {
  await forEachOf(unassignments, AT_ONCE, async ({ key, code, number, at }) => {
    await admin.write(key, `/coupons/unassign/${code}`);
    past.acts.push({ code, number, at });
  });
}
