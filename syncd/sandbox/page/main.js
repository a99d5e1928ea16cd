// The page of one spreadsheet: brings its parts together.

import "./mouse.js";
import "./tabs.js";
import "./menus.js";
import { letters } from "./axis.js";
import { addRows } from "./commands.js";
import { toast } from "./dialogs.js";
import { focusGrid, show } from "./editor.js";
import { selectAll } from "./keyboard.js";
import { colourOf } from "./paint.js";
import { refresh, tellCursor, watch } from "./server.js";
import { $, element, on, select, selected, state } from "./state.js";

const who = $("who");
try { who.value = localStorage.getItem("who") || "team"; } catch { who.value = "team"; }
who.addEventListener("change", () => {
  who.value = who.value.trim() || "team";
  try { localStorage.setItem("who", who.value); } catch { /* the name lasts as long as the page */ }
  tellCursor();
  refresh().catch(() => {});
});
who.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); focusGrid(); } });

function name() {
  const box = selected(), one = box.top === box.bottom && box.left === box.right;
  const first = letters(box.left) + (box.top + 1), last = letters(box.right) + (box.bottom + 1);
  $("place").value = one || state.tab.merges.some((m) => m[0] === box.top && m[1] === box.bottom + 1 && m[2] === box.left && m[3] === box.right + 1) ? first : `${first}:${last}`;
}

// The name box also takes a place to go to.
$("place").addEventListener("keydown", (event) => {
  event.stopPropagation();
  if (event.key === "Escape") { name(); focusGrid(); }
  if (event.key !== "Enter") return;
  event.preventDefault();
  const found = $("place").value.trim().toUpperCase().match(/^([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?$/);
  const index = (text) => [...text].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  if (found) {
    const at = { row: Number(found[2]) - 1, column: index(found[1]) };
    select(at, found[3] ? { row: Number(found[4]) - 1, column: index(found[3]) } : at);
  } else toast("This is not a place in the sheet.");
  focusGrid();
});

on("select", () => { name(); tellCursor(); });
on("selected-quietly", () => { name(); show(); tellCursor(); });
on("tab", name);
on("book", () => {
  document.title = state.book.title;
  $("title").textContent = state.book.title;
  name();
});
const troubles = { unsaved: "", state: "" };
for (const name of Object.keys(troubles)) on(name, (text) => { troubles[name] = text; $("state").textContent = troubles.unsaved || troubles.state; });
on("people", () => {
  const names = [...new Set(state.people.map((p) => p.name))];
  $("people").replaceChildren(...names.slice(0, 8).map((person) => {
    const made = element("span", "face", [...person][0].toUpperCase());
    made.style.backgroundColor = colourOf(person);
    made.title = person;
    made.setAttribute("aria-label", `${person} is here`);
    return made;
  }));
});
$("all").addEventListener("click", selectAll);
$("more-rows").addEventListener("submit", (event) => {
  event.preventDefault();
  const count = Number($("more-rows").querySelector("input").value);
  if (count >= 1) addRows(Math.round(count));
});
$("more-rows").addEventListener("keydown", (event) => event.stopPropagation());

addEventListener("beforeunload", (event) => { if ([...state.pending.values()].some((entry) => !entry.revision)) event.preventDefault(); });

refresh().then(() => { focusGrid(); tellCursor(); watch(); }, (error) => { $("state").textContent = error.message; });
