"""Message catalogs, and how messages get into them."""
