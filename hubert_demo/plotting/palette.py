"""The colours that figures and the page share: hexadecimal, on white paper. The dark page has its own."""

INK = "#16202a"
SECOND_INK = "#52606b"
HAIRLINE = "#dcdfdc"
NONE = "#c3c8c5"
ACTION = "#0f5c8c"
NOW = "#d1480b"
WAVEFORM = "#33556e"

INK_STOPS = ("#ffffff", "#dfe9ef", "#a9c6d8", "#6697b8", "#2f6690", "#123a5c", "#071b2e")
"""Zero is the paper; more is darker."""

TIME_STOPS = (
    "#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#a0da39"
)  # fmt: skip
"""matplotlib's viridis without its palest end, which is lost on white paper."""

CLASSES = ("#e69f00", "#56b4e9", "#2fb58c", "#dd8fb8", "#f0e442", "#0072b2")
"""Okabe and Ito's, which most eyes tell apart; not black, and not vermilion, which stands for the present."""
