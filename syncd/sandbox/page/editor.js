// Editing a cell, in the grid and in the formula bar: both show the same text.

import { landed } from "./axis.js";
import { closeChoices, openChoices, pickChoice, stepChoice } from "./choices.js";
import { drop, send, type } from "./server.js";
import { confirmBox, toast } from "./dialogs.js";
import { fontOf, textWidth } from "./look.js";
import { boxOf, grid, HEAD, paint, reveal } from "./paint.js";
import { enter, move, tab } from "./keyboard.js";
import { $, cellAt, chunkOf, emit, enteredAt, keyOf, on, ruleAt, state } from "./state.js";

const input = $("editor"), bar = $("entry");
let edit = null; // { sheetId, row, column, before, typed, inBar }
export const editing = () => edit;

const protections = (row, column) => state.tab.protected.filter(({ range: [top, bottom, left, right], open }) => {
  const inside = ([a, b, c, d]) => row >= a && row < b && column >= c && column < d;
  return inside([top, bottom, left, right]) && !open.some(inside);
});

export const PROTECTED = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.";

// Whether the selected cells may be written: refuse, or ask first where a protection only warns.
export async function mayEdit(box) {
  let warned = false;
  for (const rule of state.tab.protected) {
    const [top, bottom, left, right] = rule.range;
    if (box.bottom < top || box.top >= bottom || box.right < left || box.left >= right) continue;
    if (rule.warning) warned = true;
    else if (!rule.editable && !rule.open.length) { toast(PROTECTED); return false; }
  }
  return !warned || confirmBox("Heads up!", "You’re trying to edit part of this sheet that shouldn’t be changed accidentally. Edit anyway?", "OK");
}

export async function begin(text, { inBar = false, typed = false } = {}) {
  if (edit) return;
  const { row, column } = state.at, rules = protections(row, column);
  if (rules.some((rule) => !rule.warning && !rule.editable)) { input.value = ""; bar.blur(); focusGrid(); toast(PROTECTED); return; }
  edit = { sheetId: state.tab.sheetId, row, column, before: enteredAt(row, column), typed, inBar, warned: !rules.some((rule) => rule.warning), touched: typed, blind: !chunkOf(row) };
  const start = text ?? edit.before;
  if (input.value !== start) input.value = start;
  if (bar.value !== start) bar.value = start;
  reveal(state.at);
  show();
  if (!inBar) {
    input.focus({ preventScroll: true });
    if (!typed) input.setSelectionRange(start.length, start.length);
  }
  const rule = ruleAt(row, column);
  if (rule) openChoices(rule, text === undefined ? "" : start, anchor(), choose);
}

function anchor() {
  const frame = grid.getBoundingClientRect(), box = boxOf(edit);
  return { left: frame.left + box.left, top: frame.top + box.top, bottom: frame.top + box.top + box.height, width: box.width };
}

function choose(text) {
  input.value = bar.value = text;
  commit();
}

// Size and place the editor over its cell; it grows with its text.
export function show() {
  if (!edit) {
    if (!state.tab) return;
    const box = boxOf(state.at); // the waiting editor stands where typing will begin
    Object.assign(input.style, { left: `${box.left}px`, top: `${box.top}px`, width: "1px", height: "1px", font: "" });
    input.classList.remove("open");
    return;
  }
  const away = edit.sheetId !== state.tab.sheetId, box = boxOf(edit), cell = cellAt(edit.row, edit.column);
  input.classList.toggle("open", !away);
  const room = Math.max(60, grid.clientWidth - box.left - 4), wide = Math.max(box.width + 3, Math.min(textWidth(input.value || " ", cell) + 18, room));
  Object.assign(input.style, { left: `${Math.max(HEAD.width - 1, box.left - 2)}px`, top: `${box.top - 2}px`, width: `${wide}px`, height: `${box.height + 3}px`, font: fontOf(cell) });
  if (input.scrollHeight > box.height + 3) input.style.height = `${Math.min(input.scrollHeight + 4, grid.clientHeight - 40)}px`;
}

export function focusGrid() {
  if (document.activeElement !== input) input.focus({ preventScroll: true });
}

function close() {
  edit = null;
  input.value = "";
  closeChoices();
  focusGrid();
  show();
  fillBar();
  paint();
}

export function cancel() { close(); }

// Write what was typed. The cell shows it at once; if it is refused it comes back into the editor.
export function commit() {
  if (!edit) return true;
  const { sheetId, row, column, before, warned } = edit, text = input.value;
  // unchanged text is not written, unless it was typed over what another person changed meanwhile
  const here = sheetId === state.tab.sheetId, waits = state.pending.get(keyOf(sheetId, row, column))?.failed;
  if (text === before && !waits && !(edit.touched && here && enteredAt(row, column) !== before)) { close(); return true; }
  if (!warned) {
    edit.warned = true;
    confirmBox("Heads up!", "You’re trying to edit part of this sheet that shouldn’t be changed accidentally. Edit anyway?", "OK").then((yes) => { if (yes) commit(); else close(); });
    return false;
  }
  close();
  if (here) type(row, column, text);
  else send(park(sheetId, row, column, text));
  return true;
}

function park(sheetId, row, column, text) {
  const entry = { sheetId, row, column, text };
  state.pending.set(keyOf(sheetId, row, column), entry);
  return entry;
}

