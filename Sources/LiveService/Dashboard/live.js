// The control room's page: one stream of changes, a few views, no library.
import { lamp, phaseDiagram, coordinationDiagram, timeSpaceDiagram, comparisonBars, runsOf, cyclesOf } from '/assets/diagrams.js';

const levels = ['adaptive', 'actuated', 'timeOfDay'];
const authorities = ['commanding', 'shadow', 'fallback', 'awaitingReadBack', 'noLease'];
const main = document.getElementById('main');
const state = { network: undefined, signals: [], detectors: [], alarms: [], time: 0, words: {}, view: undefined, connected: false };
let language = localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
let token = sessionStorage.getItem('token') ?? '';

const t = (key, ...values) => (state.words[key] ?? key).replace(/\{(\d)\}/g, (_, k) => values[k] ?? '');
const message = (m) => t(m.key, ...m.arguments.map((argument) => state.words[argument] ?? argument));
const clock = (ms, withSeconds = false) => {
  const local = new Date(ms + (state.network?.zoneOffset ?? 0));
  return local.toISOString().slice(11, withSeconds ? 19 : 16);
};
// The service's time; before it has told it, ours.
const present = () => state.time || Date.now();
const dateTime = (ms) => new Date(ms + (state.network?.zoneOffset ?? 0)).toISOString().replace('T', ' ').slice(0, 19);

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

async function call(path, method = 'GET', body = undefined) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401) { askForToken(); throw new Refused({ title: t('page.tokenNeeded') }); }
  if (!response.ok) throw new Refused(await response.json().catch(() => ({ title: String(response.status) })));
  return response.status === 204 ? undefined : response.json();
}

function explain(error) {
  if (!(error instanceof Refused)) return String(error);
  const fields = (error.problem.errors ?? []).map((e) => `${e.field}: ${e.rule}`).join('; ');
  return fields || error.message;
}

// Replaces what `element` holds where `data` has changed: whoever stands on something in it with the keyboard is not thrown off.
function renew(element, data, children) {
  const text = JSON.stringify([language, data]);
  if (element.shownData === text) return;
  element.shownData = text;
  element.replaceChildren(...children());
}

