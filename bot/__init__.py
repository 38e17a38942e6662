"""A chat that answers people hounded by debt collectors with vetted texts."""
