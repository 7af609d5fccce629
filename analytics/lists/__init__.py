"""Single changes behind numbers: each report lists the ones to look at, most telling first, and no more of them."""
