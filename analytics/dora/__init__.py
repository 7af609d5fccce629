"""The five DORA measures: how often, how fast, how often it fails, how long that lasts, and how much is rework."""
