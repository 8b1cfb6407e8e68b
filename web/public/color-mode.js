// Before the first paint, so that a dark page does not flash white. A file of its own: the policy forbids inline scripts.
(function () {
  const chosen = localStorage.getItem('vueuse-color-scheme');
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
})();
