"""What a change is: work, the work of a bot, or a release."""
