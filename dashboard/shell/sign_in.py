"""Who may see the dashboard: anybody who reaches it, or who signed in and is on the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import streamlit as st

from headway.settings import DashboardSettings

__all__ = ["admits", "let_in"]


def let_in(settings: DashboardSettings) -> bool:
    """Whether the visitor may see a page; draws the way in for who may not, or not yet. In doubt nobody may."""
    if not settings.sign_in:
        return True
    visitor: Mapping[str, Any] = st.user.to_dict()
    if visitor.get("is_logged_in") is not True:
        st.title("Sign in", anchor=False)
        st.markdown("Headway is for those who are on its list.")
        st.button("Sign in", on_click=st.login, type="primary")
        return False
    if not admits(settings.allowed, visitor):
        st.title("Not on the list", anchor=False)
        # As text: the address is somebody's.
        st.text(f"{visitor.get('email') or 'An account without an address'} may not see this dashboard.")
        st.button("Sign out", on_click=st.logout)
        return False
    with st.sidebar:
        st.button("Sign out", on_click=st.logout, type="tertiary")
    return True


def admits(allowed: Sequence[str], visitor: Mapping[str, Any]) -> bool:
    """Whether the list has the address of who signed in, verified by the provider; case does not matter."""
    address = visitor.get("email")
    # A provider that says nothing of verification vouches for no address.
    if not isinstance(address, str) or visitor.get("email_verified") not in {True, "true"}:
        return False
    return any(fnmatchcase(address.lower(), pattern.lower()) for pattern in allowed)
