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

// The files of the page come while it is being asked who is signed in. Should they be gone, the router finds out too.
void loadRouteLocation(router.resolve(location.pathname)).catch(() => {});
// Meanwhile: the first date or number of a page takes the browser 40 ms, which reads the words of languages then.
setTimeout(() => new Date().toLocaleString());
// Without an answer to "who is signed in?" the app starts all the same: the sign-in page says what is wrong.
await Promise.all([
  setLanguage(preferredLanguage()),
  useSessionStore()
    .restore()
    .catch(() => {}),
]);
ignoreSecondClicks();
app.use(router).mount('#app');
