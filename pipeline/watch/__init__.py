"""What a service is watched by: the history of runs, the state of sources, metrics, thresholds."""
