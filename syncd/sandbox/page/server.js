// Talking to the sandbox: asking, acting in order, following the book, loading runs of rows.

import { landed } from "./axis.js";
import { $, bookId, CHUNK, chunkOf, emit, keyOf, pageId, putChunk, select, state, useTab } from "./state.js";

export class Refusal extends Error {
  constructor(message, status = 0) { super(message); this.status = status; }
}

export const actor = () => $("who").value.trim() || "team";

export async function ask(path, body) {
  let answer, text;
  try {
    answer = await fetch(`/_sandbox${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "X-Sandbox-User": unescape(encodeURIComponent(actor())), "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
  } catch {
    throw new Refusal("The sandbox cannot be reached.");
  }
  let parsed = null;
  try { parsed = text ? JSON.parse(text) : {}; } catch { /* an answer that broke off */ }
  if (!answer.ok || parsed === null) throw new Refusal(parsed?.error?.message ?? (answer.statusText || "The answer broke off."), answer.status);
  return parsed;
}

// ---- acting: one after the other, so that what was typed first arrives first

let queue = Promise.resolve(), carrying = 0;
export const done = [], undone = [];

function inOrder(run) {
  const turn = queue.then(run);
  queue = turn.catch(() => {});
  return turn;
}

export function act(body) {
  const base = state.book.revision, carries = /"(sortRange|sortSpecs|deleteDimension)"/.test(JSON.stringify(body.requests ?? ""));
  return inOrder(async () => {
    if (carries) carrying++;
    try {
      const answer = await ask(`/act/${bookId}`, { base, ...body });
      done.push(answer.revision);
      undone.length = 0;
      const news = refresh();
      if (carries) await news.then(() => (state.book.revision < answer.revision ? refresh() : null)).catch(() => {});
      else news.catch(() => {});
      return answer;
    } finally {
      if (carries) carrying--;
    }
  });
}

export function takeBack(from, into) {
  return inOrder(async () => {
    const revision = from.pop();
    if (revision === undefined) return null;
    const answer = await ask(`/undo/${bookId}`, { revision });
    into.push(answer.revision);
    await refresh();
    return answer;
  });
}

// ---- typed cells: shown at once, kept until the sandbox says yes, and never dropped when it says no

export function type(row, column, text) {
  const sheetId = state.tab.sheetId, entry = { sheetId, row, column, text };
  const before = state.pending.get(keyOf(sheetId, row, column));
  state.pending.set(keyOf(sheetId, row, column), entry);
  if (before) emit("settled", before);
  emit("cells");
  send(entry);
}

const GONE = "The cell was deleted by somebody else, or moved where this page could not follow.";

// Try until the sandbox answers; meanwhile the entry follows its cell, so each try says where that is now.
async function insist(entry) {
  for (let failures = 0; ;) {
    if (entry.gone) throw new Refusal(GONE, 409);
    const { sheetId, row, column, text } = entry;
    try {
      return await ask(`/act/${bookId}`, { base: state.book.revision, typed: [{ sheetId, row, column, values: [[text]] }] });
    } catch (error) {
      const passing = error.status < 300 || ((error.status >= 500 || error.status === 429) && failures++ < 5);
      if (!passing) throw error;
      emit("unsaved", "Not saved yet, trying again…");
      await new Promise((go) => setTimeout(go, 700));
    }
  }
}

const unsent = new Set(); // also those that a later text in the same cell hides

export function send(entry) {
  entry.failed = undefined;
  unsent.add(entry);
  emit("settled", entry);
  inOrder(async () => {
    const answer = await insist(entry);
    entry.revision = answer.revision;
    done.push(answer.revision);
    undone.length = 0;
    refresh().catch(() => {});
  }).catch((error) => {
    entry.failed = error.message;
    emit("failed", { entry, error });
  }).finally(() => {
    unsent.delete(entry);
    if (!unsent.size) emit("unsaved", "");
  });
}

export function drop(entry) {
  for (const [key, each] of state.pending) if (each === entry) state.pending.delete(key);
  emit("settled", entry);
  emit("cells");
}

// ---- following

let running = null, again = false;

export function refresh() {
  if (running) { again = true; return running; }
  running = fetchBook().finally(() => {
    running = null;
    if (again) { again = false; refresh().catch(() => {}); }
  });
  return running;
}

// The book and the rows in view come in one answer: a place on the screen means the same in both.
async function fetchBook() {
  const known = state.book.revision, starts = [...state.tab ? state.wanted() : []].slice(0, 20), at = state.tab?.sheetId;
  const found = await ask(`/view/${bookId}${known >= 0 ? `?since=${known}&tab=${at}&windows=${starts.join(",")}` : ""}`);
  state.book = found;
  if (known >= 0 && found.moves === null) lose();
  for (const move of found.moves ?? []) follow(move);
  for (const window of found.windows ?? []) keep(at, window);
  const shown = found.sheets.filter((s) => !s.hidden);
  const wanted = state.tab ? state.tab.sheetId : Number(location.hash.match(/gid=(\d+)/)?.[1] ?? NaN);
  const tab = shown.find((s) => s.sheetId === wanted) ?? shown[0] ?? found.sheets[0];
  const changed = tab.sheetId !== state.tab?.sheetId;
  useTab(tab);
  emit("book");
  if (changed) emit("tab");
  await load();
}

// Too much happened while this page slept: no place it remembers is sure any more.
function lose() {
  state.chunks.clear();
  for (const entry of [...state.pending.values(), ...unsent]) entry.gone = !entry.revision;
  emit("lost");
}

function keep(sheetId, window) {
  putChunk(sheetId, window);
  for (const [place, entry] of state.pending) {
    const inside = entry.sheetId === sheetId && entry.row >= window.start && entry.row < window.start + CHUNK;
    if (inside && entry.revision && entry.revision <= window.revision) state.pending.delete(place);
  }
}

function follow(move) {
  for (const [key, chunk] of state.chunks) if (key.startsWith(`${move.sheetId} `) && chunk.revision < state.book.revision) state.chunks.delete(key);
  const here = (place) => ({ ...place, sheetId: state.tab.sheetId });
  const shown = [...state.pending.values()];
  state.pending.clear();
  for (const entry of new Set([...shown, ...unsent])) {
    const place = entry.revision ? entry : landed(move, entry); // a confirmed one is drawn anew anyway
    if (place) Object.assign(entry, { row: place.row, column: place.column });
    else entry.gone = true;
  }
  for (const entry of shown) {
    state.pending.set(keyOf(entry.sheetId, entry.row, entry.column), entry);
  }
  if (move.sheetId === state.tab?.sheetId) followSelection(move, here);
  emit("move", move);
}

// One selected cell goes with its row when others sort; an own sort leaves the selection where it is.
function followSelection(move, here) {
  const one = state.at.row === state.to.row && state.at.column === state.to.column;
  if (move.landed && (!one || carrying > 0)) return;
  const at = landed(move, here(state.at)), to = landed(move, here(state.to));
  if (!at && !to && !carrying) emit("gone", move);
  state.at = at ?? state.at;
  state.to = to ?? state.to;
}

const asked = new Map();

export async function load() {
  const { sheetId } = state.tab, { revision } = state.book;
  const starts = new Set(state.wanted?.() ?? [0]);
  const stale = [...starts].filter((start) => start < state.tab.rows && (chunkOf(start)?.revision ?? -1) < revision);
  await Promise.all(stale.map((start) => fetchChunk(sheetId, start, revision)));
}

async function fetchChunk(sheetId, start, revision) {
  const key = `${sheetId} ${start}`;
  if (asked.get(key) === revision) return;
  asked.set(key, revision);
  try {
    const found = await ask(`/view/${bookId}?sheetId=${sheetId}&start=${start}&end=${start + CHUNK}`);
    if (found.revision !== state.book.revision) { // its rows may stand elsewhere than the book says
      if (found.revision > state.book.revision) refresh().catch(() => {});
      return;
    }
    keep(sheetId, { ...found, start });
    if (sheetId === state.tab.sheetId) emit("chunk", start);
  } catch {
    // the next news asks again
  } finally {
    if (asked.get(key) === revision) asked.delete(key);
  }
}

export async function watch() {
  let stamp = -1;
  for (;;) {
    try {
      if (document.hidden) await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
      const news = await ask(`/watch/${bookId}?revision=${state.book.revision}&page=${pageId}&stamp=${stamp}`);
      emit("state", "");
      if (news.revision === -2) { emit("state", "This spreadsheet was deleted"); return; }
      if (news.stamp !== stamp) {
        stamp = news.stamp;
        state.people = news.people;
        emit("people");
      }
      if (news.revision !== state.book.revision) await refresh();
    } catch {
      emit("state", "Not connected, trying again…");
      await new Promise((go) => setTimeout(go, 1000));
    }
  }
}

// One message at a time, so that the last place and name told are the ones that stay.
let told = "", timer = 0, telling = Promise.resolve();
export function tellCursor() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    telling = telling.then(() => {
      const place = { sheetId: state.tab.sheetId, ...state.at }, text = JSON.stringify([place, actor()]);
      if (text === told) return null;
      told = text;
      return ask(`/cursor/${bookId}?page=${pageId}`, place);
    }).catch(() => { told = ""; });
  }, 120);
}
addEventListener("pagehide", () => { fetch(`/_sandbox/cursor/${bookId}?page=${pageId}&leave=1`, { method: "POST", keepalive: true, body: "{}" }); });

export function goTo(sheetId) {
  const tab = state.book.sheets.find((s) => s.sheetId === sheetId);
  if (!tab || tab.sheetId === state.tab.sheetId) return;
  useTab(tab);
  history.replaceState(null, "", `#gid=${sheetId}`);
  emit("book");
  emit("tab");
  select({ row: state.rows.first, column: state.columns.first });
  load();
}
