"use strict";

const bookId = location.pathname.split("/")[3];
const ROW = 24, NUMBER = 48, CHUNK = 100, SPARE = 12;
const $ = (id) => document.getElementById(id);
const grid = $("grid"), head = $("head"), body = $("body"), who = $("who"), entry = $("entry");

let book = { revision: -1, sheets: [] };
let tab = null;          // the visible tab
let lines = [];          // indices of the rows that are shown below the frozen ones
let columns = [];        // indices of the columns that are shown
let chunks = new Map();  // start of a run of rows -> { revision, rows }
let asked = new Set();
let at = { row: 0, column: 0 }, anchor = { row: 0, column: 0 };
let editor = null;

// ---- talking to the sandbox

who.value = localStorage.getItem("who") || "team";
who.addEventListener("change", () => {
  who.value = who.value.trim() || "team";
  localStorage.setItem("who", who.value);
});

const actor = () => unescape(encodeURIComponent(who.value.trim() || "team"));

async function ask(path, options = {}) {
  const answer = await fetch(`/_sandbox${path}`, {
    ...options,
    headers: { "X-Sandbox-User": actor(), "Content-Type": "application/json" },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text ? JSON.parse(text).error.message : answer.statusText);
  return text ? JSON.parse(text) : {};
}

async function act(promise) {
  try {
    await promise;
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").hidden = true; }, 5000);
}

const batch = (request) => ask(`/v4/spreadsheets/${bookId}:batchUpdate`, { method: "POST", body: { requests: [request] } });

function letters(index) {
  let text = "";
  for (let n = index + 1; n > 0; n = Math.floor((n - 1) / 26)) text = String.fromCharCode(65 + (n - 1) % 26) + text;
  return text;
}

function rangePath(row, column, row2 = row, column2 = column) {
  const title = `'${tab.title.replaceAll("'", "''")}'`;
  const first = letters(column) + (row + 1), last = letters(column2) + (row2 + 1);
  return encodeURIComponent(`${title}!${first}:${last}`);
}

const write = (row, column, values) => ask(
  `/v4/spreadsheets/${bookId}/values/${rangePath(row, column, row + values.length - 1, column + values[0].length - 1)}?valueInputOption=USER_ENTERED`,
  { method: "PUT", body: { values } },
);

// ---- following the book

async function refresh() {
  book = await ask(`/view/${bookId}`);
  document.title = book.title;
  $("title").textContent = book.title;
  const wanted = tab ? tab.sheetId : Number(location.hash.match(/gid=(\d+)/)?.[1] ?? NaN);
  const found = book.sheets.find((s) => s.sheetId === wanted) || book.sheets[0];
  if (!tab || tab.sheetId !== found.sheetId) chunks.clear();
  tab = found;
  const hiddenRows = new Set(tab.hiddenRows), hiddenColumns = new Set(tab.hiddenColumns);
  lines = [];
  for (let r = tab.frozenRows; r < tab.rows; r++) if (!hiddenRows.has(r)) lines.push(r);
  columns = [];
  for (let c = 0; c < tab.columns; c++) if (!hiddenColumns.has(c)) columns.push(c);
  if (hiddenColumns.has(at.column)) at.column = anchor.column = columns[0] ?? 0;
  at.row = Math.min(at.row, tab.rows - 1);
  anchor.row = Math.min(anchor.row, tab.rows - 1);
  paintTabs();
  await paint();
}

async function follow() {
  for (;;) {
    try {
      const { revision } = await ask(`/watch/${bookId}?revision=${book.revision}`);
      $("state").textContent = "";
      if (revision === -2) {
        $("state").textContent = "This spreadsheet was deleted";
        return;
      }
      if (revision !== book.revision) await refresh();
    } catch {
      $("state").textContent = "Not connected, trying again…";
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

async function load(start) {
  const key = `${tab.sheetId} ${start} ${book.revision}`;
  if (asked.has(key)) return;
  asked.add(key);
  const sheetId = tab.sheetId;
  try {
    const found = await ask(`/view/${bookId}?sheetId=${sheetId}&start=${start}&end=${start + CHUNK}`);
    if (tab.sheetId !== sheetId) return;
    const known = chunks.get(start);
    if (!known || known.revision <= found.revision) chunks.set(start, found);
  } finally {
    asked.delete(key);
  }
}

// ---- painting: only the rows in view are in the document

const width = (column) => tab.widths[column] ?? tab.width;
const cellOf = (row, column) => chunks.get(row - row % CHUNK)?.rows[row]?.[column] ?? {};

function shownRows() {
  const space = grid.clientHeight - head.offsetHeight;
  const first = Math.max(0, Math.floor(grid.scrollTop / ROW) - SPARE);
  const last = Math.min(lines.length, Math.ceil((grid.scrollTop + space) / ROW) + SPARE);
  return [first, last];
}

async function paint() {
  const [first, last] = shownRows();
  const wanted = new Set();
  for (let r = 0; r < tab.frozenRows; r++) wanted.add(r - r % CHUNK);
  for (let i = first; i < last; i++) wanted.add(lines[i] - lines[i] % CHUNK);
  const stale = [...wanted].filter((start) => (chunks.get(start)?.revision ?? -1) < book.revision);
  draw();
  if (stale.length) {
    await Promise.all(stale.map(load));
    draw();
  }
}

function selected() {
  return {
    top: Math.min(at.row, anchor.row), bottom: Math.max(at.row, anchor.row),
    left: Math.min(at.column, anchor.column), right: Math.max(at.column, anchor.column),
  };
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function drawRow(row, box) {
  const line = element("div", "line");
  line.dataset.row = row;
  line.setAttribute("role", "row");
  line.append(element("div", row >= box.top && row <= box.bottom ? "number on" : "number", row + 1));
  for (const column of columns) line.append(drawCell(row, column, box));
  return line;
}

function drawCell(row, column, box) {
  const cell = cellOf(row, column), made = element("div", "cell");
  made.append(element("span", "", cell.text ?? ""));
  made.dataset.column = column;
  made.setAttribute("role", "gridcell");
  made.style.width = `${width(column)}px`;
  if (cell.align) made.style.textAlign = cell.align;
  if (cell.background) made.style.backgroundColor = cell.background;
  if (cell.colour) made.style.color = cell.colour;
  if (cell.bold) made.style.fontWeight = "600";
  if (cell.italic) made.style.fontStyle = "italic";
  if (cell.strikethrough) made.style.textDecoration = "line-through";
  if (cell.options) made.classList.add("pick");
  const next = columns[columns.indexOf(column) + 1];
  if (cell.text && !cell.align && !cell.options && !cellOf(row, next).text) made.classList.add("over");
  if (cell.note) { made.classList.add("note"); made.title = cell.note; }
  const inside = row >= box.top && row <= box.bottom && column >= box.left && column <= box.right;
  if (row === at.row && column === at.column) made.classList.add("at");
  else if (inside) made.classList.add("in");
  return made;
}

function draw() {
  const box = selected(), top = element("div", "line");
  top.append(element("div", "corner"));
  for (const column of columns) {
    const on = column >= box.left && column <= box.right;
    const letter = element("div", on ? "letter on" : "letter", letters(column));
    letter.style.width = `${width(column)}px`;
    top.append(letter);
  }
  const hidden = new Set(tab.hiddenRows), frozen = [];
  for (let r = 0; r < tab.frozenRows; r++) if (!hidden.has(r)) frozen.push(drawRow(r, box));
  head.replaceChildren(top, ...frozen);
  head.classList.toggle("frozen", frozen.length > 0);
  body.style.height = `${lines.length * ROW}px`;
  body.style.width = `${NUMBER + columns.reduce((sum, c) => sum + width(c), 0)}px`;
  const [first, last] = shownRows(), drawn = [];
  for (let i = first; i < last; i++) {
    const line = drawRow(lines[i], box);
    line.style.top = `${i * ROW}px`;
    drawn.push(line);
  }
  body.replaceChildren(...drawn, ...(editor ? [editor.input] : []));
  $("place").textContent = letters(at.column) + (at.row + 1);
  if (document.activeElement !== entry) entry.value = editText();
}

function paintTabs() {
  $("tabs").replaceChildren(...book.sheets.map((sheet) => {
    const button = element("button", sheet.sheetId === tab.sheetId ? "on" : "", sheet.title);
    button.addEventListener("click", () => show(sheet));
    return button;
  }));
}

function show(sheet) {
  if (sheet.sheetId === tab.sheetId) return;
  tab = sheet;
  chunks.clear();
  at = { row: 0, column: 0 };
  anchor = { ...at };
  grid.scrollTo(0, 0);
  history.replaceState(null, "", `#gid=${sheet.sheetId}`);
  refresh();
}

// ---- moving about

const editText = () => { const cell = cellOf(at.row, at.column); return cell.entered ?? cell.text ?? ""; };

function place(row, column, extend = false) {
  at = { row, column };
  if (!extend) anchor = { ...at };
  reveal();
  draw();
}

function reveal() {
  if (at.row >= tab.frozenRows) {
    const y = lines.indexOf(at.row) * ROW, space = grid.clientHeight - head.offsetHeight;
    if (y < grid.scrollTop) grid.scrollTop = y;
    else if (y + ROW > grid.scrollTop + space - 16) grid.scrollTop = y + ROW - space + 16;
  }
  let x = 0;
  for (const column of columns) { if (column === at.column) break; x += width(column); }
  if (x < grid.scrollLeft) grid.scrollLeft = x;
  else if (x + width(at.column) > grid.scrollLeft + grid.clientWidth - NUMBER) grid.scrollLeft = x + width(at.column) - grid.clientWidth + NUMBER;
}

function move(down, right, extend = false) {
  const rows = [...Array(tab.frozenRows).keys()].filter((r) => !tab.hiddenRows.includes(r)).concat(lines);
  const row = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(at.row) + down))] ?? at.row;
  const column = columns[Math.max(0, Math.min(columns.length - 1, columns.indexOf(at.column) + right))];
  place(row, column, extend);
}

function hit(event) {
  const line = event.target.closest(".line"), cell = event.target.closest(".cell");
  if (!line || line.dataset.row === undefined) return null;
  return { row: Number(line.dataset.row), column: cell ? Number(cell.dataset.column) : null };
}

grid.addEventListener("mousedown", (event) => {
  const found = hit(event);
  if (!found || (editor && event.target === editor.input)) return;
  if (editor) commit();
  grid.focus({ preventScroll: true });
  if (event.button === 2) {
    const box = selected();
    const inside = found.row >= box.top && found.row <= box.bottom;
    if (!inside) place(found.row, found.column ?? columns[0]);
    return;
  }
  event.preventDefault();
  if (found.column === null) {
    anchor = { row: event.shiftKey ? anchor.row : found.row, column: columns.at(-1) };
    at = { row: found.row, column: columns[0] };
    draw();
    return;
  }
  const cell = event.target.closest(".cell");
  const arrow = cell.classList.contains("pick") && event.offsetX > cell.clientWidth - 20;
  place(found.row, found.column, event.shiftKey);
  if (event.detail === 2 || arrow) edit();
  else drag();
});

function drag() {
  const over = (event) => {
    const found = hit(event);
    if (found && found.column !== null && (found.row !== at.row || found.column !== at.column)) { at = found; draw(); }
  };
  grid.addEventListener("mousemove", over);
  addEventListener("mouseup", () => grid.removeEventListener("mousemove", over), { once: true });
}

grid.addEventListener("scroll", () => paint());
addEventListener("resize", () => paint());

grid.addEventListener("keydown", (event) => {
  if (editor) return;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-20, 0], PageDown: [20, 0] };
  if (steps[event.key]) move(...steps[event.key], event.shiftKey);
  else if (event.key === "Enter" || event.key === "F2") edit();
  else if (event.key === "Tab") move(0, event.shiftKey ? -1 : 1);
  else if (event.key === "Home") place(event.ctrlKey ? 0 : at.row, columns[0]);
  else if (event.key === "End" && event.ctrlKey) place(lines.at(-1), columns.at(-1));
  else if (event.key === "Delete" || event.key === "Backspace") run("clear");
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) edit(event.key);
  else return;
  event.preventDefault();
});

