// @ts-check
// Pictures of figures. They are drawn at the size they have on the page, so that letters keep theirs; the same figures
// stand in a table for those who do not see them.
import { linear, ticks } from '/js/core/scale.js';
import { html, useId, useLayoutEffect, useRef, useState } from '/js/core/view.js';

/** @typedef {(value: number) => string} Format */
/** @typedef {{ left: number, right: number, top: number, bottom: number, width: number, height: number }} Area where the figures lie */
/** @typedef {{ x: number, y: number, title: string, text: string }} Hint */

const EDGE = { top: 10, right: 10, bottom: 24 };
const LETTER = 6.4;

function useWidth() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (box.current);
    const see = () => setWidth(Math.floor(element.clientWidth));
    see();
    const observer = new ResizeObserver(see);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return /** @type {const} */ ([box, width]);
}

/** @param {{ hint: Hint, width: number }} props */
function Tip({ hint, width }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    element.current?.style.setProperty('--x', `${hint.x}px`);
    element.current?.style.setProperty('--y', `${hint.y}px`);
  }, [hint.x, hint.y]);
  return html`
    <div class=${hint.x > width / 2 ? 'chart__tip chart__tip--left' : 'chart__tip'} ref=${element} aria-hidden="true">
      <b>${hint.text}</b><span>${hint.title}</span>
    </div>`;
}

/**
 * The frame of every chart: lines across with their figures, marks below, the table, and what lies under the pointer.
 * @param {{ label: string, height?: number, yTicks: number[], yFormat: Format, xMarks: (area: Area) => { x: number, text: string }[],
 *   draw: (area: Area, y: (value: number) => number) => any, hintAt?: (x: number, area: Area, y: (value: number) => number) => Hint | null,
 *   heads: string[], rows: string[][], xTitle?: string, yTitle?: string }} props
 */
