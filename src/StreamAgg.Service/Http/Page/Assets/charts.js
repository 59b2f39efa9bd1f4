// Four charts over one time axis, of the data that lie in the page. uPlot draws; here is what and in which colours.
const uPlot = window.uPlot;
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const ms = value => value == null ? '–' : value < 10 ? `${+value.toFixed(2)} ms` : value < 1000 ? `${+value.toFixed(value < 100 ? 1 : 0)} ms` : `${+(value / 1000).toFixed(value < 1e4 ? 2 : 1)} s`;
const percent = value => value == null ? '–' : value === 0 ? '0 %' : value < 0.01 ? '< 0.01 %' : `${+value.toFixed(value < 10 ? 2 : 1)} %`;
const dashes = [undefined, [7, 3], [2, 3]];
const names = ['p50', 'p90', 'p99'];

export class Charts {
  constructor(box) {
    this.box = box;
    this.zone = 'UTC';
    this.quantile = Math.max(0, names.indexOf(new URLSearchParams(location.search).get('q') ?? 'p99'));
    this.plots = new Map();
  }

  show(data) {
    this.box.hidden = data.platforms.length === 0;
    if (this.box.hidden) return;
    const style = getComputedStyle(document.documentElement);
    this.colour = name => style.getPropertyValue(`--${name}`).trim();
    this.data = data;
    if (this.plots.size === 0) this.build();
    const own = platform => this.colour(`c${platform.colour}`);
    this.requests(data, own);
    this.lines('errors', data, data.platforms.map(platform => ({ label: platform.label, stroke: own(platform), dash: dashes[platform.dash], values: platform.errors })), percent, 1);
    const one = data.platforms.length === 1;
    this.choice.hidden = one;
    this.lines('latency', data, one
      ? names.map((name, place) => ({ label: name, stroke: own(data.platforms[0]), dash: dashes[2 - place], values: data.platforms[0].quantiles[place] }))
      : data.platforms.map(platform => ({ label: platform.label, stroke: own(platform), dash: dashes[platform.dash], values: platform.quantiles[this.quantile] })), ms, 3);
    this.heat(data);
  }

