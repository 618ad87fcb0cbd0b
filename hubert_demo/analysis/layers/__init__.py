"""What is in each layer's hidden states: maps, clusters, and how layers differ."""
