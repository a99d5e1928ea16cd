// What the page knows: the book, the visible tab, its cells so far, the selection, and what is on its way.

import { Axis } from "./axis.js";

export const CHUNK = 100;
export const bookId = location.pathname.split("/")[3];
export const pageId = Math.random().toString(36).slice(2);

export const state = {
  book: { revision: -1, sheets: [], title: "" },
  tab: null,
  rows: new Axis(1, 21, {}, []),
  columns: new Axis(1, 100, {}, []),
  chunks: new Map(),
  layout: 0,          // grows whenever sizes or tabs change
  at: { row: 0, column: 0 },
  to: { row: 0, column: 0 },
  pending: new Map(), // typed cells that the sandbox has not confirmed yet
  people: [],
  copied: null,
  selections: 0,      // grows whenever the person selects, so that a late answer does not pull the cursor away
};

const listeners = new Map();
export const on = (name, react) => listeners.set(name, [...(listeners.get(name) ?? []), react]);
export const emit = (name, value) => (listeners.get(name) ?? []).forEach((react) => react(value));

export const $ = (id) => document.getElementById(id);

export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export const keyOf = (sheetId, row, column) => `${sheetId} ${row} ${column}`;
const chunkKey = (sheetId, row) => `${sheetId} ${row - row % CHUNK}`;
export const chunkOf = (row, sheetId = state.tab.sheetId) => state.chunks.get(chunkKey(sheetId, row));
export const putChunk = (sheetId, chunk) => state.chunks.set(chunkKey(sheetId, chunk.start), chunk);

export function cellAt(row, column) {
  const chunk = chunkOf(row), cell = chunk?.rows[row]?.[column] ?? {};
  const typed = state.pending.size ? state.pending.get(keyOf(state.tab.sheetId, row, column)) : undefined;
  if (!typed || (typed.revision && chunk?.revision >= typed.revision)) return cell;
  const numeric = /^[-+]?[\d.,]+%?$/.test(typed.text), { runs, error, bad, link, entered, value, ...kept } = cell;
  return { ...kept, text: typed.text.replace(/^'/, ""), entered: typed.text, align: cell.align ?? (numeric ? "right" : undefined), failed: typed.failed };
}

export const ruleAt = (row, column) => {
  const chunk = chunkOf(row), place = chunk?.rows[row]?.[column]?.rule;
  return place === undefined ? null : chunk.rules[place];
};
export const enteredAt = (row, column) => { const cell = cellAt(row, column); return cell.entered ?? cell.text ?? ""; };

export const mergeAt = (row, column) => state.tab.merges.find(([top, bottom, left, right]) => row >= top && row < bottom && column >= left && column < right);
export function headOf({ row, column }) {
  const merge = mergeAt(row, column);
  return merge ? { row: merge[0], column: merge[2] } : { row, column };
}

// The selected rectangle, with both ends inside, grown around the merged cells it touches.
export function selected() {
  const { at, to } = state;
  const box = { top: Math.min(at.row, to.row), bottom: Math.max(at.row, to.row), left: Math.min(at.column, to.column), right: Math.max(at.column, to.column) };
  for (let grown = true; grown;) {
    grown = false;
    for (const [top, bottom, left, right] of state.tab.merges) {
      if (top > box.bottom || bottom <= box.top || left > box.right || right <= box.left) continue;
      if (top < box.top || bottom - 1 > box.bottom || left < box.left || right - 1 > box.right) {
        Object.assign(box, { top: Math.min(box.top, top), bottom: Math.max(box.bottom, bottom - 1), left: Math.min(box.left, left), right: Math.max(box.right, right - 1) });
        grown = true;
      }
    }
  }
  return box;
}

export const rangeOf = (box) => ({ sheetId: state.tab.sheetId, startRowIndex: box.top, endRowIndex: box.bottom + 1, startColumnIndex: box.left, endColumnIndex: box.right + 1 });
export const wholeRows = (box) => box.left === 0 && box.right >= state.tab.columns - 1;
export const wholeColumns = (box) => box.top === 0 && box.bottom >= state.tab.rows - 1;

export function useTab(tab) {
  state.tab = tab;
  const fitted = state.rows.sheetId === tab.sheetId ? state.rows.fitted : new Map();
  state.rows = new Axis(tab.rows, tab.height, tab.heights, [...tab.hiddenRows, ...tab.filteredRows]);
  state.rows.sheetId = tab.sheetId;
  if (fitted.size) { state.rows.fitted = fitted; state.rows.measure(); }
  state.columns = new Axis(tab.columns, tab.width, tab.widths, tab.hiddenColumns);
  for (const place of [state.at, state.to]) {
    place.row = Math.min(place.row, tab.rows - 1);
    place.column = Math.min(place.column, tab.columns - 1);
  }
  freeze();
  state.layout++;
}

// What is frozen stays in place only as far as it leaves room for the rest: else nothing else could be reached.
const ROOM = 0.8;
export function freeze() {
  const { tab, rows, columns } = state, most = (axis, count, room) => { while (count > 0 && axis.start(count) > room * ROOM) count--; return count; };
  const ice = [most(rows, tab.frozenRows, $("grid").clientHeight || Infinity), most(columns, tab.frozenColumns, $("grid").clientWidth || Infinity)];
  if (ice[0] !== tab.iceRows || ice[1] !== tab.iceColumns) state.layout++;
  [tab.iceRows, tab.iceColumns] = ice;
}

export function select(at, to = at) {
  const clamp = (p) => ({ row: Math.max(0, Math.min(state.tab.rows - 1, p.row)), column: Math.max(0, Math.min(state.tab.columns - 1, p.column)) });
  state.at = headOf(clamp(at));
  state.to = clamp(to);
  emit("select");
}

for (const name of ["select", "selected-quietly"]) on(name, () => { state.selections++; });
