// What the menus, the toolbar and the keys do: each becomes requests of the Sheets API.

import { toast } from "./dialogs.js";
import { editing, mayEdit } from "./editor.js";
import { act, done, refresh, takeBack, type, undone } from "./server.js";
import { isCheckbox } from "./look.js";
import { cellAt, rangeOf, ruleAt, select, selected, state, wholeColumns, wholeRows } from "./state.js";

export async function run(...requests) {
  try {
    return await act({ requests });
  } catch (error) {
    toast(error.message.replace(/^Invalid requests\[\d+\]\.\w+: /, ""), { title: "There was a problem" });
    return null;
  }
}

// Run requests that change the selected cells, where that is allowed.
export const change = async (...requests) => ((await mayEdit(selected())) ? run(...requests) : null);

async function back(from, into, nothing) {
  if (!from.length) { toast(nothing); return; }
  try { await takeBack(from, into); } catch (error) { toast(error.message); }
}
export const undo = () => back(done, undone, "There is nothing to undo.");
export const redo = () => back(undone, done, "There is nothing to redo.");

// Whether the person has stayed where they were: only then may a late answer move the cursor.
export function unmoved() {
  const { selections } = state;
  return () => state.selections === selections && !editing();
}

// ---- rows and columns

const lines = (which, start, end) => ({ sheetId: state.tab.sheetId, dimension: which === "rows" ? "ROWS" : "COLUMNS", startIndex: start, endIndex: end });
const along = (which, box = selected()) => (which === "rows" ? [box.top, box.bottom + 1] : [box.left, box.right + 1]);

// Insert as many as are selected, before (-1) or after (1) them.
export async function insertLines(which, side) {
  const [start, end] = along(which), at = side < 0 ? start : end, count = end - start;
  const before = side > 0 || (at > 0 && at > (which === "rows" ? state.tab.frozenRows : state.tab.frozenColumns));
  const { tab, at: from } = state, stay = unmoved();
  const answer = await run({ insertDimension: { range: lines(which, at, at + count), inheritFromBefore: before } });
  if (!answer || state.tab.sheetId !== tab.sheetId) return;
  await refresh().catch(() => {});
  if (!stay()) return;
  if (which === "rows") select({ row: at, column: from.column }, { row: at + count - 1, column: from.column });
  else select({ row: from.row, column: at }, { row: from.row, column: at + count - 1 });
}

export async function removeLines(which) {
  const box = selected(), [start, end] = along(which, box);
  const cells = which === "rows" ? { ...box, left: 0, right: state.tab.columns - 1 } : { ...box, top: 0, bottom: state.tab.rows - 1 };
  if (!(await mayEdit(cells))) return;
  const place = which === "rows" ? { row: start, column: state.at.column } : { row: state.at.row, column: start };
  const stay = unmoved();
  if (await run({ deleteDimension: { range: lines(which, start, end) } }) && stay()) select(place);
}

export async function moveLines(which, goal) {
  const [start, end] = along(which);
  if (goal >= start && goal <= end) return;
  const stay = unmoved(), answer = await run({ moveDimension: { source: lines(which, start, end), destinationIndex: goal } });
  if (!answer || !stay()) return;
  const first = goal > start ? goal - (end - start) : goal, last = first + end - start - 1, { tab } = state;
  if (which === "rows") select({ row: first, column: 0 }, { row: last, column: tab.columns - 1 });
  else select({ row: 0, column: first }, { row: tab.rows - 1, column: last });
}

export const shiftLines = (which, side) => {
  const [start, end] = along(which), axis = which === "rows" ? state.rows : state.columns;
  const goal = side < 0 ? axis.step(start, -1) : axis.step(end - 1, 1) + 1;
  return moveLines(which, goal);
};

const properties = (which, start, end, given) => ({ updateDimensionProperties: { range: lines(which, start, end), properties: given, fields: Object.keys(given).join(",") } });
export const hideLines = (which) => run(properties(which, ...along(which), { hiddenByUser: true }));
export function showLines(which, index) {
  const spans = which === "rows" ? state.tab.hiddenRows : state.tab.hiddenColumns, [low, high] = along(which);
  const inside = spans.filter(([start, end]) => (index === undefined ? start < high && end > low : index >= start && index < end));
  return inside.length ? run(...inside.map(([start, end]) => properties(which, start, end, { hiddenByUser: false }))) : null;
}
export const hidesLines = (which) => {
  const [low, high] = along(which);
  return (which === "rows" ? state.tab.hiddenRows : state.tab.hiddenColumns).some(([start, end]) => start < high && end > low);
};
export const resize = (which, start, end, pixelSize) => run(properties(which, start, end, { pixelSize }));

