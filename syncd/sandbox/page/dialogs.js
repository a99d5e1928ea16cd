// Small windows: messages at the bottom, questions, and menus.

import { $, element } from "./state.js";

let timer = 0;

// A passing message at the bottom; one to keep joins the notices below the grid, and its remover is given.
export function toast(text, { title, action, other, keep } = {}) {
  const box = keep ? element("div", "notice") : $("toast"), remove = () => { if (keep) box.remove(); else box.hidden = true; };
  box.replaceChildren();
  if (title) box.append(element("strong", "", title));
  box.append(element("span", "", text));
  const buttons = [action, other].filter(Boolean);
  if (keep && !other) buttons.push(["Dismiss", () => {}]);
  for (const [label, run] of buttons) {
    const button = element("button", "", label);
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => { remove(); run(); });
    box.append(button);
  }
  if (keep) { $("notices").append(box); box.scrollIntoView({ block: "nearest" }); return remove; }
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(remove, 7000);
  return remove;
}
export const hideToast = () => { $("toast").hidden = true; };

function dialog(title, parts, label) {
  return new Promise((answer) => {
    const box = $("dialog"), form = element("form"), row = element("div", "buttons");
    const no = element("button", "quiet", "Cancel"), yes = element("button", "main", label);
    form.method = "dialog";
    no.type = "button";
    row.append(no, yes);
    form.append(element("h2", "", title), ...parts, row);
    box.replaceChildren(form);
    let result = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); result = true; box.close(); });
    no.addEventListener("click", () => box.close());
    box.addEventListener("close", () => { $("editor").focus({ preventScroll: true }); answer(result); }, { once: true });
    box.addEventListener("keydown", (event) => event.stopPropagation());
    box.showModal();
    (form.querySelector("input, textarea, select") ?? yes).focus();
  });
}

export const confirmBox = (title, text, label = "OK") => dialog(title, [element("p", "", text)], label);

export async function promptBox(title, value, { label = "OK", long = false } = {}) {
  const input = element(long ? "textarea" : "input");
  input.value = value;
  input.setAttribute("aria-label", title);
  const yes = dialog(title, [input], label);
  input.select();
  return (await yes) ? input.value : null;
}

// A menu of [label, run, {hint, off, checked}] entries and "-" lines, at a place on the screen.
export function openMenu(x, y, items, { above = false } = {}) {
  const menu = $("menu");
  menu.replaceChildren(...items.filter(Boolean).map((item) => {
    if (item === "-") { const rule = element("li", "rule"); rule.setAttribute("role", "separator"); return rule; }
    const [label, run, { hint = "", off = false, checked } = {}] = item, made = element("li", off ? "off" : "");
    made.setAttribute("role", checked === undefined ? "menuitem" : "menuitemcheckbox");
    if (checked !== undefined) made.setAttribute("aria-checked", String(checked));
    if (off) made.setAttribute("aria-disabled", "true");
    made.tabIndex = -1;
    made.append(element("span", "", label), element("kbd", "", hint));
    made.addEventListener("click", () => { if (!off) { closeMenu(); run(); } });
    return made;
  }));
  menu.hidden = false;
  const left = Math.max(4, Math.min(x, innerWidth - menu.offsetWidth - 6));
  const top = above ? y - menu.offsetHeight : Math.max(4, Math.min(y, innerHeight - menu.offsetHeight - 6));
  Object.assign(menu.style, { left: `${left}px`, top: `${top}px` });
  menu.focus({ preventScroll: true });
}

export function closeMenu() {
  if ($("menu").hidden) return;
  $("menu").hidden = true;
  $("editor").focus({ preventScroll: true });
}

$("menu").addEventListener("keydown", (event) => {
  event.stopPropagation();
  const items = [...$("menu").querySelectorAll("[role^=menuitem]:not(.off)")], at = items.indexOf(document.activeElement);
  if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
  else if (event.key === "ArrowUp") items[(at + items.length - (at < 0 ? 0 : 1)) % items.length]?.focus();
  else if (event.key === "Enter" || event.key === " ") items[at]?.click();
  else return;
  event.preventDefault();
});
addEventListener("mousedown", (event) => { if (!event.target.closest("#menu")) closeMenu(); }, true);
