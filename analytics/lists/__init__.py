"""Single changes behind numbers: each report lists them, the most telling first."""
