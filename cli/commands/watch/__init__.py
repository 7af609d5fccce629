"""Commands that a monitor runs: the state of the service, and whether it is as it should be."""
