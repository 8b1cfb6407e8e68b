import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { loadWords } from './i18n';
import { useSessionStore } from './accounts/useSessionStore';

declare module 'vue-router' {
  interface RouteMeta {
    /**
     * Who can see the page: everybody (`bare`: without a frame), only people who are not signed in, or only an ADMIN. Default: everybody
     * who is signed in.
     */
    access?: 'public' | 'bare' | 'stranger' | 'admin';
    /** Key of the page's title in the messages. */
    title: string;
  }
}

const admin = (title: string) => ({ access: 'admin', title }) as const;

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: () => (useSessionStore().isAdmin ? '/overview' : '/coupons') },
  {
    path: '/sign-in',
    component: () => import('./accounts/SignInPage.vue'),
    meta: { access: 'stranger', title: 'session.signIn' },
  },
  {
    path: '/register',
    component: () => import('./accounts/RegisterPage.vue'),
    meta: { access: 'stranger', title: 'session.register' },
  },
  {
    path: '/access',
    component: () => import('./accounts/AccessPage.vue'),
    meta: { access: 'bare', title: 'session.link.title' },
  },
  {
    path: '/coupons',
    component: () => import('./coupons/MyCouponsPage.vue'),
    meta: { title: 'common.nav.coupons' },
  },
  {
    path: '/coupons/:code',
    component: () => import('./coupons/CouponPage.vue'),
    meta: { title: 'coupons.one' },
  },
  {
    path: '/account',
    component: () => import('./accounts/AccountPage.vue'),
    meta: { title: 'common.nav.account' },
  },

  {
    path: '/overview',
    component: () => import('./overview/OverviewPage.vue'),
    meta: admin('common.nav.overview'),
  },
  { path: '/books', component: () => import('./books/BooksPage.vue'), meta: admin('common.nav.books') },
  { path: '/books/new', component: () => import('./books/NewBookPage.vue'), meta: admin('books.newTitle') },
  {
    path: '/books/:id/:tab?',
    component: () => import('./books/BookPage.vue'),
    meta: admin('common.nav.books'),
  },

  { path: '/pools', component: () => import('./pools/PoolsPage.vue'), meta: admin('common.nav.pools') },
  { path: '/pools/:id', component: () => import('./pools/PoolPage.vue'), meta: admin('common.nav.pools') },
  {
    path: '/distribute',
    component: () => import('./distributions/DistributePage.vue'),
    meta: admin('common.nav.distribute'),
  },
  { path: '/jobs', component: () => import('./jobs/JobsPage.vue'), meta: admin('common.nav.jobs') },
  { path: '/jobs/:id', component: () => import('./jobs/JobPage.vue'), meta: admin('common.nav.jobs') },
  {
    path: '/history/:what(redemptions|events)?',
    component: () => import('./history/HistoryPage.vue'),
    meta: admin('common.nav.history'),
  },
  {
    path: '/webhooks',
    component: () => import('./webhooks/WebhooksPage.vue'),
    meta: admin('common.nav.webhooks'),
  },
  {
    path: '/webhooks/:id',
    component: () => import('./webhooks/WebhookPage.vue'),
    meta: admin('common.nav.webhooks'),
  },
  {
    path: '/doctor',
    component: () => import('./doctor/DoctorPage.vue'),
    meta: admin('common.nav.doctor'),
    beforeEnter: async () => loadWords('findings'),
  },
  { path: '/users', component: () => import('./accounts/UsersPage.vue'), meta: admin('common.nav.users') },

  {
    path: '/:rest(.*)*',
    component: () => import('./NotFoundPage.vue'),
    meta: { access: 'public', title: 'common.notFoundTitle' },
  },
];

export const router = createRouter({
  history: createWebHistory(),
  routes,
  // A new document starts at its top; scrolling there would force a layout before it is complete.
  scrollBehavior: (to, from, saved) =>
    saved ?? (to.path === from.path || from.matched.length === 0 ? undefined : { top: 0 }),
});

/** Where to go after signing in: only a path of this app. */
export function pathOfOurs(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : '/';
}

// Draw the page in a task of its own, after the frame and the pressed button.
router.beforeResolve(() => new Promise((resolve) => setTimeout(resolve)));

router.beforeEach(async (to) => {
  const session = useSessionStore();
  if (to.meta.access === 'public' || to.meta.access === 'bare') return true;
  if (to.meta.access === 'stranger') return session.isSignedIn ? pathOfOurs(to.query.to) : true;
  if (!session.isSignedIn) {
    // "/" leads to a page that depends on the role.
    const wanted = (to.redirectedFrom ?? to).fullPath;
    return { path: '/sign-in', query: wanted === '/' ? {} : { to: wanted } };
  }
  if (to.meta.access === 'admin' && !session.isAdmin) return '/';
  if (session.isAdmin) await loadWords('admin');
  if (to.meta.access === 'admin' && to.path !== '/overview') await loadWords('adminReasons');
  return true;
});
