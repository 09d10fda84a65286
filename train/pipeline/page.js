"use strict";
// The page of train/pipeline/server.py: a picture, or one camera frame after the other, goes to /look; what comes back
// is shown. The next camera frame is sent when the last one was answered.

const at = (id) => document.getElementById(id);
const degrees = (value) => value === null ? "-" : value.toFixed(0);
let stream = null;

async function look(blob) {
  const answer = await fetch("look", { method: "POST", headers: { "Content-Type": blob.type || "image/x-unknown" }, body: blob });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

function show(told) {
  at("drawn").src = told.drawn;
  at("drawn").hidden = false;
  at("faces").hidden = told.faces.length === 0;
  at("faces").tBodies[0].replaceChildren(...told.faces.map((face, i) => {
    const pose = face.yaw_pitch_roll_deg ?? [null, null, null];
    const gaze = (face.gaze_pitch_yaw_rad ?? [null, null]).map((angle) => angle === null ? null : angle * 180 / Math.PI);
    const row = document.createElement("tr");
    for (const text of [i + 1, face.score.toFixed(2), ...pose.map(degrees), ...gaze.map(degrees)]) {
      row.insertCell().textContent = text;
    }
    return row;
  }));
  const spent = Object.values(told.ms).reduce((sum, value) => sum + value, 0);
  const causes = Object.entries(told.causes).map(([cause, n]) => `; ${n} without all: ${cause}`).join("");
  say(`${told.faces.length} ${told.faces.length === 1 ? "face" : "faces"}, ${spent.toFixed(0)} ms${causes}`);
}

function say(text) {
  at("said").textContent = text;
}

async function take(file) {
  if (!file) return;
  stop();
  say("looking");
  try {
    show(await look(file));
  } catch (error) {
    at("drawn").hidden = at("faces").hidden = true;
    say(error.message);
  }
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  at("camera").textContent = "Use the camera";
}

async function film() {
  if (stream) return stop();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  } catch (error) {
    return say(`no camera: ${error.message}`);
  }
  at("camera").textContent = "Stop the camera";
  const video = at("video"), canvas = document.createElement("canvas"), own = stream;
  video.srcObject = own;
  await video.play();
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  while (stream === own) {
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    try {
      const told = await look(blob);
      if (stream === own) show(told);
    } catch (error) {
      stop();
      say(error.message);
    }
  }
}

at("file").addEventListener("change", (event) => take(event.target.files[0]));
at("camera").addEventListener("click", film);
for (const kind of ["dragover", "dragleave", "drop"]) {
  at("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files[0]);
  });
}
