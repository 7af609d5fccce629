"""Who may see the dashboard: anyone who reaches it, or accounts on the allow list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import streamlit as st

from headway.settings import DashboardSettings

__all__ = ["is_allowed", "require_sign_in"]


def require_sign_in(settings: DashboardSettings) -> bool:
    """Return whether the visitor may see a page; otherwise draw the sign-in page. In doubt nobody may."""
    if not settings.sign_in:
        return True
    visitor: Mapping[str, Any] = st.user.to_dict()
    if visitor.get("is_logged_in") is not True:
        st.title("Sign in", anchor=False)
        st.markdown("Sign in with an account that is on the allow list.")
        st.button("Sign in", on_click=st.login, type="primary")
        return False
    if not is_allowed(settings.allowed, visitor):
        st.title("Access denied", anchor=False)
        st.markdown("Your account is not on the allow list.")
        # As text: an address may hold anything.
        st.text(f"Signed in as {visitor.get('email') or 'an account without an address'}.")
        st.button("Sign out", on_click=st.logout)
        return False
    with st.sidebar:
        st.button("Sign out", on_click=st.logout, type="tertiary")
    return True


def is_allowed(allowed: Sequence[str], visitor: Mapping[str, Any]) -> bool:
    """Return whether the visitor's address is on the list and verified by the provider; case does not matter."""
    address = visitor.get("email")
    # A provider that says nothing of verification vouches for no address.
    if not isinstance(address, str) or visitor.get("email_verified") not in {True, "true"}:
        return False
    return any(fnmatchcase(address.lower(), pattern.lower()) for pattern in allowed)
