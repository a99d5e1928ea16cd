// Copy, cut and paste: between cells by the API's own requests, with other programs as text and tables.

import { change, run, unmoved, usedBox } from "./commands.js";
import { toast } from "./dialogs.js";
import { editing, mayEdit } from "./editor.js";
import { paint } from "./paint.js";
import { act, ask, refresh } from "./server.js";
import { $, bookId, cellAt, chunkOf, rangeOf, select, selected, state } from "./state.js";

export const copyNow = { valuesOnly: false };
const MARK = "data-sandbox-copy";

const quoted = (text) => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\n", "<br>");

// What is taken along of a box: rows that a filter hides stay behind, as in Sheets.
function taken(box) {
  const skipped = (row) => state.tab.filteredRows.some(([start, end]) => row >= start && row < end);
  const rows = [];
  for (let r = box.top; r <= box.bottom; r++) if (box.top === box.bottom || !skipped(r)) rows.push(r);
  return rows;
}

function flavours(rows, id) {
  const plain = rows.map((row) => row.map(({ text }) => quoted(text)).join("\t")).join("\n");
  const look = (cell) => [cell.bold && "font-weight:bold", cell.italic && "font-style:italic", cell.colour && `color:${cell.colour}`, cell.background && `background-color:${cell.background}`].filter(Boolean).join(";");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td${look(cell) ? ` style="${look(cell)}"` : ""}>${escaped(cell.text)}</td>`).join("")}</tr>`).join("");
  return { "text/plain": plain, "text/html": `<meta charset="utf-8"><table ${MARK}="${id}">${body}</table>` };
}

function copy(event, cut) {
  if (editing() || document.activeElement !== $("editor")) return;
  event.preventDefault();
  const box = usedBox(), id = Math.random().toString(36).slice(2), rows = taken(box);
  const columns = [];
  for (let c = box.left; c <= box.right; c++) columns.push(c);
  state.copied = { sheetId: state.tab.sheetId, box, id, cut };
  paint();
  if (rows.every((r) => chunkOf(r))) {
    const kinds = flavours(rows.map((r) => columns.map((c) => { const cell = cellAt(r, c); return { ...cell, text: cell.text ?? "" }; })), id);
    for (const [kind, text] of Object.entries(kinds)) event.clipboardData.setData(kind, text);
    return;
  }
  // more than what is loaded: the clipboard takes a promise
  const whole = ask(`/view/${bookId}?sheetId=${state.tab.sheetId}&part=texts&area=${box.top},${box.bottom + 1},${box.left},${box.right + 1}`)
    .then((found) => flavours(rows.map((r) => (found.rows[r - box.top] ?? columns.map(() => "")).map((text) => ({ text }))), id));
  const item = new ClipboardItem(Object.fromEntries(["text/plain", "text/html"].map((kind) => [kind, whole.then((kinds) => new Blob([kinds[kind]], { type: kind }))])));
  navigator.clipboard.write([item]).catch((error) => toast(`Could not copy: ${error.message}`));
}

// ---- pasting

export function parseTable(text) {
  const rows = [[]];
  let field = "", inside = false, begun = false;
  const end = () => { rows.at(-1).push(field); field = ""; begun = false; };
  const source = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  for (let i = 0; i < source.length; i++) {
    const letter = source[i];
    if (inside) {
      if (letter !== '"') field += letter;
      else if (source[i + 1] === '"') { field += '"'; i++; } else inside = false;
    } else if (letter === '"' && !begun && closes(source, i)) { inside = true; begun = true; }
    else if (letter === "\t") end();
    else if (letter === "\n") { end(); rows.push([]); }
    else { field += letter; begun = true; }
  }
  end();
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows;
}

// A quote opens a cell only where another one closes it before the next cell begins.
function closes(source, at) {
  for (let i = at + 1; i < source.length; i++) {
    if (source[i] !== '"') continue;
    if (source[i + 1] === '"') { i++; continue; }
    return i + 1 === source.length || source[i + 1] === "\t" || source[i + 1] === "\n";
  }
  return false;
}

export function parseHtml(html) {
  const table = new DOMParser().parseFromString(html, "text/html").querySelector("table");
  if (!table) return null;
  table.querySelectorAll("script, style, template, noscript").forEach((part) => part.remove());
  // line breaks are <br> and blocks; those of the source are mere spaces
  const textOf = (cell) => {
    cell.querySelectorAll("br").forEach((br) => br.replaceWith("\ue000"));
    cell.querySelectorAll("p, div, li").forEach((block) => { if (block.nextElementSibling) block.append("\ue000"); });
    return cell.textContent.replace(/[ \t\r\n]+/g, " ").replace(/ ?\ue000 ?/g, "\n").replaceAll("\u00a0", " ").trim();
  };
  const lines = [...table.rows], grid = lines.map(() => []);
  lines.forEach((row, r) => {
    let c = 0;
    for (const cell of row.cells) {
      while (grid[r][c] !== undefined) c++;
      const tall = Math.min(cell.rowSpan || lines.length, lines.length - r), wide = Math.min(cell.colSpan, 200);
      for (let down = 0; down < tall; down++) for (let right = 0; right < wide; right++) grid[r + down][c + right] = "";
      grid[r][c] = textOf(cell);
      c += wide;
    }
  });
  return grid.length ? grid.map((row) => Array.from(row, (text) => text ?? "")) : null;
}

