// How probable every letter is at every moment, as a map, with the letters that were chosen written beside their
// cells; and the best path through it, which the steps read too.
(() => {
  "use strict";
  const hx = window.hx;

  const ROW = 13;
  const AXIS_HEIGHT = 24;
  const LETTER_PX = 10;
  const LEAST_ROOM_PX = 2.5; // a letter of the path; with less, letters would hide the cells
  const FAINT = 26; // of 255: what is paler than this is no letter to hear
  // A letter is a spike of a frame or two in the middle of its sound.
  const LEAST_S = 0.1;
  const MOST_S = 0.3;

  const paths = new WeakMap();

  // The best path in what the server sent: `symbols`, and `runs` of equal frames ({ symbol, first, end }).
  hx.path = (data) => {
    if (paths.has(data)) return paths.get(data);
    const flat = hx.unpack(data.runs);
    const runs = Array.from({ length: flat.shape[0] }, (_, i) => {
      const [symbol, first, end] = flat.subarray(3 * i, 3 * i + 3);
      return { symbol, first, end, ...data.symbols[symbol] };
    });
    const grid = hx.grid(data);
    const path = {
      symbols: data.symbols, runs, grid,
      hear: (run) => hear(runs, run, grid.startOf),
      // The frame that is heard now.
      get frame() {
        return grid.frameAt(hx.clock.time);
      },
    };
    const ofFrame = runs.flatMap((run) => Array(run.end - run.first).fill(run));
    path.at = (frame) => ofFrame[hx.clamp(frame, 0, ofFrame.length - 1)];
    paths.set(data, path);
    return path;
  };

  // Plays a letter's stretch: until the next letter begins, if that is neither too soon nor too late.
  const hear = (runs, run, edge) => {
    const next = runs.find((other) => other.writes && other.first >= run.end);
    const from = edge(run.first);
    const to = next ? edge(next.first) : Infinity;
    hx.clock.hear(from, hx.clamp(to, Math.max(edge(run.end), from + LEAST_S), Math.max(edge(run.end), from + MOST_S)));
  };

  hx.emissionMap = () => {
    const map = { withBlank: false };
    map.canvas = hx.slider("How likely each letter is, moment by moment");
    map.canvas.dataset.testid = "emission-map";
    map.note = hx.make("span", { class: "hx-quiet" });
    map.tip = hx.make("div", { class: "hx-tip", hidden: true, "data-testid": "emission-tip" });
    map.box = hx.make("div", { class: "hx-sound hx-emissions" }, map.canvas, map.tip);
    map.cursor = hx.cursor(map.box);
    const rows = hx.segments("Rows", [["letters", "letters", "Letters alone"], ["blank", "with blank", "Letters and the blank"]],
      "letters", (chosen) => {
        map.withBlank = chosen === "blank";
        map.draw();
      });
    map.node = hx.make("div", { class: "hx-card hx-wide" }, hx.make("div", { class: "hx-bar hx-emissions-bar" },
      hx.make("h2", { text: "How likely each letter is, moment by moment" }),
      map.note,
      hx.scale("ink", "0", "1"), rows), map.box);
    map.result = ({ views }) => {
      map.data = views.transcript;
      map.path = hx.path(map.data);
      map.levels = hx.unpack(map.data.emissions);
      map.tip.hidden = true;
      map.draw();
    };
    map.draw = () => {
      if (!map.data || !map.box.clientWidth) return;
      paint(map);
      map.tick();
    };
    map.tick = () => {
      if (!map.axis) return;
      map.cursor.place(map.axis);
      hx.announce(map.canvas, `, likeliest ${map.path.at(map.path.frame).text}`);
    };
    listen(map);
    return map;
  };

  const paint = (map) => {
    const width = map.box.clientWidth;
    map.axis = hx.axis(width);
    const [all, frames] = map.levels.shape;
    // The blank is the last row.
    map.rows = map.withBlank ? all : all - 1;
    const height = map.rows * ROW;
    const ctx = hx.fit(map.canvas, width, height + AXIS_HEIGHT);
    const { values, columns } = pooled(map, frames);
    const edge = map.path.grid.startOf;
    const left = map.axis.x(edge(0));
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(hx.image(values, columns, map.rows, hx.ramp("ink")), left, 0, map.axis.x(edge(frames)) - left, height);
    ctx.strokeStyle = hx.token("--hx-line");
    ctx.lineWidth = 1;
    ctx.strokeRect(map.axis.left + 0.5, 0.5, map.axis.span - 1, height - 1);
    labelRows(ctx, map);
    const letters = map.path.runs.filter((run) => run.writes && !run.space && run.symbol < map.rows);
    const room = map.axis.span >= letters.length * LEAST_ROOM_PX;
    if (room) writePath(ctx, map, letters);
    map.note.textContent = room ? "written beside it: the letter chosen" : "point at it to read it, click a letter to hear it";
    hx.timeAxis(ctx, map.axis, height);
  };

  // Where there are more frames than pixels, a column shows the largest of its frames: no letter is lost.
  const pooled = ({ levels, rows, axis }, frames) => {
    const pixels = Math.max(1, Math.floor(axis.span * (window.devicePixelRatio || 1)));
    if (frames <= pixels) return { values: levels, columns: frames };
    const values = new Uint8Array(rows * pixels);
    for (let row = 0; row < rows; row++) {
      for (let frame = 0; frame < frames; frame++) {
        const at = row * pixels + Math.floor((frame / frames) * pixels);
        values[at] = Math.max(values[at], levels[row * frames + frame]);
      }
    }
    return { values, columns: pixels };
  };

  const labelRows = (ctx, { axis, rows, path }) => {
    ctx.font = hx.font(axis.left < 60 ? 10 : 11);
    ctx.fillStyle = hx.token("--hx-ink-2");
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (let row = 0; row < rows; row++) {
      ctx.fillText(hx.short(path.symbols[row].text), axis.left - 6, (row + 0.5) * ROW, axis.left - 8);
    }
  };

  const writePath = (ctx, { axis, path }, letters) => {
    ctx.font = hx.font(11, true);
    ctx.fillStyle = hx.token("--hx-now");
    ctx.strokeStyle = hx.token("--hx-card");
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.textAlign = "left";
    const taken = new Map();
    for (const run of letters) {
      const x = axis.x(path.grid.startOf(run.end)) + 1.5;
      if (x < (taken.get(run.symbol) ?? 0)) continue;
      taken.set(run.symbol, x + LETTER_PX);
      ctx.strokeText(run.text, x, (run.symbol + 0.5) * ROW);
      ctx.fillText(run.text, x, (run.symbol + 0.5) * ROW);
    }
  };

  // What lies under the pointer: a moment, a row, and the run of the path if its cells or its letter are there.
  const under = (map, event) => {
    const { left, top } = map.canvas.getBoundingClientRect();
    const x = event.clientX - left;
    const time = map.axis.time(x);
    const frame = map.path.grid.frameAt(time);
    const row = Math.floor((event.clientY - top) / ROW);
    const level = row < map.rows && x >= map.axis.left ? map.levels[row * map.levels.shape[1] + frame] : null;
    const run = map.path.runs.find((each) => each.symbol === row && each.writes && each.first <= frame
      && (frame < each.end || x < map.axis.x(map.path.grid.startOf(each.end)) + LETTER_PX));
    return { x, time, frame, row, level, run };
  };

  const listen = (map) => {
    const { canvas, tip } = map;
    hx.keys(canvas);
    canvas.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !map.path) return;
      const here = map.path.at(map.path.frame);
      const run = here.writes ? here : map.path.runs.find((each) => each.writes && each.first >= here.end);
      if (run) map.path.hear(run);
    });
    canvas.addEventListener("click", (event) => {
      if (!map.axis) return;
      const found = under(map, event);
      if (found.run) map.path.hear(found.run);
      else if (found.level >= FAINT) hearCell(map, found);
      else hx.clock.seek(found.time);
    });
    canvas.addEventListener("pointermove", (event) => {
      const found = map.axis && under(map, event);
      tip.hidden = !found || found.level == null;
      if (tip.hidden) return;
      const { frame, row, level, x } = found;
      tip.textContent = `${hx.seconds(map.path.grid.timeOf(frame))} · ${map.path.symbols[row].text} ${hx.percent(level / 255)}`;
      const to = hx.clamp(x + 12, 0, canvas.clientWidth - tip.offsetWidth - 4);
      const below = row < 3 ? (row + 2) * ROW : (row - 2.5) * ROW;
      tip.style.transform = `translate(${to}px, ${below}px)`;
    });
    canvas.addEventListener("pointerleave", () => {
      tip.hidden = true;
    });
  };

  // A letter that was thought of but not chosen: as long as it is more than faint.
  const hearCell = (map, { frame, row }) => {
    const [, frames] = map.levels.shape;
    const strong = (at) => at >= 0 && at < frames && map.levels[row * frames + at] >= FAINT;
    let [first, end] = [frame, frame + 1];
    while (strong(first - 1)) first--;
    while (strong(end)) end++;
    const edge = map.path.grid.startOf;
    hx.clock.hear(edge(first), Math.max(edge(end), edge(first) + LEAST_S));
  };
})();
