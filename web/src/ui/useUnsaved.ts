import { useEventListener } from '@vueuse/core';
import { useI18n } from 'vue-i18n';
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router';
import { useConfirm } from './useConfirm';

/** Asks before somebody leaves a page, or closes a tab, with unsaved changes. */
export function useUnsaved(isChanged: () => boolean): void {
  const { t } = useI18n();
  const { confirm } = useConfirm();
  const mayLeave = async () =>
    !isChanged() ||
    confirm({
      title: t('common.unsaved.title'),
      text: t('common.unsaved.text'),
      confirm: t('common.unsaved.discard'),
      color: 'error',
    });
  onBeforeRouteLeave(mayLeave);
  // Another tab of the same page, not a change of its filters.
  onBeforeRouteUpdate((to, from) => to.path === from.path || mayLeave());
  useEventListener(window, 'beforeunload', (event) => {
    if (isChanged()) event.preventDefault();
  });
}
