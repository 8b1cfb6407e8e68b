import './styles.css';
import icons from '@nuxt/ui/runtime/vue/plugins/icons.js';
import { PiniaColada } from '@pinia/colada';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { ignoreSecondClicks } from './double-clicks';
import { i18n, preferredLanguage, setLanguage } from './i18n';
import { router } from './router';
import { useSessionStore } from './stores/session';

const app = createApp(App).use(createPinia()).use(PiniaColada, {}).use(i18n).use(icons);

// Without an answer to "who is signed in?" the app starts all the same: the sign-in page says what is wrong.
await Promise.all([
  setLanguage(preferredLanguage()),
  useSessionStore()
    .restore()
    .catch(() => {}),
]);
ignoreSecondClicks();
app.use(router).mount('#app');
