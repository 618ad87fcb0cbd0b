// The large map: every frame of one layer as a dot; the dots wander when the layer or the map changes.
(() => {
  "use strict";
  const hx = window.hx;

  const MOVE_MS = 420;
  const TRAIL_S = 0.5;
  const REACH = 16; // how near, in pixels, a click has to be
  const MANY = 1200; // dots that are drawn without their outline, to stay quick

  // `view` holds what is shown: points, layer, colour, colours, data. Gives { element, draw, move, tick, clear }.
  hx.layerMap = (view) => {
    const map = { view, animation: 0, places: null };
    map.base = hx.slider("Map of the layer: one dot for every moment");
    map.base.dataset.testid = "layer-map";
    map.over = hx.make("canvas", { class: "hx-over", "aria-hidden": "true" });
    map.tip = hx.make("div", { class: "hx-tip", hidden: true, "data-testid": "layer-tip" });
    map.element = hx.make("div", { class: "hx-map" }, map.base, map.over, map.tip);
    hx.keys(map.base);
    listen(map);
    map.draw = () => {
      cancelAnimationFrame(map.animation);
      size(map);
      if (!map.places) return;
      paint(map);
      paintNow(map);
    };
    map.move = () => move(map);
    map.repaint = () => map.places && paint(map);
    map.tick = () => map.places && map.width && paintNow(map);
    map.clear = () => {
      cancelAnimationFrame(map.animation);
      map.places = null;
    };
    return map;
  };

  const listen = (map) => {
    const { base, tip } = map;
    const nearest = (event) => {
      if (!map.places) return null;
      let best = null;
      let least = REACH * REACH;
      for (let frame = 0; frame < map.places.length / 2; frame++) {
        const dx = map.places[2 * frame] - event.offsetX;
        const dy = map.places[2 * frame + 1] - event.offsetY;
        if (dx * dx + dy * dy < least) [best, least] = [frame, dx * dx + dy * dy];
      }
      return best;
    };
    base.addEventListener("click", (event) => {
      const frame = nearest(event);
      if (frame === null) return;
      const time = hx.clock.timeOf(frame);
      hx.clock.hear(time, time + 0.4);
    });
    base.addEventListener("pointermove", (event) => {
      const frame = nearest(event);
      base.style.cursor = frame === null ? "default" : "pointer";
      tip.hidden = frame === null;
      if (frame !== null) showTip(map, frame);
    });
    base.addEventListener("pointerleave", () => {
      tip.hidden = true;
    });
  };

  const showTip = (map, frame) => {
    const { view, tip } = map;
    const time = hx.clock.timeOf(frame);
    const word = hx.clock.wordAt(time);
    const letter = view.data.tokens[frame].trim();
    const parts = [hx.seconds(time), letter && `“${letter}”`, word && hx.short(word.text), hx.layerColours.say(view, frame)];
    tip.textContent = parts.filter(Boolean).join(" · ");
    const half = Math.min(110, map.width / 2);
    const x = hx.clamp(map.places[2 * frame], half, map.width - half);
    const y = map.places[2 * frame + 1];
    const side = y < 44 ? "translate(-50%, 28px)" : "translate(-50%, -100%)";
    tip.style.transform = `translate(${x}px, ${y - 14}px) ${side}`;
  };

  const size = (map) => {
    map.width = map.element.clientWidth;
    map.height = Math.round(hx.clamp(map.width * 0.78, 280, 540));
    map.places = map.view.points && map.width ? placesOf(map, map.view.layer) : null;
  };

  // Where the frames of a layer lie in pixels; the map keeps its proportions.
  const placesOf = (map, layer) => {
    const { points } = map.view;
    const [, frames] = points.shape;
    const own = points.subarray(layer * frames * 2, (layer + 1) * frames * 2);
    const { scale, middle } = hx.layerFit(own, map.width - 60, map.height - 60);
    return own.map((value, i) => (i % 2 ? map.height / 2 - (value - middle[1]) * scale : map.width / 2 + (value - middle[0]) * scale));
  };

  // The scale at which points fill a rectangle, and their middle.
  hx.layerFit = (points, width, height) => {
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    points.forEach((value, i) => {
      if (value < low[i % 2]) low[i % 2] = value;
      if (value > high[i % 2]) high[i % 2] = value;
    });
    return {
      scale: Math.min(width / (high[0] - low[0] || 1), height / (high[1] - low[1] || 1)),
      middle: [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2],
    };
  };

  const move = (map) => {
    cancelAnimationFrame(map.animation);
    if (!map.view.points || !map.width) return;
    const from = map.places;
    const to = placesOf(map, map.view.layer);
    const began = performance.now();
    const still = !from || from.length !== to.length || hx.calm();
    const step = (now) => {
      const part = still ? 1 : hx.clamp((now - began) / MOVE_MS, 0, 1);
      const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) * (1 - part);
      map.places = part < 1 ? to.map((value, i) => from[i] + (value - from[i]) * eased) : to;
      paint(map);
      paintNow(map);
      if (part < 1) map.animation = requestAnimationFrame(step);
    };
    step(began);
  };

  const paint = (map) => {
    const { view, places } = map;
    const ctx = hx.fit(map.base, map.width, map.height);
    const count = places.length / 2;
    drawThread(ctx, places, count);
    const byLetter = view.colour === "letter";
    const radius = count > MANY ? 3 : count > 500 ? 4 : 5;
    ctx.strokeStyle = hx.token("--hx-dot-line");
    ctx.lineWidth = 1;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = hx.font(11, true);
    for (let frame = 0; frame < count; frame++) {
      const [x, y] = [places[2 * frame], places[2 * frame + 1]];
      const has = hx.layerColours.has(view, frame);
      ctx.fillStyle = view.colours[frame];
      ctx.beginPath();
      ctx.arc(x, y, !has ? 2.5 : byLetter ? radius + 3 : radius, 0, 2 * Math.PI);
      ctx.fill();
      if (has && count <= MANY) ctx.stroke();
      if (byLetter && has) {
        ctx.fillStyle = hx.token("--hx-on-class");
        ctx.fillText(view.data.tokens[frame], x, y + 0.5);
      }
    }
  };

  const drawThread = (ctx, places, count) => {
    ctx.strokeStyle = hx.token("--hx-thread");
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let frame = 0; frame < count; frame++) ctx.lineTo(places[2 * frame], places[2 * frame + 1]);
    ctx.globalAlpha = Math.min(1, 500 / count);
    ctx.stroke();
    ctx.globalAlpha = 1;
  };

  // The present: its dot, and the last half second fading behind it.
  const paintNow = (map) => {
    const ctx = hx.fit(map.over, map.width, map.height);
    const { frame, time, grid } = hx.clock;
    const trail = Math.round(TRAIL_S / grid.hop);
    const at = (i) => [map.places[2 * i], map.places[2 * i + 1]];
    ctx.strokeStyle = ctx.fillStyle = hx.token("--hx-now");
    ctx.lineWidth = 3;
    ctx.lineCap = "round";
    for (let i = Math.max(1, frame - trail + 1); i <= frame; i++) {
      ctx.globalAlpha = 1 - (frame - i) / trail;
      ctx.beginPath();
      ctx.moveTo(...at(i - 1));
      ctx.lineTo(...at(i));
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    const [x, y] = at(frame);
    ctx.beginPath();
    ctx.arc(x, y, 8, 0, 2 * Math.PI);
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = hx.token("--hx-card");
    ctx.stroke();
    const word = hx.clock.wordAt(time);
    if (word) nameNow(ctx, map, hx.short(word.text), x, y);
    hx.announce(map.base);
  };

  const nameNow = (ctx, map, text, x, y) => {
    ctx.font = hx.font(14, true);
    const right = x + 14 + ctx.measureText(text).width < map.width;
    ctx.textAlign = right ? "left" : "right";
    ctx.lineWidth = 5;
    ctx.lineJoin = "round";
    ctx.strokeStyle = hx.token("--hx-card");
    ctx.fillStyle = hx.token("--hx-ink");
    ctx.strokeText(text, right ? x + 13 : x - 13, y - 9);
    ctx.fillText(text, right ? x + 13 : x - 13, y - 9);
  };
})();
