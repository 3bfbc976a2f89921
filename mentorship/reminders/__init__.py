"""Who is reminded about what, when and how often."""
