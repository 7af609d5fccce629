"""From settings to a published warehouse: sources, collect, trace repairs, build, doctor and demo."""
# Part of Headway.
