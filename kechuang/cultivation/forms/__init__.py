"""What the pages of cultivation take in; one module for each of its matters."""