async function paste(event) {
  if (editing() || document.activeElement !== $("editor")) return;
  event.preventDefault();
  const valuesOnly = copyNow.valuesOnly, html = event.clipboardData.getData("text/html"), plain = event.clipboardData.getData("text/plain");
  copyNow.valuesOnly = false;
  if (state.copied && html.includes(`${MARK}="${state.copied.id}"`)) { await pasteCells(state.copied, valuesOnly); return; }
  const rows = (plain.includes("\t") || !html ? parseTable(plain) : parseHtml(html) ?? parseTable(plain));
  await pasteTexts(rows);
}

async function pasteTexts(given) {
  const box = selected(), height = given.length, width = Math.max(...given.map((row) => row.length));
  let rows = given.map((row) => [...row, ...Array(width - row.length).fill(null)]);
  const down = Math.floor((box.bottom - box.top + 1) / height), across = Math.floor((box.right - box.left + 1) / width);
  const grows = box.bottom - box.top < height || box.right - box.left < width;
  if (!grows || (height === 1 && width === 1)) {
    rows = Array.from({ length: Math.max(1, down) * height }, (_, r) => Array.from({ length: Math.max(1, across) * width }, (_unused, c) => rows[r % height][c % width]));
  }
  const target = { top: box.top, left: box.left, bottom: box.top + rows.length - 1, right: box.left + rows[0].length - 1 };
  if (!(await mayEdit(target))) return;
  select({ row: target.top, column: target.left }, { row: target.bottom, column: target.right });
  await putTexts({ base: state.book.revision, typed: [{ sheetId: state.tab.sheetId, row: target.top, column: target.left, values: rows }] }, target);
}

async function putTexts(body, target) {
  const stay = unmoved();
  try {
    await act(body);
    if (stay() && (target.bottom > state.to.row || target.right > state.to.column)) await refresh().catch(() => {});
    if (stay()) state.to = { row: Math.min(state.at.row + target.bottom - target.top, state.tab.rows - 1), column: Math.min(state.at.column + target.right - target.left, state.tab.columns - 1) };
    paint();
  } catch (error) {
    const again = !error.status || error.status >= 500;
    toast(error.message, { title: "Nothing was pasted", keep: true, action: again ? ["Try again", () => putTexts(body, target)] : undefined, other: again ? ["Discard", () => {}] : undefined });
  }
}

async function pasteCells({ sheetId, box, cut }, valuesOnly) {
  const goal = selected(), height = box.bottom - box.top + 1, width = box.right - box.left + 1, { tab } = state;
  const range = (top, bottom) => ({ sheetId, startRowIndex: top, endRowIndex: bottom + 1, startColumnIndex: box.left, endColumnIndex: box.right + 1 });
  const grow = (rows, columns) => [
    rows > tab.rows && { appendDimension: { sheetId: tab.sheetId, dimension: "ROWS", length: rows - tab.rows } },
    columns > tab.columns && { appendDimension: { sheetId: tab.sheetId, dimension: "COLUMNS", length: columns - tab.columns } },
  ].filter(Boolean);
  const stay = unmoved();
  if (cut) {
    const answer = await change(...grow(goal.top + height, goal.left + width), { cutPaste: { source: range(box.top, box.bottom), destination: { sheetId: tab.sheetId, rowIndex: goal.top, columnIndex: goal.left }, pasteType: "PASTE_NORMAL" } });
    if (answer) state.copied = null;
    if (answer && stay()) { select(goal0(goal), end(goal, height, width)); }
    return;
  }
  const pasteType = valuesOnly ? "PASTE_VALUES" : "PASTE_NORMAL";
  const runs = runsOf(sheetId === tab.sheetId ? taken(box) : all(box)), rows = runs.reduce((sum, [top, bottom]) => sum + bottom - top + 1, 0);
  const tall = runs.length === 1 ? Math.max(rows, Math.floor((goal.bottom - goal.top + 1) / rows) * rows) : rows;
  const wide = Math.max(width, Math.floor((goal.right - goal.left + 1) / width) * width);
  const target = { top: goal.top, left: goal.left, bottom: goal.top + tall - 1, right: goal.left + wide - 1 };
  if (!(await mayEdit(target))) return;
  let top = goal.top;
  const requests = runs.map(([first, last]) => {
    const count = runs.length === 1 ? tall : last - first + 1, destination = rangeOf({ ...target, top, bottom: top + count - 1 });
    top += count;
    return { copyPaste: { source: range(first, last), destination, pasteType, pasteOrientation: "NORMAL" } };
  });
  if (await run(...grow(target.bottom + 1, target.right + 1), ...requests) && stay()) {
    select({ row: target.top, column: target.left }, { row: target.bottom, column: target.right });
  }
}

const goal0 = (goal) => ({ row: goal.top, column: goal.left });
const end = (goal, height, width) => ({ row: goal.top + height - 1, column: goal.left + width - 1 });
const all = (box) => Array.from({ length: box.bottom - box.top + 1 }, (_, i) => box.top + i);
function runsOf(rows) {
  const runs = [];
  for (const row of rows) if (runs.length && runs.at(-1)[1] === row - 1) runs.at(-1)[1] = row; else runs.push([row, row]);
  return runs;
}

document.addEventListener("copy", (event) => copy(event, false));
document.addEventListener("cut", (event) => copy(event, true));
document.addEventListener("paste", paste);
