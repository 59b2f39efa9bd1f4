// The server writes the page; this asks for it again, puts what changed in place, and draws the charts.
import { Charts } from './charts.js';
import { Zone } from './zone.js';
import { Table } from './table.js';

const pollMs = 5000;
const state = document.getElementById('state');
const charts = new Charts(document.getElementById('charts'));
const zone = new Zone(document.getElementById('zone'), document.getElementById('zones'), redraw);
const table = new Table(remember);
const markup = new Map();
let shownAt = new Date(), trouble = '', waiting = 0, asking = null;

const live = page => [...page.querySelectorAll('[data-live]')];

function redraw() {
  zone.write(document);
  charts.zone = zone.name;
  remember('tz', zone.name === 'UTC' ? null : zone.name);
  draw();
}

function draw() {
  const data = document.getElementById('data');
  if (data && charts.box) charts.show(JSON.parse(data.textContent));
}

// What is chosen stands in the link, so that it can be sent and lives through a reload.
function remember(name, value) {
  const link = new URL(location.href);
  if (value) link.searchParams.set(name, value);
  else link.searchParams.delete(name);
  history.replaceState(null, '', link);
}

function go(change) {
  const link = new URL(location.href);
  change(link.searchParams);
  history.pushState(null, '', link);
  refresh();
}

async function refresh() {
  clearTimeout(waiting);
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: 'text/html' }, signal: AbortSignal.any([mine.signal, AbortSignal.timeout(15000)]) });
    const text = await answer.text();
    if (mine !== asking) return;
    if (answer.ok) take(new DOMParser().parseFromString(text, 'text/html'));
    else trouble = reasonOf(answer, text);
  } catch (fault) {
    if (mine !== asking) return;
    trouble = 'The service does not answer';
  }
  tell();
  wait();
}

function reasonOf(answer, text) {
  if (answer.headers.get('Content-Type')?.includes('json')) return JSON.parse(text).detail;
  const notice = new DOMParser().parseFromString(text, 'text/html').querySelector('#notice');
  return notice ? [...notice.querySelectorAll('h2, h2 + p')].map(part => part.textContent).join(': ') : `The service answers ${answer.status}`;
}

function take(page) {
  trouble = '';
  shownAt = new Date();
  // A page that began while nothing could be read has no places for the parts.
  if (!document.getElementById('view')) return location.reload();
  document.querySelector('main').dataset.now = page.querySelector('main').dataset.now;
  for (const part of live(page)) {
    const here = document.getElementById(part.id);
    if (!here || markup.get(part.id) === part.innerHTML) continue;
    const focused = focusIn(here);
    markup.set(part.id, part.innerHTML);
    const scroll = here.querySelector('.scroll')?.scrollTop;
    here.replaceChildren(...part.childNodes);
    if (scroll) here.querySelector('.scroll').scrollTop = scroll;
    if (focused !== null) focusable(here)[focused]?.focus();
  }
  const data = document.getElementById('data');
  if (data) data.textContent = page.getElementById('data').textContent;
  press(page);
  table.sort();
  zone.write(document);
  draw();
}

const focusable = part => [...part.querySelectorAll('button, input, a, [tabindex]')];

function focusIn(part) {
  const place = focusable(part).indexOf(document.activeElement);
  return place < 0 ? null : place;
}

function press(page) {
  for (const button of document.querySelectorAll('#view [name=range]'))
    button.setAttribute('aria-pressed', page.querySelector(`#view [value=${button.value}]`).getAttribute('aria-pressed'));
}

const two = number => String(number).padStart(2, '0');
const clock = time => `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;

function tell() {
  state.classList.toggle('stale', trouble !== '');
  state.textContent = trouble ? `${trouble}. Figures are of ${clock(shownAt)}; asking again.` : 'Live';
  state.title = `read at ${clock(shownAt)} by this machine's clock`;
}

function wait() {
  clearTimeout(waiting);
  if (!document.hidden) waiting = setTimeout(refresh, pollMs);
}

document.addEventListener('visibilitychange', () => document.hidden ? clearTimeout(waiting) : refresh());
addEventListener('popstate', refresh);
addEventListener('resize', () => charts.box && charts.resize());

document.getElementById('view')?.addEventListener('submit', event => {
  event.preventDefault();
  const range = event.submitter?.value ?? 'day';
  go(query => { query.set('range', range); query.delete('from'); query.delete('to'); });
});
document.getElementById('view')?.addEventListener('change', event => {
  if (event.target.name !== 'platform') return;
  const chosen = new FormData(event.currentTarget).getAll('platform');
  go(query => { query.delete('platform'); chosen.forEach(label => query.append('platform', label)); });
});
document.getElementById('custom')?.addEventListener('submit', event => {
  event.preventDefault();
  const form = new FormData(event.currentTarget);
  go(query => ['range', 'from', 'to'].forEach(name => query.set(name, form.get(name))));
});

const theme = document.getElementById('theme');
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
function name() { theme.textContent = dark() ? 'Light' : 'Dark'; theme.title = `Change to the ${dark() ? 'light' : 'dark'} theme`; }
theme.addEventListener('click', () => {
  const next = dark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem('streamagg-theme', next); } catch { /* It holds for this page alone. */ }
  name();
  draw();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { name(); draw(); });
theme.hidden = false;
name();

for (const part of live(document)) markup.set(part.id, part.innerHTML);
if (document.getElementById('view')) {
  table.sort();
  redraw();
  tell();
} else {
  trouble = 'Nothing is shown yet';
  state.textContent = 'Asking again';
}
wait();
