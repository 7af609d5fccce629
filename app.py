"""The dashboard's entry. Run by `headway dashboard`, or by `streamlit run app.py -- FOLDER [SETTINGS]`."""
# Part of Headway.

from dashboard.shell import frame

frame.draw()
