// How one cell looks: an element made from what the sandbox says about it.

import { element } from "./state.js";

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

export const fontOf = (cell) => `${cell.italic ? "italic " : ""}${cell.bold ? "bold " : ""}${(cell.size ?? 10) * 4 / 3}px ${family(cell)}`;
const family = (cell) => (cell.font ? `"${cell.font.replaceAll('"', "")}", ` : "") + "Arial, Helvetica, sans-serif";

export function textWidth(text, cell) {
  const font = fontOf(cell), key = `${font}\n${text}`;
  let found = widths.get(key);
  if (found === undefined) {
    if (widths.size > 20000) widths.clear();
    pen.font = font;
    found = Math.max(...text.split("\n").map((line) => pen.measureText(line).width));
    widths.set(key, found);
  }
  return found;
}

export const lineHeight = (cell) => Math.round((cell.size ?? 10) * 4 / 3 * 1.2);

// The height that a cell's lines need, as wrapped within a width.
export function heightOf(cell, width) {
  let lines = 0;
  for (const line of cell.text.split("\n")) {
    lines++;
    if (cell.wrap !== "wrap") continue;
    let used = 0;
    for (const word of line.split(/(?<=\s)/)) {
      const long = textWidth(word, cell);
      if (used && used + textWidth(word.trimEnd(), cell) > width - 7) { lines++; used = 0; }
      used += long;
      while (used > width - 7 && long > width - 7) { lines++; used -= width - 7; }
    }
  }
  return lines * lineHeight(cell) + 5;
}

function style(made, cell) {
  const css = made.style;
  if (cell.colour) css.color = cell.colour;
  if (cell.bold) css.fontWeight = "bold";
  if (cell.italic) css.fontStyle = "italic";
  if (cell.size) css.fontSize = `${cell.size * 4 / 3}px`;
  if (cell.font) css.fontFamily = family(cell);
  const lines = [cell.underline && "underline", cell.strikethrough && "line-through"].filter(Boolean).join(" ");
  if (lines) css.textDecoration = lines;
}

const safe = (link) => (/^(https?:|mailto:)/i.test(link) ? link : /^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith("#") ? null : `https://${link}`);

function linked(text, link) {
  const address = safe(link), made = element(address ? "a" : "span", "link", text);
  if (address) Object.assign(made, { href: address, target: "_blank", rel: "noopener noreferrer", tabIndex: -1 });
  return made;
}

function content(cell) {
  const made = element("span", "text");
  if (cell.runs) {
    const text = cell.text ?? "", starts = [...cell.runs];
    if (!starts.length || starts[0][0] > 0) starts.unshift([0, {}]);
    starts.forEach(([start, look], i) => {
      const part = text.slice(start, starts[i + 1]?.[0] ?? text.length);
      const piece = look.link ? linked(part, look.link) : element("span", "", part);
      style(piece, look);
      made.append(piece);
    });
  } else if (cell.link) made.append(linked(cell.text ?? "", cell.link));
  else made.textContent = cell.text ?? "";
  return made;
}

function checkbox(cell, rule) {
  const [yes] = rule.options.length ? rule.options : ["TRUE"];
  const made = element("span", "check");
  made.setAttribute("role", "checkbox");
  made.setAttribute("aria-checked", String((cell.text ?? "").toUpperCase() === yes.toUpperCase()));
  return made;
}

export const isCheckbox = (cell, rule) => rule?.kind === "BOOLEAN" && !cell.bad;

export function cellElement(cell, rule, place) {
  const made = element("div", "cell");
  made.dataset.column = place.column;
  made.setAttribute("role", "gridcell");
  Object.assign(made.style, { left: `${place.x}px`, width: `${place.width}px`, height: `${place.height}px` });
  if (cell.background) { made.style.backgroundColor = cell.background; made.classList.add("filled"); }
  const align = cell.align ?? (isCheckbox(cell, rule) ? "center" : "left");
  if (align !== "left") made.classList.add(align);
  if (cell.valign && cell.valign !== "bottom") made.classList.add(`v-${cell.valign}`);
  if (cell.wrap === "wrap") made.classList.add("wrap");
  if (place.tall) made.classList.add("merged");
  if (isCheckbox(cell, rule)) made.append(checkbox(cell, rule));
  else if (cell.text) {
    const text = content(cell);
    style(text, cell);
    if (place.room) { made.classList.add("over"); text.style.width = `${place.room}px`; text.style.marginLeft = `${-(place.lead ?? 0)}px`; }
    made.append(text);
  }
  for (const [side, border] of Object.entries(cell.borders ?? {})) {
    made.style[`border${side[0].toUpperCase()}${side.slice(1)}`] = border;
  }
  if (place.open) made.style.borderRightColor = "transparent";
  if (rule?.arrow) { made.classList.add("pick"); made.append(element("span", "arrow")); }
  if (cell.note) made.classList.add("note");
  if (cell.error || cell.bad) made.classList.add("bad");
  if (cell.failed) made.classList.add("failed");
  return made;
}
