// What the public may see: quarter-hour sums, and why plans changed.
import { svg, node } from '/assets/diagrams.js';

let words = {};
let language = localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
const t = (key, ...values) => (words[key] ?? key).replace(/\{(\d)\}/g, (_, k) => values[k] ?? '');
const main = document.getElementById('main');

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

const time = (ms) => new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'short', timeStyle: 'short' });

async function show() {
  words = await get(`/v1/messages/${language}`);
  document.documentElement.lang = language;
  document.title = `Greenwave – ${t('page.public')}`;
  const button = document.getElementById('language');
  button.textContent = language === 'zh' ? 'English' : '中文';
  button.onclick = () => {
    language = language === 'zh' ? 'en' : 'zh';
    localStorage.setItem('language', language);
    show();
  };
  const [flows, changes] = await Promise.all([get('/public/v1/flows'), get(`/public/v1/changes?language=${language}`)]);
  main.replaceChildren(intro(), chart(flows), table(flows), changeList(changes));
}

function intro() {
  const links = ['csv', 'json', 'geojson'].flatMap((format) => [make('a', { href: `/public/v1/flows?format=${format}` }, format.toUpperCase()), ' ']);
  return make('section', { class: 'card' }, make('h2', {}, t('page.public')), make('p', {}, t('page.publicNote')),
    make('p', {}, t('page.download') + ' ', ...links));
}

function chart(flows) {
  const sums = new Map();
  for (const flow of flows) sums.set(flow.time, (sums.get(flow.time) ?? 0) + (flow.vehicles ?? 0));
  const times = [...sums.keys()].sort((a, b) => a - b);
  const card = make('section', { class: 'card' }, make('h3', {}, t('page.vehiclesPerQuarter')));
  if (times.length === 0) {
    card.append(make('p', { class: 'note' }, t('page.nothingYet')));
    return card;
  }
  const width = 720, height = 160, most = Math.max(...sums.values(), 1), step = (width - 50) / times.length;
  const root = svg(width, height, t('page.vehiclesPerQuarter'));
  root.append(node('text', { x: 44, y: 16, 'text-anchor': 'end', class: 'quiet' }, String(most)));
  times.forEach((moment, index) => {
    const tall = sums.get(moment) / most * (height - 40);
    root.append(node('rect', { x: 50 + index * step, y: height - 24 - tall, width: Math.max(1, step - 2), height: tall, class: 'bar' }));
    if (index % Math.ceil(times.length / 6) === 0) root.append(node('text', { x: 50 + index * step, y: height - 8, class: 'quiet' }, time(moment)));
  });
  card.append(root);
  return card;
}

function table(flows) {
  const head = make('tr', {}, ...['page.time', 'page.signal', 'page.vehicles', 'page.delay', 'page.carbon'].map((key, k) =>
    make('th', { scope: 'col', class: k > 1 ? 'number' : '' }, t(key))));
  const rows = flows.slice(-400).reverse().map((flow) => make('tr', {}, make('td', {}, time(flow.time)), make('td', {}, flow.signal),
    make('td', { class: 'number' }, flow.vehicles === undefined ? t('page.fewer') : String(flow.vehicles)),
    make('td', { class: 'number' }, flow.delay === undefined ? '–' : flow.delay.toFixed(1)),
    make('td', { class: 'number' }, flow.carbonDioxide === undefined ? '–' : flow.carbonDioxide.toFixed(1))));
  return make('section', { class: 'card' }, make('h3', {}, t('page.flows')),
    make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows))));
}

function changeList(changes) {
  const rows = changes.map((change) => make('tr', {}, make('td', {}, time(change.time)), make('td', {}, change.signal),
    make('td', {}, t(`page.kind.${change.kind}`)), make('td', {}, change.reason)));
  return make('section', { class: 'card' }, make('h3', {}, t('page.changes')), rows.length === 0
    ? make('p', { class: 'note' }, t('page.nothingYet'))
    : make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('tbody', {}, ...rows))));
}

show().catch((error) => main.replaceChildren(make('p', { class: 'error' }, String(error))));
