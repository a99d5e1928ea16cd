// Painting: four panes (frozen and not), of which only what is in view is in the document.

import { landed, letters } from "./axis.js";
import { cellElement, heightOf, textWidth } from "./look.js";
import { load } from "./server.js";
import { $, cellAt, CHUNK, chunkOf, element, freeze, mergeAt, on, ruleAt, selected, state, wholeColumns, wholeRows } from "./state.js";

export const HEAD = { width: 46, height: 24 };
const SPARE_ROWS = 6, SPARE_COLUMNS = 2, FOOT = 56, PANES = ["body", "left", "top", "corner"];
export const grid = $("grid"), view = $("view");
const space = $("space"), foot = $("foot"), panes = {}, lines = {}, heads = {};

for (const name of PANES) {
  const pane = element("div", `pane ${name}`), layer = element("div", "layer"), marks = element("div", "layer marks");
  pane.append(layer, marks);
  view.append(pane);
  panes[name] = { pane, layer, marks };
  lines[name] = new Map();
}
for (const name of ["columns", "columnsFrozen", "rows", "rowsFrozen"]) {
  const head = element("div", `heads ${name}`), layer = element("div", "layer");
  head.append(layer);
  view.append(head);
  heads[name] = { head, layer, key: "" };
}

export function frozen() {
  const { tab, rows, columns } = state;
  return { height: rows.start(tab.iceRows), width: columns.start(tab.iceColumns) };
}

// ---- what is in view

function span(axis, from, scroll, room, spare) {
  const start = axis.start(from) + scroll;
  let first = Math.max(from, axis.at(start)), last = axis.at(start + Math.max(0, room));
  first = Math.max(from, first - spare);
  return [first, Math.min(axis.count, last + spare + 1)];
}

export function inView() {
  const { tab, rows, columns } = state, ice = frozen();
  const body = { top: grid.scrollTop, left: grid.scrollLeft, height: grid.clientHeight - HEAD.height - ice.height, width: grid.clientWidth - HEAD.width - ice.width };
  const [top, bottom] = span(rows, tab.iceRows, body.top, body.height, SPARE_ROWS);
  const [left, right] = span(columns, tab.iceColumns, body.left, body.width, SPARE_COLUMNS);
  return { ...body, ice, rows: [top, bottom], columns: [left, right] };
}

state.wanted = () => {
  const seen = inView(), starts = new Set();
  const add = (from, to) => { for (let r = from - from % CHUNK; r < to; r += CHUNK) starts.add(r); };
  add(0, state.tab.iceRows);
  for (const row of state.rows.shown(...seen.rows)) starts.add(row - row % CHUNK);
  return starts;
};

// ---- cells

function reach(row, column, cell, width) {
  // Text runs over empty neighbours, as far as it needs.
  if (!cell.text || cell.wrap || cell.kind || cell.text.includes("\n") || ruleAt(row, column)?.arrow) return {};
  if (state.tab.filter?.range[0] === row && column >= state.tab.filter.range[2] && column < state.tab.filter.range[3]) return {};
  const needed = textWidth(cell.text, cell) + 7, { columns } = state;
  if (needed <= width) return {};
  const free = (c) => !cellAt(row, c).text && !ruleAt(row, c) && !mergeAt(row, c);
  let right = 0, left = 0, until = column;
  const grow = (way, goal) => {
    let got = 0, next = columns.step(column, way);
    while (got < goal && next !== (way > 0 ? until : -1) && free(next) && next !== column) {
      got += columns.pixels(next);
      if (way > 0) until = next;
      const after = columns.step(next, way);
      if (after === next) break;
      next = after;
    }
    return got;
  };
  const align = cell.align ?? "left", more = needed - width;
  if (align !== "right") right = grow(1, align === "center" ? more / 2 : more);
  if (align !== "left") left = grow(-1, align === "center" ? more / 2 : more);
  return left || right ? { room: width + left + right, lead: left, until } : {};
}

