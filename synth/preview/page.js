"use strict";
// What both halves of the page need: asking its server, making elements, and showing one half at a time.

const at = (id) => document.getElementById(id);

async function ask(path, body) {
  const options = body === undefined ? {} :
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

function make(name, properties = {}, ...inside) {
  const element = document.createElement(name);
  Object.assign(element, properties);
  element.append(...inside);
  return element;
}

function say(id, text, wrong = false) {
  at(id).textContent = text;
  at(id).classList.toggle("wrong", wrong);
}

function turn() {
  const browsing = location.hash === "#browse";
  at("browse").hidden = !browsing;
  at("tune").hidden = browsing;
}

addEventListener("hashchange", turn);
turn();
