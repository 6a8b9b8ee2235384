"use strict";
(() => {
  const root = document.documentElement;
  const svg = document.querySelector("figure svg");
  const jobs = [...svg.querySelectorAll(".jobs a")];
  const needs = [...svg.querySelectorAll(".edges .need")];
  const articles = [...document.querySelectorAll("article")];
  const help = document.querySelector(".help");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const full = svg.viewBox.baseVal;
  const size = { width: full.width, height: full.height };
  const before = jobs.map(() => []), after = jobs.map(() => []);
  for (const need of needs) {
    const first = +need.dataset.before, second = +need.dataset.after;
    before[second].push([first, need]);
    after[first].push([second, need]);
  }
  const names = articles.map((article) => article.textContent.toLowerCase());
  const places = jobs.map((job) => {
    const box = job.querySelector(".front");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => +box.getAttribute(name));
    return { x: x + width / 2, y: y + height / 2 };
  });
  const margin = svg.querySelector(":scope > g").transform.baseVal.consolidate().matrix;
  let chosen = -1, hits = [], view = { x: 0, y: 0, scale: 1 };

  root.classList.add("live");
  document.querySelector(".tools").hidden = false;
  help.hidden = false;

  // What is seen: a point of the picture in the upper left corner, and pixels for each unit.
  const show = () => {
    const box = svg.getBoundingClientRect();
    svg.setAttribute("viewBox", [view.x, view.y, box.width / view.scale, box.height / view.scale].join(" "));
  };
  const zoom = (factor, x, y) => {
    const box = svg.getBoundingClientRect();
    const left = (x ?? box.left + box.width / 2) - box.left, top = (y ?? box.top + box.height / 2) - box.top;
    const scale = Math.min(4, Math.max(0.02, view.scale * factor));
    view = { x: view.x + left / view.scale - left / scale, y: view.y + top / view.scale - top / scale, scale };
    show();
  };
  const fit = (least) => {
    const box = svg.getBoundingClientRect();
    const scale = Math.max(least, Math.min(1.25, box.width / size.width, box.height / size.height));
    const x = box.width / scale - size.width, y = box.height / scale - size.height;
    // What is too large begins at its left, where reading begins.
    view = { x: Math.min(0, -x / 2), y: -y / 2, scale };
    show();
  };
  const reveal = (i) => {
    const box = svg.getBoundingClientRect();
    const width = box.width / view.scale, height = box.height / view.scale;
    const x = places[i].x + margin.e, y = places[i].y + margin.f;
    const edge = Math.min(120, width / 4, height / 4);
    const outside = x < view.x + edge || x > view.x + width - edge || y < view.y + edge || y > view.y + height - edge;
    if (outside) { view.x = x - width / 2; view.y = y - height / 2; show(); }
  };

  const light = (i) => {
    for (const one of svg.querySelectorAll(".lit")) one.classList.remove("lit");
    svg.classList.toggle("dim", i >= 0);
    if (i < 0) return;
    jobs[i].classList.add("lit");
    for (const links of [before, after]) {
      const seen = new Set([i]), left = [i];
      while (left.length) {
        for (const [next, line] of links[left.pop()]) {
          line.classList.add("lit");
          line.parentNode.append(line);
          if (!seen.has(next)) { seen.add(next); left.push(next); jobs[next].classList.add("lit"); }
        }
      }
    }
  };
  const choose = (i, focus) => {
    if (chosen >= 0) {
      for (const one of [jobs[chosen], articles[chosen]]) one.classList.remove("chosen");
      jobs[chosen].removeAttribute("aria-current");
    }
    chosen = i;
    help.hidden = i >= 0;
    light(i);
    if (i < 0) return;
    for (const one of [jobs[i], articles[i]]) one.classList.add("chosen");
    jobs[i].setAttribute("aria-current", "true");
    for (const job of jobs) job.tabIndex = job === jobs[i] ? 0 : -1;
    if (focus) jobs[i].focus({ preventScroll: true });
    reveal(i);
  };
  const leave = () => { search.value = ""; seek(); choose(-1); };

  const seek = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = words.length ? jobs.map((_, i) => i).filter((i) => words.every((word) => names[i].includes(word))) : [];
    svg.classList.toggle("sought", words.length > 0);
    if (words.length) choose(-1);
    jobs.forEach((job, i) => job.classList.toggle("hit", hits.includes(i)));
    found.textContent = words.length ? `${hits.length} found` : "";
    if (hits.length) reveal(hits[0]);
  };

  const nearest = (i, others) => {
    const far = (j) => Math.hypot(places[j].x - places[i].x, places[j].y - places[i].y);
    return others.reduce((best, j) => (best < 0 || far(j) < far(best) ? j : best), -1);
  };
  const column = (i, sign) => jobs.map((_, j) => j).filter(
    (j) => (places[j].y - places[i].y) * sign > 1 && Math.abs(places[j].x - places[i].x) < 60);
  const steps = {
    ArrowLeft: (i) => nearest(i, before[i].map(([j]) => j)),
    ArrowRight: (i) => nearest(i, after[i].map(([j]) => j)),
    ArrowUp: (i) => nearest(i, column(i, -1)),
    ArrowDown: (i) => nearest(i, column(i, 1)),
  };
  const keys = {
    "/": () => search.focus(), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
    "0": () => fit(0), Escape: leave,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = jobs.indexOf(document.activeElement);
    if (event.target === search) {
      if (event.key === "Escape") { leave(); search.blur(); }
      if (event.key === "Enter" && hits.length) choose(hits[(hits.indexOf(chosen) + 1) % hits.length]);
      return;
    }
    if (at >= 0 && event.key in steps) {
      event.preventDefault();
      const next = steps[event.key](at);
      if (next >= 0) choose(next, true);
    } else if (event.key in keys) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  jobs.forEach((job, i) => {
    job.tabIndex = i ? -1 : 0;
    job.addEventListener("pointerenter", () => { if (!svg.classList.contains("dragged")) light(i); });
    job.addEventListener("pointerleave", () => light(chosen));
    job.addEventListener("focus", () => light(i));
    job.addEventListener("blur", () => light(chosen));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    const match = /^#job-(\d+)$/.exec(link?.getAttribute("href") ?? "");
    if (!match) return;
    event.preventDefault();
    if (!moved) choose(+match[1], true);
  });
  svg.addEventListener("dragstart", (event) => event.preventDefault());

  // One pointer moves the picture, two stretch it.
  const pointers = new Map();
  let moved = false;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (!pointers.size) moved = false;
    pointers.set(event.pointerId, event);
  });
  window.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const x = event.clientX - last.clientX, y = event.clientY - last.clientY;
    if (!moved && Math.hypot(x, y) < 4) return;
    moved = true;
    svg.classList.add("dragged");
    const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      zoom(apart(event) / apart(last), other.clientX, other.clientY);
    } else {
      view.x -= x / view.scale;
      view.y -= y / view.scale;
      show();
    }
    pointers.set(event.pointerId, event);
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) svg.classList.remove("dragged");
  };
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX, event.clientY);
  }, { passive: false });

  search.addEventListener("input", seek);
  document.getElementById("in").addEventListener("click", () => zoom(1.25));
  document.getElementById("out").addEventListener("click", () => zoom(0.8));
  document.getElementById("fit").addEventListener("click", () => fit(0));
  const wanted = () => {
    const match = /^#job-(\d+)$/.exec(location.hash);
    if (match && +match[1] < jobs.length) choose(+match[1], false);
  };
  window.addEventListener("hashchange", wanted);
  let known = false;
  new ResizeObserver(() => { if (known) show(); else { known = true; fit(0.7); wanted(); } }).observe(svg);
})();
