"""The reports of `headway export`: the catalogue, and one module per report."""
