// The version history: who did what, and back to an earlier version.

import { confirmBox, toast } from "./dialogs.js";
import { ask, done, refresh } from "./server.js";
import { $, bookId, element, on } from "./state.js";

const panel = $("history"), list = panel.querySelector("ol");
const SHOWN = 100;

export async function openHistory() {
  panel.hidden = false;
  await fill();
}

function named(person) {
  const made = element("span", "who-did", person);
  made.title = person;
  return made;
}

async function fill() {
  const all = await ask(`/revisions/${bookId}`), shown = all.slice(-SHOWN).reverse();
  list.replaceChildren(...shown.map((revision, i) => {
    const item = element("li"), time = element("time", "", new Date(revision.time * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }));
    item.append(time, named(revision.actor), element("span", "what", revision.what));
    if (i > 0) {
      const button = element("button", "plain", "Restore this version");
      button.addEventListener("click", () => restore(revision));
      item.append(button);
    } else item.append(element("span", "what", "Current version"));
    return item;
  }));
}

async function restore(revision) {
  if (!(await confirmBox("Restore this version?", `The spreadsheet becomes what it was on ${new Date(revision.time * 1000).toLocaleString()}. Newer versions stay in the history.`, "Restore"))) return;
  try {
    const answer = await ask(`/restore/${bookId}`, { revision: revision.number });
    done.push(answer.revision);
    await refresh();
  } catch (error) { toast(error.message); }
}

panel.querySelector("button").addEventListener("click", () => { panel.hidden = true; $("editor").focus({ preventScroll: true }); });
on("book", () => { if (!panel.hidden) fill().catch(() => {}); });
