"""What a GitOps repository deployed: the versions that its files name, step by step of its default branch."""
