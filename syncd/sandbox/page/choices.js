// What a validation rule offers while its cell is edited: a list that narrows, or a calendar.

import { $, element } from "./state.js";

const list = $("choices"), day = $("day");
let picked = -1, take = () => {};

export function openChoices(rule, typed, at, choose) {
  take = choose;
  if (rule.kind.startsWith("DATE_")) { openDay(at); return; }
  if (!rule.options || rule.kind === "BOOLEAN") return;
  const wanted = typed.toLowerCase(), offered = rule.options.filter((text) => text.toLowerCase().includes(wanted)).slice(0, 500);
  picked = wanted && offered.length && offered[0].toLowerCase().startsWith(wanted) ? 0 : -1;
  list.replaceChildren(...offered.map((text, i) => {
    const item = element("li", i === picked ? "on" : "", text);
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(i === picked));
    item.addEventListener("mousedown", (event) => { event.preventDefault(); take(text); });
    return item;
  }));
  list.hidden = offered.length === 0;
  lay(list, at);
}

function lay(box, at) {
  const below = innerHeight - at.bottom > 270;
  Object.assign(box.style, { left: `${Math.min(at.left, innerWidth - 220)}px`, minWidth: `${at.width}px`, top: below ? `${at.bottom + 4}px` : "auto", bottom: below ? "auto" : `${innerHeight - at.top + 4}px` });
}

function openDay(at) {
  day.hidden = false;
  lay(day, at);
}
day.querySelector("input").addEventListener("change", (event) => { if (event.target.value) take(event.target.value); });

export function closeChoices() {
  list.hidden = true;
  day.hidden = true;
  day.querySelector("input").value = "";
  picked = -1;
}

export function stepChoice(by) {
  const items = [...list.children];
  if (list.hidden || !items.length) return false;
  picked = (picked + by + items.length + (picked < 0 && by < 0 ? 1 : 0)) % items.length;
  items.forEach((item, i) => { item.classList.toggle("on", i === picked); item.setAttribute("aria-selected", String(i === picked)); });
  items[picked].scrollIntoView({ block: "nearest" });
  return true;
}

export const pickChoice = () => (list.hidden || picked < 0 ? null : list.children[picked]?.textContent ?? null);
