"""The head of the page."""

TEMPLATE = """
<div class="hx-root hx-head">
  <svg class="hx-mark" viewBox="0 0 34 28" aria-hidden="true"><g fill="none" stroke="currentColor"
    stroke-width="2.4" stroke-linecap="round"><path d="M2 8q4-8 7.5 0t7.5 0 7.5 0 7.5 0"/>
    <path d="M2 16q4-8 7.5 0t7.5 0 7.5 0 7.5 0" opacity=".75"/>
    <path d="M2 24q4-8 7.5 0t7.5 0 7.5 0 7.5 0" opacity=".5"/></g></svg>
  <div><h1>HuBERT Explorer</h1><p>See what a speech model hears, layer by layer</p></div>
</div>
"""
