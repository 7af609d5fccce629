"""The dashboard's entry: which pages there are. Run by `headway dashboard`, or by `streamlit run app.py -- FOLDER`."""

import streamlit as st

from dashboard import frame

frame.draw([st.Page("dashboard/pages/pulse.py", title="Pulse check", default=True)])