  build() {
    const add = (name, title, note) => {
      const chart = document.createElement('figure');
      chart.className = 'chart';
      chart.style.margin = 0;
      chart.innerHTML = `<figcaption class="heading"><h2></h2><span class="muted"></span></figcaption><div class="plot" role="img"></div>`;
      chart.querySelector('h2').textContent = title;
      chart.querySelector('span').textContent = note;
      chart.querySelector('.plot').setAttribute('aria-label', `${title}: ${note}. The rows below hold the same figures.`);
      this.box.append(chart);
      this.plots.set(name, { place: chart.querySelector('.plot'), plot: null, key: '' });
      return chart;
    };
    add('requests', 'Requests', 'stacked by platform');
    add('errors', 'Error rate', 'of each platform');
    const latency = add('latency', 'Latency', 'of successful requests');
    add('heat', 'Latency spread', 'darker: more requests');
    this.choice = document.createElement('div');
    this.choice.className = 'ranges';
    this.choice.setAttribute('role', 'group');
    this.choice.setAttribute('aria-label', 'Quantile');
    names.forEach((name, place) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = name;
      button.setAttribute('aria-pressed', place === this.quantile);
      button.addEventListener('click', () => {
        this.quantile = place;
        [...this.choice.children].forEach((other, at) => other.setAttribute('aria-pressed', at === place));
        const link = new URL(location.href);
        link.searchParams.set('q', name);
        history.replaceState(null, '', link);
        this.show(this.data);
      });
      this.choice.append(button);
    });
    latency.querySelector('.heading').append(this.choice);
  }

  requests(data, own) {
    // From the top down: each sum is drawn over the one above it.
    const sums = data.starts.map(() => 0);
    const stack = data.platforms.map(platform => {
      const values = platform.requests.map((value, at) => value == null ? null : (sums[at] += value));
      return { label: platform.label, mark: own(platform), stroke: this.colour('panel'), fill: own(platform), values, told: platform.requests };
    }).reverse();
    const bars = uPlot.paths.bars({ size: [0.82, 60], radius: 0.08 });
    this.draw('requests', data, stack.map(series => ({ ...series, width: 1, paths: bars, points: { show: false } })), value => count.format(value), short.format, 1);
  }

  lines(name, data, series, text, distribution) {
    this.draw(name, data, series.map(line => ({ ...line, width: 1.6, points: { size: 5, show: (plot, at) => isolated(plot.data[at]) } })), text, text, distribution);
  }

  heat(data) {
    const rows = data.bins, first = Math.max(0, Math.min(...rows.map(row => row.findIndex(value => value > 0)).filter(at => at >= 0), 47) - 1);
    const last = Math.min(47, Math.max(...rows.map(row => row.findLastIndex(value => value > 0)), first + 8) + 1);
    const edge = bin => 10 ** (bin / data.binsADecade);
    const most = Math.max(1, ...rows.flat());
    const paint = plot => {
      const { ctx } = plot, width = (plot.bbox.width / rows.length);
      const half = plot.data[0].length > 1 ? (plot.data[0][1] - plot.data[0][0]) / 2 : 1800;
      rows.forEach((row, at) => row.forEach((value, bin) => {
        if (value === 0) return;
        const left = plot.valToPos(data.starts[at] - half, 'x', true), top = plot.valToPos(edge(bin + 1), 'y', true), foot = plot.valToPos(edge(bin), 'y', true);
        ctx.fillStyle = `rgba(${this.colour('heat')}, ${(0.08 + 0.92 * Math.sqrt(value / most)).toFixed(3)})`;
        ctx.fillRect(left, top, Math.max(1, width - 1), foot - top - 0.5);
      }));
    };
    const median = data.starts.map((_, at) => rows[at].some(value => value > 0) ? edge(first) : null);
    this.draw('heat', data, [{ label: 'slowest tenth', stroke: 'transparent', width: 0, points: { show: false }, values: median, told: rows.map(row => share(row, 0.9, edge)) }],
      value => value == null ? '–' : `above ${ms(value)}`, ms, 3, { paint, range: [edge(first), edge(last + 1)] });
  }

  draw(name, data, series, text, axis, distribution, { paint, range } = {}) {
    const held = this.plots.get(name), { place } = held;
    const values = [data.starts, ...series.map(line => line.values)];
    const key = JSON.stringify([series.map(line => [line.label, line.mark ?? line.stroke]), this.zone, this.colour('text'), data.days, distribution, range, paint && data.bins]);
    held.data = data;
    held.series = series;
    if (held.plot && held.key === key) return held.plot.setData(values);
    held.plot?.destroy();
    held.key = key;
    const step = data.starts.length > 1 ? data.starts[1] - data.starts[0] : 3600;
    const hint = document.createElement('div');
    hint.className = 'hint';
    hint.hidden = true;
    const line = { stroke: this.colour('muted'), grid: { stroke: this.colour('line'), width: 1 }, ticks: { show: false }, font: `${this.size() * 0.82}px system-ui, sans-serif` };
    const plot = held.plot = new uPlot({
      ...this.room(place),
      legend: { show: false },
      cursor: { y: false, points: { show: !paint }, sync: { key: 'streamagg' }, drag: { x: false, y: false } },
      tzDate: at => uPlot.tzDate(new Date(at * 1000), data.days ? 'UTC' : this.zone),
      scales: {
        x: { range: () => [held.data.starts[0] - step / 2, held.data.starts.at(-1) + step / 2] },
        y: { distr: distribution, range: range ? () => range : distribution === 3 ? undefined : (_, low, high) => [0, high > 0 ? high * 1.06 : 1] },
      },
      axes: [
        { ...line, grid: { show: false }, values: (_, ticks) => ticks.map(at => tick(at, this.zone, data)), space: this.size() * 4.5, size: this.size() * 1.9 },
        { ...line, values: (_, ticks) => ticks.map(value => value == null ? '' : axis(value)), size: this.size() * 4.2, space: this.size() * 2.4, splits: distribution === 3 ? (_, __, low, high) => powers(low, high) : undefined, filter: (_, ticks) => ticks },
      ],
      series: [{}, ...series.map(({ values: _, told: __, mark: ___, ...rest }) => ({ spanGaps: false, ...rest }))],
      hooks: {
        drawClear: [shown => this.shade(shown, held.data, step)],
        draw: paint ? [paint] : [],
        setCursor: [shown => this.hint(shown, held, hint, text)],
      },
    }, values, place);
    plot.over.append(hint);
  }

  // Where the figures still grow the ground says so.
  shade(plot, data, step) {
    const { ctx, bbox } = plot, at = data.open.indexOf(true);
    if (at < 0) return;
    const left = Math.max(bbox.left, plot.valToPos(data.starts[at] - step / 2, 'x', true));
    ctx.save();
    ctx.fillStyle = this.colour('line');
    ctx.globalAlpha = 0.45;
    ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
    ctx.restore();
  }

  hint(plot, held, hint, text) {
    const at = plot.cursor.idx;
    hint.hidden = at == null || plot.cursor.left < 0;
    if (hint.hidden) return;
    hint.classList.toggle('left', plot.cursor.left > plot.over.clientWidth / 2);
    if (plot.cursor.left > plot.over.clientWidth / 2) hint.style.left = '.2rem';
    else hint.style.left = '';
    const head = document.createElement('div'), body = document.createElement('table');
    head.className = 'muted';
    head.textContent = when(held.data.starts[at], this.zone, held.data) + (held.data.open[at] ? ', provisional' : '');
    for (const line of held.series) {
      const row = body.insertRow(), mark = document.createElement('i');
      mark.className = 'swatch';
      mark.style.background = line.mark ?? line.stroke;
      row.insertCell().append(mark, line.label);
      row.insertCell().textContent = text((line.told ?? line.values)[at]);
    }
    hint.replaceChildren(head, body);
  }

  size() { return parseFloat(getComputedStyle(document.documentElement).fontSize); }

  room(place) { return { width: Math.max(200, place.clientWidth), height: Math.max(120, place.clientHeight) }; }

  resize() { for (const { plot, place } of this.plots.values()) plot?.setSize(this.room(place)); }
}

const isolated = values => values.length < 3 || values.some((value, at) => value != null && values[at - 1] == null && values[at + 1] == null);

// The start of the bin above which so little is left.
function share(row, q, edge) {
  const all = row.reduce((sum, value) => sum + value, 0);
  let below = 0;
  for (let bin = 0; bin < row.length; bin++) {
    below += row[bin];
    if (all > 0 && below >= q * all) return edge(bin);
  }
  return null;
}

// 1, 2 and 5 of each power of ten; of many powers every 1 alone.
function powers(low, high) {
  const steps = high / low > 2000 ? [1] : [1, 2, 5], found = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
    found.push(...steps.map(step => step * power).filter(value => value >= low * 0.999 && value <= high * 1.001));
  return found;
}

const parts = (at, zone, options) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options }).format(new Date(at * 1000));
const when = (at, zone, data) => data.days ? parts(at, 'UTC', { weekday: 'short', day: 'numeric', month: 'short' })
  : parts(at, zone, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const tick = (at, zone, data) => data.days ? parts(at, 'UTC', { day: 'numeric', month: 'short' }) : parts(at, zone, { hour: '2-digit', minute: '2-digit' });