function line(row, from, to, kept) {
  const made = element("div", "line"), { rows, columns } = state;
  made.dataset.row = row;
  made.setAttribute("role", "row");
  made.style.transform = `translateY(${rows.start(row)}px)`;
  const height = rows.pixels(row);
  let open = -1;
  for (const column of columns.shown(from, to)) {
    const merge = kept.length ? mergeAt(row, column) : undefined;
    if (merge && (merge[0] !== row || merge[2] !== column)) continue;
    const cell = cellAt(row, column), rule = ruleAt(row, column);
    const x = columns.start(column), width = merge ? columns.start(merge[3]) - x : columns.pixels(column);
    const place = { column, x, width, height: merge ? rows.start(merge[1]) - rows.start(row) : height, tall: Boolean(merge) };
    if (!merge) Object.assign(place, reach(row, column, cell, width));
    if (place.until > column) open = place.until;
    place.open = open > column;
    const shown = cellElement(cell, rule, place);
    filterButton(shown, row, column);
    made.append(shown);
  }
  return made;
}

function filterButton(shown, row, column) {
  const filter = state.tab.filter;
  if (!filter || row !== filter.range[0] || column < filter.range[2] || column >= filter.range[3]) return;
  const active = Boolean(filter.criteria[column]), button = element("button", active ? "funnel on" : "funnel");
  button.tabIndex = -1;
  button.dataset.filter = column;
  button.setAttribute("aria-label", `Filter column ${letters(column)}${active ? " (active)" : ""}`);
  shown.append(button);
  shown.classList.add("has-funnel");
}

function paintPane(name, rowSpan, columnSpan, versions) {
  const { layer } = panes[name], known = lines[name], [from, to] = columnSpan, kept = state.tab.merges;
  let first = from;
  const wanted = new Set(state.rows.shown(...rowSpan));
  for (const [top, bottom, left, right] of kept) {
    if (bottom <= rowSpan[0] || top >= rowSpan[1] || right <= from || left >= to) continue;
    if (name === "body" ? top >= state.tab.iceRows : true) wanted.add(top);
    if (left < first && (name === "top" || name === "body" ? left >= state.tab.iceColumns : true)) first = left;
  }
  for (const [row, each] of known) if (!wanted.has(row)) { each.made.remove(); known.delete(row); }
  for (const row of wanted) {
    const chunk = chunkOf(row), key = `${state.layout} ${first} ${to} ${versions.get(row) ?? ""}`;
    const each = known.get(row);
    if (each && each.key === key && each.chunk === chunk) continue;
    const made = line(row, first, to, kept);
    if (each) each.made.replaceWith(made);
    else layer.append(made);
    known.set(row, { made, key, chunk });
  }
}

export function paint() {
  if (!state.tab) return;
  const seen = inView(), { tab, rows, columns } = state;
  place(seen);
  const versions = new Map();
  for (const entry of state.pending.values()) {
    if (entry.sheetId === tab.sheetId) versions.set(entry.row, `${versions.get(entry.row) ?? ""}|${entry.column}:${entry.text}:${entry.failed ?? ""}:${entry.revision ?? ""}`);
  }
  const iceRows = [0, tab.iceRows], iceColumns = [0, tab.iceColumns];
  paintPane("body", seen.rows, seen.columns, versions);
  paintPane("top", iceRows, seen.columns, versions);
  paintPane("left", seen.rows, iceColumns, versions);
  paintPane("corner", iceRows, iceColumns, versions);
  paintHead("columns", columns, ...seen.columns, letters);
  paintHead("columnsFrozen", columns, ...iceColumns, letters);
  paintHead("rows", rows, ...seen.rows, (row) => row + 1);
  paintHead("rowsFrozen", rows, ...iceRows, (row) => row + 1);
  paintMarks();
  view.classList.toggle("no-lines", !tab.gridlines);
  foot.style.transform = `translateY(${HEAD.height + rows.total - seen.top}px)`;
  foot.hidden = rows.total - seen.top > grid.clientHeight;
}

const box = (made, left, top, width, height) => Object.assign(made.style, { left: `${left}px`, top: `${top}px`, width: `${Math.max(0, width)}px`, height: `${Math.max(0, height)}px` });

