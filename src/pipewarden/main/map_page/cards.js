// Words and cards. Every string that came from outside enters the page by textContent; nothing here writes HTML.

const WORDS = JSON.parse(document.getElementById("words").textContent);
let language = "zh"; // Chinese first; the switch is for this view only and is not remembered

const GAP = "\u00a0"; // a number and its unit stay on one line

function t(key, parts) {
  const said = WORDS[key][language];
  return parts ? said.replace(/\{(\w+)\}/g, (_, name) => String(parts[name])) : said;
}

function known(prefix, name) {
  return Object.hasOwn(WORDS, prefix + name) ? t(prefix + name) : String(name);
}

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== null) made.setAttribute(name, value);
  for (const child of children) if (child !== null) made.append(child); // append() makes text nodes of strings
  return made;
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shapeIcon(level) {
  const hollow = level === 4;
  const outline = svg("path", { d: SHAPE[level], fill: hollow ? "none" : "currentColor", stroke: "currentColor", "stroke-width": hollow ? 2.5 : 0 });
  return svg("svg", { viewBox: "0 0 24 24", class: `shape lv${level}`, "aria-hidden": "true" }, outline);
}

function metres(value) {
  if (value === null) return t("unknown");
  if (value >= 1000) return `${(value / 1000).toFixed(1)}${GAP}km`;
  return `${value < 20 ? value.toFixed(1) : Math.round(value)}${GAP}m`;
}

function percent(value) {
  return value === null ? t("unknown") : `${Math.round(value * 100)}${GAP}%`;
}

function sureness(score) {
  return t(score >= 0.7 ? "sure_3" : score >= 0.5 ? "sure_2" : "sure_1");
}

