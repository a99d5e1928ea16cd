// The basic filter: making one, and the menu of one of its columns.

import { letters } from "./axis.js";
import { run, usedBox } from "./commands.js";
import { $, bookId, element, selected, state } from "./state.js";
import { ask } from "./server.js";
import { toast } from "./dialogs.js";

const CONDITIONS = [
  ["", "None"], ["BLANK", "Is empty"], ["NOT_BLANK", "Is not empty"], ["TEXT_CONTAINS", "Text contains"], ["TEXT_NOT_CONTAINS", "Text does not contain"],
  ["TEXT_STARTS_WITH", "Text starts with"], ["TEXT_ENDS_WITH", "Text ends with"], ["TEXT_EQ", "Text is exactly"], ["DATE_EQ", "Date is"], ["DATE_BEFORE", "Date is before"], ["DATE_AFTER", "Date is after"],
  ["NUMBER_GREATER", "Greater than"], ["NUMBER_GREATER_THAN_EQ", "Greater than or equal to"], ["NUMBER_LESS", "Less than"], ["NUMBER_LESS_THAN_EQ", "Less than or equal to"],
  ["NUMBER_EQ", "Is equal to"], ["NUMBER_NOT_EQ", "Is not equal to"], ["NUMBER_BETWEEN", "Is between"], ["CUSTOM_FORMULA", "Custom formula is"],
];

const rangeOfFilter = () => {
  const [top, bottom, left, right] = state.tab.filter.range;
  return { sheetId: state.tab.sheetId, startRowIndex: top, endRowIndex: bottom, startColumnIndex: left, endColumnIndex: right };
};

export function setFilter() {
  const { tab } = state, box = selected(), one = box.top === box.bottom && box.left === box.right;
  const [row, column] = tab.last, used = usedBox();
  const area = one ? { top: 0, bottom: Math.max(row, tab.rows - 1), left: 0, right: column } : { ...used, bottom: box.bottom };
  return run({ setBasicFilter: { filter: { range: { sheetId: tab.sheetId, startRowIndex: area.top, endRowIndex: area.bottom + 1, startColumnIndex: area.left, endColumnIndex: area.right + 1 } } } });
}
export const removeFilter = () => run({ clearBasicFilter: { sheetId: state.tab.sheetId } });

function put(criteria, sortSpecs) {
  const filterSpecs = Object.entries(criteria).filter(([, each]) => each && Object.keys(each).length)
    .map(([column, filterCriteria]) => ({ columnIndex: Number(column), filterCriteria }));
  return run({ setBasicFilter: { filter: { range: rangeOfFilter(), ...(filterSpecs.length ? { filterSpecs } : {}), ...(sortSpecs ? { sortSpecs } : {}) } } });
}

const button = (label, click, className = "quiet") => {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", click);
  return made;
};

export async function openFilter(column, at) {
  const box = $("filter");
  let values;
  try {
    ({ values } = await ask(`/view/${bookId}?sheetId=${state.tab.sheetId}&part=column&column=${column}`));
  } catch (error) { toast(error.message); return; }
  const { criteria } = state.tab.filter, now = criteria[column] ?? {}, hidden = new Set(now.hiddenValues ?? []);
  const sort = (sortOrder) => () => { close(); put(criteria, [{ dimensionIndex: column, sortOrder }]); };
  const { part: condition, read } = conditionPart(now.condition), list = valueList(values, hidden);
  const row = element("div", "buttons");
  row.append(button("Cancel", close), button("OK", () => {
    const next = { ...(hidden.size ? { hiddenValues: [...hidden] } : {}), ...(read() ? { condition: read() } : {}) };
    close();
    put({ ...criteria, [column]: next });
  }, "main"));
  box.replaceChildren(
    button("Sort A to Z", sort("ASCENDING"), "entry"), button("Sort Z to A", sort("DESCENDING"), "entry"),
    element("h3", "", "Filter by condition"), condition, element("h3", "", "Filter by values"), ...list, row,
  );
  box.setAttribute("aria-label", `Filter of column ${letters(column)}`);
  box.hidden = false;
  Object.assign(box.style, { left: `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`, top: `${Math.max(8, Math.min(at.bottom + 2, innerHeight - box.offsetHeight - 8))}px` });
  box.querySelector("input[type=search]").focus();
}

function conditionPart(given) {
  const part = element("div", "condition"), select = element("select"), inputs = [element("input"), element("input")];
  select.setAttribute("aria-label", "Condition");
  inputs.forEach((input, i) => { input.placeholder = i ? "and" : "Value or formula"; input.setAttribute("aria-label", i ? "Second value" : "Value"); input.value = given?.values?.[i]?.userEnteredValue ?? given?.values?.[i]?.relativeDate ?? ""; });
  for (const [type, label] of CONDITIONS) { const option = element("option", "", label); option.value = type; select.append(option); }
  select.value = CONDITIONS.some(([type]) => type === given?.type) ? given.type : "";
  const count = () => (["", "BLANK", "NOT_BLANK"].includes(select.value) ? 0 : select.value === "NUMBER_BETWEEN" ? 2 : 1);
  const show = () => inputs.forEach((input, i) => { input.hidden = i >= count(); });
  select.addEventListener("change", show);
  show();
  part.append(select, ...inputs);
  const read = () => (select.value ? { type: select.value, ...(count() ? { values: inputs.slice(0, count()).map((i) => ({ userEnteredValue: i.value })) } : {}) } : null);
  return { part, read };
}

function valueList(values, hidden) {
  const search = element("input"), list = element("div", "values"), links = element("div", "links");
  search.type = "search";
  search.placeholder = "Search values";
  search.setAttribute("aria-label", "Search values");
  const found = () => values.filter((text) => text.toLowerCase().includes(search.value.toLowerCase()));
  const show = () => list.replaceChildren(...found().slice(0, 500).map((text) => {
    const label = element("label"), check = element("input");
    check.type = "checkbox";
    check.checked = !hidden.has(text);
    check.addEventListener("change", () => (check.checked ? hidden.delete(text) : hidden.add(text)));
    label.append(check, element("span", text ? "" : "blank", text || "(Blanks)"));
    return label;
  }));
  links.append(
    button(`Select all`, () => { found().forEach((text) => hidden.delete(text)); show(); }, "plain"),
    button("Clear", () => { found().forEach((text) => hidden.add(text)); show(); }, "plain"),
  );
  search.addEventListener("input", show);
  show();
  return [links, search, list];
}

function close() {
  if ($("filter").hidden) return;
  $("filter").hidden = true;
  $("editor").focus({ preventScroll: true });
}
$("filter").addEventListener("keydown", (event) => {
  event.stopPropagation();
  if (event.key === "Escape") close();
  else if (event.key === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); $("filter").querySelector(".main").click(); }
});
addEventListener("mousedown", (event) => { if (!event.target.closest("#filter")) close(); }, true);