// ---- editing

function edit(text) {
  const cell = cellOf(at.row, at.column), input = element("input", "editor");
  input.value = text ?? editText();
  input.spellcheck = false;
  const frozen = at.row < tab.frozenRows;
  let x = NUMBER;
  for (const column of columns) { if (column === at.column) break; x += width(column); }
  const y = frozen ? grid.scrollTop + ROW * at.row - (head.offsetHeight - ROW) : lines.indexOf(at.row) * ROW;
  Object.assign(input.style, { left: `${x - 1}px`, top: `${y - 1}px`, width: `${width(at.column) + 2}px`, minWidth: "120px" });
  editor = { input, row: at.row, column: at.column, choice: -1, options: cell.options };
  input.addEventListener("keydown", editKey);
  input.addEventListener("input", () => { entry.value = input.value; choices(); });
  input.addEventListener("blur", () => setTimeout(() => { if (editor?.input === input && document.hasFocus()) commit(); }, 120));
  draw();
  input.focus({ preventScroll: true });
  input.setSelectionRange(input.value.length, input.value.length);
  if (cell.options) choices(text === undefined);
}

function editKey(event) {
  event.stopPropagation();
  const list = [...$("choices").children];
  if (editor.options && (event.key === "ArrowDown" || event.key === "ArrowUp") && list.length) {
    editor.choice = (editor.choice + (event.key === "ArrowDown" ? 1 : list.length - (editor.choice < 0 ? 0 : 1))) % list.length;
    list.forEach((item, i) => item.classList.toggle("on", i === editor.choice));
    list[editor.choice].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") {
    if (list[editor.choice]) editor.input.value = list[editor.choice].textContent;
    commit();
    move(1, 0);
  } else if (event.key === "Tab") {
    commit();
    move(0, event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}

function choices(all = false) {
  if (!editor?.options) return;
  const typed = editor.input.value.toLowerCase(), box = editor.input.getBoundingClientRect();
  const offered = editor.options.filter((text) => all || text.toLowerCase().includes(typed));
  editor.choice = -1;
  $("choices").replaceChildren(...offered.map((text) => {
    const item = element("li", "", text);
    item.setAttribute("role", "option");
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      editor.input.value = text;
      commit();
    });
    return item;
  }));
  const below = innerHeight - box.bottom > 270;
  Object.assign($("choices").style, { left: `${box.left}px`, minWidth: `${box.width}px`, top: below ? `${box.bottom + 2}px` : "auto", bottom: below ? "auto" : `${innerHeight - box.top + 2}px` });
  $("choices").hidden = offered.length === 0;
}

