// The context menus, the toolbar and its palettes.

import * as does from "./commands.js";
import { letters } from "./axis.js";
import { $, cellAt, element, on, selected, state, wholeColumns, wholeRows } from "./state.js";
import { openMenu, promptBox, toast } from "./dialogs.js";
import { openFind } from "./find.js";
import { removeFilter, setFilter } from "./filter.js";
import { openHistory } from "./history.js";

const many = (count, one) => (count === 1 ? one : `${count} ${one}s`);
const counted = (count, one) => (count === 1 ? `1 ${one}` : many(count, one));
const clip = (what) => () => { if (!document.execCommand(what)) toast(`Press Ctrl+${what === "cut" ? "X" : "C"} instead.`); };
async function pasteFrom(valuesOnly) {
  toast(`Press Ctrl+${valuesOnly ? "Shift+V" : "V"} to paste: a page may not read the clipboard by itself.`);
}
const edits = () => [
  ["Cut", clip("cut"), { hint: "Ctrl+X" }],
  ["Copy", clip("copy"), { hint: "Ctrl+C" }],
  ["Paste", () => pasteFrom(false), { hint: "Ctrl+V" }],
  ["Paste values only", () => pasteFrom(true), { hint: "Ctrl+Shift+V" }],
];

function lineItems(which) {
  const box = selected(), rows = which === "rows", count = rows ? box.bottom - box.top + 1 : box.right - box.left + 1;
  const name = many(count, rows ? "row" : "column"), several = counted(count, rows ? "row" : "column"), last = rows ? box.bottom : box.right;
  const [before, after] = rows ? ["above", "below"] : ["left", "right"], { tab } = state;
  return [
    [`Insert ${several} ${before}`, () => does.insertLines(which, -1)],
    [`Insert ${several} ${after}`, () => does.insertLines(which, 1)],
    [`Delete ${name}`, () => does.removeLines(which)],
    "-",
    [`Hide ${name}`, () => does.hideLines(which)],
    does.hidesLines(which) && [`Unhide ${rows ? "rows" : "columns"}`, () => does.showLines(which)],
    [`Move ${name} ${rows ? "up" : "left"}`, () => does.shiftLines(which, -1), { off: (rows ? box.top : box.left) === 0 }],
    [`Move ${name} ${rows ? "down" : "right"}`, () => does.shiftLines(which, 1), { off: last >= (rows ? tab.rows : tab.columns) - 1 }],
    "-",
    [`Freeze up to ${rows ? `row ${last + 1}` : `column ${letters(last)}`}`, () => does.freeze(which, last + 1)],
    (rows ? tab.frozenRows : tab.frozenColumns) > 0 && [`Unfreeze ${rows ? "rows" : "columns"}`, () => does.freeze(which, 0)],
    [rows ? "Resize rows…" : "Resize columns…", () => askSize(which)],
  ];
}

async function askSize(which) {
  const box = selected(), rows = which === "rows", [start, end] = rows ? [box.top, box.bottom + 1] : [box.left, box.right + 1];
  const text = await promptBox(`${rows ? "Height" : "Width"} in pixels`, String((rows ? state.rows : state.columns).pixels(start)));
  if (Number(text) >= 2) does.resize(which, start, end, Math.round(Number(text)));
}

const sheetSort = () => [
  [`Sort sheet by column ${letters(state.at.column)} (A to Z)`, () => does.sortSheet(true)],
  [`Sort sheet by column ${letters(state.at.column)} (Z to A)`, () => does.sortSheet(false)],
];
const rangeSort = () => [
  ["Sort range A to Z", () => does.sortSelection(true)],
  ["Sort range Z to A", () => does.sortSelection(false)],
];

export function lineMenu(which, x, y) {
  openMenu(x, y, [...edits(), "-", ...lineItems(which), ...(which === "columns" ? ["-", ...sheetSort(), ...rangeSort()] : [])]);
}