// Asks for a reason; undefined where whoever is asked thinks better of it.
function askReason(question) {
  return new Promise((answer) => {
    const input = make('input', { type: 'text', required: true, minlength: 3, maxlength: 300 });
    const dialog = make('dialog', { onclose: () => { dialog.remove(); answer(dialog.returnValue === 'given' ? input.value.trim() : undefined); } },
      make('form', { method: 'dialog', onsubmit: () => { dialog.returnValue = 'given'; } }, make('label', {}, question, input),
        make('div', { class: 'row' }, make('button', { class: 'primary', value: 'given' }, t('page.undo')),
          make('button', { type: 'button', onclick: () => dialog.close('') }, t('page.cancel')))));
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}

function announce(text) { document.getElementById('announce').textContent = text; }

// MARK: Stream

let streamAbort;
async function follow() {
  while (token) {
    streamAbort = new AbortController();
    try {
      const response = await fetch('/v1/stream', { headers: { Authorization: `Bearer ${token}` }, signal: streamAbort.signal });
      if (response.status === 401 || response.status === 403) { askForToken(); return; }
      if (!response.ok) throw new Error(String(response.status));
      setConnected(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        buffer += value;
        let end;
        while ((end = buffer.indexOf('\n\n')) >= 0) {
          const part = buffer.slice(0, end);
          buffer = buffer.slice(end + 2);
          if (part.startsWith('data: ')) take(JSON.parse(part.slice(6)));
        }
      }
    } catch (error) {
      if (error.name === 'AbortError') return;
    }
    setConnected(false);
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}

function setConnected(isConnected) {
  state.connected = isConnected;
  const label = document.getElementById('connection');
  label.textContent = (isConnected ? '● ' : '○ ') + t(isConnected ? 'page.live' : 'page.reconnecting');
}

function take(update) {
  state.time = update.time;
  for (const [index, shown, level, authority, stage, reachable, orders, queues, key, args] of update.signals) {
    state.signals[index] = { shown, level, authority, stage, reachable: reachable === 1, orders, queues, reason: { key, arguments: args } };
  }
  for (const [index, health, occupied] of update.detectors) state.detectors[index] = { health, occupied: occupied === 1 };
  document.getElementById('clock').textContent = clock(update.time, true);
  state.view?.update?.(update);
}

// MARK: Frame

const views = [['map', 'page.map'], ['signal', 'page.signal'], ['corridor', 'page.corridor'], ['alarms', 'page.alarms'],
  ['compare', 'page.compare'], ['access', 'page.access']];

function frame() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  const button = document.getElementById('language');
  button.textContent = language === 'zh' ? 'English' : '中文';
  button.onclick = async () => {
    language = language === 'zh' ? 'en' : 'zh';
    localStorage.setItem('language', language);
    await loadWords();
    frame();
    route();
  };
  const [name] = where();
  document.getElementById('nav').replaceChildren(...views.map(([id, key]) =>
    make('a', { href: `#/${id}`, 'aria-current': id === name ? 'page' : undefined }, t(key),
      id === 'alarms' && state.alarms.length ? make('span', { class: 'badge' }, String(state.alarms.length)) : undefined)));
  document.getElementById('city').textContent = state.network?.name ?? '';
  setConnected(state.connected);
}

// Alarms in force are looked for whatever page is open: their number stands in the frame, a lost street above everything.
async function watchAlarms() {
  if (!token || !state.network) return;
  let alarms;
  try { alarms = await call('/v1/alarms?active=true&limit=500'); } catch { return; }
  const before = state.alarms.length;
  state.alarms = alarms;
  const lost = alarms.find((alarm) => alarm.message.key === 'alarm.street');
  const banner = document.getElementById('banner');
  const text = lost ? `▲ ${message(lost.message)}` : '';
  if (banner.textContent !== text) banner.textContent = text;
  if (before !== alarms.length) {
    frame();
    state.view?.update?.({ signals: [], detectors: [] });
    if (alarms.length > before) announce(message(alarms[0].message));
  }
}

async function loadWords() { state.words = await (await fetch(`/v1/messages/${language}`)).json(); }

const where = () => {
  const [, name = 'map', ...rest] = location.hash.split('/');
  return [name || 'map', rest.map(decodeURIComponent)];
};

function route() {
  if (!token || !state.network) return;
  const [name, rest] = where();
  clearInterval(state.timer);
  const makeView = { map: mapView, signal: signalView, corridor: corridorView, alarms: alarmsView, compare: compareView, access: accessView }[name] ?? mapView;
  state.view = makeView(...rest);
  main.replaceChildren(...state.view.elements);
  document.title = `Greenwave – ${t((views.find(([id]) => id === name) ?? views[0])[1])}`;
  frame();
  state.view.update?.({ signals: [], detectors: [] });
}

function askForToken() {
  streamAbort?.abort();
  state.view = undefined;
  const input = make('input', { type: 'password', id: 'token', autocomplete: 'off', required: true });
  const form = make('form', { class: 'card', onsubmit: (event) => { event.preventDefault(); enter(input.value.trim()); } },
    make('h2', {}, t('page.tokenNeeded')), make('p', {}, t('page.tokenHelp')),
    make('div', { class: 'row' }, make('label', {}, t('page.token'), input), ' ', make('button', { class: 'primary' }, t('page.enter'))),
    make('p', {}, make('a', { href: '/public' }, t('page.public'))));
  main.replaceChildren(form);
  input.focus();
}

async function enter(value) {
  token = value;
  sessionStorage.setItem('token', value);
  try {
    state.network = await call('/v1/network');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    token = '';
    sessionStorage.removeItem('token');
    askForToken();
    announce(explain(error));
    return;
  }
  route();
  follow();
  await watchAlarms();
  state.watch ??= setInterval(watchAlarms, 5000);
}

// MARK: Words of a signal

const laneName = (lane, signal) => (lane.startsWith(`${signal}.`) ? lane.slice(signal.length + 1) : lane);

// Of each lane, the eighth of the compass its traffic comes from, clockwise from north; undefined where its place is not known.
const origins = (place) => place.approaches.map(({ line }) => (line.length < 4 ? undefined
  : (Math.round(Math.atan2(line[0] - line[2], line[1] - line[3]) / (Math.PI / 4)) + 8) % 8));

// Lanes in words: where from, and which of those from there.
function laneWords(place, isShort = false) {
  const from = origins(place), words = t(isShort ? 'page.compass' : 'page.fromWhere').split('|');
  return place.approaches.map((lane, k) => {
    if (from[k] === undefined) return laneName(lane.name, place.name);
    const same = from.flatMap((origin, other) => (origin === from[k] ? [other] : [])), number = same.indexOf(k) + 1;
    if (same.length === 1) return words[from[k]];
    return isShort ? `${words[from[k]]} ${number}` : t('page.laneOf', words[from[k]], number);
  });
}

// A stage by its number and by whom it serves.
function stageWords(place, stages) {
  const from = origins(place), words = t('page.compass').split('|');
  return stages.map((stage, k) => {
    const served = place.approaches.flatMap((lane, index) =>
      (from[index] !== undefined && lane.links.some((link) => 'Gg'.includes(stage[link])) ? [from[index]] : []));
    const names = [...new Set(served)].sort((a, b) => a - b).map((point) => words[point]);
    return names.length ? `${k + 1} (${names.join(' ')})` : String(k + 1);
  });
}
const levelText = (signal) => t(`level.${levels[signal.level]}`);
const authorityText = (signal) => (signal.reachable ? t(`authority.${authorities[signal.authority]}`) : t('page.unreachable'));
const queueOf = (signal) => signal.queues.reduce((a, b) => a + b, 0);

// Where a diagram begins: as far back as it reaches, but not before there is anything to show.
function since(changes, end, span) {
  const first = Math.min(...changes.map((change) => change.time));
  return Math.max(end - span, Math.min(end - 60000, Number.isFinite(first) ? first : 0));
}

// MARK: Map

function mapView() {
  const canvas = make('canvas', { height: 520, tabindex: 0, role: 'img', 'aria-label': t('page.mapHelp') });
  const rows = state.network.signals.map((signal, index) => ({ signal, index, element: undefined, cells: [], text: '' }));
  const search = make('input', { type: 'search', 'aria-label': t('page.search'), placeholder: t('page.search'), oninput: filter });
  const body = make('tbody');
  for (const row of rows) {
    row.cells = [0, 1, 2].map((k) => make('td', { class: k === 2 ? 'number' : '' }));
    row.element = make('tr', {}, make('th', { scope: 'row' }, make('a', { href: `#/signal/${encodeURIComponent(row.signal.name)}` }, row.signal.name)), ...row.cells);
    body.append(row.element);
  }
  const facts = make('dl', { class: 'facts large' });
  const aside = make('section', { class: 'card' }, facts, make('p', {}, search),
    make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('caption', { class: 'hidden' }, t('page.signals')),
      make('thead', {}, make('tr', {}, ...['page.signal', 'page.level', 'page.authority', 'page.queue'].map((key, k) =>
        make('th', { scope: 'col', class: k === 3 ? 'number' : '' }, t(key))))), body)));
  const summary = make('p', { class: 'summary', role: 'status' });
  const legend = make('ul', { class: 'legend' }, ...[['G', 'page.green'], ['y', 'page.yellow'], ['r', 'page.red'], ['o', 'page.dark']].map(
    ([c, key]) => make('li', {}, lamp(c), t(key))), make('li', {}, t('page.mapQueues')), make('li', {}, t('page.mapDetectors')), make('li', {}, t('page.mapGroup')));
  const pictured = makeMap(canvas);
  const tool = (key, sign, act) => make('button', { type: 'button', 'aria-label': t(key), title: t(key), onclick: act }, sign);
  const tools = make('div', { class: 'tools' }, tool('page.zoomIn', '+', () => pictured.zoomBy(1.5)), tool('page.zoomOut', '−', () => pictured.zoomBy(1 / 1.5)),
    tool('page.zoomAll', '⤢', () => pictured.whole()));
  const card = make('section', { class: 'card' }, make('div', { class: 'headed' }, make('h2', {}, t('page.map')), tools), summary, canvas, legend);

  function filter() {
    const wanted = search.value.toLowerCase();
    for (const row of rows) row.element.hidden = !row.signal.name.toLowerCase().includes(wanted);
  }

  function update() {
    pictured.draw();
    let queue = 0;
    const counts = { commanding: 0, degraded: 0, attention: 0 };
    for (const row of rows) {
      const live = state.signals[row.index];
      if (!live) continue;
      const waiting = queueOf(live);
      queue += waiting;
      if (live.authority === 0) counts.commanding += 1;
      if (live.level > 0) counts.degraded += 1;
      if (!live.reachable || live.authority > 2) counts.attention += 1;
      const text = `${live.level}|${live.authority}|${live.reachable}|${live.orders}|${waiting}`;
      if (text === row.text) continue;
      row.text = text;
      row.cells[0].textContent = levelText(live);
      row.cells[1].textContent = authorityText(live) + (live.orders ? ` · ${t('page.orders')} ${live.orders}` : '');
      row.cells[2].textContent = waiting;
    }
    const bad = state.detectors.filter((d) => d && d.health !== 1).length;
    const adaptive = rows.map((row) => state.signals[row.index]).filter((live) => live && live.level === 0 && live.reachable).length;
    const said = (adaptive === rows.length ? t('page.allWell', rows.length) : t('page.someBelow', adaptive, rows.length)) + ' '
      + (state.alarms.length ? t('page.alarmCount', state.alarms.length) : t('page.noAlarms'));
    if (summary.textContent !== said) summary.textContent = said;
    facts.replaceChildren(...[['page.signals', rows.length], ['page.commanded', counts.commanding], ['page.degraded', counts.degraded],
      ['page.attention', counts.attention], ['page.detectorsBad', `${bad} / ${state.network.detectors.length}`], ['page.queue', queue]].map(
      ([key, value]) => make('div', {}, make('dt', {}, t(key)), make('dd', {}, String(value)))));
  }
  return { elements: [make('div', { class: 'two' }, card, aside)], update };
}

