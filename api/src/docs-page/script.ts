import { icon } from './icon.ts';

/**
 * What the documentation page does beyond Swagger UI: it is dark where the system is, and signs in, so that "Try it out" sends an
 * access token. The token stays on the page: no cookie is taken, and the web app in another tab keeps its own session.
 */
export const script = `
'use strict';
const viewport = document.createElement('meta');
viewport.name = 'viewport';
viewport.content = 'width=device-width, initial-scale=1';
document.head.append(viewport);

const dark = matchMedia('(prefers-color-scheme: dark)');
const colour = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', colour);
colour();

const head = document.createElement('header');
head.id = 'head';
head.innerHTML = \`<div>
  <a href="/"><img alt="" src="data:image/svg+xml,${encodeURIComponent(icon)}">Coupon Book API</a>
  <form>
    <input name="email" type="email" autocomplete="username" placeholder="E-mail" aria-label="E-mail" required>
    <input name="password" type="password" autocomplete="current-password" placeholder="Password" aria-label="Password" required>
    <button>Sign in</button>
  </form>
  <button id="sign-out" type="button" hidden>Sign out</button>
  <p role="status">Sign in to try calls here. They are real: what they change is changed.</p>
</div>\`;
document.body.prepend(head);
const form = head.querySelector('form');
const signOut = head.querySelector('#sign-out');
const status = head.querySelector('p');

function show(text, { isError = false, isSignedIn = false } = {}) {
  status.textContent = text;
  status.className = isError ? 'error' : '';
  form.hidden = isSignedIn;
  signOut.hidden = !isSignedIn;
}

let ending;
function forget(text) {
  clearTimeout(ending);
  window.swaggerSystem.authActions.logout(['accessToken']);
  show(text);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(form));
  try {
    const response = await fetch('/api/v1/auth/login', {
      method: 'POST',
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    const answer = await response.json();
    if (!response.ok) return show(answer.detail, { isError: true });
    window.swaggerSystem.authActions.authorize({
      accessToken: { name: 'accessToken', schema: { type: 'http', scheme: 'bearer' }, value: answer.accessToken },
    });
    form.reset();
    show(\`Signed in as \${answer.user.email} (\${answer.user.role}), for \${Math.round(answer.expiresIn / 60)} minutes.\`, { isSignedIn: true });
    ending = setTimeout(() => forget('Your access token has expired. Sign in again.'), answer.expiresIn * 1000);
  } catch {
    show('The service does not answer. Try again.', { isError: true });
  }
});
signOut.addEventListener('click', () => forget('Signed out.'));
`;
