"""What would be saved if work waited less somewhere: computed from the real changes, never guessed.

Two machines. `replay` keeps every real merge and ships it by another release cadence. `flow` sends work through the
stages as a semi-Markov process, so that what one stage frees flows on to the next, with one stage's rates replaced.
Both say what changes against themselves with nothing replaced, so that what the model gets wrong cancels.
"""
