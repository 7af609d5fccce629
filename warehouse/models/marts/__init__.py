"""The tables that reports read first."""