// The network on a canvas: roads, lanes coloured by what they are shown, queues as thick lines, detectors by health.
function makeMap(canvas) {
  const context = canvas.getContext('2d');
  const { signals, roads, detectors } = state.network;
  const xs = signals.flatMap((s) => [s.x, ...s.approaches.flatMap((a) => a.line.filter((_, k) => k % 2 === 0))]);
  const ys = signals.flatMap((s) => [s.y, ...s.approaches.flatMap((a) => a.line.filter((_, k) => k % 2 === 1))]);
  const bounds = { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
  let zoom = 1, centerX = (bounds.x0 + bounds.x1) / 2, centerY = (bounds.y0 + bounds.y1) / 2, dragged;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const w = Math.max(1, bounds.x1 - bounds.x0 + 120), h = Math.max(1, bounds.y1 - bounds.y0 + 120);
  function scale() {
    return Math.min(canvas.clientWidth / w, canvas.clientHeight / h) * zoom;
  }
  const place = (x, y, k) => [(x - centerX) * k + canvas.clientWidth / 2, (centerY - y) * k + canvas.clientHeight / 2];
  const markSize = (k) => Math.max(5, Math.min(12, 9 * k + 3));

  // Signals whose marks would cover each other, together: each group by its first member's place.
  function groups(k) {
    const apart = 1.7 * markSize(k), found = [], cells = new Map();
    signals.forEach((signal, index) => {
      const [x, y] = place(signal.x, signal.y, k), column = Math.floor(x / apart), row = Math.floor(y / apart);
      for (let dx = -1; dx <= 1; dx += 1) {
        for (let dy = -1; dy <= 1; dy += 1) {
          const near = (cells.get(`${column + dx} ${row + dy}`) ?? []).find((group) => Math.hypot(group.x - x, group.y - y) < apart);
          if (near) { near.members.push(index); return; }
        }
      }
      const group = { x, y, members: [index] }, key = `${column} ${row}`;
      found.push(group);
      cells.set(key, [...(cells.get(key) ?? []), group]);
    });
    return found;
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    // As tall as the network asks for at this width, within what the window shows.
    const wide = canvas.clientWidth * h / w;
    const height = Math.round(Math.max(240, Math.min(wide, 760, Math.max(300, window.innerHeight - 230))));
    if (canvas.width !== Math.round(canvas.clientWidth * ratio) || canvas.clientHeight !== height) {
      canvas.style.height = `${height}px`;
      canvas.width = Math.round(canvas.clientWidth * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const k = scale();
    context.lineCap = 'butt';
    context.strokeStyle = colour('line');
    context.lineWidth = Math.max(1.5, 9 * k);
    for (const road of roads) {
      context.beginPath();
      for (let i = 0; i + 1 < road.line.length; i += 2) {
        const [x, y] = place(road.line[i], road.line[i + 1], k);
        if (i === 0) context.moveTo(x, y); else context.lineTo(x, y);
      }
      context.stroke();
    }
    const shades = { G: colour('green'), g: colour('green'), y: colour('yellow'), r: colour('red'), u: colour('yellow'), o: colour('dark'), O: colour('dark'), s: colour('red') };
    const ink = colour('ink'), paper = colour('paper');
    signals.forEach((signal, index) => {
      const live = state.signals[index];
      if (!live) return;
      signal.approaches.forEach((approach, lane) => {
        if (approach.line.length < 4) return;
        const [x0, y0] = place(approach.line[0], approach.line[1], k), [x1, y1] = place(approach.line[2], approach.line[3], k);
        // Of a signal out of reach nobody knows what it shows.
        const shown = live.reachable ? live.shown[approach.links[0]] ?? 'o' : 'o';
        const queue = live.queues[lane] ?? 0;
        context.strokeStyle = shades[shown];
        // Green is a whole line, red a broken one: told apart without colour.
        context.setLineDash(shown === 'r' ? [3, 2] : []);
        context.lineWidth = Math.max(1.5, 3 * k);
        context.beginPath();
        context.moveTo(x0, y0);
        context.lineTo(x1, y1);
        context.stroke();
        context.setLineDash([]);
        if (queue > 0) {
          const share = Math.min(1, queue * 7 / Math.hypot(approach.line[2] - approach.line[0], approach.line[3] - approach.line[1]));
          context.strokeStyle = ink;
          context.lineWidth = Math.max(2.5, 4.5 * k);
          context.beginPath();
          context.moveTo(x1, y1);
          context.lineTo(x1 + (x0 - x1) * share, y1 + (y0 - y1) * share);
          context.stroke();
        }
      });
    });
    const size = markSize(k);
    context.font = `${Math.round(size * 1.25)}px system-ui`;
    context.textBaseline = 'middle';
    for (const { x, y, members } of groups(k)) {
      const lives = members.map((index) => state.signals[index]).filter(Boolean);
      if (lives.length === 0) continue;
      // A group looks like the member that most needs to be looked at.
      const isReached = lives.every((live) => live.reachable), isCommanded = lives.every((live) => live.authority === 0);
      const many = members.length > 1, reach = many ? size * 1.25 : size;
      context.fillStyle = isReached ? paper : colour('red');
      context.strokeStyle = isCommanded ? ink : colour('blue');
      context.lineWidth = isCommanded ? 1.2 : 2.5;
      context.beginPath();
      if (isCommanded) context.arc(x, y, reach, 0, 7); else context.rect(x - reach, y - reach, 2 * reach, 2 * reach);
      context.fill();
      context.stroke();
      if (many) {
        context.beginPath();
        context.arc(x, y, reach + 2.5, 0, 7);
        context.stroke();
      }
      context.fillStyle = isReached ? ink : paper;
      context.textAlign = 'center';
      context.fillText(many ? String(members.length) : t('page.levelMarks')[lives[0].level] ?? '', x, y + 0.5);
      if (!many && k > 0.2) {
        context.fillStyle = ink;
        context.textAlign = 'left';
        context.fillText(signals[members[0]].name, x + size + 4, y - size - 3);
      }
    }
    const showAll = k > 0.8;
    detectors.forEach((detector, index) => {
      const live = state.detectors[index];
      if (!live || (live.health === 1 && !showAll)) return;
      const [x, y] = place(detector.x, detector.y, k);
      if (live.health === 1) {
        context.fillStyle = live.occupied ? ink : colour('blue');
        context.fillRect(x - 2, y - 2, 4, 4);
      } else if (showAll || live.health > 1) {
        context.strokeStyle = colour('red');
        context.lineWidth = 2;
        context.beginPath();
        context.moveTo(x - 3, y - 3);
        context.lineTo(x + 3, y + 3);
        context.moveTo(x + 3, y - 3);
        context.lineTo(x - 3, y + 3);
        context.stroke();
      }
    });
  }

  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    let best, least = 24;
    for (const group of groups(scale())) {
      const distance = Math.hypot(group.x - event.clientX + box.left, group.y - event.clientY + box.top);
      if (distance < least) { best = group; least = distance; }
    }
    return best;
  }

  function whole() {
    zoom = 1;
    centerX = (bounds.x0 + bounds.x1) / 2;
    centerY = (bounds.y0 + bounds.y1) / 2;
    draw();
  }

  function zoomBy(factor) {
    zoom = Math.max(1, Math.min(200, zoom * factor));
    draw();
  }
  canvas.addEventListener('wheel', (event) => { event.preventDefault(); zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2); }, { passive: false });
  canvas.addEventListener('pointerdown', (event) => { dragged = { x: event.clientX, y: event.clientY, moved: false }; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener('pointermove', (event) => {
    if (!dragged) return;
    const k = scale(), dx = event.clientX - dragged.x, dy = event.clientY - dragged.y;
    if (Math.hypot(dx, dy) < 4 && !dragged.moved) return;
    centerX -= dx / k;
    centerY += dy / k;
    dragged = { x: event.clientX, y: event.clientY, moved: true };
    draw();
  });
  canvas.addEventListener('pointerup', (event) => {
    if (dragged && !dragged.moved) {
      const group = nearest(event);
      if (group?.members.length === 1) location.hash = `#/signal/${encodeURIComponent(signals[group.members[0]].name)}`;
      else if (group) {
        const places = group.members.map((index) => signals[index]);
        centerX = places.reduce((sum, signal) => sum + signal.x, 0) / places.length;
        centerY = places.reduce((sum, signal) => sum + signal.y, 0) / places.length;
        zoomBy(2.5);
      }
    }
    dragged = undefined;
  });
  canvas.addEventListener('keydown', (event) => {
    const step = 80 / scale();
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) { centerX += moves[event.key][0]; centerY += moves[event.key][1]; draw(); event.preventDefault(); }
    if (event.key === '+' || event.key === '=') zoomBy(1.3);
    if (event.key === '-') zoomBy(1 / 1.3);
    if (event.key === '0') whole();
  });
  window.addEventListener('resize', draw);
  return { draw, zoomBy, whole };
}

// MARK: Signal

function chooser(key, selected, change) {
  return make('label', {}, t(key), make('select', { onchange: (event) => change(event.target.value) },
    ...state.network.signals.map((signal) => make('option', { value: signal.name, selected: signal.name === selected }, signal.name))));
}

function signalView(name = state.network.signals[0].name) {
  const index = state.network.signals.findIndex((signal) => signal.name === name);
  if (index < 0) return { elements: [make('p', { class: 'error' }, t('page.noSignal', name))] };
  const place = state.network.signals[index], laneText = laneWords(place), laneShort = laneWords(place, true);
  const facts = make('dl', { class: 'facts' }), reason = make('p', { class: 'reason' });
  const lanes = make('tbody'), options = make('tbody'), orders = make('div');
  const phases = make('div'), coordination = make('div'), shareText = make('p', { class: 'note' });
  const answer = make('p', { role: 'status' });
  let approach = 1 < place.approaches.length ? 1 : 0;
  let detail, history, isAsking = false;
  const approachChooser = make('label', {}, t('page.approach'), make('select', { onchange: (event) => { approach = Number(event.target.value); refresh(); } },
    ...place.approaches.map((lane, k) => make('option', { value: k, selected: k === approach }, laneText[k]))));

  const laneRows = place.approaches.map((lane, k) => {
    const cells = { lamp: make('td'), queue: make('td', { class: 'number' }), flow: make('td', { class: 'number' }) };
    lanes.append(make('tr', {}, make('th', { scope: 'row', title: lane.name }, laneText[k]), cells.lamp, cells.queue, cells.flow));
    return cells;
  });

  const action = make('select', { id: 'action', onchange: offer }, ...['hold', 'forcePlan', 'shadow', 'fallback', 'flash', 'allRed'].map((id) =>
    make('option', { value: id }, t(`page.action.${id}`))));
  const which = make('select', { id: 'which' });
  const whichLabel = make('label', {}, t('page.which'), which);
  const minutes = make('input', { type: 'number', min: 1, max: 10080, value: 30 });
  const why = make('input', { type: 'text', required: true, minlength: 3, maxlength: 300 });
  const form = make('form', { class: 'row', onsubmit: give }, make('label', {}, t('page.action'), action), whichLabel,
    make('label', {}, t('page.minutes'), minutes), make('label', {}, t('page.reason'), why), make('button', { class: 'primary' }, t('page.give')));

  function offer() {
    const list = action.value === 'hold' ? stageWords(place, detail?.stages ?? []).map((text, k) => [k + 1, text])
      : action.value === 'forcePlan' ? place.programs.map((id) => [id, id]) : [];
    whichLabel.hidden = list.length === 0;
    which.replaceChildren(...list.map(([value, text]) => make('option', { value }, text)));
  }

  async function give(event) {
    event.preventDefault();
    const body = { signal: name, action: action.value, reason: why.value };
    if (action.value === 'hold') body.stage = Number(which.value);
    if (action.value === 'forcePlan') body.program = which.value;
    if (minutes.value) body.minutes = Number(minutes.value);
    try {
      await call('/v1/orders', 'POST', body);
      answer.className = '';
      answer.textContent = t('page.given');
      why.value = '';
      await refresh();
    } catch (error) {
      answer.className = 'error';
      answer.textContent = explain(error);
    }
  }

  async function undo(order) {
    const given = await askReason(t('page.undoReason'));
    if (!given) return;
    // The button goes with its order.
    action.focus();
    try {
      await call(`/v1/orders/${order}/undo`, 'POST', { reason: given });
      answer.className = '';
      answer.textContent = t('page.given');
      await refresh();
    } catch (error) { announce(explain(error)); answer.textContent = explain(error); }
  }

  async function refresh() {
    const first = !detail;
    [detail, history] = await Promise.all([call(`/v1/signals/${encodeURIComponent(name)}`), call(`/v1/signals/${encodeURIComponent(name)}/history`)]);
    if (first) offer();
    const end = detail.time, begin = since(history.changes, end, 300000);
    phases.replaceChildren(phaseDiagram(place.approaches.map((lane, k) => ({
      name: laneText[k], short: laneShort[k], runs: runsOf(history.changes, lane.links, end),
    })), begin, end, t('page.phaseDiagram'), clock));
    const runs = runsOf(history.changes, place.approaches[approach].links, end);
    const drawn = coordinationDiagram(history.arrivals.filter((a) => a.approach === approach).map((a) => a.time), cyclesOf(runs), since(history.changes, end, 900000), end,
      { title: t('page.coordinationDiagram') }, clock);
    const share = drawn.all > 0 ? Math.round(100 * drawn.onGreen / drawn.all) : undefined;
    coordination.replaceChildren(drawn.element);
    shareText.textContent = share === undefined ? t('page.nothingYet') : t('page.arrivalsOnGreen', share, drawn.all);
    detail.lanes.forEach((lane, k) => { laneRows[k].flow.textContent = Math.round(lane.flow); });
    // Of each stage, the best moment to change to it.
    const stageText = stageWords(place, detail.stages), told = new Set();
    const best = detail.options.filter((option) => {
      const key = option.after === undefined ? 'stay' : option.stage;
      return !told.has(key) && told.add(key);
    });
    options.replaceChildren(...best.map((option, k) => make('tr', {},
      make('td', {}, option.after === undefined ? t('page.stay') : t('page.changeTo', stageText[option.stage] ?? option.stage + 1)),
      make('td', { class: 'number' }, option.after === undefined ? '–' : `${option.after.toFixed(0)} s`),
      make('td', { class: 'number' }, option.cost.toFixed(0) + (k === 0 ? ` ★` : '')))));
    renew(orders, detail.orders, () => (detail.orders.length === 0 ? [make('p', { class: 'note' }, t('page.noOrders'))] : detail.orders.map((order) => {
      const kind = Object.keys(order.action)[0];
      return make('p', {}, make('strong', {}, t(`page.action.${kind}`)), ` · ${order.actor} · ${dateTime(order.time)} · ${order.reason}`
        + (order.until ? ` · ${t('page.until')} ${clock(order.until)}` : '') + ' ', make('button', { type: 'button', onclick: () => undo(order.id) }, t('page.undo')));
    })));
  }

  function update() {
    const live = state.signals[index];
    if (!live) return;
    if (detail && live.orders !== detail.orders.length && !isAsking) {
      isAsking = true;
      refresh().catch(() => {}).finally(() => { isAsking = false; });
    }
    reason.textContent = message(live.reason);
    facts.replaceChildren(...[['page.level', levelText(live)], ['page.authority', authorityText(live)], ['page.program', detail?.program ?? ''],
      ['page.stage', stageWords(place, detail?.stages ?? [])[live.stage] ?? live.stage + 1], ['page.queue', queueOf(live)]].map(([key, value]) =>
      make('div', {}, make('dt', {}, t(key)), make('dd', {}, String(value)))));
    place.approaches.forEach((lane, k) => {
      const shown = live.reachable ? live.shown[lane.links[0]] ?? 'o' : '?';
      if (laneRows[k].shown !== shown) {
        laneRows[k].shown = shown;
        laneRows[k].lamp.replaceChildren(make('span', { class: 'lamp' }, lamp(shown), shown === '?' ? t('page.unreachable') : t(`page.lamp.${shown}`)));
      }
      laneRows[k].queue.textContent = live.queues[k];
    });
  }

  refresh().catch((error) => announce(explain(error)));
  state.timer = setInterval(() => refresh().catch(() => {}), 3000);
  const table = (caption, heads, body) => make('table', {}, make('caption', { class: 'hidden' }, caption),
    make('thead', {}, make('tr', {}, ...heads.map(([key, isNumber]) => make('th', { scope: 'col', class: isNumber ? 'number' : '' }, t(key))))), body);
  return {
    elements: [
      make('section', { class: 'card' }, make('h2', {}, name), chooser('page.signal', name, (value) => { location.hash = `#/signal/${encodeURIComponent(value)}`; }),
        facts, reason),
      make('div', { class: 'even' },
        make('section', { class: 'card' }, make('h3', {}, t('page.lanes')), table(t('page.lanes'), [['page.approach'], ['page.shows'], ['page.queue', true], ['page.flow', true]], lanes)),
        make('section', { class: 'card' }, make('h3', {}, t('page.options')), make('p', { class: 'note' }, t('page.optionsNote')),
          table(t('page.options'), [['page.option'], ['page.after', true], ['page.cost', true]], options))),
      make('section', { class: 'card' }, make('h3', {}, t('page.phaseDiagram')), phases),
      make('section', { class: 'card' }, make('h3', {}, t('page.coordinationDiagram')), approachChooser, coordination, shareText),
      make('section', { class: 'card' }, make('h3', {}, t('page.orders')), orders, form, answer),
    ],
    update,
  };
}

// MARK: Corridor

function corridors() {
  const byName = new Map();
  for (const road of state.network.roads) {
    if (road.from === undefined || road.to === undefined || road.from === null || road.to === null) continue;
    byName.set(road.name, [...(byName.get(road.name) ?? []), road]);
  }
  return byName;
}

function corridorView(chosen) {
  const all = corridors();
  const name = all.has(chosen) ? chosen : [...all.keys()].sort((a, b) => all.get(b).length - all.get(a).length)[0];
  const card = make('div');
  if (name === undefined) return { elements: [make('p', { class: 'note' }, t('page.noCorridor'))] };
  const stops = [];
  let distance = 0;
  for (const road of all.get(name)) {
    if (stops.length === 0) stops.push({ index: road.from, distance: 0, speed: road.speed });
    distance += road.length;
    stops.push({ index: road.to, distance, speed: road.speed });
  }
  const { signals } = state.network;
  // Lanes of a signal that look along the corridor, in one sense or the other; turning lanes are left out where others are there.
  function linksAlong(k, sense) {
    const here = signals[stops[k].index], other = signals[stops[k + 1 < stops.length ? k + 1 : k - 1].index];
    const sign = (k + 1 < stops.length ? 1 : -1) * sense;
    const hx = (other.x - here.x) * sign, hy = (other.y - here.y) * sign;
    const along = here.approaches.filter((a) => {
      const dx = a.line[2] - a.line[0], dy = a.line[3] - a.line[1];
      return dx * hx + dy * hy > 0.85 * Math.hypot(dx, dy) * Math.hypot(hx, hy);
    });
    const through = along.filter((a) => !/left/i.test(a.name));
    return (through.length ? through : along).flatMap((a) => a.links);
  }

  async function refresh() {
    const records = await Promise.all(stops.map((stop) => call(`/v1/signals/${encodeURIComponent(signals[stop.index].name)}/history`)));
    const end = present(), begin = since(records.flatMap((record) => record.changes.slice(0, 1)), end, 360000);
    const drawn = stops.map((stop, k) => ({
      name: signals[stop.index].name, distance: stop.distance, speed: stop.speed,
      forward: runsOf(records[k].changes, linksAlong(k, 1), end), backward: runsOf(records[k].changes, linksAlong(k, -1), end),
    }));
    card.replaceChildren(timeSpaceDiagram(drawn, begin, end, { title: t('page.timeSpace', name) }, clock));
  }
  refresh().catch((error) => announce(explain(error)));
  state.timer = setInterval(() => refresh().catch(() => {}), 5000);
  return {
    elements: [make('section', { class: 'card' }, make('h2', {}, t('page.timeSpace', name)),
      make('label', {}, t('page.corridor'), make('select', { onchange: (event) => { location.hash = `#/corridor/${encodeURIComponent(event.target.value)}`; } },
        ...[...all.keys()].map((id) => make('option', { value: id, selected: id === name }, id)))),
      card, make('p', { class: 'note' }, t('page.timeSpaceNote')))],
  };
}

// MARK: Alarms

// A table that scrolls by itself, with its caption and heads for those who hear it.
function headed(caption, columns, body) {
  return make('div', { class: 'scroll', tabindex: 0 }, make('table', {}, make('caption', { class: 'hidden' }, t(caption)),
    make('thead', {}, make('tr', {}, ...columns.map((key) => (key ? make('th', { scope: 'col' }, t(key)) : make('td'))))), body));
}

const nothing = (columns) => make('tr', {}, make('td', { colspan: columns, class: 'note' }, t('page.nothingYet')));

function alarmsView() {
  const active = make('tbody'), log = make('tbody'), events = make('tbody');
  async function refresh() {
    const [now, past, done] = await Promise.all([call('/v1/alarms?active=true&limit=200'), call('/v1/alarms?limit=200'), call('/v1/events?limit=100')]);
    const row = (alarm) => make('tr', {}, make('td', {}, dateTime(alarm.time)), make('td', {}, (alarm.raised ? '▲ ' : '✓ ') + t(alarm.raised ? 'page.raised' : 'page.cleared')),
      make('td', {}, alarm.signal ? make('a', { href: `#/signal/${encodeURIComponent(alarm.signal)}` }, alarm.signal) : '–'), make('td', {}, message(alarm.message)));
    renew(active, now, () => (now.length ? now.map(row) : [make('tr', {}, make('td', { colspan: 4 }, t('page.noAlarms')))]));
    renew(log, past, () => (past.length ? past.map(row) : [nothing(4)]));
    const deed = (event) => make('tr', {}, make('td', {}, dateTime(event.time)), make('td', {}, t(`page.kind.${event.kind}`)),
      make('td', {}, event.signal), make('td', {}, event.actor), make('td', {}, event.message ? message(event.message) : event.reason));
    renew(events, done, () => (done.length ? done.map(deed) : [nothing(5)]));
  }
  refresh().catch((error) => announce(explain(error)));
  state.timer = setInterval(() => refresh().catch(() => {}), 5000);
  const card = (key, columns, body) => make('section', { class: 'card' }, make('h2', {}, t(key)), headed(key, columns, body));
  const told = ['page.time', 'page.alarms', 'page.signal', 'page.reason'];
  return {
    elements: [card('page.activeAlarms', told, active), card('page.events', ['page.time', 'page.action', 'page.signal', 'page.name', 'page.reason'], events),
      card('page.alarmLog', told, log)],
  };
}

// MARK: Before and after

function compareView(name = state.network.signals[0].name) {
  const result = make('div');
  const at = make('input', { type: 'datetime-local', value: dateTime(present() - 900000).slice(0, 16).replace(' ', 'T') });
  const window_ = make('select', {}, ...[5, 15, 60, 1440].map((minutes) => make('option', { value: minutes, selected: minutes === 15 }, t('page.minutesOf', minutes))));
  async function refresh(event) {
    event?.preventDefault();
    const moment = Date.parse(`${at.value}Z`) - state.network.zoneOffset;
    try {
      const answer = await call(`/v1/comparison?signal=${encodeURIComponent(name)}&at=${moment}&window=${window_.value}`);
      const measure = (key, field, format) => ({ name: t(key), before: answer.before[field], after: answer.after[field], format });
      result.replaceChildren(comparisonBars([
        measure('page.vehicles', 'vehicles', (v) => String(Math.round(v))), measure('page.delay', 'delay', (v) => `${v.toFixed(1)} s`),
        measure('page.onGreen', 'arrivalsOnGreen', (v) => `${Math.round(100 * v)} %`),
      ], { title: t('page.compare'), before: t('page.before'), after: t('page.after_') }),
      make('p', { class: 'note' }, t('page.compareNote', answer.before.minutes, answer.after.minutes)));
    } catch (error) { result.replaceChildren(make('p', { class: 'error' }, explain(error))); }
  }
  refresh();
  return {
    elements: [make('section', { class: 'card' }, make('h2', {}, t('page.compare')), make('form', { class: 'row', onsubmit: refresh },
      chooser('page.signal', name, (value) => { location.hash = `#/compare/${encodeURIComponent(value)}`; }), make('label', {}, t('page.moment'), at),
      make('label', {}, t('page.window'), window_), make('button', { class: 'primary' }, t('page.show'))), result)],
  };
}

// MARK: Access

function accessView() {
  const list = make('tbody'), trail = make('tbody'), answer = make('div', { role: 'status' });
  const name = make('input', { type: 'text', required: true, maxlength: 64, pattern: '[A-Za-z0-9._:\\-]+' });
  const role = make('select', {}, ...['viewer', 'operator', 'sensor', 'administrator'].map((id) => make('option', { value: id }, t(`page.role.${id}`))));
  async function refresh() {
    const [tokens, lines] = await Promise.all([call('/v1/tokens'), call('/v1/audit?limit=100')]);
    list.replaceChildren(...tokens.map((item) => make('tr', {}, make('td', {}, item.name), make('td', {}, t(`page.role.${item.role}`)), make('td', {}, dateTime(item.created)),
      make('td', {}, item.revoked ? t('page.revoked') : make('button', { type: 'button', onclick: async () => { await call(`/v1/tokens/${item.id}`, 'DELETE'); refresh(); } }, t('page.revoke'))))));
    trail.replaceChildren(...(lines.length === 0 ? [nothing(5)] : lines.map((line) => make('tr', {}, make('td', {}, dateTime(line.time)), make('td', {}, line.actor), make('td', {}, line.action),
      make('td', {}, line.target), make('td', {}, line.detail)))));
  }
  async function create(event) {
    event.preventDefault();
    try {
      const made = await call('/v1/tokens', 'POST', { name: name.value, role: role.value });
      answer.replaceChildren(make('p', {}, t('page.shownOnce')), make('p', { class: 'secret' }, made.token));
      name.value = '';
      await refresh();
    } catch (error) { answer.replaceChildren(make('p', { class: 'error' }, explain(error))); }
  }
  refresh().catch((error) => answer.replaceChildren(make('p', { class: 'error' }, explain(error))));
  return {
    elements: [make('section', { class: 'card' }, make('h2', {}, t('page.access')), make('form', { class: 'row', onsubmit: create },
      make('label', {}, t('page.name'), name), make('label', {}, t('page.role'), role), make('button', { class: 'primary' }, t('page.makeToken'))), answer,
    headed('page.access', ['page.name', 'page.role', 'page.time', ''], list)),
    make('section', { class: 'card' }, make('h2', {}, t('page.audit')), headed('page.audit', ['page.time', 'page.name', 'page.action', '', ''], trail))],
  };
}

// MARK: Begin

async function begin() {
  const given = location.hash.match(/^#token=([\w-]+)(.*)$/);
  if (given) {
    token = given[1];
    history.replaceState(null, '', location.pathname + (given[2] ? `#${given[2]}` : ''));
  }
  await loadWords();
  frame();
  window.addEventListener('hashchange', () => { 
    if (location.hash !== '#main') { route(); window.scrollTo(0, 0); }
    main.focus({ preventScroll: true });
  });
  if (token) await enter(token); else askForToken();
}

begin().catch((error) => main.replaceChildren(make('p', { class: 'error' }, String(error))));
