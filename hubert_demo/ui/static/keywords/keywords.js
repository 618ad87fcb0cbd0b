// Probabilities of the keyword classes: along the recording where it is long enough, and as bars; and how much
// the classifier listens to each layer.
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
        barsCard(view, long), weightsCard(view.data.layer_weights)));
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
      if (!view.axis) return;
      // The second that was judged there.
      const middle = hx.clamp(view.axis.time(event.offsetX), 0.5, Math.max(0.5, hx.clock.duration - 0.5));
      hx.clock.hear(middle - 0.5, middle + 0.5);
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

  const NOT_COMMANDS = ["unknown", "silence"];

  const barsCard = (view, long) => {
    const { labels, probabilities, threshold, start_s: start, end_s: end } = view.data;
    const rows = labels.map((label, i) => {
      const fill = hx.make("i", { style: `--share:${100 * probabilities[i]}%` });
      const track = hx.make("span", { class: "hx-track" }, fill);
      if (!NOT_COMMANDS.includes(label)) track.append(hx.make("s", { style: `left:${100 * threshold}%` }));
      return hx.make("li", { class: i === view.best ? "is-best" : "", "data-testid": "keyword" },
        hx.make("span", { text: label }), track, hx.make("span", { text: hx.percent(probabilities[i]) }));
    });
    const hear = hx.make("button", {
      type: "button", class: "hx-button", onclick: () => hx.clock.hear(start, end),
    }, hx.icon("play"), hx.make("span", { text: "Hear it" }));
    return hx.make("div", { class: "hx-card" },
      hx.make("div", { class: "hx-bar" },
        hx.make("h2", { text: long ? "In the second with the clearest command" : "Over the whole recording" }),
        hx.make("span", { class: "hx-quiet", text: `${start.toFixed(2)}–${end.toFixed(2)} s`, "data-testid": "keyword-window" })),
      hx.make("div", { class: "hx-verdict" },
        hx.make("p", { class: "hx-big", text: labels[view.best], "data-testid": "keyword-best" }),
        verdict(view), hear),
      hx.make("ul", { class: "hx-bars" }, ...rows),
      hx.make("p", { class: "hx-quiet", text:
        "“Unknown” is any other word, “silence” no speech at all. The twelve add up to 100 %; a command counts as heard from the mark in its row on." }));
  };

  // What that probability is worth: the head's maker says from when on a command counts as heard.
  const verdict = ({ data, best }) => {
    const needed = hx.percent(data.threshold);
    const got = hx.percent(data.probabilities[best]);
    const [state, why] = NOT_COMMANDS.includes(data.labels[best])
      ? ["no command heard", `${got}; it is none of the ten commands`]
      : data.is_heard
        ? ["heard", `${got}, and ${needed} is enough`]
        : ["not sure enough", `${got}, but ${needed} is needed`];
    return hx.make("p", { class: `hx-state ${data.is_heard ? "is-heard" : ""}`, "data-testid": "keyword-state" },
      hx.make("b", { text: state }), hx.make("span", { text: why }));
  };

  // The classifier mixes all layers; these are the shares it learned. They are the same for every recording.
  const weightsCard = (weights) => {
    if (!weights) return "";
    const most = Math.max(...weights);
    const bars = weights.map((weight, layer) => {
      const best = weight === most;
      return hx.make("li", {
        class: best ? "is-best" : "", title: `Layer ${layer}: ${weight.toFixed(3)}`, "data-testid": "layer-weight",
      }, hx.make("i", { style: `--share:${(100 * weight) / most}%` }, hx.make("b", { text: best ? weight.toFixed(2) : "" })),
      hx.make("span", { text: String(layer) }), hx.make("span", { class: "hx-unseen", text: `: ${weight.toFixed(3)}` }));
    });
    const crowded = weights.length > 16 ? "is-crowded" : "";
    return hx.make("div", { class: "hx-card hx-weights-card" },
      hx.make("h2", { text: "Which layers the classifier listens to" }),
      hx.make("p", { class: "hx-quiet", text: "Learned weights; they add up to 1, and are the same for every recording." }),
      hx.make("ol", { class: `hx-weights ${crowded}`, "aria-label": "Weight of each layer" }, ...bars),
      hx.make("p", { class: "hx-quiet hx-axis-name", text: "layer (0 is the input of the first)" }));
  };
})();
