/**
 * Of a double click on a button only the first click counts. Its answer may have come before the second click, which then would do it
 * once more, or press what has taken the button's place. Whoever expects quick clicks, to turn pages for example, says so with
 * `data-repeatable`; switches, tabs and other controls with a role of their own are left alone.
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