export function fillBar() {
  if (edit || !state.tab) return;
  bar.value = enteredAt(state.at.row, state.at.column);
  bar.style.height = "";
}

// ---- keys while editing

function keys(event) {
  if (!edit || event.isComposing) return;
  event.stopPropagation();
  const { key } = event, breaks = key === "Enter" && (event.altKey || event.ctrlKey || event.metaKey);
  if (breaks) {
    event.target.setRangeText("\n", event.target.selectionStart, event.target.selectionEnd, "end");
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  } else if ((key === "ArrowDown" || key === "ArrowUp") && stepChoice(key === "ArrowDown" ? 1 : -1)) {
    // the list moved
  } else if (key === "Enter" || key === "Tab") {
    const picked = pickChoice();
    if (picked !== null) input.value = bar.value = picked;
    const back = event.shiftKey ? -1 : 1;
    if (commit()) { if (key === "Enter") enter(back); else tab(back); }
  } else if (key === "Escape") cancel();
  else if (edit.typed && !edit.inBar && key.startsWith("Arrow") && !input.value.startsWith("=")) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
    if (commit()) move(...step);
  } else if (key === "F2") edit.typed = !edit.typed;
  else return;
  event.preventDefault();
}
input.addEventListener("keydown", keys);
bar.addEventListener("keydown", keys);
input.addEventListener("mousedown", () => { if (edit) { edit.typed = false; edit.inBar = false; } });

function narrow() {
  const rule = edit && ruleAt(edit.row, edit.column);
  if (rule) openChoices(rule, input.value, anchor(), choose);
}

input.addEventListener("compositionstart", () => { if (!edit) begin("", { typed: true }); });
input.addEventListener("input", () => {
  if (!edit) { begin(input.value, { typed: true }); return; }
  edit.touched = true;
  bar.value = input.value;
  show();
  narrow();
});
bar.addEventListener("focus", () => begin(undefined, { inBar: true }));
bar.addEventListener("input", () => {
  if (!edit) begin(bar.value, { inBar: true });
  if (edit) edit.touched = true;
  input.value = bar.value;
  bar.style.height = "";
  if (bar.value.includes("\n")) bar.style.height = `${Math.min(bar.scrollHeight, 160)}px`;
  show();
  narrow();
});

// A cell that was opened before its row had come: now it is known what it holds and what it offers.
function see() {
  if (!edit?.blind || edit.sheetId !== state.tab.sheetId || !chunkOf(edit.row)) return;
  edit.blind = false;
  edit.before = enteredAt(edit.row, edit.column);
  const rule = ruleAt(edit.row, edit.column);
  if (!edit.touched) input.value = bar.value = edit.before;
  if (rule) openChoices(rule, edit.touched ? input.value : "", anchor(), choose);
}

// ---- what others do meanwhile

on("move", (move) => {
  if (!edit) return;
  const place = landed(move, edit);
  if (place) Object.assign(edit, { row: place.row, column: place.column });
  else {
    toast(`The cell you were editing was deleted. Your text: “${input.value}”`, { keep: true });
    close();
  }
});
on("book", () => {
  if (edit && !state.book.sheets.some((s) => s.sheetId === edit.sheetId)) {
    toast(`The tab you were editing was deleted. Your text: “${input.value}”`, { keep: true });
    close();
  }
  show();
  fillBar();
});
on("chunk", () => { see(); show(); fillBar(); });
on("select", () => { show(); fillBar(); });
on("cells", fillBar);
grid.addEventListener("scroll", show);

on("gone", (move) => { if (!edit) toast(`The ${move.rows ? "row" : "column"} you were in was deleted by somebody else.`); });
on("lost", () => {
  if (edit) {
    toast(`So much has changed meanwhile that your cell is not known any more. Your text: “${input.value}”`, { keep: true });
    close();
  } else toast("Much has changed while you were away: look where you are before you type.");
});

// What a person did last: a refusal must not pull the cursor away from under somebody who types on.
let acts = 0, actedAt = 0;
for (const name of ["keydown", "mousedown"]) addEventListener(name, () => { acts++; actedAt = performance.now(); }, true);
const PAUSE_MS = 500;

const notices = new Map();
on("settled", (entry) => { notices.get(entry)?.(); notices.delete(entry); });

// A refused text goes back into its cell's editor; when the person has typed on it waits, marked.
on("failed", ({ entry, error }) => {
  const seen = acts;
  paint();
  setTimeout(() => { if (state.pending.get(keyOf(entry.sheetId, entry.row, entry.column)) === entry && entry.failed) giveBack(entry, error, seen); }, Math.max(0, PAUSE_MS - (performance.now() - actedAt)));
});

function giveBack(entry, error, seen) {
  const here = entry.sheetId === state.tab.sheetId;
  if (edit || acts !== seen || !here || error.status === 409) {
    if (error.status === 409) drop(entry);
    notices.set(entry, toast(`Not saved: “${entry.text}”. ${error.message}`, {
      keep: true,
      action: error.status === 409 ? undefined : ["Try again", () => send(entry)],
      other: error.status === 409 ? undefined : ["Discard", () => drop(entry)],
    }));
    paint();
    return;
  }
  drop(entry);
  toast(error.message, { title: "There was a problem" });
  state.at = { row: entry.row, column: entry.column };
  state.to = { ...state.at };
  emit("select");
  begin(entry.text, { typed: true });
  edit.typed = false;
}