export const freeze = (which, count) => {
  const name = which === "rows" ? "frozenRowCount" : "frozenColumnCount";
  return run({ updateSheetProperties: { properties: { sheetId: state.tab.sheetId, gridProperties: { [name]: count } }, fields: `gridProperties.${name}` } });
};
export const addRows = (length) => run({ appendDimension: { sheetId: state.tab.sheetId, dimension: "ROWS", length } });

// ---- cells

// The part of the selection that holds cells: a whole column must not send a million of them.
export function usedBox(box = selected()) {
  const [row, column] = state.tab.last;
  return { ...box, bottom: Math.min(box.bottom, Math.max(row, box.top)), right: Math.min(box.right, Math.max(column, box.left)) };
}

export const clear = () => change({ repeatCell: { range: rangeOf(usedBox()), cell: {}, fields: "userEnteredValue" } });

export function toggle(place = state.at) {
  const rule = ruleAt(place.row, place.column), cell = cellAt(place.row, place.column);
  if (!isCheckbox(cell, rule)) return;
  const [yes = "TRUE", no = rule.options.length ? "" : "FALSE"] = rule.options;
  const isOn = (cell.text ?? "").toUpperCase() === yes.toUpperCase();
  type(place.row, place.column, isOn ? no : yes);
}

const paste = (source, destination, pasteType = "PASTE_NORMAL") => ({ copyPaste: { source, destination, pasteType, pasteOrientation: "NORMAL" } });

export function fillDown() {
  const box = usedBoxFor("rows");
  if (box.top === box.bottom) { if (box.top > 0) change(paste(rangeOf({ ...box, top: box.top - 1, bottom: box.top - 1 }), rangeOf(box))); return; }
  change(paste(rangeOf({ ...box, bottom: box.top }), rangeOf({ ...box, top: box.top + 1 })));
}
export function fillRight() {
  const box = usedBoxFor("columns");
  if (box.left === box.right) { if (box.left > 0) change(paste(rangeOf({ ...box, left: box.left - 1, right: box.left - 1 }), rangeOf(box))); return; }
  change(paste(rangeOf({ ...box, right: box.left }), rangeOf({ ...box, left: box.left + 1 })));
}
const usedBoxFor = () => (wholeColumns(selected()) || wholeRows(selected()) ? usedBox() : selected());

// ---- looks

const format = (given, fields) => change({ repeatCell: { range: rangeOf(selected()), cell: { userEnteredFormat: given }, fields } });
const flip = (name) => format({ textFormat: { [name]: !cellAt(state.at.row, state.at.column)[name] } }, `userEnteredFormat.textFormat.${name}`);
export const bold = () => flip("bold");
export const italic = () => flip("italic");
export const underline = () => flip("underline");
export const strike = () => flip("strikethrough");
export const rgb = (hex) => ({ red: parseInt(hex.slice(1, 3), 16) / 255, green: parseInt(hex.slice(3, 5), 16) / 255, blue: parseInt(hex.slice(5, 7), 16) / 255 });
export const fill = (hex) => format(hex ? { backgroundColor: rgb(hex) } : {}, "userEnteredFormat.backgroundColor");
export const ink = (hex) => format(hex ? { textFormat: { foregroundColor: rgb(hex) } } : {}, "userEnteredFormat.textFormat.foregroundColor");
export const align = (side) => format({ horizontalAlignment: side }, "userEnteredFormat.horizontalAlignment");
export const wrap = (how) => format({ wrapStrategy: how }, "userEnteredFormat.wrapStrategy");
export const merge = () => {
  const box = selected(), range = rangeOf(box), [top, bottom, left, right] = [box.top, box.bottom + 1, box.left, box.right + 1];
  const merged = state.tab.merges.some((m) => m[0] >= top && m[1] <= bottom && m[2] >= left && m[3] <= right);
  return change(merged ? { unmergeCells: { range } } : { mergeCells: { range, mergeType: "MERGE_ALL" } });
};
export const note = (text) => change({ updateCells: { range: rangeOf({ top: state.at.row, bottom: state.at.row, left: state.at.column, right: state.at.column }), rows: [{ values: [{ note: text }] }], fields: "note" } });

// ---- sorting

const order = (ascending) => (ascending ? "ASCENDING" : "DESCENDING");

// Sort just the selected cells by their first column: what stands beside them stays where it is.
export function sortSelection(ascending) {
  const box = selected(), { tab } = state;
  const body = wholeColumns(box) ? { ...box, top: tab.frozenRows } : box;
  return change({ sortRange: { range: rangeOf(body), sortSpecs: [{ dimensionIndex: state.at.column >= box.left && state.at.column <= box.right ? state.at.column : box.left, sortOrder: order(ascending) }] } });
}
export function sortSheet(ascending) {
  const { tab } = state, box = { top: tab.frozenRows, bottom: tab.rows - 1, left: 0, right: tab.columns - 1 };
  return run({ sortRange: { range: rangeOf(box), sortSpecs: [{ dimensionIndex: state.at.column, sortOrder: order(ascending) }] } });
}
