"""What the answer loses without each head, and without each word's sound."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hubert_demo.plotting.palette import ACTION, HAIRLINE, INK, SECOND_INK
from hubert_demo.plotting.style import INK_RAMP, new_figure, tidy

RISE_OF_LOSS = "rise of the CTC loss (nats)"
# What is written as 0 has no colour to speak of.
_SMALLEST = 0.1
# Darker than this share of the ramp, numbers are white.
_DARK = 0.55


def head_sweep_figure(
    effects: npt.NDArray[np.float64],
    is_marked: npt.NDArray[np.bool_],
    by_chance: float | None,
    meaning: str = RISE_OF_LOSS,
) -> Figure:
    """Draw what changes without each head: a row is a layer, from the top, counted from 1.

    Args:
        effects: `(layers, heads)`; NaN where there is none. A loss that falls is no effect.
        is_marked: `(layers, heads)`: framed.
        by_chance: How often a head would be marked anyway; None where none is.
        meaning: What the numbers are.
    """
    num_layers, num_heads = effects.shape
    sizes = np.maximum(effects, 0) if meaning == RISE_OF_LOSS else np.abs(effects)
    figure = new_figure(max(4.0, 0.62 * num_heads + 1.8), max(3.0, 0.36 * num_layers + 1.4))
    axes = figure.subplots()
    most = float(sizes[np.isfinite(sizes)].max(initial=_SMALLEST))
    picture = axes.imshow(sizes, cmap=INK_RAMP, vmin=0, vmax=most, aspect="auto")
    for layer, head in np.ndindex(num_layers, num_heads):
        effect = effects[layer, head]
        colour = "white" if sizes[layer, head] > _DARK * most else INK
        text = "" if np.isnan(effect) else f"{effect:z.1f}"
        axes.text(head, layer, text, ha="center", va="center", color=colour, fontsize=8)
        if is_marked[layer, head]:
            corner = (head - 0.47, layer - 0.47)
            axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=ACTION, linewidth=1.8))
    axes.set_xticks(range(num_heads), [str(head + 1) for head in range(num_heads)])
    axes.set_yticks(range(num_layers), [str(layer + 1) for layer in range(num_layers)])
    axes.set(xlabel="head", ylabel="layer")
    figure.colorbar(picture, ax=axes, label=meaning, fraction=0.05, pad=0.02)
    if by_chance is not None:
        chance = f"framed: more than every random subspace of the layer, by chance 1 in {1 / by_chance:.0f}"
        axes.set_title(chance, fontsize=8, color=SECOND_INK)
    tidy(axes)
    axes.tick_params(length=0)
    return figure


def word_sweep_figure(
    words: Sequence[str],
    loss_rise: npt.NDArray[np.float64],
    is_marked: npt.NDArray[np.bool_],
    removed: npt.NDArray[np.float64],
    removed_at_random: npt.NDArray[np.float64],
) -> Figure:
    """Draw what the transcript loses without each word's sound, and with more and more words silenced.

    Args:
        words: In the order in which they are said.
        loss_rise: `(words,)`, in nats.
        is_marked: `(words,)`: bold.
        removed: `(steps,)`: with the most important word silenced, the two, and so on.
        removed_at_random: `(orders, steps)`: the same in random orders.
    """
    figure = new_figure(8, max(3.0, 0.22 * len(words) + 1.2))
    bars, curve = figure.subplots(1, 2)
    bars.barh(range(len(words)), loss_rise, color=[ACTION if each else HAIRLINE for each in is_marked])
    bars.set_yticks(range(len(words)), list(words))
    bars.invert_yaxis()
    bars.set(xlabel=RISE_OF_LOSS)
    bars.set_title("coloured: more than any of 20 other stretches", fontsize=8, color=SECOND_INK)
    steps = np.arange(1, len(removed) + 1)
    for order in removed_at_random:
        curve.plot(steps, order, color=HAIRLINE, linewidth=1)
    curve.plot(steps, removed, color=ACTION, linewidth=2, marker="o", markersize=3)
    curve.set(xlabel="words silenced", ylabel=RISE_OF_LOSS)
    curve.set_title("the most important first; grey: random orders", fontsize=8, color=SECOND_INK)
    for axes in (bars, curve):
        tidy(axes)
    return figure
