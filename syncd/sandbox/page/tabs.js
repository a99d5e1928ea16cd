// The tabs at the bottom, and what a selection sums up to.

import { act, ask, goTo } from "./server.js";
import { rgb } from "./commands.js";
import { confirmBox, openMenu, toast } from "./dialogs.js";
import { commit } from "./editor.js";
import { $, bookId, element, on, selected, state } from "./state.js";

const bar = $("tabs");
const shown = () => state.book.sheets.filter((s) => !s.hidden);

async function run(request) {
  try { return await act({ requests: [request] }); } catch (error) { toast(error.message.replace(/^Invalid requests\[\d+\]\.\w+: /, "")); return null; }
}
const properties = (sheetId, given, fields = Object.keys(given).join(",")) => run({ updateSheetProperties: { properties: { sheetId, ...given }, fields } });

async function add(request, id) {
  const answer = await run(request);
  if (!answer) return;
  const { refresh } = await import("./server.js");
  await refresh();
  const made = id(answer.replies[0]);
  if (!state.book.sheets.some((s) => s.sheetId === made)) await refresh();
  goTo(made);
}

const COLOURS = [["None", null], ["Red", "#ea4335"], ["Orange", "#ff6d01"], ["Yellow", "#fbbc04"], ["Green", "#34a853"], ["Blue", "#4285f4"], ["Purple", "#9900ff"]];

function tabMenu(tab, x, y) {
  const tabs = shown(), place = tabs.indexOf(tab), all = state.book.sheets, index = (t) => all.indexOf(t);
  openMenu(x, y, [
    ["Delete", async () => { if (await confirmBox("Heads up!", `Delete the tab “${tab.title}” with everything on it?`, "Delete")) run({ deleteSheet: { sheetId: tab.sheetId } }); }, { off: tabs.length < 2 }],
    ["Duplicate", () => add({ duplicateSheet: { sourceSheetId: tab.sheetId, insertSheetIndex: index(tab) + 1 } }, (reply) => reply.duplicateSheet.properties.sheetId ?? 0)],
    ["Rename", () => rename(tab.sheetId)],
    ["Change color…", () => openMenu(x, y, COLOURS.map(([label, hex]) => [label, () => properties(tab.sheetId, hex ? { tabColorStyle: { rgbColor: rgb(hex) } } : {}, "tabColorStyle"), { checked: (tab.colour ?? null) === hex }]), { above: true })],
    ["Hide sheet", () => properties(tab.sheetId, { hidden: true }), { off: tabs.length < 2 }],
    "-",
    ["Move left", () => properties(tab.sheetId, { index: index(tabs[place - 1]) }), { off: place === 0 }],
    ["Move right", () => properties(tab.sheetId, { index: index(tabs[place + 1]) + 1 }), { off: place === tabs.length - 1 }],
  ], { above: true });
}

function rename(sheetId) {
  const button = bar.querySelector(`[data-tab="${sheetId}"]`), input = element("input", "rename");
  const old = state.book.sheets.find((s) => s.sheetId === sheetId).title;
  input.value = old;
  input.setAttribute("aria-label", "Name of the tab");
  button.replaceWith(input);
  input.focus();
  input.select();
  let over = false;
  const finish = (keep) => {
    if (over) return;
    over = true;
    const title = input.value.trim();
    paintTabs();
    $("editor").focus({ preventScroll: true });
    if (keep && title && title !== old) properties(sheetId, { title });
  };
  input.addEventListener("blur", () => finish(true));
  input.addEventListener("keydown", (event) => { event.stopPropagation(); if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); finish(event.key === "Enter"); } });
}

function paintTabs() {
  if (bar.querySelector(".rename:focus")) return;
  const buttons = shown().map((tab) => {
    const made = element("button", tab.sheetId === state.tab.sheetId ? "on" : "", tab.title);
    made.dataset.tab = tab.sheetId;
    made.setAttribute("role", "tab");
    made.setAttribute("aria-selected", String(tab.sheetId === state.tab.sheetId));
    if (tab.colour) made.style.setProperty("--colour", tab.colour);
    made.classList.toggle("coloured", Boolean(tab.colour));
    made.addEventListener("mousedown", (event) => { if (event.button === 0 && event.detail < 2) carry(event, tab, made); });
    made.addEventListener("click", () => { if (commit()) goTo(tab.sheetId); });
    made.addEventListener("dblclick", () => rename(tab.sheetId));
    made.addEventListener("contextmenu", (event) => { event.preventDefault(); tabMenu(tab, event.clientX, made.getBoundingClientRect().top); });
    return made;
  });
  bar.replaceChildren(...buttons);
}

// Drag a tab to another place.
function carry(start, tab, made) {
  const others = () => [...bar.querySelectorAll("[data-tab]")];
  let moved = false;
  const step = (event) => {
    if (!moved && Math.abs(event.clientX - start.clientX) < 8) return;
    moved = true;
    made.classList.add("carried");
    const after = others().filter((b) => b !== made).find((b) => event.clientX < b.getBoundingClientRect().left + b.offsetWidth / 2);
    bar.insertBefore(made, after ?? null);
  };
  addEventListener("mousemove", step);
  addEventListener("mouseup", () => {
    removeEventListener("mousemove", step);
    if (!moved) return;
    const order = others().map((b) => Number(b.dataset.tab)), next = order[order.indexOf(tab.sheetId) + 1];
    const all = state.book.sheets.map((s) => s.sheetId);
    properties(tab.sheetId, { index: next === undefined ? all.length : all.indexOf(next) });
  }, { once: true });
}

$("add-tab").addEventListener("click", () => add({ addSheet: { properties: {} } }, (reply) => reply.addSheet.properties.sheetId ?? 0));
$("all-tabs").addEventListener("click", (event) => {
  const frame = event.currentTarget.getBoundingClientRect();
  openMenu(frame.left, frame.top - 4, state.book.sheets.map((tab) => [tab.hidden ? `${tab.title} (hidden)` : tab.title,
    () => (tab.hidden ? properties(tab.sheetId, { hidden: false }).then(() => goTo(tab.sheetId)) : goTo(tab.sheetId)), { checked: tab.sheetId === state.tab.sheetId }]), { above: true });
});

// ---- sums of the selection

const shownNumber = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
let due = 0, asked = "";

function sums() {
  clearTimeout(due);
  const box = selected(), out = $("sums");
  if (box.top === box.bottom && box.left === box.right) { out.textContent = ""; asked = ""; return; }
  due = setTimeout(async () => {
    const area = `${box.top},${box.bottom + 1},${box.left},${box.right + 1}`, key = `${state.tab.sheetId} ${area} ${state.book.revision}`;
    if (key === asked) return;
    asked = key;
    const found = await ask(`/view/${bookId}?sheetId=${state.tab.sheetId}&part=sums&area=${area}`).catch(() => null);
    if (!found || asked !== key) return;
    const parts = found.numbers ? [`Sum: ${shownNumber(found.sum)}`, `Avg: ${shownNumber(found.sum / found.numbers)}`, `Min: ${shownNumber(found.least)}`, `Max: ${shownNumber(found.most)}`] : [];
    out.textContent = found.count ? [...parts, `Count: ${found.count}`].join("   ") : "";
  }, 80);
}
for (const name of ["select", "selected-quietly", "book"]) on(name, sums);
on("book", paintTabs);
on("tab", paintTabs);