function place(seen) {
  const { ice, top, left } = seen, width = grid.clientWidth, height = grid.clientHeight, { rows, columns } = state;
  Object.assign(space.style, { width: `${HEAD.width + columns.total + 40}px`, height: `${HEAD.height + rows.total + FOOT}px` });
  Object.assign(view.style, { width: `${width}px`, height: `${height}px` });
  const x = HEAD.width + ice.width, y = HEAD.height + ice.height;
  box(panes.corner.pane, HEAD.width, HEAD.height, ice.width, ice.height);
  box(panes.top.pane, x, HEAD.height, width - x, ice.height);
  box(panes.left.pane, HEAD.width, y, ice.width, height - y);
  box(panes.body.pane, x, y, width - x, height - y);
  box(heads.columns.head, x, 0, width - x, HEAD.height);
  box(heads.columnsFrozen.head, HEAD.width, 0, ice.width, HEAD.height);
  box(heads.rows.head, 0, y, HEAD.width, height - y);
  box(heads.rowsFrozen.head, 0, HEAD.height, HEAD.width, ice.height);
  const dx = -(ice.width + left), dy = -(ice.height + top);
  const shift = (layer, a, b) => { layer.style.transform = `translate(${a}px, ${b}px)`; };
  for (const part of ["layer", "marks"]) {
    shift(panes.body[part], dx, dy);
    shift(panes.top[part], dx, 0);
    shift(panes.left[part], 0, dy);
  }
  shift(heads.columns.layer, dx, 0);
  shift(heads.rows.layer, 0, dy);
  view.classList.toggle("ice-rows", ice.height > 0);
  view.classList.toggle("ice-columns", ice.width > 0);
}

function paintHead(name, axis, from, to, label) {
  const each = heads[name], down = name.startsWith("rows"), picked = selected();
  const [low, high] = down ? [picked.top, picked.bottom] : [picked.left, picked.right];
  const whole = down ? wholeRows(picked) : wholeColumns(picked), filter = state.tab.filter?.range;
  const key = `${state.layout} ${from} ${to} ${low} ${high} ${whole}`;
  if (each.key === key) return;
  each.key = key;
  each.layer.replaceChildren(...axis.shown(from, to).map((index) => {
    const made = element("div", down ? "number" : "letter", label(index));
    made.dataset[down ? "line" : "letter"] = index;
    made.setAttribute("role", down ? "rowheader" : "columnheader");
    if (index >= low && index <= high) made.classList.add(whole ? "whole" : "on");
    if (filter && (down ? index >= filter[0] && index < filter[1] : index >= filter[2] && index < filter[3])) made.classList.add("filtered");
    Object.assign(made.style, down
      ? { top: `${axis.start(index)}px`, height: `${axis.pixels(index)}px`, lineHeight: `${axis.pixels(index) - 1}px` }
      : { left: `${axis.start(index)}px`, width: `${axis.pixels(index)}px` });
    const grip = element("span", "grip");
    grip.dataset.grip = index;
    made.append(grip);
    for (const side of [-1, 1]) {
      const next = index + side, hides = next >= 0 && next < axis.count && axis.hidden[next] && byHand(down, next);
      if (!hides) continue;
      const arrow = element("button", side < 0 ? "unhide after" : "unhide before");
      arrow.tabIndex = -1;
      arrow.dataset.unhide = next;
      arrow.setAttribute("aria-label", down ? "Show hidden rows" : "Show hidden columns");
      made.append(arrow);
    }
    return made;
  }));
}

const byHand = (down, index) => (down ? state.tab.hiddenRows : state.tab.hiddenColumns).some(([start, end]) => index >= start && index < end);

// ---- the selection, others' cursors, and what was copied

function mark(className, area) {
  const made = element("div", className), { rows, columns } = state;
  const x = columns.start(area.left), y = rows.start(area.top);
  const left = Math.max(0, x - 1), top = Math.max(0, y - 1);
  box(made, left, top, columns.end(area.right) - left, rows.end(area.bottom) - top);
  return made;
}

const HUES = ["#d93025", "#9334e6", "#e8710a", "#12805c", "#1967d2", "#c5221f", "#7b5e00", "#b80672"];
export const colourOf = (name) => HUES[[...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7) % HUES.length];

const around = ({ row, column }) => {
  const merge = mergeAt(row, column);
  return merge ? { top: merge[0], bottom: merge[1] - 1, left: merge[2], right: merge[3] - 1 } : { top: row, bottom: row, left: column, right: column };
};

