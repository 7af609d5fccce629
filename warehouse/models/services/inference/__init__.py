"""Services that no setting names: what deployments, tags and folders show of them."""
