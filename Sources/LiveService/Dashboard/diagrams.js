// Diagrams as SVG, drawn from plain data. Every one carries a title that says in words what it shows.

const NS = 'http://www.w3.org/2000/svg';

export function svg(width, height, title) {
  const root = node('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' });
  const label = node('title', {});
  label.textContent = title;
  root.append(label);
  return root;
}

// Drawn as wide as the page allows, so that letters keep their size on any screen.
export function available() {
  return Math.max(320, Math.min(1400, (document.getElementById('main')?.clientWidth ?? 760) - 64));
}

export function node(name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const classOf = { G: 'g', g: 'g', y: 'y', r: 'r', u: 'y', o: 'o', O: 'o', s: 'r' };

// The lamp of one indication: shape and place say what the colour says.
export function lamp(character) {
  const root = node('svg', { viewBox: '0 0 20 20', width: 18, height: 18, 'aria-hidden': 'true' });
  const kind = classOf[character] ?? 'o';
  if (kind === 'g') root.append(node('circle', { cx: 10, cy: 10, r: 8, class: 'g' }));
  if (kind === 'y') root.append(node('path', { d: 'M10 2 L18 10 L10 18 L2 10 Z', class: 'y' }));
  if (kind === 'r') root.append(node('rect', { x: 3, y: 3, width: 14, height: 14, class: 'r' }));
  if (kind === 'o') root.append(node('circle', { cx: 10, cy: 10, r: 6, fill: 'none', 'stroke-width': 3, stroke: 'currentColor' }));
  return root;
}

// What each row showed from `begin` to `end`: bands, thin for red, full for green.
export function phaseDiagram(rows, begin, end, title, clock) {
  const width = available(), left = width < 500 ? 74 : 170, rowHeight = 20, height = rows.length * rowHeight + 26;
  const root = svg(width, height, title);
  const x = (time) => left + (Math.max(begin, Math.min(end, time)) - begin) / (end - begin) * (width - left - 8);
  rows.forEach((row, index) => {
    const y = index * rowHeight;
    root.append(node('text', { x: left - 6, y: y + 14, 'text-anchor': 'end' }, width < 500 ? shorten(row.short, 9) : shorten(row.name, 24)));
    for (const run of row.runs) {
      if (run.to <= begin || run.from >= end) continue;
      const kind = classOf[run.shown] ?? 'o';
      const thick = kind === 'g' ? 13 : kind === 'y' ? 13 : 4;
      root.append(node('rect', {
        x: x(run.from).toFixed(1), width: Math.max(0.4, x(run.to) - x(run.from)).toFixed(1),
        y: y + 9 - thick / 2, height: thick, class: kind,
      }));
    }
  });
  timeAxis(root, begin, end, x, height - 22, clock);
  return root;
}

function timeAxis(root, begin, end, x, y, clock) {
  const span = end - begin;
  const base = span > 1200000 ? 300000 : span > 400000 ? 120000 : 60000;
  // No closer than a label is wide.
  const step = base * Math.ceil(52 / Math.max(1, x(begin + base) - x(begin)));
  for (let time = Math.ceil(begin / step) * step; time <= end; time += step) {
    root.append(node('line', { x1: x(time), x2: x(time), y1: 0, y2: y + 4, class: 'axis' }));
    root.append(node('text', { x: x(time), y: y + 17, 'text-anchor': 'middle', class: 'quiet' }, clock(time)));
  }
}

export function shorten(text, length) {
  return text.length > length ? text.slice(0, length - 1) + '…' : text;
}

// Purdue coordination diagram: each arrival by time of day and by how far into its cycle it came; the line tells when green began.
export function coordinationDiagram(arrivals, greens, begin, end, words, clock) {
  const left = 52, width = available(), height = 260, bottom = 28;
  const cycles = [];
  for (let k = 0; k + 1 < greens.length; k += 1) {
    if (greens[k].redFrom !== undefined && greens[k].greenFrom !== undefined) cycles.push(greens[k]);
  }
  const longest = Math.max(30000, ...cycles.map((c) => c.until - c.redFrom)) * 1.05;
  const root = svg(width, height, words.title);
  const x = (time) => left + (time - begin) / (end - begin) * (width - left - 8);
  const y = (offset) => height - bottom - offset / longest * (height - bottom - 8);
  for (let seconds = 0, apart = longest > 180000 ? 60 : 30; seconds * 1000 < longest; seconds += apart) {
    root.append(node('line', { x1: left, x2: width - 8, y1: y(seconds * 1000), y2: y(seconds * 1000), class: 'axis' }));
    root.append(node('text', { x: left - 6, y: y(seconds * 1000) + 4, 'text-anchor': 'end', class: 'quiet' }, `${seconds} s`));
  }
  timeAxis(root, begin, end, x, height - bottom, clock);
  let onGreen = 0, all = 0;
  for (const cycle of cycles) {
    root.append(node('line', {
      x1: x(cycle.redFrom), x2: x(cycle.until), y1: y(cycle.greenFrom - cycle.redFrom), y2: y(cycle.greenFrom - cycle.redFrom),
      class: 'stroke-g', 'stroke-width': 2,
    }));
    root.append(node('line', {
      x1: x(cycle.redFrom), x2: x(cycle.until), y1: y(cycle.until - cycle.redFrom), y2: y(cycle.until - cycle.redFrom),
      class: 'stroke-r', 'stroke-width': 2, 'stroke-dasharray': '3 2',
    }));
    for (const time of arrivals) {
      if (time < cycle.redFrom || time >= cycle.until) continue;
      all += 1;
      const isGreen = time >= cycle.greenFrom;
      if (isGreen) onGreen += 1;
      const dot = { class: isGreen ? 'g' : 'r' };
      if (isGreen) root.append(node('circle', { ...dot, cx: x(time), cy: y(time - cycle.redFrom), r: 2.2 }));
      else root.append(node('rect', { ...dot, x: x(time) - 2, y: y(time - cycle.redFrom) - 2, width: 4, height: 4 }));
    }
  }
  return { element: root, onGreen, all };
}

// Signals of a corridor over distance, their greens over time, and lines at the road's speed from the begin of each green.
export function timeSpaceDiagram(stops, begin, end, words, clock) {
  const width = available(), left = width < 500 ? 64 : 110, height = Math.max(220, 60 + stops.length * 44), bottom = 26;
  const longest = Math.max(1, stops[stops.length - 1].distance);
  const root = svg(width, height, words.title);
  const x = (time) => left + (Math.max(begin, Math.min(end, time)) - begin) / (end - begin) * (width - left - 8);
  const y = (distance) => height - bottom - 12 - distance / longest * (height - bottom - 36);
  timeAxis(root, begin, end, x, height - bottom, clock);
  stops.forEach((stop, index) => {
    root.append(node('text', { x: left - 6, y: y(stop.distance) + 4, 'text-anchor': 'end' }, shorten(stop.name, width < 500 ? 9 : 16)));
    [[stop.forward, -4], [stop.backward, 4]].forEach(([runs, shift], direction) => {
      for (const run of runs) {
        if (run.to <= begin || run.from >= end) continue;
        const kind = classOf[run.shown] ?? 'o';
        const thick = kind === 'g' ? 5 : 2;
        root.append(node('rect', {
          x: x(run.from), width: Math.max(0.4, x(run.to) - x(run.from)), y: y(stop.distance) + shift - thick / 2, height: thick, class: kind,
        }));
        const other = direction === 0 ? stops[index + 1] : stops[index - 1];
        if (kind === 'g' && other && run.from >= begin) {
          const travel = Math.abs(other.distance - stop.distance) / stop.speed * 1000;
          if (run.from + travel <= end) {
            root.append(node('line', {
              x1: x(run.from), y1: y(stop.distance) + shift, x2: x(run.from + travel), y2: y(other.distance) + shift,
              class: direction === 0 ? 'stroke-b' : 'stroke-quiet', 'stroke-width': 1, 'stroke-dasharray': direction === 0 ? '' : '4 3',
            }));
          }
        }
      }
    });
  });
  return root;
}

// Two bars a measure: before and after.
export function comparisonBars(measures, words) {
  const width = Math.min(760, available()), rowHeight = 54, height = measures.length * rowHeight + 6;
  const root = svg(width, height, words.title);
  measures.forEach((measure, index) => {
    const most = Math.max(measure.before ?? 0, measure.after ?? 0, 1e-9), y = index * rowHeight;
    root.append(node('text', { x: 0, y: y + 13 }, measure.name));
    [[measure.before, words.before, 'o'], [measure.after, words.after, 'b']].forEach(([value, name, kind], row) => {
      const top = y + 18 + row * 16;
      root.append(node('text', { x: 70, y: top + 10, 'text-anchor': 'end', class: 'quiet' }, name));
      if (value === null || value === undefined) {
        root.append(node('text', { x: 76, y: top + 10, class: 'quiet' }, '–'));
        return;
      }
      root.append(node('rect', { x: 76, y: top, width: Math.max(1, value / most * (width - 180)), height: 12, class: kind }));
      root.append(node('text', { x: 82 + value / most * (width - 180), y: top + 10 }, measure.format(value)));
    });
  });
  return root;
}

// Runs of one link, or of any of several, out of the record of what a signal showed.
export function runsOf(changes, links, end) {
  const runs = [];
  changes.forEach((change, index) => {
    let shown = 'r';
    for (const link of links) {
      const c = change.shown[link];
      if (c === 'G' || c === 'g') { shown = 'G'; break; }
      if (c === 'y' || c === 'u') shown = 'y';
      else if ((c === 'o' || c === 'O') && shown === 'r') shown = 'o';
    }
    const to = index + 1 < changes.length ? changes[index + 1].time : end;
    const last = runs[runs.length - 1];
    if (last && last.shown === shown) last.to = to;
    else runs.push({ from: change.time, to, shown });
  });
  return runs;
}

// Cycles of an approach: from the begin of red over the begin of green to the next begin of red.
export function cyclesOf(runs) {
  const cycles = [];
  let cycle;
  for (const run of runs) {
    if (run.shown === 'G') {
      if (cycle) cycle.greenFrom ??= run.from;
    } else if (run.shown === 'r') {
      if (cycle?.greenFrom !== undefined) { cycle.until = run.from; cycles.push(cycle); cycle = undefined; }
      cycle ??= { redFrom: run.from };
    }
  }
  cycles.push({});
  return cycles;
}