function close() {
  editor = null;
  $("choices").hidden = true;
  grid.focus({ preventScroll: true });
  draw();
}

function commit() {
  const { input, row, column } = editor, cell = cellOf(row, column);
  const before = cell.entered ?? cell.text ?? "", text = input.value;
  close();
  if (text !== before) send(row, column, text);
}

function send(row, column, text) {
  const chunk = chunks.get(row - row % CHUNK);
  if (chunk) ((chunk.rows[row] ??= {})[column] ??= {}).text = text;
  draw();
  act(write(row, column, [[text]]));
}

entry.addEventListener("keydown", (event) => {
  if (event.key === "Enter") { send(at.row, at.column, entry.value); grid.focus(); move(1, 0); }
  else if (event.key === "Escape") { grid.focus(); draw(); }
});

document.addEventListener("copy", (event) => {
  if (document.activeElement !== grid) return;
  const box = selected(), rows = [];
  for (let r = box.top; r <= box.bottom; r++) {
    rows.push(columns.filter((c) => c >= box.left && c <= box.right).map((c) => cellOf(r, c).text ?? "").join("\t"));
  }
  event.clipboardData.setData("text/plain", rows.join("\n"));
  event.preventDefault();
});

document.addEventListener("paste", (event) => {
  if (document.activeElement !== grid) return;
  const text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
  const values = text.split(/\r?\n/).map((line) => line.split("\t"));
  const across = Math.max(...values.map((line) => line.length));
  act(write(at.row, at.column, values.map((line) => [...line, ...Array(across - line.length).fill(null)])));
  event.preventDefault();
});