// RFC 3339 to the wall clock of the zone the page was made in; anything else (seconds from the first frame) as it is.
function clock(text, madeAt, withDate) {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return text;
  const zone = /([+-])(\d\d):(\d\d)$/.exec(madeAt);
  const minutes = zone ? (zone[1] === "-" ? -1 : 1) * (60 * Number(zone[2]) + Number(zone[3])) : 0;
  const wall = new Date(Date.parse(text) + minutes * 60000);
  if (Number.isNaN(wall.getTime())) return text;
  const iso = wall.toISOString();
  return withDate ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC${zone && minutes ? zone[0].replace(/:00$/, "") : ""}` : `${iso.slice(5, 10)} ${iso.slice(11, 19)}`;
}

function whatOf(alarm) {
  if (alarm.cls === "machine" && alarm.type) return known("type_", alarm.type);
  return known("class_", alarm.cls);
}

function whereOf(alarm) {
  if (alarm.distance === null || alarm.pipe === null) return t("distance_unknown");
  const parts = { pipe: alarm.pipe, distance: metres(alarm.distance) };
  if (alarm.atStation) return t("distance_station", parts);
  if (alarm.pipeClass === null || classOf(alarm.pipeClass) === "unknown") return t("distance_unclassed", parts);
  return t("distance_to", { cls: t(`pressure_${alarm.pipeClass}`), ...parts });
}

function makeCard(alarm, scene, act) {
  const what = whatOf(alarm);
  const names = alarm.cameras.map((key) => (scene.cameraNames.has(key) ? scene.cameraNames.get(key) : key));
  const level = el("p", { class: "level" }, shapeIcon(alarm.level), `${t(`level_${alarm.level}`)} · ${known("zone_", alarm.zone)}`);
  const sure = el("small", { title: t("score", { value: alarm.score.toFixed(2) }) }, sureness(alarm.score));
  const street = alarm.street === null ? [] : [t("near", { street: alarm.street })];
  const where = el("p", {}, [...street, whereOf(alarm)].join(" · "));
  const fine = [];
  if (alarm.plane === null) fine.push(t("no_place_why"));
  else if (alarm.covariance) fine.push(t("sigma", { value: metres(sigmaOf(alarm.covariance)) }));
  if (alarm.clause) fine.push(t("clause", { clause: alarm.clause }));
  const seen = [];
  if (alarm.first && alarm.last) seen.push(t("seen_span", { first: clock(alarm.first, scene.madeAt), last: clock(alarm.last, scene.madeAt) }));
  else seen.push(t("seen_untimed"));
  seen.push(t("seen_count", { n: alarm.frames }));
  if (names.length) seen.push(t("seen_by", { cameras: names.join(language === "zh" ? "、" : ", ") }));
  const times = [alarm.first, alarm.last].filter((time) => time).join(" – ");
  const card = el(
    "li",
    { class: `card lv${alarm.level}`, "data-alarm": alarm.id, id: `card-${alarm.index}` },
    level,
    el("h3", {}, what, sure),
    where,
    fine.length ? el("p", { class: "soft" }, fine.join(" · ")) : null,
    el("p", { class: "soft", title: times || null }, seen.join(" · ")),
    pictureOf(alarm, what, act),
    el("div", { class: "acts" }, mainButton(alarm, what, act), whyOne(alarm, scene)),
  );
  card.addEventListener("click", (event) => {
    if (!event.target.closest("details, .thumb")) act.choose(alarm, true);
  });
  return card;
}

function mainButton(alarm, what, act) {
  const button = el("button", { type: "button", class: "main", "aria-label": `${t("locate")} ${what} ${alarm.id}` }, t(alarm.plane ? "locate" : "no_place"));
  button.disabled = alarm.plane === null;
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    act.choose(alarm, true);
  });
  return button;
}

function whyOne(alarm, scene) {
  const details = el("details", {}, el("summary", {}, t("why_one")));
  details.open = scene.openWhy.has(alarm.id);
  details.addEventListener("toggle", () => (details.open ? scene.openWhy.add(alarm.id) : scene.openWhy.delete(alarm.id)));
  if (alarm.reasons.length) details.append(el("ul", {}, ...alarm.reasons.map((reason) => el("li", {}, reason))));
  else details.append(el("p", { class: "soft" }, t("no_reasons")));
  if (alarm.pProtection !== null || alarm.pControl !== null) {
    details.append(el("p", { class: "soft" }, t("odds", { p: percent(alarm.pProtection), c: percent(alarm.pControl) })));
  }
  details.append(el("p", { class: "soft" }, `${t("score", { value: alarm.score.toFixed(2) })} · ${alarm.id}`));
  return details;
}

function pictureOf(alarm, what, act) {
  if (alarm.picture === null) return el("p", { class: "soft" }, t("no_picture"));
  const source = `data:image/jpeg;base64,${alarm.picture}`;
  const alt = t("picture_of", { what });
  const button = el("button", { type: "button", class: "thumb", "aria-label": t("picture_zoom") }, el("img", { src: source, alt, loading: "lazy", decoding: "async" }));
  button.addEventListener("click", () => act.sheet(el("img", { src: source, alt })));
  return button;
}

function tipLines(found) {
  if (found.alarms) {
    return found.alarms.map((alarm) => `${t(`level_${alarm.level}`)} · ${whatOf(alarm)} · ${whereOf(alarm)}`);
  }
  if (found.camera) {
    const camera = found.camera;
    const lines = [`${t("camera")} ${camera.name}`];
    lines.push(camera.frames ? t("camera_tip", camera) : t("camera_blind"));
    if (!camera.ring) lines.push(t("camera_uncalibrated"));
    return lines;
  }
  const pipe = found.pipe;
  const far = pipe.regime === "long_distance";
  const kinds = [pipe.kind === "station" ? t("station") : null, far ? t("long_distance") : null];
  kinds.push(classOf(pipe.cls) === "unknown" ? t("unknown_strictest") : t(`pressure_${pipe.cls}`));
  const ranges = t("ranges", { protect: metres(pipe.protect), control: metres(pipe.control) });
  return [[pipe.id, pipe.label].filter(Boolean).join(" · "), kinds.filter(Boolean).join(" · "), `${ranges} · ${t(far ? "from_centre" : "from_edge")}`];
}

function sample(...parts) {
  return svg("svg", { viewBox: "0 0 28 18", "aria-hidden": "true" }, ...parts);
}

function legend(scene) {
  const row = (icon, text, count) => el("li", {}, icon, count === null ? text : `${text} ${count}`);
  const levels = [1, 2, 3, 4].map((level) => {
    const zone = Object.keys(LEVEL_OF).find((name) => LEVEL_OF[name] === level);
    const count = scene.alarms.filter((alarm) => alarm.level === level).length;
    return row(shapeIcon(level), `${t(`level_${level}`)} ${t(`zone_${zone}`)}`, `${count}/${scene.alarms.length}`);
  });
  const pipes = PIPE_ORDER.map((cls) => {
    const line = { d: "M1 9H27", stroke: `var(--pipe-${hueOf(cls)})`, "stroke-width": PIPE_WIDTH[cls] };
    if (cls === "unknown") line["stroke-dasharray"] = UNKNOWN_DASH.join(" ");
    return row(sample(svg("path", line)), t(cls === "unknown" ? "unknown_strictest" : `pressure_${cls}`), null);
  });
  if (scene.pipes.some((pipe) => pipe.regime === "long_distance")) {
    const line = { d: "M0 9H28", stroke: "var(--pipe-high)", "stroke-width": 4, "stroke-dasharray": "11 5" };
    pipes.push(row(sample(svg("path", line)), t("long_distance"), null));
  }
  const grey = { fill: "none", stroke: "var(--ink-2)", "stroke-width": 1.5 };
  const others = [
    row(sample(svg("ellipse", { cx: 14, cy: 9, rx: 11, ry: 6, ...grey })), t("legend_ellipse"), null),
    row(sample(svg("path", { d: "M4 3H24V15H8Z", "stroke-dasharray": "4 2", ...grey })), t("legend_area"), null),
    row(sample(svg("path", { d: "M2 16 9 2H26V16ZM6 16 14 2M13 16 21 2M20 16 26 5", ...grey, "stroke-width": 1 })), t("legend_seen"), null),
    row(sample(svg("path", { d: "M7 2H21V16H7ZM7 9 14 2M7 16 21 2M14 16 21 9", ...grey, stroke: "var(--blind)" })), t("legend_blind"), null),
  ];
  return [
    el("h3", {}, t("legend_levels")), el("ul", {}, ...levels),
    el("h3", {}, t("legend_pipes")), el("ul", {}, ...pipes), el("p", { class: "note" }, t("legend_range")),
    el("h3", {}, t("legend_rest")), el("ul", {}, ...others),
  ];
}
