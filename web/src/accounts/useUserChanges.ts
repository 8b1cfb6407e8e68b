import type { DropdownMenuItem } from '@nuxt/ui';
import { useOverlay } from '@nuxt/ui/composables';
import { defineAsyncComponent } from 'vue';
import { useI18n } from 'vue-i18n';
import { api, type Schemas, unwrap } from '../api/client';
import { useSessionStore } from './useSessionStore';
import { useConfirm } from '../ui/useConfirm';
import { useNotices } from '../ui/useNotices';
import { useReload } from '../ui/useReload';
import { useWrite } from '../api/useWrite';

const AccessLinkDialog = defineAsyncComponent(() => import('./AccessLinkDialog.vue'));
const UserDialog = defineAsyncComponent(() => import('./UserDialog.vue'));

type User = Schemas['User'];
type Act = 'makeAdmin' | 'makeUser' | 'disable' | 'enable' | 'confirm';

const CHANGES = {
  makeAdmin: { role: 'ADMIN' },
  makeUser: { role: 'USER' },
  disable: { disabled: true },
  enable: { disabled: false },
  confirm: { confirmed: true },
} as const satisfies Record<Act, Partial<Pick<User, 'role' | 'confirmed'> & { disabled: boolean }>>;

/** Makes accounts, and what an administrator can change about one. Of their own only its details: nobody locks themselves out. */
export function useUserChanges() {
  const { t } = useI18n();
  const { confirm } = useConfirm();
  const notices = useNotices();
  const reload = useReload();
  const session = useSessionStore();
  const overlay = useOverlay();

  const change = useWrite((headers, id: string, body: (typeof CHANGES)[Act]) =>
    unwrap(api.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body, headers })),
  );

  async function askAndChange(act: Act, { id, email }: User): Promise<void> {
    const yes = await confirm({
      title: t(`users.${act}Title`, { email }),
      text: t(`users.${act}Text`),
      confirm: t(`users.${act}`),
      color: act === 'enable' || act === 'confirm' ? 'primary' : 'error',
    });
    if (!yes) return;
    const changed = await change.run(id, CHANGES[act]);
    if (changed) notices.success(t('users.changed', { email }));
    else notices.problem(change.problem.value);
    await reload(['users']);
  }

  const ask = async (props?: { user: User }) =>
    (await overlay.create(UserDialog, { destroyOnClose: true }).open(props)) as User | null;

  async function create(): Promise<void> {
    const made = await ask();
    if (made) notices.success(t('users.created', { email: made.email }));
  }

  async function changeDetails(user: User): Promise<void> {
    const changed = await ask({ user });
    if (!changed) return;
    notices.success(t('users.changed', { email: changed.email }));
    // The session knows the name of its account.
    if (user.id === session.user?.id) await session.renew().catch(() => {});
  }

  async function giveLink(user: User): Promise<void> {
    await overlay.create(AccessLinkDialog, { destroyOnClose: true }).open({ user });
  }

  /** The menu of an account: where its history is, and what can be changed. */
  function menuOf(user: User): DropdownMenuItem[][] {
    const item = (act: Act, icon: string): DropdownMenuItem => ({
      label: t(`users.${act}`),
      icon,
      color: act === 'disable' ? 'error' : undefined,
      disabled: change.running.value, // One at a time: nothing is confirmed that would not be sent.
      onSelect: () => void askAndChange(act, user),
    });
    const links: DropdownMenuItem[] = [
      { label: t('users.history'), icon: 'i-lucide-history', to: `/history/events?user=${user.id}` },
      { label: t('users.redemptions'), icon: 'i-lucide-receipt', to: `/history/redemptions?user=${user.id}` },
      { label: t('users.done'), icon: 'i-lucide-footprints', to: `/history/events?actor=${user.id}` },
    ];
    const details: DropdownMenuItem = {
      label: t('users.details'),
      icon: 'i-lucide-pencil',
      onSelect: () => void changeDetails(user),
    };
    if (user.id === session.user?.id) return [links, [details]];
    return [
      links,
      [
        details,
        {
          label: t('users.link.menu'),
          icon: 'i-lucide-link',
          disabled: user.disabledAt !== null,
          onSelect: () => void giveLink(user),
        },
        ...(user.confirmed ? [] : [item('confirm', 'i-lucide-badge-check')]),
        user.role === 'ADMIN'
          ? item('makeUser', 'i-lucide-user')
          : item('makeAdmin', 'i-lucide-shield-check'),
        user.disabledAt === null ? item('disable', 'i-lucide-ban') : item('enable', 'i-lucide-circle-check'),
      ],
    ];
  }

  return { create, menuOf };
}