// ---- rows

function run(name) {
  const box = selected(), range = (start, end) => ({ sheetId: tab.sheetId, dimension: "ROWS", startIndex: start, endIndex: end });
  if (name === "above") act(batch({ insertDimension: { range: range(box.top, box.top + 1), inheritFromBefore: box.top > tab.frozenRows } }));
  if (name === "below") {
    act(batch({ insertDimension: { range: range(box.bottom + 1, box.bottom + 2), inheritFromBefore: true } }).then(() => {
      at = { row: box.bottom + 1, column: at.column };
      anchor = { ...at };
    }));
  }
  if (name === "remove") {
    anchor = { ...at, row: box.top };
    at = { ...anchor };
    act(batch({ deleteDimension: { range: range(box.top, box.bottom + 1) } }));
  }
  if (name === "clear") act(ask(`/v4/spreadsheets/${bookId}/values/${rangePath(box.top, box.left, box.bottom, box.right)}:clear`, { method: "POST", body: {} }));
}

grid.addEventListener("contextmenu", (event) => {
  if (!hit(event)) return;
  event.preventDefault();
  const menu = $("menu");
  menu.hidden = false;
  menu.style.left = `${Math.min(event.clientX, innerWidth - menu.offsetWidth - 8)}px`;
  menu.style.top = `${Math.min(event.clientY, innerHeight - menu.offsetHeight - 8)}px`;
});

addEventListener("mousedown", (event) => { if (!event.target.closest("#menu")) $("menu").hidden = true; }, true);
document.addEventListener("click", (event) => {
  const name = event.target.dataset?.act;
  if (!name) return;
  $("menu").hidden = true;
  run(name);
  grid.focus({ preventScroll: true });
});

refresh().then(follow, (error) => { $("state").textContent = error.message; });
grid.focus();
