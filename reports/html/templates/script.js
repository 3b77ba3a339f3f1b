"use strict";
// Fills the device table from the data in the page: filter, sort, pages, details. Device text only ever becomes
// textContent; markup comes from the page's own templates.
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = byId("rows");
  if (!rows) return;

  const data = JSON.parse(byId("report-data").textContent);
  const coveredOrder = { yes: 0, possible: 1, unknown: 2, no: 3 };
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const printDetailsOf = 200;
  const open = new Set();
  const state = { text: "", filters: {}, key: "", descending: false, page: 0, size: 100, printing: false };
  let found = data.devices;

  for (const device of data.devices) {
    const signs = (device.evidence || []).map((item) => `${item.because} ${item.excerpt || ""} ${item.where}`);
    const facts = (device.facts || []).map((fact) => fact[1]);
    device.searchable = [
      device.address, device.name, device.subtitle, device.maker, device.device_class, device.covered_label,
      device.firmware, device.answer, ...(device.notes || []), ...facts, ...signs,
    ].join("\n").toLowerCase();
  }

  // Markup: copies of the page's templates, filled by their data- attributes.

  const prototypeOf = (id) => byId(id).content.firstElementChild.cloneNode(true);

  const valueOf = (source, name) => (name === "." ? source : source[name]);

  const isPresent = (value) => Boolean(Array.isArray(value) ? value.length : value);

  function fill(root, source) {
    const elements = [root, ...root.querySelectorAll("*")];
    for (const element of elements) {
      const { text, valueFrom, widthFrom, linkFrom, show, each, item } = element.dataset;
      if (text) element.textContent = valueOf(source, text) ?? "";
      if (valueFrom) element.dataset.value = source[valueFrom] ?? "";
      if (widthFrom) element.setAttribute("width", source[widthFrom] ?? 0);
      if (linkFrom) element.setAttribute("href", `#${linkFrom}-${source[linkFrom] ?? 0}`);
      if (show) element.hidden = !isPresent(source[show]);
      if (each) element.replaceChildren(...(source[each] || []).map((one) => fill(prototypeOf(item), one)));
    }
    return root;
  }

  function rowOf(device) {
    const row = fill(prototypeOf("proto-row"), device);
    row.id = `device-${device.number}`;
    const toggle = row.querySelector(".toggle");
    toggle.setAttribute("aria-expanded", String(isOpen(device)));
    toggle.setAttribute("aria-controls", `details-${device.number}`);
    return row;
  }

  function detailsOf(device) {
    const lawLines = device.law ? data.law[device.law - 1] : [];
    const details = fill(prototypeOf("proto-details"), { ...device, law_lines: lawLines });
    details.id = `details-${device.number}`;
    return details;
  }

  const isOpen = (device) => open.has(device.number) || (state.printing && found.length <= printDetailsOf);

  // What is shown.

  function matches(device) {
    for (const [name, wanted] of Object.entries(state.filters)) {
      if (wanted && (device[name] ?? "") !== wanted) return false;
    }
    return state.text.split(/\s+/).every((word) => device.searchable.includes(word));
  }

  const compareBy = {
    text: (a, b) => collator.compare(a ?? "", b ?? ""),
    number: (a, b) => (a ?? 0) - (b ?? 0),
    covered: (a, b) => coveredOrder[a] - coveredOrder[b],
    priority: (a, b) => (a || 99) - (b || 99),
  };

  function select() {
    found = data.devices.filter(matches);
    if (state.key) {
      const button = document.querySelector(`.sort[data-key="${state.key}"]`);
      const compare = compareBy[button.dataset.order];
      const sign = state.descending ? -1 : 1;
      found.sort((a, b) => sign * compare(a[state.key], b[state.key]) || a.number - b.number);
    }
    state.page = 0;
    show();
  }

  function shownDevices() {
    if (state.printing) return found;
    const start = state.page * state.size;
    return found.slice(start, start + state.size);
  }

  function show() {
    const fragment = document.createDocumentFragment();
    for (const device of shownDevices()) {
      fragment.append(rowOf(device));
      if (isOpen(device)) fragment.append(detailsOf(device));
    }
    rows.replaceChildren(fragment);
    showCounts();
  }

  const grouped = (number) => number.toLocaleString("en-US");

  function numbered(pattern, ...numbers) {
    return pattern.replace(/#/g, () => grouped(numbers.shift()));
  }

  function showCounts() {
    const shown = byId("shown");
    const { all, some, none } = shown.dataset;
    const complete = found.length === data.devices.length;
    shown.textContent = complete ? all : found.length ? numbered(some, found.length) : none;
    const pages = Math.ceil(found.length / state.size);
    const first = state.page * state.size + 1;
    const last = Math.min(found.length, first + state.size - 1);
    byId("pager").hidden = found.length <= 50;
    byId("page").textContent = numbered(byId("page").dataset.pattern, Math.min(first, last), last, found.length);
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page >= pages - 1;
    const expand = byId("expand");
    const anyOpen = shownDevices().some(isOpen);
    expand.textContent = anyOpen ? expand.dataset.close : expand.dataset.open;
    expand.disabled = found.length === 0;
  }

  function toggle(row) {
    const number = Number(row.id.split("-")[1]);
    const device = data.devices[number - 1];
    if (open.delete(number)) {
      row.nextElementSibling.remove();
    } else {
      open.add(number);
      row.after(detailsOf(device));
    }
    row.querySelector(".toggle").setAttribute("aria-expanded", String(open.has(number)));
    showCounts();
  }

  function turnTo(page) {
    state.page = page;
    show();
    byId("shown").scrollIntoView({ block: "start" });
  }

  // What a reader does.

  function setFilter(name, value) {
    state.filters[name] = value;
    document.querySelector(`[data-filter="${name}"]`).value = value;
  }

  function clearFilters() {
    state.text = "";
    byId("filter-text").value = "";
    for (const box of document.querySelectorAll("[data-filter]")) setFilter(box.dataset.filter, "");
  }

  function sortBy(button) {
    const { key } = button.dataset;
    state.descending = state.key === key && !state.descending;
    state.key = key;
    for (const heading of document.querySelectorAll("table.devices thead th")) {
      const isThis = heading.contains(button);
      if (isThis) heading.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    select();
  }

  function goToDevice() {
    const wanted = /^#device-(\d+)$/.exec(location.hash);
    const device = wanted && data.devices[Number(wanted[1]) - 1];
    if (!device) return;
    if (!found.includes(device)) {
      clearFilters();
      select();
    }
    open.add(device.number);
    state.page = Math.floor(found.indexOf(device) / state.size);
    show();
    const row = byId(`device-${device.number}`);
    row.scrollIntoView({ block: "center" });
    row.querySelector(".toggle").focus({ preventScroll: true });
  }

  function openTarget() {
    const target = location.hash && byId(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  function addChoices(id, name) {
    const counts = new Map();
    for (const device of data.devices) {
      const value = device[name] ?? "";
      counts.set(value, (counts.get(value) || 0) + 1);
    }
    for (const value of [...counts.keys()].filter(Boolean).sort(collator.compare)) {
      byId(id).append(new Option(`${value} (${grouped(counts.get(value))})`, value));
    }
  }

  function listen() {
    let waiting = 0;
    byId("filter-text").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        state.text = event.target.value.trim().toLowerCase();
        select();
      }, 80);
    });
    for (const box of document.querySelectorAll("[data-filter]")) {
      box.addEventListener("change", () => {
        state.filters[box.dataset.filter] = box.value;
        select();
      });
    }
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("clear").addEventListener("click", () => {
      clearFilters();
      select();
    });
    for (const button of document.querySelectorAll(".sort")) {
      button.addEventListener("click", () => sortBy(button));
    }
    for (const link of document.querySelectorAll("[data-filter-covered]")) {
      link.addEventListener("click", () => {
        clearFilters();
        setFilter("covered", link.dataset.filterCovered);
        select();
      });
    }
    rows.addEventListener("click", (event) => {
      const row = event.target.closest("tr.device");
      const selecting = String(getSelection()) !== "" && !event.target.closest(".toggle");
      if (row && !selecting) toggle(row);
    });
    byId("expand").addEventListener("click", () => {
      const shown = shownDevices();
      const anyOpen = shown.some(isOpen);
      for (const device of shown) anyOpen ? open.delete(device.number) : open.add(device.number);
      show();
    });
    byId("previous").addEventListener("click", () => turnTo(state.page - 1));
    byId("next").addEventListener("click", () => turnTo(state.page + 1));
    byId("page-size").addEventListener("change", (event) => {
      state.size = Number(event.target.value);
      turnTo(0);
    });
    addEventListener("hashchange", goToDevice);
    addEventListener("hashchange", openTarget);
  }

  // On paper everything that is selected is printed, with details unless that would fill hundreds of pages.

  function listenToPrinting() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const details of closed) details.open = true;
      state.printing = true;
      byId("paper-note").hidden = found.length <= printDetailsOf;
      show();
    });
    addEventListener("afterprint", () => {
      for (const details of closed) details.open = false;
      state.printing = false;
      show();
    });
  }

  addChoices("filter-class", "device_class");
  addChoices("filter-maker", "maker");
  listen();
  listenToPrinting();
  show();
  goToDevice();
  openTarget();
})();
