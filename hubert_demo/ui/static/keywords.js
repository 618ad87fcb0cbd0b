// Probabilities of the keyword classes: along the recording where it is long enough, and as bars.
(() => {
  "use strict";
  const hx = window.hx;

  const ROW = 18;
  const AXIS_HEIGHT = 24;

  hx.view("keywords", (root) => {
    const view = { root };

    const result = (result) => {
      view.data = result.views.keywords;
      const { labels } = view.data;
      if (!labels.length) {
        root.replaceChildren(nothing());
        view.canvas = null;
        return;
      }
      view.best = view.data.probabilities.indexOf(Math.max(...view.data.probabilities));
      view.windows = hx.unpack(view.data.window_probabilities);
      const long = view.windows.shape[0] > 1;
      root.replaceChildren(...(long ? [stripCard(view)] : []), hx.make("div", { class: "hx-columns" },
        barsCard(view), answerCard(view, long)));
      if (!long) view.canvas = null;
      draw();
    };

    const draw = () => {
      if (!view.canvas || !root.clientWidth) return;
      view.axis = hx.axis(view.canvas.parentElement.clientWidth);
      drawStrip(view);
      tick();
    };

    const tick = () => {
      if (!view.canvas || !view.axis) return;
      view.cursor.place(view.axis);
      hx.announce(view.canvas);
    };

    return { tab: true, result, draw, tick };
  });

  const nothing = () =>
    hx.make("div", { class: "hx-card" }, hx.make("p", {
      class: "hx-nothing", text: "This model has no keyword head",
    }));

  const stripCard = (view) => {
    view.canvas = hx.slider("Keyword probabilities over time");
    view.canvas.dataset.testid = "keyword-strip";
    const box = hx.make("div", { class: "hx-sound" }, view.canvas);
    view.cursor = hx.cursor(box);
    hx.keys(view.canvas);
    view.canvas.addEventListener("pointerdown", (event) => {
      if (view.axis) hx.clock.seek(view.axis.time(event.offsetX));
    });
    return hx.make("div", { class: "hx-card hx-wide" }, hx.make("div", { class: "hx-bar" },
      hx.make("h2", { text: "When: probability in each one-second window" }), hx.scale("ink", "0", "1")), box);
  };

  const drawStrip = (view) => {
    const { labels, window_times_s: times, start_s: start, end_s: end } = view.data;
    const height = ROW * labels.length;
    const width = view.canvas.parentElement.clientWidth;
    const ctx = hx.fit(view.canvas, width, height + AXIS_HEIGHT);
    const [count] = view.windows.shape;
    const levels = new Uint8Array(count * labels.length);
    labels.forEach((_, row) => {
      for (let i = 0; i < count; i++) levels[row * count + i] = 255 * view.windows[i * labels.length + row];
    });
    const half = (times[1] - times[0]) / 2;
    const left = view.axis.x(times[0] - half);
    const picture = hx.image(levels, count, labels.length, hx.ramp("ink"));
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(picture, left, 0, view.axis.x(times[count - 1] + half) - left, height);
    drawRows(ctx, view, height);
    ctx.strokeStyle = hx.token("--hx-action");
    ctx.lineWidth = 2;
    ctx.strokeRect(view.axis.x(start), view.best * ROW + 1, view.axis.x(end) - view.axis.x(start), ROW - 2);
    hx.timeAxis(ctx, view.axis, height);
  };

  const drawRows = (ctx, view, height) => {
    ctx.strokeStyle = hx.token("--hx-line");
    ctx.lineWidth = 1;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    view.data.labels.forEach((label, row) => {
      const y = row * ROW + 0.5;
      ctx.beginPath();
      ctx.moveTo(view.axis.left, y);
      ctx.lineTo(view.axis.left + view.axis.span, y);
      ctx.stroke();
      ctx.font = hx.font(view.axis.left < 60 ? 10 : 12, row === view.best);
      ctx.fillStyle = hx.token(row === view.best ? "--hx-ink" : "--hx-ink-2");
      ctx.fillText(label, view.axis.left - 5, y + ROW / 2, view.axis.left - 8);
    });
    ctx.strokeRect(view.axis.left + 0.5, 0.5, view.axis.span - 1, height - 1);
  };

  const barsCard = (view) => {
    const rows = view.data.labels.map((label, i) => {
      const percent = hx.percent(view.data.probabilities[i]);
      const fill = hx.make("i", { style: `--share:${100 * view.data.probabilities[i]}%` });
      return hx.make("li", { class: i === view.best ? "is-best" : "", "data-testid": "keyword" },
        hx.make("span", { text: label }), hx.make("span", { class: "hx-track" }, fill),
        hx.make("span", { text: percent }));
    });
    return hx.make("div", { class: "hx-card" }, hx.make("h2", { text: "How likely each class is" }),
      hx.make("ul", { class: "hx-bars" }, ...rows));
  };

  const answerCard = (view, long) => {
    const { labels, probabilities, start_s: start, end_s: end } = view.data;
    const stretch = `${start.toFixed(2)}–${end.toFixed(2)} s`;
    return hx.make(
      "div",
      { class: "hx-card hx-answer" },
      hx.make("h2", { text: long ? "In the second with the clearest command" : "In the whole recording" }),
      hx.make("p", { class: "hx-big", text: labels[view.best], "data-testid": "keyword-best" }),
      hx.numbers([
        ["probability", hx.percent(probabilities[view.best])],
        ["heard at", stretch, "keyword-window"],
      ]),
      hx.make("button", {
        type: "button", class: "hx-button", onclick: () => hx.clock.hear(start, end),
      }, hx.icon("play"), hx.make("span", { text: "Hear it" })),
      hx.make("p", {
        class: "hx-quiet",
        text: "“Unknown” is any other word, “silence” no speech at all. The twelve add up to 100 %.",
      }),
    );
  };
})();
