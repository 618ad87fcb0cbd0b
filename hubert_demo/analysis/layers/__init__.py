"""What each layer's hidden states tell: maps, clusters, and how layers differ."""
