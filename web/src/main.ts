import './styles.css';
import icons from '@nuxt/ui/runtime/vue/plugins/icons.js';
import { PiniaColada } from '@pinia/colada';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { loadRouteLocation } from 'vue-router';
import { keepWhatIsSame } from './api/keepWhatIsSame';
import { readAgainWhatWasLeft } from './api/readAgainWhatWasLeft';
import App from './App.vue';
import { ignoreSecondClicks } from './ignoreSecondClicks';
import { i18n, preferredLanguage, setLanguage } from './i18n';
import { router } from './router';
import { useSessionStore } from './accounts/useSessionStore';

const app = createApp(App)
  .use(createPinia())
  .use(PiniaColada, { plugins: [keepWhatIsSame, readAgainWhatWasLeft] })
  .use(i18n)
  .use(icons);

// Load the files of the page while asking who is signed in. If they no longer exist, the router finds out too.
void loadRouteLocation(router.resolve(location.pathname)).catch(() => {});
// Meanwhile: the first date of a page takes the browser 40 ms, because it loads the words of the language.
setTimeout(() => new Date().toLocaleString());
// If nobody answers who is signed in, the app starts anyway, and the sign-in page says what is wrong.
await Promise.all([
  setLanguage(preferredLanguage()),
  useSessionStore()
    .restore()
    .catch(() => {}),
]);
ignoreSecondClicks();
app.use(router).mount('#app');