function Frame({ label, height = 160, yTicks, yFormat, xMarks, draw, hintAt, heads, rows, xTitle, yTitle }) {
  const [box, width] = useWidth();
  const [hint, setHint] = useState(/** @type {Hint | null} */ (null));
  const figures = yTicks.map(yFormat);
  const left = Math.max(...figures.map((text) => text.length)) * LETTER + 10;
  const bottom = height - EDGE.bottom - (xTitle ? 18 : 0);
  const area = { left, right: width - EDGE.right, top: EDGE.top + (yTitle ? 22 : 0), bottom, width, height };
  const y = linear([yTicks[0], yTicks[yTicks.length - 1]], [area.bottom, area.top]);
  const move = (/** @type {any} */ event) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setHint(hintAt?.(x, area, y) ?? null);
  };
  useLayoutEffect(() => box.current?.style.setProperty('--height', `${height}px`), [height]);
  return html`
    <figure class="chart" ref=${box} aria-label=${label}>
      ${width > 0 && html`
        <svg class="chart__picture" width=${width} height=${height} aria-hidden="true" onPointerMove=${move} onPointerLeave=${() => setHint(null)}>
          ${yTicks.map((value, at) => html`
            <line class="chart__line" x1=${left} x2=${area.right} y1=${y(value)} y2=${y(value)} />
            <text class="chart__figure chart__figure--end" x=${left - 8} y=${y(value)} dy="0.32em">${figures[at]}</text>`)}
          ${draw(area, y)}
          ${xMarks(area).map(({ x, text }) => html`
            <text class=${`chart__figure chart__figure--${x > area.right - text.length * 3 ? 'end' : x < left + 4 ? 'start' : 'middle'}`}
              x=${x} y=${bottom + 18}>${text}</text>`)}
          ${xTitle && html`<text class="chart__figure chart__figure--end" x=${area.right} y=${height - 4}>${xTitle}</text>`}
          ${yTitle && html`<text class="chart__figure" x="0" y="11">${yTitle}</text>`}
          ${hint && html`<line class="chart__pointer" x1=${hint.x} x2=${hint.x} y1=${area.top} y2=${area.bottom} />
            <circle class="chart__dot" cx=${hint.x} cy=${hint.y} r="4" />`}
        </svg>`}
      ${hint && html`<${Tip} hint=${hint} width=${width} />`}
      <div class="unseen">
        <table>
          <caption>${label}</caption>
          <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => html`<tr>${row.map((cell, at) => (at ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`)}</tbody>
        </table>
      </div>
    </figure>`;
}

/** A few of many places, the first and the last among them. @param {number} n @param {number} most */
function some(n, most) {
  // A picture that is as narrow as a word has room for one.
  if (most < 2) return n > 0 ? [0] : [];
  if (n <= most) return Array.from({ length: n }, (_, at) => at);
  return Array.from({ length: most }, (_, at) => Math.round((at * (n - 1)) / (most - 1)));
}

/**
 * A line over time; with `step` a value holds until the next one, and the last for as long as the one before. Below it the
 * area is tinted.
 * @param {{ label: string, points: { x: number, y: number }[], xFormat: Format, yFormat: Format, tickFormat?: Format, heads: [string, string],
 *   step?: boolean, height?: number, whole?: boolean, xTicks?: number, yTitle?: string }} props
 */
export function LineChart({ label, points, xFormat, yFormat, tickFormat = yFormat, heads, step = false, height, whole = true, xTicks = 4, yTitle }) {
  const id = useId();
  const values = points.map(({ y }) => y);
  const last = points[points.length - 1];
  const end = step && points.length > 1 ? 2 * last.x - points[points.length - 2].x : last.x;
  const scaleX = (/** @type {Area} */ area) => linear([points[0].x, end], [area.left, area.right]);
  const draw = (/** @type {Area} */ area, /** @type {(value: number) => number} */ y) => {
    const x = scaleX(area);
    const path = points.map((point, at) => {
      const [px, py] = [x(point.x).toFixed(1), y(point.y).toFixed(1)];
      return at === 0 ? `M${px} ${py}` : step ? `H${px}V${py}` : `L${px} ${py}`;
    }).join('') + (step ? `H${area.right}` : '');
    return html`
      <defs><linearGradient id=${id} x1="0" x2="0" y1="0" y2="1"><stop class="chart__tint" offset="0" /><stop class="chart__tint chart__tint--end" offset="1" /></linearGradient></defs>
      <path d=${`${path}V${area.bottom}H${area.left}Z`} fill=${`url(#${id})`} />
      <path class="chart__path" d=${path} />
      <circle class="chart__dot" cx=${x(end)} cy=${y(last.y)} r="4" />`;
  };
  return html`
    <${Frame} label=${label} height=${height} yTicks=${ticks(Math.min(0, ...values), Math.max(1, ...values), 3, whole)} yFormat=${tickFormat}
      xMarks=${(/** @type {Area} */ area) => some(points.length, Math.min(xTicks, Math.floor(area.width / 80))).map((at) => ({ x: scaleX(area)(points[at].x), text: xFormat(points[at].x) }))}
      yTitle=${yTitle} draw=${draw} heads=${heads} rows=${points.map(({ x, y }) => [xFormat(x), yFormat(y)])}
      hintAt=${(/** @type {number} */ at, /** @type {Area} */ area, /** @type {(value: number) => number} */ y) => {
        const x = scaleX(area);
        // Where a value holds, the pointer is at the middle of its time.
        const place = (/** @type {number} */ time) => x(time) + (step ? (x(end) - x(last.x)) / 2 : 0);
        const near = points.reduce((best, point) => (Math.abs(place(point.x) - at) < Math.abs(place(best.x) - at) ? point : best));
        return { x: place(near.x), y: y(near.y), title: xFormat(near.x), text: yFormat(near.y) };
      }} />`;
}

/**
 * Upright bars, one for each label, up from nothing and down from it.
 * @param {{ label: string, bars: { label: string, value: number, tone?: 'quiet' | 'second' | 'main' }[], yFormat: Format, tickFormat?: Format,
 *   heads: [string, string], height?: number, xTicks?: number, xTitle?: string, yTitle?: string, edges?: { place: number, text: string }[] }} props
 *   `edges` mark places between bars instead of the bars themselves, as a histogram wants it
 */
export function BarChart({ label, bars, yFormat, tickFormat = yFormat, heads, height, xTicks = 5, xTitle, yTitle, edges }) {
  const values = bars.map(({ value }) => value);
  const middle = (/** @type {Area} */ area, /** @type {number} */ at) => area.left + ((at + 0.5) * (area.right - area.left)) / bars.length;
  return html`
    <${Frame} label=${label} height=${height} yTicks=${ticks(Math.min(0, ...values), Math.max(1, ...values), 3, true)} yFormat=${tickFormat}
      xTitle=${xTitle} yTitle=${yTitle} heads=${heads} rows=${bars.map((bar) => [bar.label, yFormat(bar.value)])}
      xMarks=${(/** @type {Area} */ area) => edges?.map(({ place, text }) => ({ x: middle(area, place - 0.5), text })) ?? some(bars.length, Math.min(xTicks, Math.max(2, Math.floor(area.width / 64)))).map((at) => ({ x: middle(area, at), text: bars[at].label }))}
      draw=${(/** @type {Area} */ area, /** @type {(value: number) => number} */ y) => {
        const width = Math.min(36, Math.max(2, ((area.right - area.left) / bars.length) * 0.72));
        return bars.map(({ value, tone = 'main' }, at) => html`
          <rect class=${`chart__bar chart__bar--${tone}`} x=${middle(area, at) - width / 2} y=${Math.min(y(0), y(value))} width=${width} height=${Math.abs(y(value) - y(0))} rx="2" />`);
      }}
      hintAt=${(/** @type {number} */ x, /** @type {Area} */ area, /** @type {(value: number) => number} */ y) => {
        const at = Math.floor(((x - area.left) / (area.right - area.left)) * bars.length);
        const bar = bars[at];
        return bar ? { x: middle(area, at), y: y(bar.value), title: bar.label, text: yFormat(bar.value) } : null;
      }} />`;
}

/**
 * What was expected against what came: on the diagonal both are the same. A larger point stands for more.
 * @param {{ label: string, points: { x: number, y: number, weight: number, text: string }[], xTitle: string, yTitle: string,
 *   format: Format, heads: string[], rows: string[][], height?: number }} props
 */
export function ScatterChart({ label, points, xTitle, yTitle, format, heads, rows, height = 240 }) {
  const all = points.flatMap(({ x, y }) => [x, y]);
  const marks = ticks(Math.min(...all), Math.max(...all), 4);
  const ends = /** @type {[number, number]} */ ([marks[0], marks[marks.length - 1]]);
  const heaviest = Math.max(...points.map(({ weight }) => weight));
  const scaleX = (/** @type {Area} */ area) => linear(ends, [area.left, area.right]);
  return html`
    <${Frame} label=${label} height=${height} yTicks=${marks} yFormat=${format} xTitle=${xTitle} yTitle=${yTitle} heads=${heads} rows=${rows}
      xMarks=${(/** @type {Area} */ area) => marks.map((value) => ({ x: scaleX(area)(value), text: format(value) }))}
      draw=${(/** @type {Area} */ area, /** @type {(value: number) => number} */ y) => html`
        <line class="chart__diagonal" x1=${area.left} y1=${area.bottom} x2=${area.right} y2=${area.top} />
        ${points.map((point) => html`
          <circle class="chart__point" cx=${scaleX(area)(point.x)} cy=${y(point.y)} r=${4 + 4 * Math.sqrt(point.weight / heaviest)} />`)}`}
      hintAt=${(/** @type {number} */ at, /** @type {Area} */ area, /** @type {(value: number) => number} */ y) => {
        const x = scaleX(area);
        const near = points.reduce((best, point) => (Math.abs(x(point.x) - at) < Math.abs(x(best.x) - at) ? point : best));
        return { x: x(near.x), y: y(near.y), title: near.text, text: `${format(near.x)} → ${format(near.y)}` };
      }} />`;
}
