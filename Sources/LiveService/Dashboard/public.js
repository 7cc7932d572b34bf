// What the public may see: quarter-hour sums, and why plans changed.
import { svg, node, available } from '/assets/diagrams.js';

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
  if (flows.length === 0) {
    main.replaceChildren(intro(), latest(flows), changeList(changes));
    return;
  }
  main.replaceChildren(intro(), latest(flows), chart(flows, 'page.vehiclesPerQuarter', (sum) => sum.vehicles),
    chart(flows, 'page.delayPerQuarter', (sum) => (sum.vehicles > 0 ? sum.queue / sum.vehicles : 0)), table(flows), changeList(changes));
}

// Sums over all signals by quarter of an hour, in order.
function quarters(flows) {
  const sums = new Map();
  for (const flow of flows) {
    const sum = sums.get(flow.time) ?? { time: flow.time, vehicles: 0, queue: 0, carbon: 0 };
    sum.vehicles += flow.vehicles ?? 0;
    sum.queue += (flow.vehicles ?? 0) * (flow.delay ?? 0);
    sum.carbon += flow.carbonDioxide ?? 0;
    sums.set(flow.time, sum);
  }
  return [...sums.values()].sort((a, b) => a.time - b.time);
}

function latest(flows) {
  const last = quarters(flows).at(-1);
  if (!last) return make('section', { class: 'card' }, make('p', { class: 'summary' }, t('page.publicSoon')));
  const facts = [[t('page.vehicles'), String(Math.round(last.vehicles))],
    [t('page.meanDelay'), last.vehicles > 0 ? `${(last.queue / last.vehicles).toFixed(1)} s` : '–'], [t('page.carbon'), last.carbon.toFixed(1)]];
  return make('section', { class: 'card' }, make('h3', {}, t('page.lastQuarter', time(last.time))),
    make('dl', { class: 'facts large' }, ...facts.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)))));
}

function intro() {
  const links = ['csv', 'json', 'geojson'].flatMap((format) => [make('a', { href: `/public/v1/flows?format=${format}` }, format.toUpperCase()), ' ']);
  return make('section', { class: 'card' }, make('h2', {}, t('page.public')), make('p', {}, t('page.publicNote')),
    make('p', {}, t('page.download') + ' ', ...links));
}

function chart(flows, key, valueOf) {
  const sums = quarters(flows);
  const card = make('section', { class: 'card' }, make('h3', {}, t(key)));
  if (sums.length === 0) {
    card.append(make('p', { class: 'note' }, t('page.nothingYet')));
    return card;
  }
  const width = available(), left = 64, height = 190, values = sums.map(valueOf), most = Math.max(...values, 1e-9);
  // A few bars do not grow as wide as the page.
  const step = Math.min(60, (width - left - 8) / sums.length), apart = Math.ceil(120 / step);
  const root = svg(width, height, `${t(key)}: ${sums.map((sum, k) => `${time(sum.time)} ${shorter(values[k])}`).join('; ')}`);
  root.append(node('text', { x: left - 8, y: 18, 'text-anchor': 'end', class: 'quiet' }, shorter(most)));
  root.append(node('text', { x: left - 8, y: height - 26, 'text-anchor': 'end', class: 'quiet' }, '0'));
  root.append(node('line', { x1: left, x2: width - 8, y1: height - 26, y2: height - 26, class: 'axis' }));
  sums.forEach((sum, index) => {
    const tall = values[index] / most * (height - 42);
    root.append(node('rect', { x: left + index * step, y: height - 26 - tall, width: Math.max(1, step - 2), height: tall, class: 'bar' }));
    if (index % apart === 0) root.append(node('text', { x: left + index * step, y: height - 8, class: 'quiet' }, time(sum.time)));
  });
  card.append(root);
  return card;
}

const shorter = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(1));

function table(flows) {
  const head = make('tr', {}, ...['page.time', 'page.signal', 'page.vehicles', 'page.delay', 'page.carbon'].map((key, k) =>
    make('th', { scope: 'col', class: k > 1 ? 'number' : '' }, t(key))));
  const rows = flows.slice(-400).reverse().map((flow) => make('tr', {}, make('td', {}, time(flow.time)), make('td', {}, flow.signal),
    make('td', { class: 'number' }, flow.vehicles === undefined ? t('page.fewer') : String(flow.vehicles)),
    make('td', { class: 'number' }, flow.delay === undefined ? '–' : flow.delay.toFixed(1)),
    make('td', { class: 'number' }, flow.carbonDioxide === undefined ? '–' : flow.carbonDioxide.toFixed(1))));
  return make('section', { class: 'card' }, make('h3', {}, t('page.flows')),
    rows.length === 0 ? make('p', { class: 'note' }, t('page.nothingYet'))
      : make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows))));
}

function changeList(changes) {
  const rows = changes.map((change) => make('tr', {}, make('td', {}, time(change.time)), make('td', {}, change.signal),
    make('td', {}, t(`page.kind.${change.kind}`)), make('td', {}, change.reason)));
  return make('section', { class: 'card' }, make('h3', {}, t('page.changes')), rows.length === 0
    ? make('p', { class: 'note' }, t('page.nothingYet'))
    : make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('tbody', {}, ...rows))));
}

show().catch((error) => main.replaceChildren(make('p', { class: 'error' }, String(error))));
