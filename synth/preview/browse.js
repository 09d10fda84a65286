"use strict";
// Data sets: what meets the condition, page by page, of one or of two beside each other.

let known = {}, from = 0, condition = "";
const COUNT = 24;
const query = (values) => new URLSearchParams(values).toString();

function tile(of, key) {
  if (key === null) return make("span", {}, "not there");
  const labels = at("overlaid").checked ? 1 : 0;
  const picture = make("img", { loading: "lazy", alt: `Sample ${key}`, src: `browse/picture?${query({ of, key, labels })}` });
  const button = make("button", { type: "button" }, picture, make("div", {}, String(Number(key))));
  button.dataset.key = key;
  button.addEventListener("click", () => tell(of, key).catch((error) => say("where", error.message, true)));
  return button;
}

async function page() {
  const told = await ask(`browse/page?${query({ filter: condition, from, count: COUNT, pair: at("paired").checked ? 1 : 0 })}`);
  at("corpora").replaceChildren(...Object.entries(told).map(([of, { total, keys }]) => {
    const section = make("section", {}, make("h2", {}, `${known[of].name}: ${total} of ${known[of].samples}`),
      make("div", { className: "tiles" }, ...keys.map((key) => tile(of, key))));
    section.dataset.of = of;
    return section;
  }));
  const most = Math.max(...Object.values(told).map(({ total }) => total));
  say("where", most ? `${from + 1} to ${Math.min(from + COUNT, most)} of ${most}` : "none");
  at("back").disabled = from === 0;
  at("on").disabled = from + COUNT >= most;
}

async function chart() {
  const told = await ask(`browse/chart?${query({ column: at("column").value, filter: condition })}`);
  at("charts").replaceChildren(...told.charts.map((src) => make("img", { src, alt: at("column").value })));
}

async function tell(of, key) {
  const told = await ask(`browse/labels?${query({ of, key })}`);
  at("whose").textContent = `${known[of].name}: ${key}`;
  at("row").tBodies[0].replaceChildren(...Object.entries(told).map(([name, value]) =>
    make("tr", {}, make("td", {}, name), make("td", {}, String(value)))));
}

async function refresh() {
  try {
    await page();
    await chart();
  } catch (error) {
    say("where", error.message, true);
  }
}

function go(to) {
  from = Math.max(0, to);
  return refresh();
}

at("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  condition = at("condition").value;
  go(0);
});
at("back").addEventListener("click", () => go(from - COUNT));
at("on").addEventListener("click", () => go(from + COUNT));
for (const id of ["overlaid", "paired"]) at(id).addEventListener("change", refresh);
at("column").addEventListener("change", refresh);

(async () => {
  known = (await ask("browse/start")).corpora;
  if (!("data" in known)) return;
  const columns = Object.keys(Object.assign({}, ...Object.values(known).map((corpus) => corpus.columns)));
  at("columns").append(...columns.map((name) => make("option", { value: name })));
  at("column").append(...columns.map((name) => make("option", {}, name)));
  at("column").value = columns.includes("attributes.age_years") ? "attributes.age_years" : columns[0];
  at("pairing").hidden = !("beside" in known);
  at("none").hidden = true;
  at("browsing").hidden = false;
  if (!location.hash) location.hash = "#browse";
  await refresh();
})().catch((error) => say("where", error.message, true));
