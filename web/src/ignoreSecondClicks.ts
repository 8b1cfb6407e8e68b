/**
 * Only the first click of a double click on a button counts. The second one could repeat an action that has already been answered, or
 * press whatever has taken the button's place. `data-repeatable` allows quick clicks, to turn pages for example; switches, tabs and
 * other controls with a role are left alone.
 */
export function ignoreSecondClicks(): void {
  document.addEventListener(
    'click',
    (event) => {
      if (event.detail < 2 || !(event.target instanceof Element)) return;
      const button = event.target.closest('button:not([role])');
      if (!button || button.closest('[data-repeatable]')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
