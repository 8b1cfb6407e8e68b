/** The icon of the web app (web/public/favicon.svg), which a process without it has too. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <path fill="#4338ca" d="M5 6h22a3 3 0 0 1 3 3v4a3 3 0 0 0 0 6v4a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3v-4a3 3 0 0 0 0-6V9a3 3 0 0 1 3-3Z"/>
  <path fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" d="M20 11 12 21"/>
  <circle cx="12" cy="12" r="2" fill="#fff"/>
  <circle cx="20" cy="20" r="2" fill="#fff"/>
</svg>`;
