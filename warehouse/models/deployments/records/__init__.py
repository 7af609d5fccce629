"""What is odd in reported deployments: lines that contradict each other, and times that are off."""