export function paintMarks() {
  const { tab } = state, picked = selected(), many = picked.top !== picked.bottom || picked.left !== picked.right;
  const made = () => {
    const found = [];
    for (const person of state.people.filter((p) => p.sheetId === tab.sheetId && p.row < tab.rows && p.column < tab.columns)) {
      const shown = mark("person", around(person));
      shown.style.setProperty("--hue", colourOf(person.name));
      shown.append(element("span", "", person.name));
      found.push(shown);
    }
    for (const place of state.found ?? []) found.push(mark("found", around({ row: place[0], column: place[1] })));
    if (many) found.push(mark("range", picked));
    found.push(mark("active", around(state.at)));
    if (state.copied?.sheetId === tab.sheetId) found.push(mark("copied", state.copied.box));
    return found;
  };
  for (const name of PANES) panes[name].marks.replaceChildren(...made());
}

// ---- where things are on the screen

export function boxOf(place) {
  const area = around(place), { rows, columns, tab } = state;
  const x = columns.start(area.left) - (area.left >= tab.iceColumns ? grid.scrollLeft : 0);
  const y = rows.start(area.top) - (area.top >= tab.iceRows ? grid.scrollTop : 0);
  return { left: HEAD.width + x, top: HEAD.height + y, width: columns.end(area.right) - columns.start(area.left), height: rows.end(area.bottom) - rows.start(area.top) };
}

export function placeAt(event) {
  const frame = grid.getBoundingClientRect(), ice = frozen(), { rows, columns } = state;
  const px = event.clientX - frame.left - HEAD.width, py = event.clientY - frame.top - HEAD.height;
  const x = px < ice.width ? px : px + grid.scrollLeft, y = py < ice.height ? py : py + grid.scrollTop;
  return { row: rows.at(Math.max(0, y)), column: columns.at(Math.max(0, x)), x, y, beyond: y >= rows.total || x >= columns.total };
}

export function reveal(place = state.to) {
  const { tab, rows, columns } = state, seen = inView(), area = around(place), picked = selected();
  if (place.row >= tab.iceRows && !wholeColumns(picked)) {
    const top = rows.start(area.top) - seen.ice.height, bottom = rows.end(area.top) - seen.ice.height;
    if (top < seen.top) grid.scrollTop = top;
    else if (bottom > seen.top + seen.height) grid.scrollTop = bottom - seen.height + 1;
  }
  if (place.column >= tab.iceColumns && !wholeRows(picked)) {
    const left = columns.start(area.left) - seen.ice.width, right = columns.end(area.left) - seen.ice.width;
    if (left < seen.left) grid.scrollLeft = left;
    else if (right > seen.left + seen.width) grid.scrollLeft = Math.min(left, right - seen.width + 1);
  }
}

// ---- heights that follow from the contents

function fit(start) {
  const chunk = chunkOf(start), { rows, columns } = state;
  let changed = false;
  for (let row = start; row < Math.min(start + CHUNK, rows.count); row++) {
    let height = 0;
    for (const [column, cell] of Object.entries(chunk.rows[row] ?? {})) {
      const large = (cell.size ?? 10) > 11;
      if (!cell.text || (cell.wrap !== "wrap" && !large && !cell.text.includes("\n")) || mergeAt(row, Number(column))) continue;
      height = Math.max(height, heightOf(cell, columns.pixels(Number(column))));
    }
    const wanted = height > rows.size ? height : undefined;
    if (rows.fitted.get(row) === wanted) continue;
    if (wanted === undefined) rows.fitted.delete(row);
    else rows.fitted.set(row, wanted);
    changed = true;
  }
  if (changed) { rows.measure(); state.layout++; }
}

let due = 0;
export const repaint = () => { due ||= requestAnimationFrame(() => { due = 0; paint(); }); };
on("chunk", (start) => { fit(start); paint(); });
on("move", (move) => {
  if (state.copied) {
    const corner = landed(move, { sheetId: state.copied.sheetId, row: state.copied.box.top, column: state.copied.box.left });
    if (!corner || corner.row !== state.copied.box.top || corner.column !== state.copied.box.left) state.copied = null;
  }
});
on("book", () => { for (let r = 0; r < state.tab.rows; r += CHUNK) if (chunkOf(r)) fit(r); paint(); });
on("tab", () => { for (const name of PANES) { lines[name].clear(); panes[name].layer.replaceChildren(); } grid.scrollTo(0, 0); paint(); });
on("cells", paint);
on("people", paintMarks);
on("select", () => { reveal(); paint(); });
let loading = 0;
grid.addEventListener("scroll", () => { paint(); clearTimeout(loading); loading = setTimeout(load, 40); });
new ResizeObserver(() => { if (state.tab) { freeze(); paint(); load(); } }).observe(grid);
