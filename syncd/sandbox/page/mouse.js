// The pointer: selecting, dragging headers, borders of rows and columns, and what cells offer to click.

import { moveLines, resize, showLines, toggle } from "./commands.js";
import { begin, commit, editing, focusGrid, mayEdit } from "./editor.js";
import { openFilter } from "./filter.js";
import { isCheckbox, textWidth } from "./look.js";
import { cellMenu, lineMenu } from "./menus.js";
import { grid, HEAD, paint, placeAt, view } from "./paint.js";
import { ask } from "./server.js";
import { $, bookId, cellAt, element, emit, mergeAt, ruleAt, select, selected, state, wholeColumns, wholeRows } from "./state.js";

const inside = (place, box) => place.row >= box.top && place.row <= box.bottom && place.column >= box.left && place.column <= box.right;

// Follow the pointer until the button is let go.
function drag(step, finish = () => {}) {
  const over = (event) => step(event);
  addEventListener("mousemove", over);
  addEventListener("mouseup", (event) => { removeEventListener("mousemove", over); finish(event); }, { once: true });
}

function headerAt(target) {
  const head = target.closest("[data-line], [data-letter]");
  if (!head) return null;
  return head.dataset.line !== undefined ? { which: "rows", index: Number(head.dataset.line) } : { which: "columns", index: Number(head.dataset.letter) };
}

function selectLine({ which, index }, extend) {
  const { tab, at } = state;
  if (which === "rows") {
    state.at = { row: extend ? at.row : index, column: 0 };
    state.to = { row: index, column: tab.columns - 1 };
  } else {
    state.at = { row: 0, column: extend ? at.column : index };
    state.to = { row: tab.rows - 1, column: index };
  }
  emit("selected-quietly");
  paint();
}

function onHeader(event, head) {
  const picked = selected(), whole = head.which === "rows" ? wholeRows(picked) : wholeColumns(picked);
  const within = head.which === "rows" ? head.index >= picked.top && head.index <= picked.bottom : head.index >= picked.left && head.index <= picked.right;
  if (event.button === 2) { if (!(whole && within)) selectLine(head); return; }
  if (whole && within && !event.shiftKey) { carry(head, event); return; }
  selectLine(head, event.shiftKey);
  drag((moved) => {
    const place = placeAt(moved), index = head.which === "rows" ? place.row : place.column;
    selectLine({ which: head.which, index }, true);
  });
}

// Drag selected rows or columns elsewhere; a click without a drag just selects the one.
function carry(head, start) {
  const down = head.which === "rows", axis = down ? state.rows : state.columns, bar = element("div", down ? "drop across" : "drop");
  let goal = null;
  drag((event) => {
    if (Math.abs(event.clientX - start.clientX) + Math.abs(event.clientY - start.clientY) < 5 && goal === null) return;
    const place = placeAt(event), index = down ? place.row : place.column, pixel = down ? place.y : place.x;
    goal = pixel > (axis.start(index) + axis.end(index)) / 2 ? index + 1 : index;
    const frame = grid.getBoundingClientRect(), at = (down ? event.clientY - frame.top - place.y : event.clientX - frame.left - place.x) + axis.start(goal);
    bar.style[down ? "top" : "left"] = `${at - 1}px`;
    if (!bar.isConnected) view.append(bar);
    view.classList.add("carrying");
  }, () => {
    bar.remove();
    view.classList.remove("carrying");
    if (goal === null) selectLine(head);
    else moveLines(head.which, goal);
  });
}

// Drag a border to another size; all selected rows or columns take it.
function stretch(event, head) {
  const down = head.which === "rows", axis = down ? state.rows : state.columns, from = down ? event.clientY : event.clientX;
  const before = axis.pixels(head.index), bar = element("div", down ? "stretch across" : "stretch");
  let size = before;
  view.append(bar);
  drag((moved) => {
    size = Math.max(down ? 2 : 8, before + (down ? moved.clientY : moved.clientX) - from);
    const frame = grid.getBoundingClientRect();
    bar.style[down ? "top" : "left"] = `${(down ? moved.clientY - frame.top : moved.clientX - frame.left) - 1}px`;
  }, () => {
    bar.remove();
    if (size === before) return;
    const [start, end] = stretched(head);
    for (let i = start; i < end; i++) axis.sizes.set(i, size);
    axis.measure();
    state.layout++;
    paint();
    resize(head.which, start, end, size);
  });
}

function stretched({ which, index }) {
  const box = selected(), whole = which === "rows" ? wholeRows(box) : wholeColumns(box);
  const [low, high] = which === "rows" ? [box.top, box.bottom] : [box.left, box.right];
  return whole && index >= low && index <= high ? [low, high + 1] : [index, index + 1];
}

