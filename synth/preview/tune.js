"use strict";
// Ranges: what is asked for is kept in `asked`; every change of it asks for a picture by OpenGL, then for one by Cycles.
// Of each there is one request at a time, and when it is answered the newest state is asked for next.

let asked = null, controls = {}, version = 0, answer = null;
const busy = { raster: false, engine: false }, drawn = { raster: -1, engine: -1 };
const MOST_FOUND = 40;

function change() {
  version += 1;
  draw("raster");
}

async function draw(renderer) {
  if (busy[renderer] || drawn[renderer] === version) return;
  busy[renderer] = true;
  const now = version, start = performance.now();
  say("said", renderer === "raster" ? "drawing" : "Cycles is drawing");
  try {
    const told = await ask("tune/picture", { ...asked, renderer });
    // An older picture by Cycles would hide the newer one by OpenGL.
    if (now === version || renderer === "raster") show(told, performance.now() - start);
  } catch (error) {
    if (now === version) say("said", error.message, true);
  }
  busy[renderer] = false;
  drawn[renderer] = now;
  if (now !== version) draw(renderer);
  else if (renderer === "raster" && at("follow").checked) draw("engine");
}

function show(told, ms) {
  answer = told;
  at("shown").src = at("labelled").checked ? told.drawn : told.picture;
  at("shown").hidden = false;
  at("shown").dataset.renderer = told.renderer;
  at("caption").textContent = told.caption.join("   ");
  at("command").value = told.command;
  at("spec").textContent = JSON.stringify(told.spec, null, 1);
  at("legend").replaceChildren(...(at("labelled").checked ? told.legend : []).flatMap(([name, colour]) => {
    if (!colour) return [make("span", { className: "note" }, name)];
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = colour;
    return [swatch, name];
  }));
  const before = Object.entries(told.rejected).map(([cause, n]) => `; ${n} before it rejected: ${cause}`).join("");
  say("said", `${told.width} x ${told.height}, ${told.renderer}, ${ms.toFixed(0)} ms${before}`);
}

// A slider goes by a thousand steps, from low to high or by factors.
const value = (control, step) => control.log
  ? control.low * (control.high / control.low) ** (step / 1000) : control.low + (control.high - control.low) * step / 1000;
const step = (control, number) => 1000 * (control.log
  ? Math.log(number / control.low) / Math.log(control.high / control.low) : (number - control.low) / (control.high - control.low));

function field(control) {
  const kept = asked.changes[control.key] ?? control.value;
  const row = make("label", { className: "control", title: `${control.key}\n${control.about}` }, make("span", {}, control.name));
  row.dataset.key = control.key;
  const set = (given) => {
    if (given === control.value) delete asked.changes[control.key];
    else asked.changes[control.key] = given;
    row.classList.toggle("changed", control.key in asked.changes);
    change();
  };
  row.classList.toggle("changed", control.key in asked.changes);
  if (control.kind === "number" || control.kind === "whole") {
    const round = (number) => control.kind === "whole" ? Math.round(number) : Number(number.toPrecision(4));
    const slider = make("input", { type: "range", min: 0, max: 1000, value: step(control, kept) });
    const typed = make("input", { type: "number", step: "any", value: kept });
    slider.addEventListener("input", () => set(round(typed.value = round(value(control, Number(slider.value))))));
    typed.addEventListener("change", () => {
      if (!Number.isFinite(typed.valueAsNumber)) return;
      slider.value = step(control, typed.valueAsNumber);
      set(control.kind === "whole" ? Math.round(typed.valueAsNumber) : typed.valueAsNumber);
    });
    row.append(slider, typed);
  } else if (control.kind === "text") {
    const typed = make("input", { type: "text", value: kept });
    typed.addEventListener("change", () => set(typed.value));
    row.append(typed);
  } else {
    const options = control.kind === "truth" ? ["true", "false"] : control.options;
    const select = make("select", {}, ...options.map((option) => make("option", {}, option)));
    select.value = String(kept);
    select.addEventListener("change", () => set(control.kind === "truth" ? select.value === "true" : select.value));
    row.append(select);
  }
  return row;
}

function branch(part) {
  if ("key" in part) return field(part);
  const details = make("details", {}, make("summary", {}, part.name, " ", make("small", {}, part.about)));
  details.dataset.group = part.name;
  // There are a thousand controls: they are made when they are looked at.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...part.parts.map(branch));
  });
  return details;
}

function leaves(part) {
  return "key" in part ? [part] : part.parts.flatMap(leaves);
}

async function rebuild() {
  const tree = await ask("tune/controls", { groups: asked.groups });
  controls = Object.fromEntries(leaves(tree).map((control) => [control.key, control]));
  for (const key of Object.keys(asked.changes)) if (!(key in controls)) delete asked.changes[key];
  at("tree").replaceChildren(...tree.parts.map(branch));
  find();
}

function find() {
  const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const keys = words.length ? Object.keys(controls).filter((key) => words.every((word) => key.toLowerCase().includes(word))) : [];
  at("found").replaceChildren(...keys.slice(0, MOST_FOUND).map((key) => {
    const row = field(controls[key]);
    row.firstChild.textContent = key;
    return row;
  }));
}

function choose(groups) {
  at("groups").replaceChildren(...Object.entries(groups).map(([name, options]) => {
    const select = make("select", { id: `group-${name}` }, make("option", { value: "" }, "-"),
      ...options.map((option) => make("option", {}, option)));
    select.value = asked.groups[name] ?? "";
    select.addEventListener("change", async () => {
      const chosen = Object.fromEntries(Object.keys(groups).map((one) => [one, at(`group-${one}`).value]));
      asked.groups = Object.fromEntries(Object.entries(chosen).filter(([, option]) => option));
      const dropped = (key) => name === "experiment" || key.startsWith(`${name}.`);
      asked.changes = Object.fromEntries(Object.entries(asked.changes).filter(([key]) => !dropped(key)));
      try {
        await rebuild();
        change();
      } catch (error) {
        say("said", error.message, true);
      }
    });
    return make("label", {}, ` ${name} `, select);
  }));
}

for (const name of ["seed", "index"]) {
  at(name).addEventListener("change", () => {
    asked[name] = Math.max(0, Math.round(at(name).valueAsNumber || 0));
    change();
  });
}
at("next").addEventListener("click", () => {
  at("index").value = asked.index += 1;
  change();
});
at("find").addEventListener("input", find);
at("reset").addEventListener("click", async () => {
  asked.changes = {};
  await rebuild();
  change();
});
at("labelled").addEventListener("change", () => answer && show(answer, 0));
at("follow").addEventListener("change", () => at("follow").checked && draw("engine"));
at("copy").addEventListener("click", async () => {
  at("command").select();
  await navigator.clipboard.writeText(at("command").value);
  say("said", "copied");
});

(async () => {
  const told = await ask("tune/start");
  asked = told.asked;
  [at("seed").value, at("index").value] = [asked.seed, asked.index];
  choose(told.groups);
  await rebuild();
  change();
})().catch((error) => say("said", error.message, true));
