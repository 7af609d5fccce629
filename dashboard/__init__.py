"""The dashboard: pages that call `analytics` and compute nothing. `app.py` beside this folder lists them."""
# Part of Headway.
