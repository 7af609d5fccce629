"""Where records come from: one package a source. Collectors know no database; they hand over `headway.raw_tables`."""
# Part of Headway.
