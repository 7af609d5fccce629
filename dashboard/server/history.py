"""The choice of a filter as an entry of the browser's history, so that Back undoes it.

Streamlit writes the value of a widget that is bound to the address over the entry that is there (`replaceState`, 1.67),
so that Back would leave the dashboard; but it follows an entry that comes back, with its filters. So an entry is added
where a person chose: once for each press of a key or pointer, and never while the browser goes back or forward, nor on
loading, where Streamlit drops what a link has wrong.
"""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = """<script>(() => {
let chosen = false
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { chosen = true }, true)
addEventListener("popstate", () => { chosen = false }, true)
const replace = history.replaceState.bind(history)
history.replaceState = (state, title, address) => {
  const next = new URL(address ?? location.href, location.href)
  const other = next.pathname === location.pathname && next.search !== location.search
  if (!chosen || !other) return replace(state, title, address)
  chosen = false
  history.pushState(state, title, address)
}
})()</script>"""
