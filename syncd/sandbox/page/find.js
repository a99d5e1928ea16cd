// The small bar that finds texts in the visible tab.

import { ask } from "./server.js";
import { paintMarks } from "./paint.js";
import { $, bookId, on, select, state } from "./state.js";

const bar = $("find"), input = bar.querySelector("input"), out = bar.querySelector("output");
let place = -1, timer = 0;

export function openFind() {
  bar.hidden = false;
  input.focus();
  input.select();
  if (input.value) look();
}

function close() {
  bar.hidden = true;
  state.found = [];
  paintMarks();
  $("editor").focus({ preventScroll: true });
}

async function look() {
  const text = input.value, found = text ? (await ask(`/view/${bookId}?sheetId=${state.tab.sheetId}&part=find&find=${encodeURIComponent(text)}`)).found : [];
  if (text !== input.value || bar.hidden) return;
  state.found = found;
  const { row, column } = state.at;
  place = found.findIndex(([r, c]) => r > row || (r === row && c >= column)) - 1;
  if (place < -1) place = -1;
  if (found.length) step(1);
  else { out.textContent = text ? "0 of 0" : ""; paintMarks(); }
}

function step(by) {
  const { found } = state;
  if (!found?.length) return;
  place = (place + by + found.length) % found.length;
  out.textContent = `${place + 1} of ${found.length}`;
  select({ row: found[place][0], column: found[place][1] });
}

input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => look().catch(() => {}), 150); });
bar.addEventListener("keydown", (event) => {
  event.stopPropagation();
  if (event.key === "Escape") close();
  else if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
});
bar.addEventListener("click", (event) => {
  const { step: by } = event.target.dataset;
  if (by === "close") close();
  else if (by) step(Number(by));
});
on("tab", () => { state.found = []; if (!bar.hidden) look().catch(() => {}); });