// Double-click on a border: as wide as the widest text.
async function fit({ which, index }) {
  const [start, end] = stretched({ which, index });
  if (which === "rows") {
    for (let r = start; r < end; r++) resize("rows", r, r + 1, state.rows.fitted.get(r) ?? state.rows.size);
    return;
  }
  for (let c = start; c < end; c++) {
    const found = await ask(`/view/${bookId}?sheetId=${state.tab.sheetId}&part=texts&area=0,${state.tab.rows},${c},${c + 1}`);
    const widest = Math.max(0, ...found.rows.map(([text], row) => (text ? textWidth(text, cellAt(row, c)) + (ruleAt(row, c)?.arrow ? 20 : 0) : 0)));
    if (widest) await resize("columns", c, c + 1, Math.round(Math.min(widest + 12, 800)));
  }
}

grid.addEventListener("mousedown", (event) => {
  if (event.target.closest("#editor, #foot, .link")) return;
  const onBar = event.offsetX >= grid.clientWidth && event.target === grid;
  if (onBar || event.target === grid) return;
  if (!event.target.closest("#editor")) event.preventDefault();
  if (editing() && !commit()) return;
  focusGrid();
  const { unhide, grip, filter } = event.target.dataset;
  if (filter !== undefined) return;
  const head = headerAt(event.target);
  if (unhide !== undefined) showLines(head.which, Number(unhide));
  else if (grip !== undefined && event.button === 0) stretch(event, head);
  else if (head) onHeader(event, head);
  else if (event.target.closest(".box")) $("all").click();
  else onCell(event);
});

function onCell(event) {
  const place = placeAt(event);
  if (event.button === 2) { if (!inside(place, selected())) select(place); return; }
  if (event.shiftKey) { state.to = { row: place.row, column: place.column }; emit("selected-quietly"); paint(); return; }
  const again = place.row === state.at.row && place.column === state.at.column;
  select(place);
  const arrow = event.target.closest(".arrow"), box = event.target.closest(".check");
  if (box && isCheckbox(cellAt(place.row, place.column), ruleAt(place.row, place.column))) {
    mayEdit(selected()).then((yes) => { if (yes) toggle({ row: place.row, column: place.column }); });
    return;
  }
  if (arrow || (event.detail >= 2 && again)) { begin(); return; }
  drag((moved) => {
    autoscroll(moved);
    const over = placeAt(moved);
    if (over.row === state.to.row && over.column === state.to.column) return;
    state.to = { row: over.row, column: over.column };
    emit("selected-quietly");
    paint();
  });
}

function autoscroll(event) {
  const frame = grid.getBoundingClientRect();
  if (event.clientY > frame.bottom - 20) grid.scrollTop += 24;
  else if (event.clientY < frame.top + HEAD.height) grid.scrollTop -= 24;
  if (event.clientX > frame.right - 20) grid.scrollLeft += 30;
  else if (event.clientX < frame.left + HEAD.width) grid.scrollLeft -= 30;
}

grid.addEventListener("click", (event) => {
  const { filter } = event.target.dataset;
  if (filter !== undefined) openFilter(Number(filter), event.target.getBoundingClientRect());
});
grid.addEventListener("dblclick", (event) => { if (event.target.dataset.grip !== undefined) fit(headerAt(event.target)); });
grid.addEventListener("contextmenu", (event) => {
  if (event.target.closest("#editor")) return;
  event.preventDefault();
  const head = headerAt(event.target);
  if (head) lineMenu(head.which, event.clientX, event.clientY);
  else if (!event.target.closest(".box, #foot")) cellMenu(event.clientX, event.clientY);
});

// ---- what a cell has to say, while the pointer rests on it

const tip = $("tip");
let tipAt = "";
grid.addEventListener("mousemove", (event) => {
  const at = event.target.closest(".cell, .line") && !event.buttons ? placeAt(event) : null;
  const place = at && !at.beyond ? at : null, key = place ? `${place.row} ${place.column}` : "";
  if (key === tipAt) return;
  tipAt = key;
  const merge = place && mergeAt(place.row, place.column), cell = place ? cellAt(merge ? merge[0] : place.row, merge ? merge[2] : place.column) : {};
  const parts = [cell.failed && ["Not saved", cell.failed], cell.error && ["Error", cell.error], cell.bad && ["Invalid", cell.bad], cell.note && ["", cell.note]].filter(Boolean);
  tip.hidden = parts.length === 0;
  if (tip.hidden) return;
  tip.classList.toggle("long", parts.some(([, text]) => text.length > 400));
  tip.replaceChildren(...parts.map(([title, text]) => {
    const made = element("div", title ? "trouble" : "");
    if (title) made.append(element("strong", "", title));
    made.append(element("span", "", text));
    return made;
  }));
  const frame = grid.getBoundingClientRect(), { rows, columns, tab } = state;
  const right = frame.left + HEAD.width + columns.end(place.column) - (place.column >= tab.iceColumns ? grid.scrollLeft : 0);
  const top = frame.top + HEAD.height + rows.start(place.row) - (place.row >= tab.iceRows ? grid.scrollTop : 0);
  Object.assign(tip.style, { left: `${Math.min(right + 6, innerWidth - tip.offsetWidth - 8)}px`, top: `${Math.max(8, Math.min(top, innerHeight - tip.offsetHeight - 8))}px` });
});
grid.addEventListener("mouseleave", () => { tip.hidden = true; tipAt = ""; });
