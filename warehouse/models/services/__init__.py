"""Services: what is deployed as one, the changes and deployments of each, and the waves of their roll-outs."""
