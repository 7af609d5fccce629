"""The frame of every page: filters, navigation, sign-in."""
