// Moving about and the keys of the grid, as in Sheets.

import { copyNow } from "./clipboard.js";
import { bold, clear, fillDown, fillRight, insertLines, italic, redo, removeLines, strike, toggle, underline, undo } from "./commands.js";
import { hideToast } from "./dialogs.js";
import { begin, editing, mayEdit } from "./editor.js";
import { openFind } from "./find.js";
import { isCheckbox } from "./look.js";
import { grid, inView, paint, reveal } from "./paint.js";
import { $, cellAt, emit, headOf, mergeAt, ruleAt, select, selected, state } from "./state.js";

// One step from the active cell, past all of a merged one.
export function move(down, right) {
  const { rows, columns, at } = state, merge = mergeAt(at.row, at.column);
  const row = merge && down > 0 ? merge[1] - 1 : at.row, column = merge && right > 0 ? merge[3] - 1 : at.column;
  select({ row: rows.step(row, down), column: columns.step(column, right) });
}

// Tab from cell to cell, then Enter: the next row begins where the first Tab was pressed.
let tabbed = { selections: -1, column: 0 };
export function tab(right) {
  const column = tabbed.selections === state.selections ? tabbed.column : state.at.column;
  move(0, right);
  tabbed = { selections: state.selections, column };
}
export function enter(down) {
  const back = down > 0 && tabbed.selections === state.selections;
  move(down, 0);
  if (back) select({ row: state.at.row, column: tabbed.column });
}

function extend(down, right) {
  const { rows, columns, to } = state;
  state.to = { row: rows.step(to.row, down), column: columns.step(to.column, right) };
  emit("select");
}

// The edge of the block of filled cells in a direction, as Ctrl and an arrow jump to.
function edge(from, axis, filled, way) {
  let place = from, next = axis.step(from, way);
  if (next === place) return place;
  const inside = filled(place) && filled(next);
  while (next !== place) {
    if (inside && !filled(next)) return place;
    place = next;
    if (!inside && filled(place)) return place;
    next = axis.step(place, way);
  }
  return place;
}

function jump(place, down, right) {
  const { tab, rows, columns } = state, [lastRow, lastColumn] = tab.last;
  const filled = (r, c) => Boolean(cellAt(r, c).text);
  if (down) {
    // beyond the last row that holds anything there is nothing to look at
    if (down > 0 && place.row >= lastRow) return { ...place, row: rows.last };
    return { ...place, row: edge(place.row, rows, (r) => filled(r, place.column), down) };
  }
  if (right > 0 && place.column >= lastColumn) return { ...place, column: columns.last };
  return { ...place, column: edge(place.column, columns, (c) => filled(place.row, c), right) };
}

const page = () => Math.max(1, Math.floor(inView().height / state.rows.size) - 1);

export function selectAll() {
  const { tab, rows, columns } = state;
  state.at = headOf({ row: rows.first, column: columns.first });
  state.at = { row: 0, column: 0 };
  state.to = { row: tab.rows - 1, column: tab.columns - 1 };
  emit("selected-quietly");
  paint();
}

function selectLines(which) {
  const box = selected(), { tab } = state;
  if (which === "rows") { state.at = { row: box.top, column: 0 }; state.to = { row: box.bottom, column: tab.columns - 1 }; }
  else { state.at = { row: 0, column: box.left }; state.to = { row: tab.rows - 1, column: box.right }; }
  emit("selected-quietly");
  paint();
}

function go(event, ctrl) {
  const { rows, columns, tab } = state, shift = event.shiftKey, from = shift ? state.to : state.at;
  const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (arrows && !ctrl) { if (shift) extend(...arrows); else move(...arrows); return true; }
  let goal = null;
  if (arrows) goal = jump(from, ...arrows);
  else if (event.key === "PageDown" || event.key === "PageUp") goal = { ...from, row: rows.step(from.row, event.key === "PageDown" ? page() : -page()) };
  else if (event.key === "Home") goal = { row: ctrl ? rows.first : from.row, column: columns.first };
  else if (event.key === "End") goal = ctrl ? { row: Math.min(tab.last[0], tab.rows - 1), column: Math.min(tab.last[1], tab.columns - 1) } : { ...from, column: columns.last };
  if (!goal) return false;
  if (shift) { state.to = goal; emit("select"); reveal(goal); } else select(goal);
  return true;
}

const shortcuts = {
  z: () => undo(), y: () => redo(), d: () => fillDown(), r: () => fillRight(), b: () => bold(), i: () => italic(), u: () => underline(), f: () => openFind(), a: () => selectAll(),
};

async function space(event) {
  const { row, column } = state.at;
  if (!isCheckbox(cellAt(row, column), ruleAt(row, column))) return false;
  event.preventDefault();
  if (await mayEdit(selected())) toggle();
  return true;
}

function keys(event) {
  if (editing() || event.isComposing || !state.tab) return;
  const ctrl = event.ctrlKey || event.metaKey, { key } = event, low = key.toLowerCase();
  if (ctrl && event.altKey && (key === "=" || key === "+")) insertLines("rows", -1);
  else if (ctrl && event.altKey && key === "-") removeLines("rows");
  else if (ctrl && key === " ") selectLines("columns");
  else if (event.shiftKey && key === " ") selectLines("rows");
  else if (go(event, ctrl)) { /* moved */ }
  else if (key === "Enter" && ctrl) return;
  else if (key === "Enter" && event.shiftKey) move(-1, 0);
  else if (key === "F2" || key === "Enter") begin();
  else if (key === "Tab") tab(event.shiftKey ? -1 : 1);
  else if (key === "Delete" || key === "Backspace") clear();
  else if (key === "Escape") { state.copied = null; hideToast(); paint(); }
  else if (ctrl && event.shiftKey && low === "z") redo();
  else if (ctrl && event.shiftKey && low === "x") strike();
  else if (event.altKey && event.shiftKey && key === "5") strike();
  else if (ctrl && !event.altKey && !event.shiftKey && shortcuts[low]) shortcuts[low]();
  else if (ctrl && event.shiftKey && low === "v") { copyNow.valuesOnly = true; return; }
  else if (key === " " && isCheckbox(cellAt(state.at.row, state.at.column), ruleAt(state.at.row, state.at.column))) { space(event); return; }
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // the editor that a key opened must not take that key, too
}

$("editor").addEventListener("keydown", keys);
document.addEventListener("keydown", (event) => {
  if (document.activeElement === document.body || document.activeElement === grid) { $("editor").focus({ preventScroll: true }); keys(event); }
});
