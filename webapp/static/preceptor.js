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

// Long lists of choices: search by name or alias, chosen ones on top, the first chosen first.
const folded = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}+&/]+/gu, " ").trim();

for (const list of document.querySelectorAll("[data-choices]")) {
  const search = list.querySelector(".search input");
  const chosen = list.querySelector(".chosen");
  const options = list.querySelector(".options");
  const groups = [...list.querySelectorAll(".group")];
  const labels = [...list.querySelectorAll("label")].filter((label) => label.querySelector("[type=checkbox]"));
  const homes = new Map(labels.map((label) => [label, label.closest(".group") ?? groups[0]]));
  const names = new Map(labels.map((label) => [
    label,
    [label.querySelector("span").firstChild.textContent, ...(label.querySelector("span").dataset.words ?? "").split(",")].map(folded),
  ]));
  list.querySelector(".search button").remove();
  search.removeAttribute("name");

  // How well a choice fits what is sought: 0 is a whole name, 4 is not at all. Beginnings of words
  // count, so that "em" finds emergency medicine and not chemistry.
  const misfit = (label, sought) => {
    const [name, ...others] = names.get(label);
    if (name === sought || others.includes(sought)) return 0;
    if (name.startsWith(sought)) return 1;
    if (` ${name}`.includes(` ${sought}`)) return 2;
    return others.some((other) => ` ${other}`.includes(` ${sought}`)) ? 3 : 4;
  };
  const open = () => labels.filter((label) => label.parentElement !== chosen);
  const show = () => {
    const sought = folded(search.value);
    options.classList.toggle("searching", sought !== "");
    for (const label of open()) {
      const rank = sought ? misfit(label, sought) : 0;
      label.hidden = rank > 3;
      label.style.order = rank;
    }
    for (const group of groups) group.hidden = !group.querySelector("label:not([hidden])");
    options.hidden = groups.every((group) => group.hidden);
  };

  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const unknown = [];
    for (const part of search.value.split(/[;,]/).filter((word) => folded(word))) {
      const fits = open().map((label) => [misfit(label, folded(part)), label]).sort((a, b) => a[0] - b[0]);
      if (fits.length && fits[0][0] < 4) fits[0][1].querySelector("input").click();
      else unknown.push(part.trim());
    }
    search.value = unknown.join("; ");
    search.focus();
    show();
  });
  list.addEventListener("change", (event) => {
    const label = event.target.closest("label");
    if (!label) return;
    if (event.target.checked) chosen.append(label);
    else homes.get(label).prepend(label);
    event.target.focus();
    show();
  });
  show();
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
for (const zone of document.querySelectorAll('select[name="timezone"][required], [data-zone]')) {
  if (!zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// A round under way: how far it is, every second, and the page anew once it is done.
for (const card of document.querySelectorAll("[data-progress]")) {
  const put = (name, text) => { card.querySelector(`[data-${name}]`).textContent = text ?? ""; };
  const ask = async () => {
    try {
      const answer = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.redirected || !answer.ok) throw new Error("not now");
      const told = await answer.json();
      if (told.state !== "queued" && told.state !== "matching") return location.reload();
      if (told.stage) put("stage", told.stage);
      put("count", told.count);
      put("left", told.left);
      card.querySelector("[data-left-line]").hidden = !told.left;
      card.querySelector("[data-waits]").hidden = !told.waits;
      card.querySelector("progress").value = told.share;
    } catch {
      // The site is away for a moment; it is asked again.
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 500);
}
