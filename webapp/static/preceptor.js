// What makes pages easier where JavaScript runs. Everything works without it.

// A form is sent once; the server would act on it once in any case.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("aria-busy")) return event.preventDefault();
    form.setAttribute("aria-busy", "true");
    if (form.dataset.busy) setTimeout(() => tellBusy(form), 500);
  });
}
// What takes a while says what is being done.
const tellBusy = (form) => {
  const told = document.createElement("div");
  told.className = "busy";
  told.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = form.dataset.busy;
  told.append(text, document.createElement("progress"));
  document.body.append(told);
};
// Coming back by the back button, the page is used again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  document.querySelector(".busy")?.remove();
});

// Long lists of choices: what is typed finds entries by name or alias, Enter makes the best one a
// chip, and the chips stand in the field, the first chosen first. All entries are one button away.
const folded = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}+&/]+/gu, " ").trim();
const MOST_SHOWN = 6;

for (const field of document.querySelectorAll("[data-choices]")) {
  const input = field.querySelector(".type input");
  const chosen = field.querySelector(".chosen");
  const options = field.querySelector(".options");
  const labels = [...field.querySelectorAll("label")];
  const homes = new Map(labels.map((label) => [label, label.closest(".group") ?? options.querySelector(".group")]));
  const names = new Map(labels.map((label) => {
    const span = label.querySelector("span");
    return [label, [span.firstChild.textContent, ...(span.dataset.words ?? "").split(",")].map((name) => name.trim())];
  }));
  let fits = [];
  let active = 0;

  field.querySelector(".type button").remove();
  const list = Object.assign(document.createElement("ul"), { className: "list", id: `${input.name}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.querySelector("legend").textContent);
  const none = Object.assign(document.createElement("p"), { className: "hint", hidden: true, textContent: options.dataset.none });
  none.setAttribute("role", "status");
  const all = Object.assign(document.createElement("button"), { type: "button", className: "quiet small", textContent: options.dataset.all });
  all.setAttribute("aria-expanded", "false");
  options.before(list, none, all);
  options.hidden = true;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id }))
    input.setAttribute(name, value);

  // How well an entry fits what is sought: 0 is a whole name, 4 is not at all. Beginnings of words
  // count, so that "em" finds emergency medicine and not chemistry.
  const misfit = (label, sought) => {
    const [name, ...others] = names.get(label).map(folded);
    if (name === sought || others.includes(sought)) return 0;
    if (name.startsWith(sought)) return 1;
    if (` ${name}`.includes(` ${sought}`)) return 2;
    return others.some((other) => ` ${other}`.includes(` ${sought}`)) ? 3 : 4;
  };
  const found = (sought) => labels
    .filter((label) => label.parentElement !== chosen)
    .map((label) => [misfit(label, sought), label])
    .filter(([rank]) => rank < 4)
    .sort((one, other) => one[0] - other[0])
    .map(([, label]) => label);
  const row = (label, place, sought) => {
    const [name, ...others] = names.get(label);
    const item = Object.assign(document.createElement("li"), { id: `${list.id}-${place}` });
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(place === active));
    item.append(Object.assign(document.createElement("span"), { textContent: name }));
    const alias = folded(name).includes(sought) ? "" : others.find((other) => folded(other).includes(sought));
    if (alias) item.append(Object.assign(document.createElement("span"), { className: "quiet small", textContent: alias }));
    // Before the field loses the focus, which closes the list.
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); take([label]); });
    return item;
  };
  const show = () => {
    const sought = folded(input.value.split(/[;,]/).at(-1));
    fits = sought ? found(sought).slice(0, MOST_SHOWN) : [];
    active = Math.min(active, Math.max(0, fits.length - 1));
    list.replaceChildren(...fits.map((label, place) => row(label, place, sought)));
    list.hidden = fits.length === 0;
    none.hidden = !sought || fits.length > 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${list.id}-${active}`);
  };
  const close = () => { active = 0; list.hidden = none.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const dress = (label) => { label.className = label.parentElement === chosen ? "chip gone" : ""; };
  const take = (taken, rest = "") => {
    for (const label of taken) label.querySelector("input").click();
    input.value = rest;
    active = 0;
    show();
  };

  all.addEventListener("click", () => {
    options.hidden = !options.hidden;
    all.setAttribute("aria-expanded", String(!options.hidden));
  });
  input.addEventListener("input", () => { active = 0; show(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && fits.length) {
      active = (active + step + fits.length) % fits.length;
      show();
    } else if (event.key === "Escape") close();
    else if (event.key === "Enter" && input.value.trim()) {
      // Several may be written at once; of the last one, the entry that is marked is meant.
      const parts = input.value.split(/[;,]/).map((part) => part.trim()).filter((part) => folded(part));
      const best = parts.map((part, place) => (place === parts.length - 1 && fits[active]) || found(folded(part))[0]);
      take([...new Set(best.filter(Boolean))], parts.filter((_, place) => !best[place]).join("; "));
    } else return;
    event.preventDefault();
  });
  field.addEventListener("change", (event) => {
    const label = event.target.closest("label");
    if (!label) return;
    const isMine = document.activeElement === event.target;
    if (event.target.checked) chosen.append(label);
    else homes.get(label).prepend(label);
    dress(label);
    if (isMine) (options.hidden ? input : event.target).focus();
  });
  labels.forEach(dress);
}

// The hours of a week: drag to paint with a mouse or pen, arrow keys to move, tap or space to set.
for (const week of document.querySelectorAll("[data-week]")) {
  const rows = [...week.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("input")]);
  let paint = null;
  week.addEventListener("pointerdown", (event) => {
    if (event.target.type !== "checkbox" || event.pointerType === "touch") return;
    paint = !event.target.checked;
  });
  week.addEventListener("pointerover", (event) => {
    if (paint === null || event.target.type !== "checkbox" || event.buttons !== 1) return;
    event.target.checked = paint;
  });
  week.addEventListener("pointerout", (event) => {
    // Leaving the first box while painting sets it too: no click follows a drag.
    if (paint !== null && event.buttons === 1 && event.target.type === "checkbox") event.target.checked = paint;
  });
  addEventListener("pointerup", () => { paint = null; });
  week.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key];
    if (!step) return;
    const row = rows.findIndex((boxes) => boxes.includes(event.target));
    if (row < 0) return;
    const next = rows[row + step[0]]?.[rows[row].indexOf(event.target) + step[1]];
    event.preventDefault();
    next?.focus();
  });
}