export function cellMenu(x, y) {
  const box = selected(), one = box.top === box.bottom && box.left === box.right;
  if (wholeRows(box) && !wholeColumns(box)) { lineMenu("rows", x, y); return; }
  if (wholeColumns(box) && !wholeRows(box)) { lineMenu("columns", x, y); return; }
  const { note } = cellAt(state.at.row, state.at.column), rows = many(box.bottom - box.top + 1, "row"), columns = many(box.right - box.left + 1, "column");
  const newRows = counted(box.bottom - box.top + 1, "row"), newColumns = counted(box.right - box.left + 1, "column");
  openMenu(x, y, [
    ...edits(), "-",
    [`Insert ${newRows} above`, () => does.insertLines("rows", -1)],
    [`Insert ${newRows} below`, () => does.insertLines("rows", 1)],
    [`Insert ${newColumns} left`, () => does.insertLines("columns", -1)],
    [`Insert ${newColumns} right`, () => does.insertLines("columns", 1)],
    [`Delete ${rows}`, () => does.removeLines("rows")],
    [`Delete ${columns}`, () => does.removeLines("columns")],
    ["Clear cells", () => does.clear(), { hint: "Del" }],
    "-",
    ...(one ? [] : rangeSort()),
    state.tab.filter ? ["Remove filter", removeFilter] : ["Create a filter", setFilter],
    !one && ["Merge or unmerge cells", does.merge],
    "-",
    [note ? "Edit note" : "Insert note", editNote],
    note && ["Delete note", () => does.note("")],
  ]);
}

async function editNote() {
  const text = await promptBox("Note", cellAt(state.at.row, state.at.column).note ?? "", { label: "Save", long: true });
  if (text !== null) does.note(text);
}

// ---- the toolbar

const PALETTE = ["#000000", "#666666", "#b7b7b7", "#efefef", "#ffffff", "#cc0000", "#e69138", "#f1c232", "#6aa84f", "#3d85c6", "#f4cccc", "#fce5cd", "#fff2cc", "#d9ead3", "#cfe2f3", "#ea9999", "#f9cb9c", "#ffe599", "#b6d7a8", "#9fc5e8"];

function palette(button, choose) {
  const box = $("palette"), frame = button.getBoundingClientRect();
  const none = element("button", "none", "Reset");
  none.addEventListener("click", () => { box.hidden = true; choose(null); });
  box.replaceChildren(none, ...PALETTE.map((hex) => {
    const made = element("button", "swatch");
    made.style.backgroundColor = hex;
    made.setAttribute("aria-label", hex);
    made.addEventListener("click", () => { box.hidden = true; choose(hex); });
    return made;
  }));
  box.hidden = false;
  Object.assign(box.style, { left: `${frame.left}px`, top: `${frame.bottom + 4}px` });
}
addEventListener("mousedown", (event) => { if (!event.target.closest("#palette")) $("palette").hidden = true; }, true);

const under = (button, items) => { const frame = button.getBoundingClientRect(); openMenu(frame.left, frame.bottom + 4, items); };
const ALIGN = [["Left", "LEFT"], ["Center", "CENTER"], ["Right", "RIGHT"]], WRAP = [["Overflow", "OVERFLOW_CELL"], ["Wrap", "WRAP"], ["Clip", "CLIP"]];
const tools = {
  undo: does.undo, redo: does.redo, bold: does.bold, italic: does.italic, strike: does.strike, merge: does.merge, find: openFind, history: openHistory,
  fill: (button) => palette(button, does.fill),
  ink: (button) => palette(button, does.ink),
  align: (button) => under(button, ALIGN.map(([label, side]) => [label, () => does.align(side)])),
  wrap: (button) => under(button, WRAP.map(([label, how]) => [label, () => does.wrap(how)])),
  filter: () => (state.tab.filter ? removeFilter() : setFilter()),
  sort: (button) => under(button, [...sheetSort(), "-", ...rangeSort()]),
  rows: (button) => under(button, lineItems("rows")),
  columns: (button) => under(button, lineItems("columns")),
};

$("tools").addEventListener("mousedown", (event) => event.preventDefault());
$("tools").addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) tools[button.dataset.act](button);
});

function press() {
  const cell = cellAt(state.at.row, state.at.column);
  for (const [act, name] of [["bold", "bold"], ["italic", "italic"], ["strike", "strikethrough"]]) {
    $("tools").querySelector(`[data-act=${act}]`).setAttribute("aria-pressed", String(Boolean(cell[name])));
  }
  $("tools").querySelector("[data-act=filter]").setAttribute("aria-pressed", String(Boolean(state.tab.filter)));
}
for (const name of ["select", "chunk", "book", "selected-quietly"]) on(name, press);
