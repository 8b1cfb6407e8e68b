import { computed, ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { api, unwrap } from '../api/client';
import { type Coupon, useCouponsStore } from './useCouponsStore';
import { useSessionStore } from '../accounts/useSessionStore';
import { announce } from '../ui/announce';
import { useBackOnline } from '../ui/useBackOnline';
import { useConfirm } from '../ui/useConfirm';
import { useNotices } from '../ui/useNotices';
import { useWrite } from '../api/useWrite';

export type Action = 'lock' | 'unlock' | 'redeem' | 'unassign';

/** The actions on a coupon that has an owner: one at a time, and each happens once. An ADMIN acts for the owner. */
export function useCouponActions(coupon: () => Coupon) {
  const { t } = useI18n();
  const store = useCouponsStore();
  const session = useSessionStore();
  const notices = useNotices();
  const { confirm, preload } = useConfirm();
  const pending = ref<Action | null>(null);

  const write = useWrite((headers, action: Action, code: string, userId: string | undefined) => {
    const request = { params: { path: { code } }, body: { userId }, headers };
    switch (action) {
      case 'lock':
        return unwrap(api.POST('/api/v1/coupons/lock/{code}', request));
      case 'unlock':
        return unwrap(api.POST('/api/v1/coupons/unlock/{code}', request));
      case 'redeem':
        return unwrap(api.POST('/api/v1/coupons/redeem/{code}', request));
      case 'unassign': {
        const { params } = request;
        return unwrap(api.POST('/api/v1/coupons/unassign/{code}', { params, headers }));
      }
    }
  });

  const actions = computed(() => coupon().actions.filter((action): action is Action => action !== 'assign'));

  async function act(action: Action): Promise<void> {
    if (write.running.value || !(await isMeant(action))) return;
    const { code, ownerId } = coupon();
    pending.value = action;
    settle(await write.run(action, code, forWhom(action, ownerId)));
  }

  async function retry(): Promise<void> {
    settle(await write.retry());
  }

  /** The owner, if an ADMIN acts for them. */
  const forWhom = (action: Action, ownerId: string | null) =>
    action !== 'unassign' && ownerId !== null && ownerId !== session.user?.id ? ownerId : undefined;

  async function isMeant(action: Action): Promise<boolean> {
    const { code, redemptionsLeft } = coupon();
    if (action === 'redeem')
      return confirm({
        title: t('coupons.redeemQuestion', { code }),
        text: t(redemptionsLeft === 1 ? 'coupons.redeemText' : 'coupons.redeemOnceText'),
        confirm: t('coupons.actions.redeem'),
        color: 'success',
      });
    if (action === 'unassign')
      return confirm({
        title: t('coupons.unassignQuestion', { code }),
        text: t('coupons.unassignText'),
        confirm: t('coupons.actions.unassign'),
        color: 'error',
      });
    return true;
  }

  function settle(answer: Coupon | undefined): void {
    const action = pending.value;
    if (answer) {
      store.note(answer);
      pending.value = null;
      if (action === 'lock') {
        preload();
        announce(t('coupons.locked', { code: answer.code }));
      } else if (action) notices.success(t(`coupons.done.${action}`), answer.code);
      return;
    }
    const problem = write.problem.value;
    if (!problem || problem.isUncertain) return; // The page offers to try again.
    pending.value = null;
    notices.problem(problem);
    write.reset();
    void store.fetch(coupon().code).catch(() => {}); // What made it impossible is not on the screen yet.
  }

  // The coupon itself tells whether it was done.
  useBackOnline(async () => {
    if (!write.problem.value?.isUncertain) return;
    const found = await store.fetch(coupon().code).catch(() => null);
    if (!found || write.running.value) return;
    pending.value = null;
    write.reset();
  });

  return {
    actions,
    act,
    retry,
    /** The action that is running, or whose result nobody knows. */
    pending,
    running: write.running,
    /** Set when nobody knows whether it was done: offer `retry`. */
    problem: write.problem,
  };
}