// A time zone that no one has chosen yet is most likely the browser's own.
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("input[data-zone]")) field.value = ownZone;
for (const zone of document.querySelectorAll('select[name="timezone"][required], select[name="default-timezone"]')) {
  // Browsers may call it by an older name.
  const option = [...zone.options].find(({ value, dataset }) => value === ownZone || dataset.words?.split(", ").includes(ownZone));
  if (option && !zone.value) option.selected = true;
}

// What is refreshed without its page, where a form beside it may be half filled in.
const replace = async (card) => {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  card.replaceWith(page.getElementById(card.id));
};

// What is under way: how far a round is, every second, and the page again once it is done.
const UNDER_WAY = ["queued", "matching", "computing"];
for (const card of document.querySelectorAll("[data-progress]")) {
  const every = 1000 * (card.dataset.every ?? 1);
  const put = (name, text) => { card.querySelector(`[data-${name}]`).textContent = text ?? ""; };
  const tell = (told) => {
    if (told.stage) put("stage", told.stage);
    put("count", told.count);
    put("left", told.left);
    card.querySelector("[data-left-line]").hidden = !told.left;
    card.querySelector("[data-waits]").hidden = !told.waits;
    card.querySelector("progress").value = told.share;
  };
  const ask = async () => {
    try {
      const answer = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.redirected || !answer.ok) throw new Error("not now");
      const told = await answer.json();
      if (!UNDER_WAY.includes(told.state)) return await (card.hasAttribute("data-replaced") ? replace(card) : location.reload());
      // Of a forecast it is only known whether it is done.
      if (told.state !== "computing") tell(told);
    } catch {
      // The site is away for a moment; it is asked again.
    }
    setTimeout(ask, every);
  };
  setTimeout(ask, every / 2);
}

// Pairs are gone through by keyboard: arrows go to another one, letters decide about the open one.
const pairs = document.querySelector("[data-pairs]");
if (pairs) {
  const rows = [...pairs.querySelectorAll("tbody tr")];
  const open = rows.findIndex((row) => row.hasAttribute("aria-current"));
  rows[open]?.scrollIntoView({ block: "nearest" });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, [popover]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: "next", ArrowUp: "prev", j: "next", k: "prev" }[event.key];
    const beside = document.querySelector(`.panel [rel="${step}"]`) ?? (open < 0 && step === "next" && rows[0].querySelector("a"));
    const button = document.querySelector(`.panel [data-key="${event.key.toLowerCase()}"]`);
    if (event.key === "Escape" && open >= 0) document.querySelector(".walk a").click();
    else if (step && beside) beside.click();
    else if (!step && button) button.click();
    else return;
    event.preventDefault();
  });
}

// "/" leads to the search in the bar, wherever nothing is being typed.
const find = document.querySelector("#find");
if (find) addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  find.select();
});

// Printing takes a script: without one, the browser's own menu has it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
